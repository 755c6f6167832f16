"""Change the scopes and purposes that an authority is granted, and its signing keys if they were edited by hand."""

from ...domain.access_records import Act, Operator
from ...domain.authority import Grants
from ...domain.errors import Refused
from ...domain.values import Struct
from .find_authority import find_authority
from .granting import Granting
from .proposals import Proposed


class Wanted(Struct, frozen=True):
    """The grants from now on, all of them. `jwks`: None keeps the signing keys."""

    authority_code: str
    scopes: frozenset[str]
    purposes: frozenset[str]
    jwks: str | None = None


class ChangeGrants(Granting, frozen=True, kw_only=True):
    function = "change_grants"
    act = Act.GRANTS_CHANGED

    def propose(self, wanted: Wanted, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        name = find_authority(self.authorities, wanted.authority_code).name
        before, after = self._after(wanted)
        had = before or Grants(wanted.authority_code, "", frozenset(), frozenset())
        scopes, purposes = (
            _changes("scopes", had.scopes, after.scopes),
            _changes("purposes", had.purposes, after.purposes),
        )
        keys = "stay" if had.jwks == after.jwks else "be replaced by those sent"
        would = f"From then on {name} would be granted {scopes}, and {purposes}. Its signing keys would {keys}."
        return self.proposals.propose(self.work(after), would, operator)

    def __call__(self, wanted: Wanted, proposal_code: str, operator: Operator) -> bool:
        """Returns False if it is granted exactly this already. Raises Refused, AlreadyCarriedOut or Unavailable."""
        find_authority(self.authorities, wanted.authority_code)
        before, after = self._after(wanted)
        return self.carry_out(before, after, proposal_code, operator)

    def _after(self, wanted: Wanted) -> tuple[Grants | None, Grants]:
        """The present grants, or None if they do not count, and the new ones. Raises Refused if keys are needed and
        nobody sent any."""
        before, jwks = self.authorities.grants(wanted.authority_code), wanted.jwks
        if jwks is None:
            if before is None:
                raise Refused(
                    f"Somebody has edited the keys, scopes or purposes of {wanted.authority_code} by hand, so none of "
                    "them count. Get the keys from the authority, and send them as jwks. Nothing was changed."
                )
            jwks = before.jwks
        return before, Grants(wanted.authority_code, jwks, wanted.scopes, wanted.purposes)


def _changes(what: str, before: frozenset[str], after: frozenset[str]) -> str:
    """`the scopes lookup, shield (new: shield; no longer: register)`"""
    notes = [f"new: {_listed(after - before)}"] if after - before else []
    notes += [f"no longer: {_listed(before - after)}"] if before - after else []
    return f"the {what} {_listed(after)} ({'; '.join(notes) or 'as now'})"


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))

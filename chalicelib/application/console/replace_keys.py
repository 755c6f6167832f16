"""Replace all signing keys of an authority. Within a minute a token signed with an old key is refused."""

from ...domain.access_records import Act, Operator
from ...domain.authority import Grants
from ...domain.errors import Refused
from .find_authority import find_authority
from .granting import Granting
from .proposals import Proposed


class ReplaceKeys(Granting, frozen=True, kw_only=True):
    """The standing does not change, so that leaked keys can be replaced while the authority is suspended."""

    function = "replace_keys"
    act = Act.KEYS_REPLACED

    def propose(self, code: str, jwks: str, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        name = find_authority(self.authorities, code).name
        after = self._after(code, jwks)[1]
        would = (
            f"From then on {name} would have exactly these signing keys, and within a minute a token signed with any "
            "other key would be refused. Scopes and purposes would stay."
        )
        return self.proposals.propose(self.work(after), would, operator)

    def __call__(self, code: str, jwks: str, proposal_code: str, operator: Operator) -> bool:
        """Returns False if it has exactly these keys already. Raises Refused, AlreadyCarriedOut or Unavailable."""
        find_authority(self.authorities, code)
        before, after = self._after(code, jwks)
        return self.carry_out(before, after, proposal_code, operator)

    def _after(self, code: str, jwks: str) -> tuple[Grants, Grants]:
        """The present grants and the new ones. Raises Refused if the present ones do not count: this function must not
        make an edited scope count."""
        before = self.authorities.grants(code)
        if before is None:
            raise Refused(
                f"Somebody has edited the keys, scopes or purposes of {code} by hand, so none of them count. Use "
                "change_grants, and send all three. Nothing was changed."
            )
        return before, Grants(code, jwks, before.scopes, before.purposes)

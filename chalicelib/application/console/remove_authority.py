"""Remove an authority for good: its records are skipped from now on, and its salt is deleted."""

from ...domain.access_records import Act, Operator
from ...domain.proposals import Work
from ...domain.values import Struct
from ..recorder import Recorder
from .find_authority import find_authority, refuse_if_changed
from .ports import Authorities
from .proposals import Proposals, Proposed


class RemoveAuthority(Struct, frozen=True, kw_only=True):
    """The custodian types the authority's name, because a mistyped or wrongly copied code belongs to an authority with
    another name."""

    authorities: Authorities
    recorder: Recorder
    proposals: Proposals

    def propose(self, code: str, operator: Operator) -> Proposed:
        """Raises Refused or Unavailable."""
        name = find_authority(self.authorities, code, also_removed=True).name
        would = (
            f"This would remove {name}. It could no longer call, its records would be skipped, and its salt would be "
            "deleted, so that nothing it registered could be read again. It cannot be undone."
        )
        return self.proposals.propose(_work(code, name), would, operator)

    def __call__(self, code: str, name: str, proposal_code: str, operator: Operator) -> bool:
        """Returns False if it is removed already and its salt is deleted.

        Raises Refused, AlreadyCarriedOut or Unavailable.
        """
        find_authority(self.authorities, code, also_removed=True)
        work = _work(code, name)
        proposal = self.proposals.check(work, proposal_code, operator)
        access_record = self.recorder.make(Act.REMOVED, operator, authority_code=code)
        with refuse_if_changed(code):
            changed = self.authorities.remove(code, access_record, self.proposals.carried_out(work, proposal, operator))
        if not changed:
            self.proposals.finish(work, proposal, operator)
        return changed


def _work(code: str, name: str) -> Work:
    return Work(function="remove_authority", content=(code, name), authority_code=code)

"""Release an inquiry hold, for one child or for every child that it holds: delete the copies."""

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import Refused
from ...domain.proposals import Work
from ...domain.values import Struct
from ..ports import Pseudonyms
from ..recorder import Recorder
from ..supersession import Supersession
from .ports import HeldRows
from .proposals import Proposals, Proposed


class _Copies(Struct, frozen=True):
    """`of`: the keys of the children whose copies are deleted. `child`: the key under which an attempt is recorded that
    finds nothing; None for every child."""

    work: Work
    of: tuple[ChildKey, ...]
    child: ChildKey | None


class ReleaseHold(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    supersession: Supersession
    held: HeldRows
    recorder: Recorder
    proposals: Proposals

    def propose(self, hold: str, nhs_number: NhsNumber | None, operator: Operator) -> Proposed:
        """Without a number it would release every child. Raises Refused or Unavailable."""
        copies = self._copies(hold, nhs_number)
        if not copies.of:
            self._record(copies.child, hold, Act.FOUND_UNCHANGED, operator)
            raise Refused("The hold has no such copies. Nothing was changed.")
        whose = "of that child" if nhs_number is not None else f"of EVERY child that it holds ({len(copies.of)})"
        would = (
            f"This would delete the copies {whose} in the hold {hold}. Rows that have expired meanwhile exist nowhere "
            "else."
        )
        return self.proposals.propose(copies.work, would, operator)

    def __call__(self, hold: str, nhs_number: NhsNumber | None, code: str, operator: Operator) -> int:
        """`code`: that of the proposal. Returns how many rows are no longer held.

        Raises Refused, AlreadyCarriedOut or Unavailable.
        """
        copies = self._copies(hold, nhs_number)
        proposal = self.proposals.check(copies.work, code, operator)
        if not copies.of:
            self._record(copies.child, hold, Act.FOUND_UNCHANGED, operator)
        released = sum(self._release(key, hold, operator) for key in copies.of)
        self.proposals.finish(copies.work, proposal, operator)
        return released

    def _copies(self, hold: str, nhs_number: NhsNumber | None) -> _Copies:
        children = self.held.children(hold)
        if nhs_number is None:
            return _Copies(Work(function="release_hold", content=(hold,)), children, None)
        child = self.pseudonyms.child_key(nhs_number)
        keys = self.supersession.keys_of(child)
        work = Work(function="release_hold", content=(hold, *keys.all), child=child)
        return _Copies(work, tuple(key for key in keys.all if key in children), keys.present)

    def _release(self, key: ChildKey, hold: str, operator: Operator) -> int:
        self._record(key, hold, Act.HOLD_RELEASED, operator)
        return self.held.release(hold, key)

    def _record(self, key: ChildKey | None, hold: str, act: Act, operator: Operator) -> None:
        self.recorder.write(act, operator, key, reference=hold)

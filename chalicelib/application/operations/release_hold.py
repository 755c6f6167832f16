"""Release an inquiry hold, of one child or of all: its copies are deleted."""

from ...domain.access import Act, ActRecord, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.values import Struct
from ..ports import AccessLog, Clock, NewId, Pseudonyms, Succession
from .ports import HeldRows


class ReleaseHold(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    succession: Succession
    held: HeldRows
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def __call__(self, hold: str, nhs_number: NhsNumber | None, operator: Operator) -> int:
        """How many rows are no longer held; without a number, of every child. Raises Unavailable."""
        if nhs_number is None:
            return self._release(hold, None, operator)
        keys = self.succession.keys_of(self.pseudonyms.child_key(nhs_number))
        return sum(self._release(hold, key, operator) for key in keys.all)

    def _release(self, hold: str, key: ChildKey | None, operator: Operator) -> int:
        record = ActRecord(
            id=self.new_id(), at=self.clock(), child=key, actor=operator, act=Act.HOLD_RELEASED, reference=hold
        )
        self.access_log.append_act(record)
        return self.held.release(hold, key)

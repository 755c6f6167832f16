"""Supersede an NHS number: from now on, the old number and the new one are one child."""

from ...domain.access import Act, ActRecord, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import OperationRefused
from ...domain.values import Struct
from ..conflicts import until_settled
from ..ports import AccessLog, ChildKeys, Clock, NewId, Pseudonyms, Succession

MOST_FORMER_NUMBERS = 20
"""What fits into one transaction, with room to spare. Nobody has a tenth of that."""


class SupersedeNhsNumber(Struct, frozen=True, kw_only=True):
    """Nothing is moved: a lookup under either number reads what stands under both. So it is one transaction, and
    complete from that instant on. Numbers that the old one superseded before are led to the new one with it."""

    pseudonyms: Pseudonyms
    succession: Succession
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def __call__(self, old: NhsNumber, new: NhsNumber, operator: Operator) -> bool:
        """False if it is so already. Raises OperationRefused or Unavailable."""
        if old == new:
            raise OperationRefused("The old number and the new one are the same.")
        old_key, new_key = self.pseudonyms.child_key(old), self.pseudonyms.child_key(new)
        return until_settled(lambda: self._attempt(old_key, new_key, operator))

    def _found_unchanged(self, old_key: ChildKey, operator: Operator) -> None:
        """Which numbers are one child is told of the child too."""
        record = ActRecord(id=self.new_id(), at=self.clock(), child=old_key, actor=operator, act=Act.FOUND_UNCHANGED)
        self.access_log.append_act(record)

    def _attempt(self, old_key: ChildKey, new_key: ChildKey, operator: Operator) -> bool:
        old, new = self.succession.keys_of(old_key), self.succession.keys_of(new_key)
        if old.present == new_key:
            self._found_unchanged(old_key, operator)
            return False
        try:
            _check(old, old_key, new, new_key)
        except OperationRefused:
            self._found_unchanged(old_key, operator)
            raise
        self.succession.supersede(old, new, self._records(old, new, operator))
        return True

    def _records(self, old: ChildKeys, new: ChildKeys, operator: Operator) -> list[ActRecord]:
        """One under each key, so that the log of either number tells; and a restore can set every pointer again."""
        now = self.clock()

        def record(act: Act, child: ChildKey, present: ChildKey | None) -> ActRecord:
            return ActRecord(id=self.new_id(), at=now, child=child, actor=operator, act=act, present=present)

        superseded = [record(Act.SUPERSEDED, key, new.present) for key in old.all]
        return [*superseded, record(Act.SUPERSEDES, new.present, None)]


def _check(old: ChildKeys, old_key: ChildKey, new: ChildKeys, new_key: ChildKey) -> None:
    if new.present == old_key:
        raise OperationRefused(
            "The new number was itself superseded, by the old one: that would be a ring. Nothing was changed."
        )
    if old.present != old_key:
        raise OperationRefused("The old number was superseded already, by another number. Nothing was changed.")
    if new.present != new_key:
        raise OperationRefused("The new number was itself superseded: use the number that the child has now.")
    if len(old.all) + len(new.former) > MOST_FORMER_NUMBERS:
        raise OperationRefused("The child would have more former numbers than the service can keep.")

"""Supersede an NHS number: from now on, the old number and the new one are one child."""

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import ConfirmationNeeded, Refused
from ...domain.values import Struct
from ..conflicts import until_settled
from ..ports import ChildKeys, Clock, InvolvementStore, Pseudonyms, SameId, Supersession
from ..recorder import Recorder
from .confirming import confirm_code

MOST_FORMER_NUMBERS = 20
"""What fits into one transaction, with room to spare. Nobody has a tenth of that."""


class SupersedeNhsNumber(Struct, frozen=True, kw_only=True):
    """Nothing is moved: a lookup under either number reads what stands under both. So it is one transaction, and
    complete from that instant on. Numbers that the old one superseded before are led to the new one with it."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock
    same_id: SameId

    def __call__(self, old: NhsNumber, new: NhsNumber, confirm: str | None, operator: Operator) -> bool:
        """False if it is so already. Raises Refused, ConfirmationNeeded or Unavailable."""
        if old == new:
            raise Refused("The old number and the new one are the same.")
        old_key, new_key = self.pseudonyms.child_key(old), self.pseudonyms.child_key(new)
        return until_settled(lambda: self._attempt(old_key, new_key, confirm, operator))

    def _record(self, old_key: ChildKey, act: Act, operator: Operator) -> None:
        """Also where nothing changes: that two numbers are one child, or are not, is told of the child."""
        self.recorder.write(act, operator, old_key)

    def _attempt(self, old_key: ChildKey, new_key: ChildKey, confirm: str | None, operator: Operator) -> bool:
        old, new = self.supersession.keys_of(old_key), self.supersession.keys_of(new_key)
        if old.present == new_key:
            self._record(old_key, Act.FOUND_UNCHANGED, operator)
            return False
        try:
            _check(old, old_key, new, new_key)
        except Refused:
            self._record(old_key, Act.FOUND_UNCHANGED, operator)
            raise
        self._check_confirmed(old_key, new_key, confirm, operator)
        self.supersession.supersede(old, new, self._records(old, new, operator))
        return True

    def _check_confirmed(self, old: ChildKey, new: ChildKey, confirm: str | None, operator: Operator) -> None:
        code = confirm_code(self.same_id, self.clock().date(), "supersede", old, new)
        if confirm == code:
            return
        before, after = self._count(old), self._count(new)
        self._record(old, Act.PREVIEWED, operator)
        raise ConfirmationNeeded(
            f"Under the old number {before} involvements are on record, under the new one {after}. From then on a "
            "lookup under either number would show all of them, and their owners would hear of each other. Never do "
            "this for an adoption or another new identity: who knows the old number would find the new place. It "
            "cannot be undone.",
            code,
        )

    def _count(self, key: ChildKey) -> int:
        records, now = self.involvements.of_child(key, frozenset()), self.clock()
        return sum(row.is_live(now) for row in records.involvements) + records.unreadable

    def _records(self, old: ChildKeys, new: ChildKeys, operator: Operator) -> list[ActRecord]:
        """One under each key, so that the log of either number tells; and a restore can set every pointer again."""
        make = self.recorder.make
        superseded = [make(Act.SUPERSEDED, operator, key, present=new.present) for key in old.all]
        return [*superseded, make(Act.SUPERSEDES, operator, new.present)]


def _check(old: ChildKeys, old_key: ChildKey, new: ChildKeys, new_key: ChildKey) -> None:
    if new.present == old_key:
        raise Refused(
            "The new number was itself superseded, by the old one: that would be a ring. Nothing was changed."
        )
    if old.present != old_key:
        raise Refused("The old number was superseded already, by another number. Nothing was changed.")
    if new.present != new_key:
        raise Refused("The new number was itself superseded: use the number that the child has now.")
    if len(old.all) + len(new.former) > MOST_FORMER_NUMBERS:
        raise Refused("The child would have more former numbers than the service can keep.")

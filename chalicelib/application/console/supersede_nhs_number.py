"""Supersede an NHS number: from now on the old number and the new one find the same child."""

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import ConfirmationNeeded, Refused
from ...domain.values import Struct
from ..ports import ChildKeys, Clock, InvolvementStore, Pseudonyms, SameId, Supersession
from ..recorder import Recorder
from ..retries import retry_on_conflict
from .confirmation import confirmation_code

MAX_FORMER_NUMBERS = 20
"""So many fit into one transaction, with room to spare. Nobody has a tenth of that."""


class SupersedeNhsNumber(Struct, frozen=True, kw_only=True):
    """No record is moved: a lookup under either number reads the rows under both. So superseding takes one transaction
    and is complete as soon as that succeeds. If the old number superseded others before, the same transaction leads
    those to the new number too."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock
    same_id: SameId

    def __call__(self, old: NhsNumber, new: NhsNumber, confirm: str | None, operator: Operator) -> bool:
        """Returns False if the old number leads to the new one already.

        Raises Refused, ConfirmationNeeded or Unavailable.
        """
        if old == new:
            raise Refused("The old number and the new one are the same.")
        old_key, new_key = self.pseudonyms.child_key(old), self.pseudonyms.child_key(new)
        return self._attempt(old_key, new_key, confirm, operator)

    def _record(self, old_key: ChildKey, act: Act, operator: Operator) -> None:
        """Recorded even if nothing changes, because the operator learns whether the two numbers are one child."""
        self.recorder.write(act, operator, old_key)

    @retry_on_conflict
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
        self.supersession.supersede(old, new, self._access_records(old, new, operator))
        return True

    def _check_confirmed(self, old: ChildKey, new: ChildKey, confirm: str | None, operator: Operator) -> None:
        code = confirmation_code(self.same_id, self.clock().date(), "supersede", old, new)
        if confirm == code:
            return
        before, after = self._count(old), self._count(new)
        self._record(old, Act.PREVIEWED, operator)
        raise ConfirmationNeeded(
            f"Involvements on record: {before} under the old number, {after} under the new one. After this, a lookup "
            "under either number would show all of them, and their owners would learn of each other. Never do this for "
            "an adoption or another new identity: anybody who knows the old number would find the child's new place. "
            "It cannot be undone.",
            code,
        )

    def _count(self, key: ChildKey) -> int:
        records, now = self.involvements.of_child(key, frozenset()), self.clock()
        return sum(row.is_live(now) for row in records.involvements) + records.unreadable

    def _access_records(self, old: ChildKeys, new: ChildKeys, operator: Operator) -> list[ActRecord]:
        """One under each key. So the access records of every number show it, and a restore can write every pointer
        again."""
        make = self.recorder.make
        superseded = [make(Act.SUPERSEDED, operator, key, present=new.present) for key in old.all]
        return [*superseded, make(Act.SUPERSEDES, operator, new.present)]


def _check(old: ChildKeys, old_key: ChildKey, new: ChildKeys, new_key: ChildKey) -> None:
    if new.present == old_key:
        raise Refused(
            "The new number was itself superseded, by the old one: that would be a circle. Nothing was changed."
        )
    if old.present != old_key:
        raise Refused("The old number was superseded already, by another number. Nothing was changed.")
    if new.present != new_key:
        raise Refused("The new number was itself superseded: use the number that the child has now.")
    if len(old.all) + len(new.former) > MAX_FORMER_NUMBERS:
        raise Refused("The child would have more former numbers than the service can keep.")

"""Release an inquiry hold, of one child or of all: its copies are deleted."""

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import Refused
from ...domain.values import Struct
from ..ports import Pseudonyms, Supersession
from ..recorder import Recorder
from .ports import HeldRows


class ReleaseHold(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    supersession: Supersession
    held: HeldRows
    recorder: Recorder

    def __call__(self, hold: str, nhs_number: NhsNumber | None, confirm: str | None, operator: Operator) -> int:
        """How many rows are no longer held. Without a number it is every child's, and `confirm` must say so: a field
        left out deletes no evidence of others. Raises Refused or Unavailable."""
        if nhs_number is None and confirm != f"release all of {hold}":
            raise Refused(
                'Without nhs_number the hold of every child is released. If that is meant, confirm must be "release '
                'all of", a space, and the name of the hold. Nothing was changed.'
            )
        held = self.held.children(hold)
        if nhs_number is None:
            mine, asked = held, None
        else:
            keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
            mine, asked = tuple(key for key in keys.all if key in held), keys.present
        if not mine:
            self._record(asked, hold, Act.FOUND_UNCHANGED, operator)
        return sum(self._release(key, hold, operator) for key in mine)

    def _release(self, key: ChildKey, hold: str, operator: Operator) -> int:
        self._record(key, hold, Act.HOLD_RELEASED, operator)
        return self.held.release(hold, key)

    def _record(self, key: ChildKey | None, hold: str, act: Act, operator: Operator) -> None:
        self.recorder.write(act, operator, key, reference=hold)

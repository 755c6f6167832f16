"""Release an inquiry hold, for one child or for every child that it holds: delete the copies."""

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import Refused
from ...domain.values import Struct
from ..ports import Pseudonyms
from ..recorder import Recorder
from ..supersession import Supersession
from .ports import HeldRows


class ReleaseHold(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    supersession: Supersession
    held: HeldRows
    recorder: Recorder

    def __call__(self, hold: str, nhs_number: NhsNumber | None, confirm: str | None, operator: Operator) -> int:
        """Returns how many rows are no longer held. Raises Refused or Unavailable.

        Without a number it releases every child, and `confirm` must say so. Otherwise an operator who left the field
        out would destroy evidence about other children.
        """
        if nhs_number is None and confirm != f"release all of {hold}":
            raise Refused(
                "Without nhs_number this releases the hold of every child. If you mean that, confirm must be "
                '"release all of", a space, and the name of the hold. Nothing was changed.'
            )
        to_release, child = self.held.children(hold), None
        if nhs_number is not None:
            keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
            to_release, child = tuple(key for key in keys.all if key in to_release), keys.present
        if not to_release:
            self._record(child, hold, Act.FOUND_UNCHANGED, operator)
        return sum(self._release(key, hold, operator) for key in to_release)

    def _release(self, key: ChildKey, hold: str, operator: Operator) -> int:
        self._record(key, hold, Act.HOLD_RELEASED, operator)
        return self.held.release(hold, key)

    def _record(self, key: ChildKey | None, hold: str, act: Act, operator: Operator) -> None:
        self.recorder.write(act, operator, key, reference=hold)

"""Retire an NHS number that is no longer in use and that no other number replaces."""

from ...domain.access_records import Act, Operator
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import ConfirmationNeeded, Refused
from ...domain.values import Struct
from ..ports import Clock, InvolvementStore, Pseudonyms, SameId
from ..recorder import Recorder
from ..retries import retry_on_conflict
from ..supersession import Supersession
from .confirmation import confirmation_code
from .tracing import live_records, mark_for_tracing


class RetireNhsNumber(Struct, frozen=True, kw_only=True):
    """From then on new records under the number are refused. What is on record stays until it ends, and shields are
    still taken."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    involvements: InvolvementStore
    recorder: Recorder
    clock: Clock
    same_id: SameId

    def __call__(self, nhs_number: NhsNumber, confirm: str | None, operator: Operator) -> bool:
        """Returns False if the number was retired before. Raises Refused, ConfirmationNeeded or Unavailable."""
        return self._attempt(self.pseudonyms.child_key(nhs_number), confirm, operator)

    @retry_on_conflict
    def _attempt(self, child: ChildKey, confirm: str | None, operator: Operator) -> bool:
        keys = self.supersession.keys_of(child)
        if keys.present != child or keys.retired:
            self.recorder.write(Act.FOUND_UNCHANGED, operator, child)
            if keys.present != child:
                raise Refused("The number was superseded: it has a successor, and needs no retiring.")
            mark_for_tracing(self.involvements, (child,), self.clock())
            return False
        self._check_confirmed(child, confirm, operator)
        self.supersession.retire(child, self.recorder.make(Act.NUMBER_RETIRED, operator, child))
        mark_for_tracing(self.involvements, (child,), self.clock())
        return True

    def _check_confirmed(self, child: ChildKey, confirm: str | None, operator: Operator) -> None:
        code = confirmation_code(self.same_id, self.clock().date(), "retire", child)
        if confirm == code:
            return
        count = live_records(self.involvements, child, self.clock())
        self.recorder.write(Act.PREVIEWED, operator, child)
        raise ConfirmationNeeded(
            f"Involvements on record: {count}. They stay until they end, and their owners get a notice to trace the "
            "number anew. New records under the number would be refused. No function undoes it, but the number can "
            "still be superseded by another.",
            code,
        )

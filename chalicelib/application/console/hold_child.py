"""Hold a child's rows for an inquiry: make copies, which are kept until the hold ends even if the rows expire."""

from datetime import date

from ...domain.access_records import Act, Operator
from ...domain.calendar import add_months, midnight
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import FieldError, InvalidRequest, Refused
from ...domain.values import Struct
from ..ports import Clock, Meter, Pseudonyms
from ..recorder import Recorder
from ..supersession import Supersession
from .ports import HeldRows

LONGEST_HOLD_MONTHS = 24


class HoldChild(Struct, frozen=True, kw_only=True):
    """Copies the rows as they are now.

    Holding again adds the rows that are new since, and gives all copies the new end. The end never moves back, so that
    no slip destroys evidence.
    """

    pseudonyms: Pseudonyms
    supersession: Supersession
    held: HeldRows
    recorder: Recorder
    clock: Clock
    meter: Meter

    def __call__(self, nhs_number: NhsNumber, hold: str, until: date, operator: Operator) -> int:
        """Returns how many rows are held. Raises InvalidRequest, Refused or Unavailable."""
        now = self.clock()
        if not now.date() < until <= add_months(now.date(), LONGEST_HOLD_MONTHS):
            raise InvalidRequest(
                FieldError("until", f"must be after today (UTC) and within {LONGEST_HOLD_MONTHS} months")
            )
        keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
        holdings = {key: self.held.holding(hold, key, now) for key in keys.all}
        ends = [holding.until for holding in holdings.values() if holding.until is not None]
        if ends and midnight(until) < max(ends):
            self._record(keys.present, hold, Act.FOUND_UNCHANGED, operator)
            raise Refused(
                f"The child is held until {max(ends):%F} already, and a hold cannot be shortened. Nothing was changed. "
                "To end it earlier, release it."
            )
        if not any(holding.rows for holding in holdings.values()):
            self._record(keys.present, hold, Act.FOUND_UNCHANGED, operator)
            return 0
        self.meter("ChildrenHeld")
        return sum(self._hold(key, hold, until, operator) for key, holding in holdings.items() if holding.rows)

    def _hold(self, key: ChildKey, hold: str, until: date, operator: Operator) -> int:
        """Writes the access record first, so that nothing is copied without a trace."""
        self._record(key, hold, Act.HELD, operator)
        return self.held.hold(hold, key, midnight(until), self.clock())

    def _record(self, key: ChildKey, hold: str, act: Act, operator: Operator) -> None:
        self.recorder.write(act, operator, key, reference=hold)

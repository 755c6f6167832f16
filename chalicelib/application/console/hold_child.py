"""Hold a child's rows for an inquiry: copies that live on when the rows themselves expire, for a while."""

from datetime import date

from ...domain.access_records import Act, Operator
from ...domain.calendar import add_months, midnight
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import FieldError, InvalidRequest, Refused
from ...domain.values import Struct
from ..ports import Clock, Meter, Pseudonyms, Supersession
from ..recorder import Recorder
from .ports import HeldRows

LONGEST_HOLD_MONTHS = 24


class HoldChild(Struct, frozen=True, kw_only=True):
    """A copy of what stands now. The same again adds what has come since, and moves the end of all that is held on,
    never back: evidence does not end by a slip."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    held: HeldRows
    recorder: Recorder
    clock: Clock
    meter: Meter

    def __call__(self, nhs_number: NhsNumber, hold: str, until: date, operator: Operator) -> int:
        """How many rows are held. Raises InvalidRequest, Refused or Unavailable."""
        now = self.clock()
        if not now.date() < until <= add_months(now.date(), LONGEST_HOLD_MONTHS):
            raise InvalidRequest(
                FieldError("until", f"must be after today (UTC) and within {LONGEST_HOLD_MONTHS} months")
            )
        keys = self.supersession.keys_of(self.pseudonyms.child_key(nhs_number))
        standing = {key: self.held.holding(hold, key, now) for key in keys.all}
        ends = [one.until for one in standing.values() if one.until is not None]
        if ends and midnight(until) < max(ends):
            self._record(keys.present, hold, Act.FOUND_UNCHANGED, operator)
            raise Refused(
                f"It is held until {max(ends):%F} already, and a hold is not shortened. Nothing was changed. "
                "To end it before, release it."
            )
        if not any(one.rows for one in standing.values()):
            self._record(keys.present, hold, Act.FOUND_UNCHANGED, operator)
            return 0
        self.meter("ChildrenHeld")
        return sum(self._hold(key, hold, until, operator) for key, one in standing.items() if one.rows)

    def _hold(self, key: ChildKey, hold: str, until: date, operator: Operator) -> int:
        """The record comes first: nothing is copied unseen."""
        self._record(key, hold, Act.HELD, operator)
        return self.held.hold(hold, key, midnight(until), self.clock())

    def _record(self, key: ChildKey, hold: str, act: Act, operator: Operator) -> None:
        self.recorder.write(act, operator, key, reference=hold)

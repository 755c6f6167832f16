"""Shield a child: from now on every lookup answers "known" and shows no place. An authority can do this at any hour."""

from datetime import date

from ..domain.access_records import Act
from ..domain.authority import Caller, Contact, Scope
from ..domain.calendar import add_years
from ..domain.child import ChildKey, NhsNumber
from ..domain.errors import FieldError, InvalidRequest, SystemMayNotShield, TooManyShields, refuse_if_any
from ..domain.limits import SoftLimit, seconds_to_next_day
from ..domain.shield_limits import ShieldLimits, is_over_hard_limit, soft_limit_passed
from ..domain.texts import number_errors
from ..domain.values import Hidden, Struct
from .ports import Clock, InvolvementStore, Meter, Pseudonyms, ShieldCounter
from .recorder import Recorder
from .retries import retry_on_conflict

LONGEST_REVIEW_YEARS = 2


class ShieldRequest(Hidden, frozen=True, kw_only=True):
    nhs_number: NhsNumber
    reason: str
    review_on: date


class Shield(Struct, frozen=True, kw_only=True):
    """A shield is stored under the number that was sent, and covers every number of the child. A number that was
    superseded or retired is taken too.

    Shielding a child again keeps the existing shield, with the later of the two review dates. Only an operator can
    lift a shield. The caller learns nothing of an existing shield: both cases make the same calls and the same answer.
    """

    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    counts: ShieldCounter
    limits: ShieldLimits
    broker_desk: Contact
    recorder: Recorder
    clock: Clock
    meter: Meter

    def __call__(self, request: ShieldRequest, caller: Caller) -> None:
        """Raises Forbidden, InvalidRequest, TooManyShields or Unavailable."""
        caller.require(Scope.SHIELD)
        if caller.is_system:
            raise SystemMayNotShield
        refuse_if_any(number_errors({"reason": request.reason, **caller.texts}, [request.nhs_number]))
        check_review(request.review_on, self.clock().date())
        child = self.pseudonyms.child_key(request.nhs_number)
        self._shield(child, request, caller, self._over_soft_limit(child, caller))
        self.meter("Shields")

    def _over_soft_limit(self, child: ChildKey, caller: Caller) -> SoftLimit | None:
        """Counts the shield before it is written. Raises TooManyShields."""
        counts = self.counts.count(caller, child, self.limits)
        passed = soft_limit_passed(counts, self.limits)
        if passed is not None:
            self.meter("ShieldLimitPassed")
        if is_over_hard_limit(counts, self.limits):
            raise TooManyShields(seconds_to_next_day(self.clock()), self.broker_desk.phone)
        return passed

    @retry_on_conflict
    def _shield(self, child: ChildKey, request: ShieldRequest, caller: Caller, over: SoftLimit | None) -> None:
        access_record = self.recorder.make(Act.SHIELDED, caller, child, over_soft_limit=over)
        self.involvements.shield(child, request.reason, request.review_on, access_record)


def check_review(review_on: date, today: date) -> None:
    """Raises InvalidRequest unless the day is in the future and within the longest time between reviews."""
    if not today < review_on <= add_years(today, LONGEST_REVIEW_YEARS):
        raise InvalidRequest(
            FieldError("review_on", f"must be after today (UTC) and within {LONGEST_REVIEW_YEARS} years")
        )

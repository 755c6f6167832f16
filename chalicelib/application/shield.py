"""Shield a child: from now on every lookup answers "known" and shows no place. An authority can do this at any hour."""

from datetime import date

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.calendar import add_years
from ..domain.child import ChildKey, NhsNumber
from ..domain.errors import FieldError, InvalidRequest, refuse_if_any
from ..domain.texts import number_errors
from ..domain.values import Hidden, Struct
from .ports import Clock, InvolvementStore, Meter, Pseudonyms, Shielded
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
    lift a shield."""

    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    clock: Clock
    recorder: Recorder
    meter: Meter

    def __call__(self, request: ShieldRequest, caller: Caller) -> Shielded:
        """Raises Forbidden, InvalidRequest or Unavailable."""
        caller.require(Scope.SHIELD)
        refuse_if_any(number_errors({"reason": request.reason, **caller.texts}, [request.nhs_number]))
        now = self.clock()
        check_review(request.review_on, now.date())
        shielded = self._shield(self.pseudonyms.child_key(request.nhs_number), request, caller)
        self.meter("Shields")
        return shielded

    @retry_on_conflict
    def _shield(self, child: ChildKey, request: ShieldRequest, caller: Caller) -> Shielded:
        access_record = self.recorder.make(Act.SHIELDED, caller, child)
        return self.involvements.shield(child, request.reason, request.review_on, access_record)


def check_review(review_on: date, today: date) -> None:
    """Raises InvalidRequest unless the day is in the future and within the longest time between reviews."""
    if not today < review_on <= add_years(today, LONGEST_REVIEW_YEARS):
        raise InvalidRequest(
            FieldError("review_on", f"must be after today (UTC) and within {LONGEST_REVIEW_YEARS} years")
        )

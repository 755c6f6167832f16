"""Shield a child: from now on say "known", show no place. At once, by an authority, at night."""

from datetime import date

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.calendar import add_years
from ..domain.child import ChildKey, NhsNumber
from ..domain.errors import FieldError, InvalidRequest
from ..domain.values import Hidden, Struct
from .conflicts import under_present_key, until_settled
from .ports import Clock, InvolvementStore, Meter, Pseudonyms, Shielded
from .recorder import Recorder

LONGEST_REVIEW_YEARS = 2


class ShieldRequest(Hidden, frozen=True, kw_only=True):
    nhs_number: NhsNumber
    reason: str
    review_on: date


class Shield(Struct, frozen=True, kw_only=True):
    """Whoever asks again keeps the shield that is there, until the later of the reviews. Lifting one is an operator's
    act."""

    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    clock: Clock
    recorder: Recorder
    meter: Meter

    def __call__(self, request: ShieldRequest, caller: Caller) -> Shielded:
        """Raises Forbidden, InvalidRequest or Unavailable."""
        caller.require(Scope.SHIELD)
        now = self.clock()
        check_review(request.review_on, now.date())
        child = self.pseudonyms.child_key(request.nhs_number)

        def put(key: ChildKey) -> Shielded:
            record = self.recorder.make(Act.SHIELDED, caller, key)
            return self.involvements.shield(key, request.reason, request.review_on, record)

        shielded = until_settled(lambda: under_present_key(child, put))
        self.meter("Shields")
        return shielded


def check_review(review_on: date, today: date) -> None:
    """Raises InvalidRequest."""
    if not today < review_on <= add_years(today, LONGEST_REVIEW_YEARS):
        raise InvalidRequest(
            FieldError("review_on", f"must be after today (UTC) and within {LONGEST_REVIEW_YEARS} years")
        )

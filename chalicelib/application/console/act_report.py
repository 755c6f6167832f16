"""Report the acts that concern an authority itself, the whole service, or one child. Of a child it shows only what
staff did, never who looked it up or works with it."""

from datetime import date, timedelta

from ...domain.access_records import Act, Operator
from ...domain.child import NhsNumber
from ...domain.errors import Refused
from ...domain.values import Struct
from ..ports import Clock, Pseudonyms
from ..recorder import Recorder
from .ports import ActPage, PastActs

DAYS = 28
"""How far back a report goes unless the auditor says otherwise."""


class Concerned(Struct, frozen=True):
    """Whose acts: those of an authority, of a child under this NHS number, or of the whole service if both are None."""

    authority_code: str | None = None
    nhs_number: NhsNumber | None = None


class ActsSince(Struct, frozen=True):
    since: date
    page: ActPage


class ActReport(Struct, frozen=True, kw_only=True):
    pseudonyms: Pseudonyms
    past_acts: PastActs
    recorder: Recorder
    clock: Clock

    def __call__(self, whose: Concerned, since: date | None, after: str | None, operator: Operator) -> ActsSince:
        """The registry is not asked whether there is such an authority, because somebody may have deleted its item by
        hand. Raises Refused or Unavailable."""
        today = self.clock().date()
        first = today - timedelta(days=DAYS) if since is None else since
        if first > today:
            raise Refused(f"{first} is in the future.")
        code, number = whose.authority_code, whose.nhs_number
        child = None if number is None else self.pseudonyms.child_key(number)
        report = ActsSince(first, self.past_acts.page(child, code, first, after))
        self.recorder.write(Act.ACTS_REPORTED, operator, child, authority_code=code, reference=first.isoformat())
        return report

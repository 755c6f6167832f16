"""Report the acts that concern an authority itself, or the whole service. Those about a child are in its subject access
report."""

from datetime import date, timedelta

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.values import Struct
from ..ports import Clock
from ..recorder import Recorder
from .ports import ActPage, PastActs

DAYS = 28
"""How far back a report goes unless the auditor says otherwise."""


class ActsSince(Struct, frozen=True):
    since: date
    page: ActPage


class ActReport(Struct, frozen=True, kw_only=True):
    past_acts: PastActs
    recorder: Recorder
    clock: Clock

    def __call__(self, code: str | None, since: date | None, after: str | None, operator: Operator) -> ActsSince:
        """`code`: of the authority; None for the whole service. The registry is not asked whether there is such an
        authority, because somebody may have deleted its item by hand. Raises Refused or Unavailable."""
        today = self.clock().date()
        first = today - timedelta(days=DAYS) if since is None else since
        if first > today:
            raise Refused(f"{first} is in the future.")
        report = ActsSince(first, self.past_acts.page(code, first, after))
        self.recorder.write(Act.ACTS_REPORTED, operator, authority_code=code, reference=first.isoformat())
        return report

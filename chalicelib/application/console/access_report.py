"""Tell an authority who of it looked whom up on a day, and why: no child but by the short form of its pseudonym."""

from datetime import date

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.values import Struct
from ..ports import Clock
from ..recorder import Recorder
from .find_authority import entered
from .ports import Authorities, PastLookupsOfAuthorities, ReportPage


class DayReport(Struct, frozen=True):
    """`lookups` is the number of the whole day, whatever is on this page."""

    lookups: int
    page: ReportPage


class AccessReport(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    past_lookups: PastLookupsOfAuthorities
    recorder: Recorder
    clock: Clock

    def __call__(self, code: str, day: date, after: str | None, operator: Operator) -> DayReport:
        """Raises Refused or Unavailable."""
        if day > self.clock().date():
            raise Refused(f"{day} has not come yet.")
        entered(self.authorities, code, also_removed=True)
        report = DayReport(self.past_lookups.count(code, day), self.past_lookups.page(code, day, after))
        self.recorder.write(Act.ACCESS_REPORTED, operator, authority_code=code, reference=day.isoformat())
        return report

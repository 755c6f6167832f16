"""Report the lookups that an authority's practitioners made on one day. A child appears only as the short form of its
pseudonym."""

from datetime import date

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.values import Struct
from ..ports import Clock
from ..recorder import Recorder
from .find_authority import find_authority
from .ports import Authorities, PastLookupsOfAuthorities, ReportPage


class DayReport(Struct, frozen=True):
    """One page of the report. `lookups`: how many there were on the whole day."""

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
            raise Refused(f"{day} is in the future.")
        find_authority(self.authorities, code, also_removed=True)
        report = DayReport(self.past_lookups.count(code, day), self.past_lookups.page(code, day, after))
        self.recorder.write(Act.ACCESS_REPORTED, operator, authority_code=code, reference=day.isoformat())
        return report

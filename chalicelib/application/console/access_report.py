"""Tell an authority who of it looked whom up on a day, and why: no child but by the short form of its pseudonym."""

from datetime import date

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.errors import OperationRefused
from ...domain.values import Struct
from ..ports import AccessLog, Clock, NewId
from .find_authority import entered
from .ports import Authorities, PastLookupsOfAuthorities, ReportPage


class DayReport(Struct, frozen=True):
    """`lookups` is the number of the whole day, whatever is on this page."""

    lookups: int
    page: ReportPage


class AccessReport(Struct, frozen=True, kw_only=True):
    authorities: Authorities
    past_lookups: PastLookupsOfAuthorities
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def __call__(self, code: str, day: date, after: str | None, operator: Operator) -> DayReport:
        """Raises OperationRefused or Unavailable."""
        if day > self.clock().date():
            raise OperationRefused(f"{day} has not come yet.")
        entered(self.authorities, code, also_removed=True)
        report = DayReport(self.past_lookups.count(code, day), self.past_lookups.page(code, day, after))
        record = ActRecord(
            id=self.new_id(),
            at=self.clock(),
            child=None,
            actor=operator,
            act=Act.ACCESS_REPORTED,
            authority_code=code,
            reference=day.isoformat(),
        )
        self.access_log.append_act(record)
        return report

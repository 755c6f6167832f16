"""Turn the counts of weeks that are over into notices to their owners, and delete the counts.

A run may stop anywhere and be repeated: the notice has the same source and is posted once, and the counts go last.
"""

from datetime import timedelta

from ...domain.calendar import midnight
from ...domain.errors import Unavailable
from ...domain.notices import about_contact
from ...domain.values import Struct
from ..ports import Clock, HasTime, Meter, Notices, Registry
from .ports import ContactCounts, WeeklyCounts

_SETTLED_AFTER = timedelta(hours=1)
"""After the end of a week. Whoever began to count before midnight has finished by then."""


class ReportOutcomes(Struct, frozen=True, kw_only=True):
    counts: ContactCounts
    notices: Notices
    registry: Registry
    clock: Clock
    meter: Meter

    def __call__(self, has_time: HasTime) -> bool:
        """Returns False if time ran out. Raises Unavailable if the work of any authority failed, after the others have
        been served. The next run goes on."""
        registry = self.registry.view()
        failed = False
        for code in sorted(registry.authorities.keys() - registry.removed):
            if not has_time():
                return False
            try:
                for counts in self.counts.of(code):
                    self._report(code, counts)
            except Unavailable:
                self.meter("SweepFailures")
                failed = True
        if failed:
            raise Unavailable
        return True

    def _report(self, code: str, counts: WeeklyCounts) -> None:
        if self.clock() < midnight(counts.week.ended_on) + _SETTLED_AFTER:
            return
        if counts.contact is not None and not counts.contact.all_reached:
            notice = about_contact(code, counts.week, counts.contact, counts.key)
            if self.notices.post(notice):
                self.meter("ContactNotices")
        self.counts.remove(code, counts)

"""Post again what a stretch of time lost: the access records of that time are handed to `post_notices` once more.

Whatever was posted before is marked with its source, so nobody gets a notice twice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from ...domain.access_records import Act, Operator
from ...domain.errors import Refused
from ...domain.values import Struct
from ..ports import Clock, HasTime
from ..recorder import Recorder
from .ports import RecordsOfTime, ScanKey

REACHES_BACK = timedelta(days=14)
"""Beyond that, the mark of a counted outcome may be gone, and the outcome would count twice."""


class ReplayedNotices(Struct, frozen=True, kw_only=True):
    """The result of one run. `unreadable`: of the access records, those that say too little to notify anybody. `next`:
    the place at which to go on, None at the end."""

    records: int
    unreadable: int
    next: ScanKey | None


class ReplayNotices(Struct, frozen=True, kw_only=True):
    """Access records are stored by child, so this scans all of them, page by page, over several runs if needed.

    `post`: returns False if the access record is unreadable. Raises Unavailable.
    """

    records: RecordsOfTime
    post: Callable[[ScanKey], bool]
    recorder: Recorder
    clock: Clock

    def __call__(
        self, since: datetime, before: datetime, start: ScanKey | None, has_time: HasTime, operator: Operator
    ) -> ReplayedNotices:
        """Raises Refused or Unavailable."""
        now = self.clock()
        if not now - REACHES_BACK <= since < before <= now:
            raise Refused(
                f"since must be before before, neither in the future, and since at most {REACHES_BACK.days} days ago. "
                "Nothing was posted."
            )
        self.recorder.write(Act.NOTICES_REPLAYED, operator)
        records = unreadable = 0
        place = start
        while True:
            page = self.records.page(since, before, place)
            unreadable += sum(not self.post(key) for key in page.keys)
            records += len(page.keys)
            place = page.next
            if place is None or not has_time():
                return ReplayedNotices(records=records, unreadable=unreadable, next=place)

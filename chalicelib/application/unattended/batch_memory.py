"""What one batch of stream records has read and posted, so that many events about one child cost little more than one.

Otherwise 800 registrations of one child would read and open its 800 rows 800 times, and the notices of every other
child would wait.
"""

from collections.abc import Set
from datetime import datetime, timedelta
from typing import Any

from ...domain.child import ChildKey
from ...domain.disclosure import ChildRecords
from ...domain.notices import Notice
from ..ports import Clock
from .ports import PostedNotices, RecordsOfChild

KEPT_FOR = timedelta(seconds=2)
"""A read is used again for so long. All events of a batch happened before it was read, so the read misses none of them.
It may miss what happened since, such as an erasure, as a read made just before a notice is posted always may."""
MOST_CHILDREN = 4


class RecordsOfBatch:
    def __init__(self, records: RecordsOfChild, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._read: dict[tuple[ChildKey, Set[str]], tuple[datetime, ChildRecords]] = {}

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords:
        """Raises Unavailable."""
        now, key = self._clock(), (child, frozenset(passing_over))
        if key in self._read:
            read_at, records = self._read[key]
            if now - read_at <= KEPT_FOR:
                return records
            del self._read[key]
        records = self._records.of_child(child, passing_over)
        if len(self._read) == MOST_CHILDREN:
            del self._read[next(iter(self._read))]
        self._read[key] = now, records
        return records


class NoticesOfBatch:
    """A notice that this batch has posted, or found to be posted already, costs no further call."""

    def __init__(self, notices: PostedNotices) -> None:
        self._notices = notices
        self._posted: set[tuple[Any, ...]] = set()

    def can_receive(self, authority_code: str) -> bool:
        return self._notices.can_receive(authority_code)

    def post(self, notice: Notice) -> bool:
        """Raises Unavailable."""
        named = notice.recipient, notice.kind, notice.child, notice.reference, notice.source
        if named in self._posted:
            return False
        is_new = self._notices.post(notice)
        self._posted.add(named)
        return is_new

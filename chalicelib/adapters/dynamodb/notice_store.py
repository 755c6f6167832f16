"""The Notices table. An authority's notices are numbered from 1. One transaction writes a notice, the head that gave
its number, and the mark of its source. Numbers become visible in order, so a reader never skips one."""

import random
import time
from collections.abc import Callable
from contextlib import suppress

from ...application.ports import Clock, NoticePage
from ...application.store_errors import Unreadable
from ...domain.access_records import ActRecord
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.notices import Notice, NumberedNotice, StoredNotice
from ..aws_errors import ConditionRefused, Contended
from ..sealing.sealer import Sealer
from ..telemetry import meter
from . import attributes
from .access_log import DynamoAccessLog
from .notice_stamps import NoticeStamps
from .schema import TTL_ATTRIBUTE, NoticeHeadItem, NoticeItem, NoticeSourceItem
from .tables import Item, Request, Tables

HEAD, NOTICE, SOURCE = "HEAD", "N#", "D#"
"""The sort key of a head, and the prefixes of those of notices and marks."""
_DIGITS = 12
_TRIES = 10
_NO_VERSION = ""


class DynamoNotices:
    def __init__(
        self, tables: Tables, sealer: Sealer, access_log: DynamoAccessLog, stamps: NoticeStamps, clock: Clock
    ) -> None:
        self._tables = tables
        self._sealer = sealer
        self._access_log = access_log
        self._stamps = stamps
        self._clock = clock

    def post(self, notice: Notice) -> bool:
        source = f"{SOURCE}{self._sealer.source_token(notice)}"
        for attempt in range(_TRIES):
            last = self._last(notice.recipient)
            try:
                self._tables.transact(self._requests(notice, source, last))
            except Contended:
                meter("TransactionConflicts")
            except ConditionRefused as refused:
                if refused.found is not None and attributes.sort_key(refused.found) == source:
                    return False
            else:
                return True
            # Another writer took the number. The more writers there are, the longer this one waits.
            time.sleep(random.uniform(0, 0.01 * 2 ** min(attempt, 5)))  # noqa: S311 - jitter, no secret
        raise Unavailable

    def can_receive(self, authority_code: str) -> bool:
        return self._sealer.can_seal_for(authority_code)

    def _requests(self, notice: Notice, source: str, last: int) -> list[dict[str, Request]]:
        number = last + 1
        pk, sk = partition(notice.recipient), _sort_key(number)
        expires_at = attributes.seconds(notice.kept_until)
        mark = attributes.raw(
            pk=notice.child or pk, sk=source, authority=notice.recipient, number=number, ttl=expires_at
        )
        head = attributes.raw(pk=pk, sk=HEAD, last=number)
        sealed = self._sealer.seal_notice(notice, (pk, sk, _NO_VERSION, expires_at))
        row = attributes.raw(pk=pk, sk=sk, sealed=sealed, expires_at=expires_at, ttl=expires_at)
        as_read = NoticeHeadItem.last == last if last else NoticeHeadItem.pk.does_not_exist()
        mark, head, row = (self._stamps.stamped(item, self._clock()) for item in (mark, head, row))
        return [
            # The mark comes first: if two conditions fail, ConditionRefused brings the item of the first.
            {"Put": self._tables.put_once_request(NoticeSourceItem, mark)},
            {"Put": self._tables.put_request(NoticeHeadItem, head, as_read)},
            {"Put": self._tables.put_once_request(NoticeItem, row)},
        ]

    def page(self, authority_code: str, after: int, limit: int) -> NoticePage:
        # The head is read first, and later numbers are left out: notices may be posted during the Query, which may pass
        # a number that is not yet written and then find the next one.
        given = self._last(authority_code)
        pk = partition(authority_code)
        start = attributes.raw(pk=pk, sk=_sort_key(after))
        rows, _ = self._tables.query_page(NoticeItem, pk, start, limit, prefix=NOTICE)
        rows = [row for row in rows if NOTICE < attributes.sort_key(row) <= _sort_key(given)]
        waiting: list[NumberedNotice] = []
        for row in rows:
            try:
                if row.get("ttl") != row.get("expires_at"):
                    meter("MalformedTtl")
                waiting.append(NumberedNotice(number_of(row), self._opened(row, authority_code)))
            except Unreadable:
                meter("UnreadableRows")
        return NoticePage(tuple(waiting), _last_of(rows, after), given, len(rows) - len(waiting))

    def _opened(self, row: Item, authority_code: str) -> Notice:
        expires_at = attributes.seconds(attributes.epoch(row, "expires_at"))
        bound = (partition(authority_code), attributes.sort_key(row), _NO_VERSION, expires_at)
        return self._sealer.open_notice(attributes.blob(row, "sealed"), authority_code, bound)

    def _last(self, authority_code: str) -> int:
        """Raises Unavailable if the head is damaged: counting from 1 again would reuse numbers."""
        head = self._tables.get(NoticeHeadItem, partition(authority_code), HEAD)
        if head is None:
            return 0
        try:
            return attributes.count(head, "last")
        except Unreadable:
            meter("UnreadableRows")
            raise Unavailable from None

    def erase(self, child: ChildKey, record_of: Callable[[StoredNotice], ActRecord]) -> tuple[int, int]:
        marks = self._tables.query(NoticeSourceItem, child)
        named = sum(self._erase(child, mark, record_of) for mark in marks)
        return named, len(marks) - named

    def _erase(self, child: ChildKey, mark: Item, record_of: Callable[[StoredNotice], ActRecord]) -> bool:
        """Deletes notice and mark together, so that the mark of a notice that is left can be found again. Returns False
        if the mark is damaged or planted, and so names no notice."""
        requests = [{"Delete": self._tables.delete_request(NoticeSourceItem, child, attributes.sort_key(mark))}]
        try:
            # Otherwise erasing a child with a planted mark would delete another child's notice.
            if self._stamps.written_at(mark) is None:
                raise Unreadable
            recipient, number = attributes.text(mark, "authority"), attributes.count(mark, "number")
            kept_until = attributes.epoch(mark, TTL_ATTRIBUTE)
        except Unreadable:
            meter("UnreadableRows")
            self._transact(requests)
            return False
        requests.append({"Delete": self._tables.delete_request(NoticeItem, partition(recipient), _sort_key(number))})
        stored = StoredNotice(recipient=recipient, number=number, kept_until=kept_until)
        try:
            self._transact([*requests, {"Put": self._access_log.put_request(record_of(stored))}])
        except ConditionRefused:
            # It was erased before and put back by hand. The access record of that erasure explains this one too.
            self._transact(requests)
        return True

    def _transact(self, requests: list[dict[str, Request]]) -> None:
        """Raises ConditionRefused or Unavailable."""
        try:
            self._tables.transact(requests)
        except Contended:
            raise Unavailable from None


def partition(authority_code: str) -> str:
    """The partition key of everything that waits for an authority."""
    return f"{NOTICE}{authority_code}"


def _sort_key(number: int) -> str:
    return f"{NOTICE}{number:0{_DIGITS}}"


def number_of(row: Item) -> int:
    """The number in a notice's sort key. Raises Unreadable."""
    digits = attributes.sort_key(row).removeprefix(NOTICE)
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Unreadable
    return int(digits)


def _last_of(rows: list[Item], after: int) -> int:
    last = after
    for row in rows:
        with suppress(Unreadable):
            last = number_of(row)
    return last

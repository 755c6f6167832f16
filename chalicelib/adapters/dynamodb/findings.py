"""Findings in the Usage table. An authority's findings are numbered from 1. The head says which day the rules have seen
last, and the last number of each day that found anything, so that a finding that was deleted by hand is missed."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

import msgspec

from ...application.store_errors import Unreadable
from ...domain.calendar import midnight
from ...domain.errors import Unavailable
from ...domain.misuse.digest import KEPT_FOR, FindingsHead, FindingsPage, NumberedFinding, head_after
from ...domain.misuse.findings import Finding
from ...domain.misuse.rules import Rule
from ..aws_errors import ConditionRefused, Contended
from ..sealing.misuse_texts import MisuseTexts
from ..sealing.sealer import NO_EXPIRY, Bound
from ..telemetry import meter
from . import attributes
from .schema import FindingItem, FindingsHeadItem, FindingsReadItem
from .tables import Item, Request, Tables

MISUSE, FINDING, HEAD, READ = "M#", "F#", "HEAD", "READ"
"""The prefix of the partition keys, that of the findings' sort keys, and the sort keys of the head and of what was
read."""
_DIGITS = 12
_AT_ONCE = 99  # with the head, as many as DynamoDB takes in one transaction
_NO_VERSION = ""


class _Finding(msgspec.Struct, array_like=True):
    """The stored form. A new field goes last and needs a default."""

    id: str
    rule: Rule
    practitioner_ids: tuple[str, ...]
    people: int
    found_on: date
    first_on: date
    last_on: date
    counts: dict[str, int]
    lookup_ids: tuple[str, ...]


class _Head(msgspec.Struct, array_like=True):
    seen_until: date
    last: int
    last_of_days: list[tuple[date, int]]


Stored = TypeVar("Stored", _Finding, _Head)


class DynamoFindings:
    def __init__(self, tables: Tables, texts: MisuseTexts) -> None:
        self._tables = tables
        self._texts = texts

    def head(self, authority_code: str) -> FindingsHead | None:
        """Raises Unavailable if the head is damaged: beginning anew would number findings from 1 again."""
        item = self._tables.get(FindingsHeadItem, partition(authority_code), HEAD)
        if item is None:
            return None
        try:
            stored = _decoded(self._opened(item, NO_EXPIRY), _Head)
        except Unreadable:
            meter("UnreadableRows")
            raise Unavailable from None
        return FindingsHead(stored.seen_until, stored.last, tuple(stored.last_of_days))

    def append(self, authority_code: str, before: FindingsHead | None, day: date, findings: Sequence[Finding]) -> None:
        chunks = [findings[start : start + _AT_ONCE] for start in range(0, len(findings), _AT_ONCE)] or [()]
        head = before
        for position, chunk in enumerate(chunks, start=1):
            head = self._append(authority_code, head, day, chunk, done=position == len(chunks))

    def _append(
        self, code: str, before: FindingsHead | None, day: date, findings: Sequence[Finding], *, done: bool
    ) -> FindingsHead:
        """Raises Unavailable if another run was faster."""
        head = head_after(before, day, len(findings), done=done)
        first = head.last - len(findings) + 1
        requests = [{"Put": self._request(code, number, one)} for number, one in enumerate(findings, start=first)]
        try:
            self._tables.transact([*requests, {"Put": self._head_request(code, head, before)}])
        except (Contended, ConditionRefused):
            raise Unavailable from None
        return head

    def _request(self, code: str, number: int, finding: Finding) -> Request:
        pk, sk = partition(code), _sort_key(number)
        ttl = attributes.seconds(midnight(finding.found_on + KEPT_FOR))
        text = msgspec.msgpack.encode(_Finding(*(getattr(finding, name) for name in _Finding.__struct_fields__)))
        sealed = self._texts.seal(text, (pk, sk, _NO_VERSION, ttl))
        return self._tables.put_once_request(FindingItem, attributes.raw(pk=pk, sk=sk, sealed=sealed, ttl=ttl))

    def _head_request(self, code: str, head: FindingsHead, before: FindingsHead | None) -> Request:
        pk, seen_until = partition(code), head.seen_until.isoformat()
        text = msgspec.msgpack.encode(_Head(head.seen_until, head.last, list(head.last_of_days)))
        sealed = self._texts.seal(text, (pk, HEAD, _NO_VERSION, NO_EXPIRY))
        item = attributes.raw(pk=pk, sk=HEAD, sealed=sealed, last=head.last, seen_until=seen_until)
        if before is None:
            return self._tables.put_once_request(FindingsHeadItem, item)
        as_read = (FindingsHeadItem.last == before.last) & (
            FindingsHeadItem.seen_until == before.seen_until.isoformat()
        )
        return self._tables.put_request(FindingsHeadItem, item, as_read)

    def ids(self, authority_code: str) -> frozenset[str]:
        rows = self._tables.query(FindingItem, partition(authority_code), FINDING)
        return frozenset(one.finding.id for row in rows if (one := self._read(row, authority_code)) is not None)

    def page(self, authority_code: str, after: int, limit: int, today: date) -> FindingsPage:
        """The head is read first, and later numbers are left out: findings may be appended during the Query."""
        head = self.head(authority_code)
        if head is None:
            return FindingsPage((), after, 0)
        pk, first = partition(authority_code), max(after, head.last_expired(today))
        start = attributes.raw(pk=pk, sk=_sort_key(first))
        rows, _ = self._tables.query_page(FindingItem, pk, start, limit, prefix=FINDING)
        read = (one for row in rows if (one := self._read(row, authority_code)) is not None)
        found = tuple(one for one in read if one.number <= head.last)
        last = found[-1].number if found and len(rows) == limit else max(head.last, first)
        # Numbers have no gaps, so whatever is missing does not open or was deleted by hand.
        missing = last - first - len(found)
        if missing:
            meter("UnreadableRows", missing)
        return FindingsPage(found, last, head.last, complete=not missing)

    def _read(self, row: Item, code: str) -> NumberedFinding | None:
        try:
            stored = _decoded(self._opened(row, attributes.count(row, "ttl")), _Finding)
            number = int(attributes.sort_key(row).removeprefix(FINDING))
        except (Unreadable, ValueError):
            return None
        fields = {name: getattr(stored, name) for name in _Finding.__struct_fields__}
        return NumberedFinding(number, Finding(authority_code=code, **fields))

    def _opened(self, item: Item, ttl: int) -> bytes:
        bound: Bound = (attributes.text(item, "pk"), attributes.sort_key(item), _NO_VERSION, ttl)
        return self._texts.open(attributes.blob(item, "sealed"), bound)

    def was_read(self, authority_code: str, number: int) -> None:
        pk = partition(authority_code)
        sealed = self._texts.seal(str(number).encode(), (pk, READ, _NO_VERSION, NO_EXPIRY))
        self._tables.put(self._tables.put_request(FindingsReadItem, attributes.raw(pk=pk, sk=READ, sealed=sealed)))

    def read_until(self, authority_code: str) -> int:
        item = self._tables.get(FindingsReadItem, partition(authority_code), READ)
        try:
            return 0 if item is None else int(self._opened(item, NO_EXPIRY))
        except (Unreadable, ValueError):
            meter("UnreadableRows")
            return 0


def partition(authority_code: str) -> str:
    return f"{MISUSE}{authority_code}"


def _sort_key(number: int) -> str:
    return f"{FINDING}{number:0{_DIGITS}}"


def _decoded(text: bytes, kind: type[Stored]) -> Stored:
    try:
        return msgspec.msgpack.decode(text, type=kind)
    except msgspec.MsgspecError:
        raise Unreadable from None

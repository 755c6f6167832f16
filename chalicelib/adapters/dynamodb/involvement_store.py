"""The Involvements table. Everything about a child is one item collection, so a lookup is one Query.

Every write is one transaction of the row, its register entry (the lock) and the access record.
"""

import random
import time
from collections.abc import Iterator, Set
from contextlib import suppress
from datetime import date

from pynamodb.expressions.condition import Condition

from ...application.ports import Shielded
from ...application.register_entries import Mark, RegisterEntry, RegisterPage, Write
from ...application.store_errors import Conflict, PointerFound, Unreadable
from ...domain.access_records import ActRecord
from ...domain.child import ChildKey
from ...domain.disclosure import ChildRecords
from ...domain.errors import Unavailable
from ...domain.involvement import Involvement, Remembered
from ...domain.quality import Glance
from ..aws_errors import ConditionRefused, Contended
from ..row_keys import POINTER, SHIELD, involvement_sort_key, involvements_of
from ..sealing.sealer import Sealer
from ..telemetry import meter
from . import attributes
from .access_log import DynamoAccessLog
from .involvement_rows import InvolvementRows, shield_item, shielded_since
from .register_entries import RegisterEntries
from .schema import InvolvementItem, ShieldItem
from .supersession import DynamoSupersession, has_pointer
from .tables import Item, Request, Tables, as_read

_TRIES = 3


class DynamoInvolvementStore:
    def __init__(
        self, tables: Tables, sealer: Sealer, access_log: DynamoAccessLog, supersession: DynamoSupersession
    ) -> None:
        self._tables = tables
        self._sealer = sealer
        self._access_log = access_log
        self._supersession = supersession
        self._rows = InvolvementRows(sealer)
        self._entries = RegisterEntries(tables, sealer)

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords:
        rows = self._tables.query(InvolvementItem, child)
        trace_number = has_pointer(rows)
        return self._rows.of_child(self._supersession.all_rows(child, rows), passing_over, trace_number=trace_number)

    def of_authority(self, child: ChildKey, authority_code: str) -> Iterator[Involvement]:
        start: Item | None = None
        while True:
            page, start = self._tables.query_page(InvolvementItem, child, start, prefix=involvements_of(authority_code))
            yield from self._rows.readable(page)
            if start is None:
                return

    def entry(self, authority_code: str, reference: str) -> RegisterEntry | None:
        return self._entries.get(authority_code, reference)

    def register_page(self, authority_code: str, after: str | None, limit: int) -> RegisterPage:
        return self._entries.page(authority_code, after, limit)

    def remembered(self, authority_code: str, entry: RegisterEntry) -> Remembered | None:
        return self._entries.remembered(authority_code, entry)

    def glance(self, authority_code: str, entry: RegisterEntry) -> Glance | None:
        return self._entries.glance(authority_code, entry)

    def involvement(self, authority_code: str, entry: RegisterEntry) -> Involvement | None:
        item = self._tables.get(InvolvementItem, *_row_key(authority_code, entry))
        with attributes.metering_unreadable():
            return None if item is None else self._rows.opened(item)

    def save(self, write: Write) -> None:
        try:
            self._transact(self.save_requests(write))
        except ConditionRefused as refused:
            if write.needs_number_in_use:
                self._check_pointer(refused)
            # The entry that was found may be our own write, whose reply was lost.
            if refused.found is None or refused.found.get("version") != {"S": write.involvement.version}:
                raise Conflict from None

    def save_requests(self, write: Write) -> list[dict[str, Request]]:
        """Returns the items of the transaction that `save` makes."""
        involvement, before = write.involvement, write.before
        requests: list[dict[str, Request]] = [
            {"Put": self._entries.put_as_read(write)},
            {"Put": self._tables.put_request(InvolvementItem, self._rows.sealed(involvement))},
        ]
        if before is not None and before.child != involvement.child:
            key = before.child, involvement_sort_key(involvement.authority_code, involvement.reference)
            requests.append({"Delete": self._tables.delete_request(InvolvementItem, *key)})
        requests += [{"Put": self._access_log.put_request(record)} for record in write.access_records]
        if write.needs_number_in_use or write.renumbers:
            requests.append({"ConditionCheck": self._supersession.has_no_pointer(involvement.child)})
        if before is not None and write.renumbers:
            requests.append({"ConditionCheck": self._supersession.has_pointer(before.child)})
        return requests

    def mark(
        self,
        authority_code: str,
        reference: str,
        version: str,
        mark: Mark,
        on: date | None,
        *,
        access_record: ActRecord | None = None,
    ) -> None:
        requests: list[dict[str, Request]] = [
            {"Update": self._entries.mark_at_version(authority_code, reference, version, mark, on)}
        ]
        if access_record is not None:
            requests.append({"Put": self._access_log.put_request(access_record)})
        try:
            self._transact(requests)
        except ConditionRefused as refused:
            found = refused.found or {}
            if found.get("version") != {"S": version} or (mark in found) != (on is not None):
                raise Conflict from None

    def withdraw(
        self, authority_code: str, entry: RegisterEntry, record: ActRecord, *, row_is_lost: bool = False
    ) -> None:
        key = _row_key(authority_code, entry)
        pk = InvolvementItem.pk
        row_as_read: Condition = pk.does_not_exist() if row_is_lost else pk.exists()
        requests: list[dict[str, Request]] = [
            {"Delete": self._entries.delete_as_read(authority_code, entry)},
            {"Delete": self._tables.delete_request(InvolvementItem, *key, condition=row_as_read)},
            {"Put": self._access_log.put_request(record)},
        ]
        try:
            self._transact(requests)
        except ConditionRefused:
            raise Conflict from None

    def expire(self, authority_code: str, entry: RegisterEntry, record: ActRecord) -> None:
        key = _row_key(authority_code, entry)
        removals: list[dict[str, Request]] = [
            {"Delete": self._entries.delete_as_read(authority_code, entry)},
            {"Delete": self._tables.delete_request(InvolvementItem, *key, condition=_has_ended(entry))},
        ]
        put = self._access_log.put_request(record)
        try:
            try:
                self._transact([*removals, {"Put": put}])
            except ConditionRefused as refused:
                if refused.found is None or not _have_one_key(refused.found, put["Item"]):
                    raise
                self._access_log.count_unless_genuine(refused.found)
                self._transact(removals)
        except ConditionRefused:
            raise Conflict from None

    def shield(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> Shielded:
        """Reads first, so that a caller cannot tell by the time it takes whether the child was shielded before. An
        existing shield gets a new version: an operator who is lifting the old one then meets this request."""
        found = self._tables.get(ShieldItem, child, SHIELD)
        review_on = review_on if found is None else max(review_on, _review_on(found, review_on))
        since = record.at if found is None else shielded_since(self._sealer, found)
        shield = shield_item(self._sealer, child, reason, review_on, record.id, since=since)
        put = self._tables.put_request(ShieldItem, shield, as_read(ShieldItem, found))
        try:
            self._transact([{"Put": put}, {"Put": self._access_log.put_request(record)}])
        except ConditionRefused as refused:
            if refused.found is None or refused.found.get("version") != {"S": record.id}:
                raise Conflict from None
        return Shielded(review_on, created=found is None)

    def _check_pointer(self, refused: ConditionRefused) -> None:
        if refused.found is not None and attributes.sort_key(refused.found) == POINTER:
            raise PointerFound(self._supersession.target(refused.found)) from None

    def _transact(self, requests: list[dict[str, Request]]) -> None:
        for attempt in range(_TRIES):
            try:
                return self._tables.transact(requests)
            except Contended:
                meter("TransactionConflicts")
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, no secret
        raise Unavailable


def _row_key(authority_code: str, entry: RegisterEntry) -> tuple[str, str]:
    return entry.child, involvement_sort_key(authority_code, entry.reference)


def _has_ended(entry: RegisterEntry) -> Condition:
    """Holds if the row ends no later than its entry, if its end is no number, or if TTL has deleted it already."""
    end = InvolvementItem.expires_at
    no_number: Condition = ~end.is_type()  # type: ignore[no-untyped-call]
    is_gone = InvolvementItem.pk.does_not_exist()
    holds: Condition = is_gone | no_number | (end <= attributes.seconds(entry.expires_at))
    return holds


def _review_on(shield: Item, asked: date) -> date:
    with suppress(Unreadable), attributes.metering_unreadable():
        return attributes.day(shield, "review_on")
    return asked


def _have_one_key(one: Item, other: Item) -> bool:
    return (one.get("pk"), one.get("sk")) == (other.get("pk"), other.get("sk"))

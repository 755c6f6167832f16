"""The Involvements table. Everything about a child is one item collection, so a lookup is one Query;
every write is one transaction of the row, its register entry (the lock) and the access record."""

import random
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from zlib import crc32

from pynamodb.expressions.condition import Condition

from ...application.ports import Conflict, RegisterEntry, RegisterPage, Shielded, Superseded, Unreadable, Write
from ...domain.access_records import ActRecord
from ...domain.child import ChildKey
from ...domain.disclosure import ChildRecords
from ...domain.errors import Unavailable
from ...domain.involvement import Involvement, Remembered
from ...domain.values import replace
from ..aws_errors import ConditionRefused, Contended
from ..row_keys import (
    DUE_SHARDS,
    FORMER,
    INVOLVEMENT,
    POINTER,
    REGISTER,
    SHIELD,
    authority_key,
    authority_of,
    due_value,
    entry_key,
    involvement_sort_key,
    owner_of,
)
from ..sealing.sealer import NO_EXPIRY, Bound, OpenDetails, Sealer
from ..telemetry import meter
from . import attributes
from .access_log import DynamoAccessLog
from .schema import InvolvementItem, RegisterItem, ShieldItem
from .supersession import DynamoSupersession
from .tables import Item, Request, Tables, as_read

_TRIES = 3
_LONG_AGO = datetime.fromtimestamp(0, UTC)


class DynamoInvolvementStore:
    def __init__(
        self, tables: Tables, sealer: Sealer, access_log: DynamoAccessLog, supersession: DynamoSupersession
    ) -> None:
        self._tables = tables
        self._sealer = sealer
        self._access_log = access_log
        self._succession = supersession

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords:
        rows = self._tables.query(InvolvementItem, child)
        return self._decoded(self._succession.all_rows(child, rows), passing_over)

    def present_key(self, child: ChildKey) -> ChildKey:
        return self._succession.present_key(child)

    def _decoded(self, rows: list[Item], passing_over: Set[str]) -> ChildRecords:
        involvements: dict[tuple[str, str], Involvement] = {}
        shielded = False
        unreadable = 0
        open_details = self._sealer.open_details_of_one_read()
        for row in rows:
            sort_key = attributes.sort_key(row)
            if sort_key.startswith(SHIELD):
                shielded = True
            elif sort_key.startswith(INVOLVEMENT):
                if authority_of(sort_key) in passing_over:
                    continue
                try:
                    opened = self.opened(row, open_details)
                except Unreadable:
                    meter("UnreadableRows")
                    unreadable += 1
                else:
                    _keep_newest(involvements, opened)
            elif not sort_key.startswith((POINTER, FORMER)):
                meter("UnreadableRows")
                unreadable += 1
        return ChildRecords(tuple(involvements.values()), shielded, unreadable)

    def entry(self, authority_code: str, reference: str) -> RegisterEntry | None:
        item = self._tables.get(RegisterItem, *entry_key(authority_code, reference))
        with _counted():
            return None if item is None else _entry(item)

    def involvement(self, authority_code: str, entry: RegisterEntry) -> Involvement | None:
        sort_key = involvement_sort_key(authority_code, entry.reference)
        item = self._tables.get(InvolvementItem, entry.child, sort_key)
        with _counted():
            return None if item is None else self.opened(item)

    def remembered(self, authority_code: str, entry: RegisterEntry) -> Remembered | None:
        if entry.remembered is None:
            return None
        with suppress(Unreadable), _counted():
            return self._sealer.open_remembered(
                entry.remembered, authority_code, _of_entry(authority_code, entry.reference, entry.child)
            )
        return None

    def register_page(self, authority_code: str, after: str | None, limit: int) -> RegisterPage:
        pk = authority_key(authority_code)
        start = None if after is None else attributes.raw(pk=pk, sk=REGISTER + after)
        rows, more = self._tables.query_page(RegisterItem, pk, start, limit)
        entries: list[RegisterEntry] = []
        for row in rows:
            with suppress(Unreadable), _counted():
                entries.append(_entry(row))
        return RegisterPage(tuple(entries), None if more is None else attributes.sort_key(more).removeprefix(REGISTER))

    def save(self, write: Write) -> None:
        try:
            self._transact(self.save_requests(write))
        except ConditionRefused as refused:
            self._check_superseded(refused)
            # What stands there may be our own write, whose reply was lost.
            if refused.found is None or refused.found.get("version") != {"S": write.involvement.version}:
                raise Conflict from None

    def save_requests(self, write: Write) -> list[dict[str, Request]]:
        """Returns the items of the transaction that `save` makes."""
        involvement = write.involvement
        code, reference, version = involvement.authority_code, involvement.reference, involvement.version
        sort_key = involvement_sort_key(code, reference)
        entry_pk, entry_sk = entry_key(code, reference)
        expires_at = attributes.seconds(involvement.expires_at)
        bound = (involvement.child, sort_key, version, expires_at)
        # Raw items, since every row of a feed is written here: a model would take fifteen times as long.
        row = attributes.raw(
            pk=involvement.child,
            sk=sort_key,
            sealed=self._sealer.seal_details(involvement.details, code, bound),
            version=version,
            expires_at=expires_at,
            ttl=expires_at,
        )
        entry = attributes.raw(
            pk=entry_pk,
            sk=entry_sk,
            child=involvement.child,
            version=version,
            confirmed_on=involvement.details.confirmed_on.isoformat(),
            expires_at=expires_at,
            ttl=expires_at,
            due=due_value(write.due_on, crc32(reference.encode()) % DUE_SHARDS),
            digest=write.digest,
            remembered=self._sealer.seal_remembered(
                involvement.details, code, _of_entry(code, reference, involvement.child)
            ),
        )
        requests: list[dict[str, Request]] = [
            {"Put": self._put_as_read(entry, write.before)},
            {"Put": self._tables.put_item_request(InvolvementItem, row)},
        ]
        if write.before is not None and write.before.child != involvement.child:
            requests.append({"Delete": self._tables.delete_request(InvolvementItem, write.before.child, sort_key)})
        requests += [{"Put": self._access_log.put_request(record)} for record in write.records]
        if write.lands:
            requests.append({"ConditionCheck": self._succession.not_superseded(involvement.child)})
        return requests

    def _put_as_read(self, entry: Item, before: RegisterEntry | None) -> Request:
        """The lock: refused unless what stands there is what was read."""
        if before is None:
            return self._tables.put_once(RegisterItem, "pk", entry)
        return self._tables.put_over(RegisterItem, before.version, entry)

    def withdraw(self, authority_code: str, entry: RegisterEntry, record: ActRecord) -> None:
        pk, sk = entry_key(authority_code, entry.reference)
        sort_key = involvement_sort_key(authority_code, entry.reference)
        requests: list[dict[str, Request]] = [
            {"Delete": self._tables.delete_request(RegisterItem, pk, sk, RegisterItem.version == entry.version)},
            {
                "Delete": self._tables.delete_request(
                    InvolvementItem, entry.child, sort_key, InvolvementItem.pk.exists()
                )
            },
            {"Put": self._access_log.put_request(record)},
        ]
        try:
            self._transact(requests)
        except ConditionRefused:
            raise Conflict from None

    def expire(self, authority_code: str, entry: RegisterEntry, record: ActRecord) -> None:
        pk, sk = entry_key(authority_code, entry.reference)
        sort_key = involvement_sort_key(authority_code, entry.reference)
        # A row that TTL has deleted is no hindrance, nor is one that cannot tell its end.
        end = InvolvementItem.expires_at
        no_end: Condition = ~end.is_type()  # type: ignore[no-untyped-call]
        ended = InvolvementItem.pk.does_not_exist() | no_end | (end <= attributes.seconds(entry.expires_at))
        removals: list[dict[str, Request]] = [
            {"Delete": self._tables.delete_request(RegisterItem, pk, sk, RegisterItem.version == entry.version)},
            {"Delete": self._tables.delete_request(InvolvementItem, entry.child, sort_key, ended)},
        ]
        put = self._access_log.put_request(record)
        try:
            try:
                self._transact([*removals, {"Put": put}])
            except ConditionRefused as refused:
                if refused.found != put["Item"]:
                    raise
                self._transact(removals)
        except ConditionRefused:
            raise Conflict from None

    def shield(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> Shielded:
        version = record.id
        sealed = self._sealer.seal_reason(reason, (child, SHIELD, version, NO_EXPIRY))
        shield = ShieldItem(child, SHIELD, version=version, review_on=review_on.isoformat(), sealed=sealed)
        requests: list[dict[str, Request]] = [
            {"Put": self._tables.put_request(shield, ShieldItem.pk.does_not_exist())},
            {"Put": self._access_log.put_request(record)},
            {"ConditionCheck": self._succession.not_superseded(child)},
        ]
        try:
            self._transact(requests)
        except ConditionRefused as refused:
            self._check_superseded(refused)
            if refused.found is None:
                raise Unavailable from None
            if refused.found.get("version") != {"S": version}:
                return self._shielded_again(refused.found, shield, record)
        return Shielded(review_on, created=True)

    def _shielded_again(self, found: Item, shield: ShieldItem, record: ActRecord) -> Shielded:
        """A version of its own, so that an operator who lifts the shield as it was meets this request; and the later
        of the two reviews."""
        asked = date.fromisoformat(shield.review_on)
        review_on = max(asked, _review_on(found, asked))
        shield.review_on = review_on.isoformat()
        try:
            self._transact(
                [
                    {"Put": self._tables.put_request(shield, as_read(ShieldItem, found))},
                    {"Put": self._access_log.put_request(record)},
                ]
            )
        except ConditionRefused as refused:
            if refused.found is None or refused.found.get("version") != {"S": record.id}:
                raise Conflict from None
        return Shielded(review_on, created=False)

    def _check_superseded(self, refused: ConditionRefused) -> None:
        if refused.found is not None and attributes.sort_key(refused.found) == POINTER:
            raise Superseded(self._succession.target(refused.found)) from None

    def _transact(self, requests: list[dict[str, Request]]) -> None:
        for attempt in range(_TRIES):
            try:
                return self._tables.transact(requests)
            except Contended:
                meter("TransactionConflicts")
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, no secret
        raise Unavailable

    def opened(self, row: Item, open_details: OpenDetails | None = None) -> Involvement:
        """`open_details`: of the rows that were read together, where there are many. Raises Unreadable."""
        open_details = open_details or self._sealer.open_details
        pk, sort_key = attributes.text(row, "pk"), attributes.sort_key(row)
        version, expires_at = attributes.text(row, "version"), attributes.epoch(row, "expires_at")
        code, reference = owner_of(sort_key)
        sealed = attributes.blob(row, "sealed")
        if row.get("ttl") != row["expires_at"]:
            meter("MalformedTtl")
        return Involvement(
            child=ChildKey(pk),
            authority_code=code,
            reference=reference,
            version=version,
            expires_at=expires_at,
            details=open_details(sealed, code, (pk, sort_key, version, attributes.seconds(expires_at))),
        )


def _keep_newest(involvements: dict[tuple[str, str], Involvement], row: Involvement) -> None:
    """Under two keys of a child one reference may have two rows: one that has moved on, or expired and still lies."""
    key = row.authority_code, row.reference
    if key not in involvements or involvements[key].version < row.version:
        involvements[key] = row


def _of_entry(authority_code: str, reference: str, child: ChildKey) -> Bound:
    """To the child and to no version or end: what is remembered holds also where a hand has edited the entry."""
    return *entry_key(authority_code, reference), child, NO_EXPIRY


def _review_on(shield: Item, asked: date) -> date:
    with suppress(Unreadable), _counted():
        return attributes.day(shield, "review_on")
    return asked


def _entry(item: Item) -> RegisterEntry:
    """Without child and version nothing can be done under the reference; all else can be mended."""
    known = RegisterEntry(
        reference=attributes.sort_key(item).removeprefix(REGISTER),
        child=ChildKey(attributes.text(item, "child")),
        version=attributes.text(item, "version"),
        confirmed_on=date.min,
        expires_at=_LONG_AGO,
        digest=item.get("digest", {}).get("B"),
        remembered=item.get("remembered", {}).get("B"),
        erased="erased_at" in item,
        damaged=True,
    )
    with suppress(Unreadable), _counted():
        confirmed_on, expires_at = attributes.day(item, "confirmed_on"), attributes.epoch(item, "expires_at")
        if item.get("ttl") != item["expires_at"]:
            meter("MalformedTtl")
        return replace(known, confirmed_on=confirmed_on, expires_at=expires_at, damaged=False)
    return known


@contextmanager
def _counted() -> Iterator[None]:
    try:
        yield
    except Unreadable:
        meter("UnreadableRows")
        raise

"""The register: one entry for each reference of an authority. An entry is not sealed, except for what it remembers."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TypeVar
from zlib import crc32

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from ...application.register_entries import Mark, RegisterEntry, RegisterPage, Write
from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ...domain.involvement import Remembered
from ...domain.quality import Glance
from ...domain.values import replace
from ..row_keys import DUE_SHARDS, REGISTER, authority_key, due_value, entry_key
from ..sealing.sealer import NO_EXPIRY, Bound, Sealer
from ..telemetry import meter
from . import attributes
from .schema import RegisterItem
from .tables import Item, Request, Tables

Opened = TypeVar("Opened")

_LONG_AGO = datetime.fromtimestamp(0, UTC)


class RegisterEntries:
    def __init__(self, tables: Tables, sealer: Sealer) -> None:
        self._tables = tables
        self._sealer = sealer

    def get(self, authority_code: str, reference: str) -> RegisterEntry | None:
        """Raises Unreadable."""
        item = self._tables.get(RegisterItem, *entry_key(authority_code, reference))
        with attributes.metering_unreadable():
            return None if item is None else _read_entry(item)

    def page(self, authority_code: str, after: str | None, limit: int) -> RegisterPage:
        pk = authority_key(authority_code)
        start = None if after is None else attributes.raw(pk=pk, sk=REGISTER + after)
        rows, more = self._tables.query_page(RegisterItem, pk, start, limit)
        entries: list[RegisterEntry] = []
        for row in rows:
            with suppress(Unreadable), attributes.metering_unreadable():
                entries.append(_read_entry(row))
        return RegisterPage(tuple(entries), None if more is None else attributes.sort_key(more).removeprefix(REGISTER))

    def remembered(self, authority_code: str, entry: RegisterEntry) -> Remembered | None:
        """None if the entry has nothing to remember, or it does not open."""
        return _opened(self._sealer.open_remembered, authority_code, entry)

    def glance(self, authority_code: str, entry: RegisterEntry) -> Glance | None:
        """None if there is nothing to read it from, or that does not open."""
        return _opened(self._sealer.open_glance, authority_code, entry)

    def put_as_read(self, write: Write) -> Request:
        """The lock of a write: refused unless the entry is still the one that was read, with the same marks."""
        item, before = self._item(write), write.before
        if before is None:
            return self._tables.put_once_request(RegisterItem, item)
        if before.damaged:
            return self._tables.put_over_request(RegisterItem, before.version, item)
        return self._tables.put_request(RegisterItem, item, _as_read(before))

    def mark_at_version(
        self, authority_code: str, reference: str, version: str, mark: Mark, on: date | None
    ) -> Request:
        """Refused if the entry has another version, or is already so."""
        attribute = RegisterItem.undecided_on if mark is Mark.UNDECIDED else RegisterItem.trace_number_on
        actions: list[Action] = [attribute.remove() if on is None else attribute.set(on.isoformat())]
        if mark is Mark.UNDECIDED and on is not None:
            actions.append(RegisterItem.due.set(due_value(on, _shard(reference))))
        there = attribute.exists() if on is None else attribute.does_not_exist()
        unmarked: Condition = (RegisterItem.version == version) & there
        key = entry_key(authority_code, reference)
        return self._tables.update_request(RegisterItem, *key, actions=actions, condition=unmarked)

    def _item(self, write: Write) -> Item:
        involvement = write.involvement
        child, code, reference = involvement.child, involvement.authority_code, involvement.reference
        pk, sk = entry_key(code, reference)
        expires_at = attributes.seconds(involvement.expires_at)
        return attributes.raw(
            pk=pk,
            sk=sk,
            child=child,
            version=involvement.version,
            confirmed_on=involvement.details.confirmed_on.isoformat(),
            expires_at=expires_at,
            ttl=expires_at,
            due=due_value(write.due_on, _shard(reference)),
            digest=write.digest,
            undecided_on=_iso(write.undecided_on),
            trace_number_on=_iso(write.trace_number_on),
            remembered=self._sealer.seal_remembered(involvement.details, code, _bound(code, reference, child)),
        )

    def delete_as_read(self, authority_code: str, entry: RegisterEntry) -> Request:
        key = entry_key(authority_code, entry.reference)
        return self._tables.delete_request(RegisterItem, *key, condition=RegisterItem.version == entry.version)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _marked_on(item: Item, name: str) -> date:
    """Only as we write it, because a write is on the condition that the mark is still as it was read."""
    day = attributes.day(item, name)
    if item[name] != {"S": day.isoformat()}:
        raise Unreadable
    return day


def _shard(reference: str) -> int:
    return crc32(reference.encode()) % DUE_SHARDS


def _as_read(entry: RegisterEntry) -> Condition:
    holds: Condition = RegisterItem.version == entry.version
    for attribute, day in (
        (RegisterItem.undecided_on, entry.undecided_on),
        (RegisterItem.trace_number_on, entry.trace_number_on),
    ):
        holds &= attribute.does_not_exist() if day is None else attribute == day.isoformat()
    return holds


def _bound(authority_code: str, reference: str, child: ChildKey) -> Bound:
    """To the child, but to no version and no expiry: it still opens if the rest of the entry was edited by hand."""
    return *entry_key(authority_code, reference), child, NO_EXPIRY


def _opened(unseal: Callable[[bytes, str, Bound], Opened], authority_code: str, entry: RegisterEntry) -> Opened | None:
    if entry.remembered is None:
        return None
    with suppress(Unreadable), attributes.metering_unreadable():
        return unseal(entry.remembered, authority_code, _bound(authority_code, entry.reference, entry.child))
    return None


def _read_entry(item: Item) -> RegisterEntry:
    """Raises Unreadable without a child and a version: nothing can be done under the reference then. If anything else
    is unreadable, the entry is `damaged`; the next whole record repairs it."""
    known = RegisterEntry(
        reference=attributes.sort_key(item).removeprefix(REGISTER),
        child=ChildKey(attributes.text(item, "child")),
        version=attributes.text(item, "version"),
        confirmed_on=date.min,
        expires_at=_LONG_AGO,
        digest=item.get("digest", {}).get("B"),
        remembered=item.get("remembered", {}).get("B"),
        undecided_on=attributes.or_none(attributes.day, item, "undecided_on"),
        trace_number_on=attributes.or_none(attributes.day, item, "trace_number_on"),
        erased="erased_at" in item,
        damaged=True,
    )
    with suppress(Unreadable), attributes.metering_unreadable():
        confirmed_on, expires_at = attributes.day(item, "confirmed_on"), attributes.epoch(item, "expires_at")
        if item.get("ttl") != item["expires_at"]:
            meter("MalformedTtl")
        undecided_on, trace_number_on = (
            _marked_on(item, name) if name in item else None for name in (Mark.UNDECIDED, Mark.TRACE_NUMBER)
        )
        return replace(
            known,
            confirmed_on=confirmed_on,
            expires_at=expires_at,
            undecided_on=undecided_on,
            trace_number_on=trace_number_on,
            damaged=False,
        )
    return known

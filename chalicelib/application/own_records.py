"""Reads the caller's own record, and checks its version, before a use case changes or shows it."""

from contextlib import suppress
from datetime import datetime
from typing import NoReturn

from ..domain.errors import Erased, NotFound, RecordUnreadable, VersionMismatch
from ..domain.involvement import Involvement
from .ports import InvolvementStore
from .register_entries import RegisterEntry
from .retries import retry_on_conflict
from .store_errors import Conflict, Unreadable

ANY_VERSION = "*"


def read_entry(store: InvolvementStore, authority_code: str, reference: str) -> RegisterEntry | None:
    """Raises RecordUnreadable, or Erased if a tombstone holds the reference."""
    try:
        entry = store.entry(authority_code, reference)
    except Unreadable:
        raise RecordUnreadable from None
    if entry is not None and entry.erased:
        raise Erased
    return entry


def check_version(entry: RegisterEntry | None, if_match: str | None, now: datetime) -> None:
    """Raises VersionMismatch if `If-Match` was sent and does not name the live version."""
    if if_match is None:
        return
    if entry is None or not entry.is_live(now) or if_match not in {ANY_VERSION, entry.version}:
        raise VersionMismatch


def read_live(
    store: InvolvementStore, authority_code: str, reference: str, now: datetime
) -> tuple[RegisterEntry, Involvement]:
    """The caller's own live record. Raises NotFound, RecordUnreadable, or Conflict if it changed between two reads."""
    try:
        entry = store.entry(authority_code, reference)
        if entry is None or not entry.is_live(now):
            raise NotFound
        if entry.damaged:
            raise RecordUnreadable
        involvement = store.involvement(authority_code, entry)
    except Unreadable:
        raise RecordUnreadable from None
    if involvement is None:
        _raise_for_missing_row(store, authority_code, entry)
    if not involvement.is_live(now):
        raise NotFound
    return entry, involvement


read_live_with_retries = retry_on_conflict(read_live)
"""For use cases that only read. A use case that writes retries the reading and the writing together."""


def is_row_lost(store: InvolvementStore, authority_code: str, entry: RegisterEntry) -> bool:
    """True if the entry leads to no row, though it is authentic: what it remembers opens under its child.

    Raises RecordUnreadable if it is not, because the row may then be under another child. Raises Conflict if the record
    changed between two reads.
    """
    with suppress(Unreadable):  # An unreadable row exists.
        if store.involvement(authority_code, entry) is not None:
            return False
        if store.remembered(authority_code, entry) is None:
            _raise_for_missing_row(store, authority_code, entry)
        return True
    return False


def _raise_for_missing_row(store: InvolvementStore, authority_code: str, entry: RegisterEntry) -> NoReturn:
    """Raises Conflict if the record was moved or withdrawn between two reads. Otherwise the row is lost, and this
    raises RecordUnreadable."""
    again = store.entry(authority_code, entry.reference)
    if again is not None and again.version == entry.version:
        raise RecordUnreadable
    raise Conflict

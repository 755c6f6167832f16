"""The caller's own record, as the use cases read it before they change or tell it, and its version."""

from contextlib import suppress
from datetime import datetime
from typing import NoReturn

from ..domain.errors import Erased, NotFound, RecordUnreadable, VersionMismatch
from ..domain.involvement import Involvement
from .ports import InvolvementStore
from .register_entries import RegisterEntry
from .store_errors import Conflict, Unreadable

ANY_VERSION = "*"


def read_entry(store: InvolvementStore, authority_code: str, reference: str) -> RegisterEntry | None:
    """Raises RecordUnreadable, or Erased where a tombstone holds the reference."""
    try:
        entry = store.entry(authority_code, reference)
    except Unreadable:
        raise RecordUnreadable from None
    if entry is not None and entry.erased:
        raise Erased
    return entry


def check_version(entry: RegisterEntry | None, if_match: str | None, now: datetime) -> None:
    """Raises VersionMismatch where `If-Match` names anything but the live version."""
    if if_match is None:
        return
    if entry is None or not entry.is_live(now) or if_match not in {ANY_VERSION, entry.version}:
        raise VersionMismatch


def read_live(
    store: InvolvementStore, authority_code: str, reference: str, now: datetime
) -> tuple[RegisterEntry, Involvement]:
    """The caller's own live record. Raises NotFound, RecordUnreadable, or Conflict if it changed meanwhile."""
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
        _row_is_missing(store, authority_code, entry)
    if not involvement.is_live(now):
        raise NotFound
    return entry, involvement


def check_row_stands(store: InvolvementStore, authority_code: str, entry: RegisterEntry) -> None:
    """Raises RecordUnreadable if the entry leads to no row, or Conflict if the record changed meanwhile."""
    with suppress(Unreadable):  # damaged, but there
        if store.involvement(authority_code, entry) is None:
            _row_is_missing(store, authority_code, entry)


def _row_is_missing(store: InvolvementStore, authority_code: str, entry: RegisterEntry) -> NoReturn:
    """A record that was moved or withdrawn between two reads is a conflict; else its row is lost."""
    again = store.entry(authority_code, entry.reference)
    if again is not None and again.version == entry.version:
        raise RecordUnreadable
    raise Conflict

"""What counts as a hand edit: a change of an item that no code of ours made. A watcher raises an alarm for each one.

Every write of ours gives an item a new version, and the version (a ULID) says when it was made. So a change is a hand
edit if it keeps the version, or if its version was made at another time. Only one write of ours keeps the version: the
sweep's, if it reschedules the `due` of a register entry.
"""

from datetime import date, datetime, timedelta
from typing import Any

from .values import Struct

WRITTEN_WITHIN = timedelta(minutes=15)
"""A version is made less than half a minute before it is written, but the clocks of two machines differ."""
CLOCKS_DIFFER = timedelta(seconds=5)
_SWEEP_LOOKS_AHEAD = timedelta(days=2)


class ItemState(Struct, frozen=True, kw_only=True):
    """An item of the Involvements table before or after a change.

    `version` and `content` are only compared: the attribute as it is stored, and all attributes except `due`.
    The dates and times are None if they are missing or unreadable.
    """

    version: Any
    version_made_at: datetime | None
    content: Any
    has_due: bool
    due_on: date | None
    expires_on: date | None
    is_tombstone: bool


def is_hand_edit(before: ItemState | None, after: ItemState, at: datetime) -> bool:
    """`before`: None for a new item. `at`: when the change was made."""
    if before is None or before.version != after.version:
        return not _is_of_now(before, after, at)
    return before.content != after.content or not _is_rescheduled(before, after, at)


def is_tampering(*, is_new: bool, removed_by_ttl: bool) -> bool:
    """True unless the change inserts an access record, or TTL removes one. Access records are never changed."""
    return not (is_new or removed_by_ttl)


def _is_of_now(before: ItemState | None, after: ItemState, at: datetime) -> bool:
    """True if the version was made at the time of the change, and is newer than the one before it. An older version
    means that somebody put an old item back by hand."""
    made_at = after.version_made_at
    if made_at is None or abs(at - made_at) > WRITTEN_WITHIN:
        return False
    previous = None if before is None else before.version_made_at
    return previous is None or made_at > previous - CLOCKS_DIFFER


def _is_rescheduled(before: ItemState, after: ItemState, at: datetime) -> bool:
    """True if the sweep may have made the change. The sweep moves `due` to a later day, never long after the entry's
    end. It removes `due` only from a tombstone."""
    if not after.has_due:
        return after.is_tombstone or not before.has_due
    if before.due_on is None or after.due_on is None:
        return False
    latest = max(at.date() + _SWEEP_LOOKS_AHEAD, after.expires_on or date.min)
    return before.due_on < after.due_on <= latest

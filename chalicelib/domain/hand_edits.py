"""What shows by itself that a change of an item was made by hand. `explanations.py` decides about all other changes.

Every write of ours gives an item a new version, and the version (a ULID) says when it was made. So a change is a hand
edit if it keeps the version, or if its version was made at another time. Two writes of ours keep the version of a
register entry: the sweep reschedules its `due`, and a mark is set or removed.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from .access_records import kept_until
from .values import Struct

WRITTEN_WITHIN = timedelta(minutes=15)
"""A version is made less than half a minute before it is written, but the clocks of two machines differ."""
CLOCKS_DIFFER = timedelta(seconds=5)
_SWEEP_LOOKS_AHEAD = timedelta(days=2)
UNDECIDED_MARK, TRACE_NUMBER_MARK = "undecided_on", "trace_number_on"


class ItemState(Struct, frozen=True, kw_only=True):
    """An item of the Involvements table before or after a change.

    `version` and `content` are only compared: the attribute as it is stored, and all attributes except `due` and the
    marks. The dates and times are None if they are missing or unreadable. `marks`: the names of the marks that are
    there, readable or not, and as they are stored.
    """

    version: Any
    version_made_at: datetime | None
    content: Any
    has_due: bool
    due_on: date | None
    marks: Mapping[str, Any]
    undecided_on: date | None
    trace_number_on: date | None
    expires_on: date | None
    is_tombstone: bool


def is_hand_edit(before: ItemState | None, after: ItemState, at: datetime) -> bool:
    """`before`: None for a new item. `at`: when the change was made."""
    if before is None or before.version != after.version:
        return not _is_of_now(before, after, at)
    if before.content != after.content:
        return True
    if before.marks == after.marks:
        return not _is_rescheduled(before, after, at)
    return not (_is_found_undecided(before, after, at) or _has_number_mark_changed(before, after, at))


def is_tampering(*, is_new: bool, removed_by_ttl: bool, made_at: datetime | None, at: datetime) -> bool:
    """True unless the change inserts an access record, or TTL removes one at its end. Access records are never changed.

    `made_at`: the time in the record's id, None if it is no id of ours. `at`: when the change was made. If somebody
    points TTL at another attribute, it removes records before their end.
    """
    if is_new:
        return False
    return not removed_by_ttl or made_at is None or at < kept_until(made_at)


def _is_of_now(before: ItemState | None, after: ItemState, at: datetime) -> bool:
    """True if the version was made at the time of the change, and is newer than the one before it. An older version
    means that somebody put an old item back by hand."""
    made_at = after.version_made_at
    if made_at is None or abs(at - made_at) > WRITTEN_WITHIN:
        return False
    previous = None if before is None else before.version_made_at
    return previous is None or made_at > previous - CLOCKS_DIFFER


def _is_rescheduled(before: ItemState, after: ItemState, at: datetime) -> bool:
    """True if the sweep may have made the change. The sweep moves a `due` that has come to a later day, never long
    after the entry's end. It removes `due` only from a tombstone."""
    if not after.has_due:
        return after.is_tombstone or not before.has_due
    if before.due_on is None or after.due_on is None:
        return False
    soon = at.date() + _SWEEP_LOOKS_AHEAD
    # While its owner has not decided, the sweep looks at an entry every day.
    latest = soon if UNDECIDED_MARK in after.marks else max(soon, after.expires_on or date.min)
    return before.due_on <= (at + WRITTEN_WITHIN).date() and before.due_on < after.due_on <= latest


def _is_found_undecided(before: ItemState, after: ItemState, at: datetime) -> bool:
    """True if the change may be that of a PUT that was refused. It marks the entry, and the sweep looks at it the same
    day. Only a write with a new version removes that mark."""
    return (
        set(after.marks) - set(before.marks) == {UNDECIDED_MARK}
        and _without(after.marks, UNDECIDED_MARK) == before.marks
        and _is_of_day(after.undecided_on, at)
        and after.due_on == after.undecided_on
    )


def _has_number_mark_changed(before: ItemState, after: ItemState, at: datetime) -> bool:
    """True if the change may be that of an operator who superseded or retired the number, or undid it."""
    same = (before.has_due, before.due_on, _without(before.marks, TRACE_NUMBER_MARK)) == (
        after.has_due,
        after.due_on,
        _without(after.marks, TRACE_NUMBER_MARK),
    )
    is_set = TRACE_NUMBER_MARK not in before.marks and _is_of_day(after.trace_number_on, at)
    return same and after.has_due and (is_set or TRACE_NUMBER_MARK not in after.marks)


def _is_of_day(day: date | None, at: datetime) -> bool:
    """True if it was that day within the last quarter of an hour, or will be."""
    return day is not None and (at - WRITTEN_WITHIN).date() <= day <= (at + WRITTEN_WITHIN).date()


def _without(marks: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in marks.items() if key != name}

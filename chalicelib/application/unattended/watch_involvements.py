"""Watch every change of the Involvements table. Raise a metric for each change that no access record explains."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ...domain.child import ChildKey
from ...domain.explanations import (
    Explanation,
    Item,
    ItemKind,
    MarkChange,
    explains_mark,
    explains_removal,
    explains_version,
)
from ...domain.hand_edits import CLOCKS_DIFFER, TRACE_NUMBER_MARK, UNDECIDED_MARK, WRITTEN_WITHIN
from ...domain.values import Struct
from ..ports import AccessHistory, Meter
from ..recorder import Ended, Recorder

_AROUND_A_WRITE = timedelta(seconds=30)
"""A version, and the id of the access record of a removal, is made less than half a minute before the write."""
_ENDS_BEFORE_ITS_VERSION = timedelta(minutes=1)
"""The access record of an expiry has the time of the end, which may be the second in which the version was made."""


class Row(Struct, frozen=True, kw_only=True):
    """The unsealed fields of a row or a register entry. A field is None if it cannot be read.

    `child`: the child whose access records explain the row. A tombstone names none.
    `made_at`: the time in its version.
    `marks`: those of an entry, only to be compared.
    `ends_well`: TTL will delete the row when it expires.
    """

    item: Item
    child: ChildKey | None
    made_at: datetime | None = None
    marks: Mapping[str, Any] = {}
    expires_at: datetime | None = None
    ends_well: bool = True


class RowChange(Struct, frozen=True, kw_only=True):
    """`before` is None if the row is new, `after` if it was removed. `edited`: the change itself shows that it was made
    by hand."""

    before: Row | None
    after: Row | None
    at: datetime
    by_ttl: bool = False
    edited: bool = False


class WatchInvolvements(Struct, frozen=True, kw_only=True):
    """If changes arrive twice or out of order, the resulting state is the same.

    A change costs a read of the child's acts of about half a minute, however many it has and however late the watcher
    is. A change that no act of that time explains costs a read of all acts since.
    """

    history: AccessHistory
    recorder: Recorder
    meter: Meter

    def __call__(self, change: RowChange) -> None:
        """Raises Unavailable."""
        if change.after is not None:
            self._written(change.after, change)
        elif change.before is not None:
            self._removed(change.before, change)

    def _written(self, row: Row, change: RowChange) -> None:
        if not row.ends_well:
            self.meter("MalformedTtl")
        if change.edited or not self._is_explained(row, change):
            self.meter("RowsEditedByHand")

    def _is_explained(self, row: Row, change: RowChange) -> bool:
        before = change.before
        if before is not None and before.item.version == row.item.version:
            return before.marks == row.marks or self._is_mark_explained(before, row, change.at)
        # A tombstone names no child. The entry that it replaces does.
        child = before.child if row.item.kind is ItemKind.TOMBSTONE and before is not None else row.child
        if child is None or row.made_at is None:
            return False
        replaced = None if before is None else before.item.version
        # Only acts before the write can outdate it. The access record of the write is of the time of its version.
        until = max(row.made_at, change.at) + CLOCKS_DIFFER
        return explains_version(row.item, self._acts(child, row.made_at, until), change.at, replaced)

    def _is_mark_explained(self, before: Row, entry: Row, at: datetime) -> bool:
        """`is_hand_edit` has seen to it that one mark has changed."""
        if entry.child is None:
            return False
        change = _mark_change(before.marks, entry.marks)
        return explains_mark(entry.item, self._acts(entry.child, at - WRITTEN_WITHIN, at + WRITTEN_WITHIN), change)

    def _removed(self, row: Row, change: RowChange) -> None:
        if change.by_ttl and row.ends_well and row.expires_at is not None and row.expires_at <= change.at:
            return self._expired(row, row.expires_at)
        if change.by_ttl or not self._is_removal_explained(row, change.at):
            # If TTL removed the row before its end, somebody has edited its `ttl`, or pointed TTL at another attribute.
            self.meter("RowsRemovedUnexplained")
        return None

    def _expired(self, row: Row, expires_at: datetime) -> None:
        item = row.item
        if item.kind is not ItemKind.INVOLVEMENT:
            return  # The access record is written for the involvement, which ends at the same time.
        if row.child is None or item.authority_code is None or item.reference is None or item.version is None:
            self.meter("RowsRemovedUnexplained")
            return
        ended = Ended(
            child=row.child,
            authority_code=item.authority_code,
            reference=item.reference,
            version=item.version,
            expires_at=expires_at,
        )
        self.recorder.write_expired(ended)
        self.meter("ExpiredByTtl")

    def _is_removal_explained(self, row: Row, at: datetime) -> bool:
        if row.child is None:
            return False
        return any(explains_removal(row.item, self._acts(row.child, *time), at) for time in _times_of_removal(row, at))

    def _acts(self, child: ChildKey, since: datetime | None, until: datetime | None = None) -> list[Explanation]:
        """Leaves out what is not genuine. Reading that raises an alarm of its own."""
        return [
            Explanation(
                id=past.id,
                at=past.at,
                act=past.act,
                authority_code=past.authority_code,
                reference=past.reference,
                version=past.version,
            )
            for past in self.history.acts_of(child, since, until)
            if past.at is not None and past.act is not None
        ]


def _mark_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> MarkChange:
    if before.get(UNDECIDED_MARK) != after.get(UNDECIDED_MARK):
        return MarkChange.UNDECIDED_SET
    return MarkChange.TRACE_SET if TRACE_NUMBER_MARK in after else MarkChange.TRACE_REMOVED


def _times_of_removal(row: Row, at: datetime) -> Iterator[tuple[datetime | None, datetime | None]]:
    """When the act that explains a removal may have been made: just now, at the row's end, or, which is rare, at any
    time since its version was made."""
    yield at - _AROUND_A_WRITE, at + CLOCKS_DIFFER
    if row.expires_at is not None and row.expires_at <= at:
        yield row.expires_at - CLOCKS_DIFFER, row.expires_at + CLOCKS_DIFFER
    yield None if row.made_at is None else row.made_at - _ENDS_BEFORE_ITS_VERSION, None

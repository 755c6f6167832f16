"""What the functions about NHS numbers share: the live records under a number, and their mark to trace it anew."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from ...domain.child import ChildKey
from ..ports import InvolvementStore
from ..register_entries import Mark
from ..store_errors import Conflict


def live_records(involvements: InvolvementStore, key: ChildKey, now: datetime) -> int:
    """How many there are under every number of the child, with those that do not open."""
    records = involvements.of_child(key, frozenset())
    return sum(row.is_live(now) for row in records.involvements) + records.unreadable


def mark_for_tracing(involvements: InvolvementStore, keys: Sequence[ChildKey], now: datetime) -> None:
    """Marks every live record under these keys of one child. A record that its owner writes at the same moment is left:
    that write has found the pointer."""
    _mark(involvements, keys, now, is_set=True)


def unmark_for_tracing(involvements: InvolvementStore, key: ChildKey, now: datetime) -> None:
    _mark(involvements, (key,), now, is_set=False)


def _mark(involvements: InvolvementStore, keys: Sequence[ChildKey], now: datetime, *, is_set: bool) -> None:
    day = now.date() if is_set else None
    for row in involvements.of_child(keys[0], frozenset()).involvements:
        if row.child in keys and row.is_live(now):
            with suppress(Conflict):
                involvements.mark(row.authority_code, row.reference, row.version, Mark.TRACE_NUMBER, day)

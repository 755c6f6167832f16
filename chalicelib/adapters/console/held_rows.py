"""The Held table: copies for an inquiry, encrypted under a key of their own. No person but an auditor may use that key.

The details are copied unsealed. A hold must outlast the key that sealed the rows, because the salt of their authority
may be deleted meanwhile.
"""

from collections.abc import Iterator
from datetime import datetime

from ...application.console.ports import Holding
from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.involvement_rows import InvolvementRows
from ..dynamodb.schema import HeldItem, InvolvementItem
from ..dynamodb.tables import Item, Request, Tables
from ..row_keys import FORMER, INVOLVEMENT, POINTER, owner_of
from ..sealing.formats import write_details
from ..telemetry import meter

_HOLD = "H#"
_AT_ONCE = 50


class DynamoHeldRows:
    def __init__(self, tables: Tables, rows: InvolvementRows) -> None:
        self._tables = tables
        self._rows = rows

    def holding(self, hold: str, child: ChildKey, at: datetime) -> Holding:
        rows = [row for row in self._tables.query(InvolvementItem, child) if _is_there(row, at)]
        held = self._held(hold, child)
        ends = filter(None, (attributes.or_none(attributes.epoch, one, "ttl") for one in held))
        return Holding(len(rows) + len(held), max(ends, default=None))

    def children(self, hold: str) -> tuple[ChildKey, ...]:
        return tuple(dict.fromkeys(ChildKey(attributes.sort_key(row).partition("|")[0]) for row in self._held(hold)))

    def hold(self, hold: str, child: ChildKey, until: datetime, at: datetime) -> int:
        """Every copy gets the new end, including earlier copies whose row has changed or is gone."""
        rows = [row for row in self._tables.query(InvolvementItem, child) if _is_there(row, at)]
        copies = [self._copy(hold, row, until, at) for row in rows]
        held = {attributes.sort_key(copy) for copy in copies}
        ends = {"N": str(attributes.seconds(until))}
        gone = [row for row in self._held(hold, child) if attributes.sort_key(row) not in held]
        self._write({"Put": self._tables.put_request(HeldItem, copy)} for copy in copies)
        self._write({"Put": self._tables.put_request(HeldItem, {**row, "ttl": ends})} for row in gone)
        return len(copies) + len(gone)

    def release(self, hold: str, child: ChildKey) -> int:
        rows = self._held(hold, child)
        self._write(
            {"Delete": self._tables.delete_request(HeldItem, row["pk"]["S"], attributes.sort_key(row))} for row in rows
        )
        return len(rows)

    def _held(self, hold: str, child: ChildKey | None = None) -> list[Item]:
        return self._tables.query(HeldItem, _HOLD + hold, None if child is None else f"{child}|")

    def _copy(self, hold: str, row: Item, until: datetime, at: datetime) -> Item:
        sort_key, version = attributes.sort_key(row), attributes.version(row) or ""
        copy = attributes.raw(
            pk=_HOLD + hold,
            sk=f"{row['pk']['S']}|{sort_key}|{version}",
            held_at=attributes.seconds(at),
            ttl=attributes.seconds(until),
            review_on=row.get("review_on", {}).get("S"),
        )
        if not sort_key.startswith(INVOLVEMENT):
            return copy | _still_sealed(row)
        code, reference = owner_of(sort_key)
        return copy | attributes.raw(authority=code, reference=reference) | self._content(row)

    def _content(self, row: Item) -> Item:
        """A row that does not open is held sealed, as it is."""
        try:
            involvement = self._rows.opened(row)
        except Unreadable:
            meter("UnreadableRows")
            return _still_sealed(row)
        return attributes.raw(
            details=write_details(involvement.details).decode(), expires_at=attributes.seconds(involvement.expires_at)
        )

    def _write(self, requests: Iterator[dict[str, Request]]) -> None:
        """Writing the same items again does no harm, so the next run finishes after a failure."""
        every = [*requests]
        for start in range(0, len(every), _AT_ONCE):
            try:
                self._tables.transact(every[start : start + _AT_ONCE])
            except (Contended, ConditionRefused):
                raise Unavailable from None


def _still_sealed(row: Item) -> Item:
    since = attributes.or_none(attributes.epoch, row, "since")
    kept = attributes.raw(sealed=row.get("sealed", {}).get("B"))
    return kept if since is None else kept | attributes.raw(since=attributes.seconds(since))


def _is_there(row: Item, at: datetime) -> bool:
    """False for pointers and former keys, and for a row that has expired, even if TTL has not deleted it yet."""
    if attributes.sort_key(row).startswith((POINTER, FORMER)):
        return False
    try:
        return "expires_at" not in row or at < attributes.epoch(row, "expires_at")
    except Unreadable:
        return True

"""The Held table: copies for an inquiry, opened, under a key of their own that of people only the auditor may use.

They are kept opened since a hold must outlast what sealed them: the salt of an authority that is removed meanwhile.
"""

from collections.abc import Iterator
from datetime import datetime

from ...application.console.ports import Holding
from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.involvement_store import DynamoInvolvementStore
from ..dynamodb.schema import HeldItem, InvolvementItem
from ..dynamodb.tables import Item, Request, Tables
from ..row_keys import FORMER, INVOLVEMENT, POINTER, owner_of
from ..sealing.formats import write_details
from ..telemetry import meter

_HOLD = "H#"
_AT_ONCE = 50


class DynamoHeldRows:
    def __init__(self, tables: Tables, involvements: DynamoInvolvementStore) -> None:
        self._tables = tables
        self._involvements = involvements

    def holding(self, hold: str, child: ChildKey, at: datetime) -> Holding:
        rows = [row for row in self._tables.query(InvolvementItem, child) if _is_there(row, at)]
        held = self._held(hold, child)
        ends = filter(None, (attributes.or_none(attributes.epoch, one, "ttl") for one in held))
        return Holding(len(rows) + len(held), max(ends, default=None))

    def children(self, hold: str) -> tuple[ChildKey, ...]:
        return tuple(dict.fromkeys(ChildKey(attributes.sort_key(row).partition("|")[0]) for row in self._held(hold)))

    def hold(self, hold: str, child: ChildKey, until: datetime, at: datetime) -> int:
        """A version that is held already gets the new end, and so does what is no longer among the live rows."""
        rows = [row for row in self._tables.query(InvolvementItem, child) if _is_there(row, at)]
        copies = [self._copy(hold, row, until, at) for row in rows]
        held = {copy.sk for copy in copies}
        ends = {"N": str(attributes.seconds(until))}
        gone = [row for row in self._held(hold, child) if attributes.sort_key(row) not in held]
        self._write({"Put": self._tables.put_request(copy)} for copy in copies)
        self._write({"Put": self._tables.put_item_request(HeldItem, {**row, "ttl": ends})} for row in gone)
        return len(copies) + len(gone)

    def release(self, hold: str, child: ChildKey) -> int:
        rows = self._held(hold, child)
        self._write(
            {"Delete": self._tables.delete_request(HeldItem, row["pk"]["S"], attributes.sort_key(row))} for row in rows
        )
        return len(rows)

    def _held(self, hold: str, child: ChildKey | None = None) -> list[Item]:
        return self._tables.query(HeldItem, _HOLD + hold, None if child is None else f"{child}|")

    def _copy(self, hold: str, row: Item, until: datetime, at: datetime) -> HeldItem:
        sort_key, version = attributes.sort_key(row), attributes.version(row) or ""
        copy = HeldItem(
            _HOLD + hold,
            f"{row['pk']['S']}|{sort_key}|{version}",
            held_at=attributes.seconds(at),
            ttl=attributes.seconds(until),
            review_on=row.get("review_on", {}).get("S"),
            sealed=row.get("sealed", {}).get("B"),
        )
        if sort_key.startswith(INVOLVEMENT):
            copy.authority, copy.reference = owner_of(sort_key)
            self._fill(copy, row)
        return copy

    def _fill(self, copy: HeldItem, row: Item) -> None:
        """What does not open is held as it is."""
        try:
            involvement = self._involvements.opened(row)
        except Unreadable:
            meter("UnreadableRows")
            return
        copy.details = write_details(involvement.details).decode()
        copy.expires_at = attributes.seconds(involvement.expires_at)
        copy.sealed = None

    def _write(self, requests: Iterator[dict[str, Request]]) -> None:
        """The same again does no harm, so what is left after a failure is done by the next run."""
        every = [*requests]
        for start in range(0, len(every), _AT_ONCE):
            try:
                self._tables.transact(every[start : start + _AT_ONCE])
            except (Contended, ConditionRefused):
                raise Unavailable from None


def _is_there(row: Item, at: datetime) -> bool:
    """From its end on a record does not exist for anyone, though TTL may not have deleted it yet."""
    if attributes.sort_key(row).startswith((POINTER, FORMER)):
        return False
    try:
        return "expires_at" not in row or at < attributes.epoch(row, "expires_at")
    except Unreadable:
        return True

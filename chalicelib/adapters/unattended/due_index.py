"""The register by the day on which somebody must look at an entry. Eventually consistent, so the entry decides."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from ...application.store_errors import Conflict, Unreadable
from ...application.unattended.ports import Due
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.tables import Item, Tables
from ..row_keys import AUTHORITY, DUE_SHARDS, REGISTER, due_value, entry_key


class DueIndex:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def on(self, day: date) -> Iterator[Due]:
        for shard in range(DUE_SHARDS):
            for item in self._tables.due(due_value(day, shard)):
                with suppress(Unreadable):
                    yield _due(item, day)

    def reschedule(self, due: Due, to: date | None) -> None:
        pk, sk = entry_key(due.authority_code, due.reference)
        value = None if to is None else due_value(to, due.shard)
        try:
            self._tables.reschedule(attributes.raw(pk=pk, sk=sk), due_value(due.day, due.shard), value)
        except (ConditionRefused, Contended):
            raise Conflict from None


def _due(item: Item, day: date) -> Due:
    pk, sk = attributes.text(item, "pk"), attributes.text(item, "sk")
    if not (pk.startswith(AUTHORITY) and sk.startswith(REGISTER)):
        raise Unreadable
    shard = attributes.text(item, "due").rpartition("#")[2]
    return Due(
        authority_code=pk.removeprefix(AUTHORITY), reference=sk.removeprefix(REGISTER), day=day, shard=int(shard)
    )

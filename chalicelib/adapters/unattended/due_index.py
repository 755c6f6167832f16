"""The index `due`: register entries by the day on which the sweep must look at them.

The index is eventually consistent, so the sweep reads the entry itself before it decides.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from ...application.store_errors import Conflict, Unreadable
from ...application.unattended.ports import Due
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.schema import DUE_INDEX, RegisterItem
from ..dynamodb.tables import Item, Tables
from ..row_keys import AUTHORITY, DUE_SHARDS, REGISTER, due_value, entry_key


class DueIndex:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def on(self, day: date) -> Iterator[Due]:
        for shard in range(DUE_SHARDS):
            is_due = RegisterItem.due == due_value(day, shard)
            for item in self._tables.query_index(RegisterItem, DUE_INDEX, is_due):
                with suppress(Unreadable):
                    yield _due(item, day)

    def reschedule(self, due: Due, to: date | None) -> None:
        change = RegisterItem.due.remove() if to is None else RegisterItem.due.set(due_value(to, due.shard))
        still_due = RegisterItem.due == due_value(due.day, due.shard)
        key = entry_key(due.authority_code, due.reference)
        request = self._tables.update_request(RegisterItem, *key, actions=[change], condition=still_due)
        try:
            self._tables.update(request)
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

"""The register by the day on which somebody must look at an entry. Eventually consistent, so the entry decides."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from ..application.ports import Conflict, Unreadable
from ..application.unattended.ports import Due
from . import items
from .faults import ConditionRefused, Contended
from .involvement_store import DUE_SHARDS, REGISTER, register_key
from .tables import Item, Tables


class DueIndex:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def on(self, day: date) -> Iterator[Due]:
        for shard in range(DUE_SHARDS):
            value = f"{day.isoformat()}#{shard}"
            for item in self._tables.due(value):
                with suppress(Unreadable):
                    yield _due(item, day)

    def move_on(self, due: Due, to: date | None) -> None:
        value = None if to is None else f"{to.isoformat()}#{due.shard}"
        found = f"{due.day.isoformat()}#{due.shard}"
        key = {"pk": {"S": register_key(due.authority_code)}, "sk": {"S": REGISTER + due.reference}}
        try:
            self._tables.move_on(key, found, value)
        except (ConditionRefused, Contended):
            raise Conflict from None


def _due(item: Item, day: date) -> Due:
    pk, sk = items.text(item, "pk"), items.text(item, "sk")
    if not (pk.startswith(register_key("")) and sk.startswith(REGISTER)):
        raise Unreadable
    shard = items.text(item, "due").rpartition("#")[2]
    return Due(
        authority_code=pk.removeprefix(register_key("")), reference=sk.removeprefix(REGISTER), day=day, shard=int(shard)
    )

"""Reads proofs from the history table: where a leaf was sealed, and how one checkpoint leads to another."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from ...application.store_errors import Unreadable
from ...domain.errors import Unavailable
from ...domain.history import Checkpoint, Minute, Place, split_hashes, tree_of
from ...domain.merkle import NodeOf, consistency_proof, inclusion_proof, nodes_of
from ..sealing.history_leaves import HistoryLeaves
from ..telemetry import meter
from . import attributes
from .history_items import HEAD, KEYS, checkpoint_key, leaves_key, read_checkpoint, read_head
from .history_stamps import HistoryStamps
from .schema import CheckpointItem, HistoryHeadItem, HistoryKeyItem, LeavesItem
from .tables import Item, Tables

Value = TypeVar("Value")

_CLOCKS_DIFFER = timedelta(minutes=2)
_SEALED_WITHIN_DAYS = 2
"""A stream keeps its records for a day, so nothing is sealed later."""


class DynamoHistoryProofs:
    """Every method raises Unavailable if the store fails, or if an item that it needs is missing or unreadable."""

    def __init__(self, tables: Tables, leaves: HistoryLeaves, stamps: HistoryStamps) -> None:
        self._tables = tables
        self._leaves = leaves
        self._stamps = stamps

    def latest(self) -> Checkpoint | None:
        item = self._tables.get(HistoryHeadItem, HEAD, HEAD)
        try:
            return None if item is None else read_head(item, self._stamps).checkpoint
        except Unreadable:
            meter("HistoryDamaged")
            raise Unavailable from None

    def public_key(self, key_id: str) -> bytes:
        item = self._tables.get(HistoryKeyItem, KEYS, key_id)
        return _readable(lambda: attributes.blob(item or {}, "public_key"))

    def place(self, leaf: bytes, since: datetime) -> Place | None:
        """`since`: when the access record was made. None if its leaf is in no checkpoint yet."""
        return _readable(lambda: self._find(leaf, since))

    def _find(self, leaf: bytes, since: datetime) -> Place | None:
        for item in self._leaves_since(since - _CLOCKS_DIFFER):
            sealed = split_hashes(attributes.blob(item, "leaves"))
            if leaf in sealed:
                return self._place(leaf, sealed, item)
        return None

    def _leaves_since(self, at: datetime) -> Iterator[Item]:
        pk, sk = leaves_key(0, at)
        for days in range(_SEALED_WITHIN_DAYS + 1):
            pk, _ = leaves_key(0, at + timedelta(days=days))
            yield from self._tables.query_after(LeavesItem, pk, sk if days == 0 else "0")

    def _place(self, leaf: bytes, sealed: tuple[bytes, ...], item: Item) -> Place:
        number = int(attributes.sort_key(item).partition("#")[2])
        padding = self._leaves.padding(number, attributes.count(item, "key_version"))
        tree = tree_of(sealed, padding)
        index = tree.index(leaf)
        [found] = self._tables.get_many(CheckpointItem, [checkpoint_key(number)])
        minute = read_checkpoint(number, found).minute
        return Place(minute, index, tuple(inclusion_proof(nodes_of(tree), index, len(tree))))

    def inclusion(self, minute: Minute, latest: Checkpoint) -> tuple[bytes, ...]:
        """Proves that the history of `latest` contains this minute."""
        return self._proof(lambda node: inclusion_proof(node, minute.number - 1, latest.number))

    def consistency(self, number: int, latest: Checkpoint) -> tuple[bytes, ...]:
        """Proves that the history of `latest` begins with that of the checkpoint of this number."""
        return self._proof(lambda node: consistency_proof(node, number, latest.number))

    def _proof(self, prove: Callable[[NodeOf], list[bytes]]) -> tuple[bytes, ...]:
        """Makes the proof twice: first to see which subtrees it needs, then with those, read at once."""
        needed: set[tuple[int, int]] = set()

        def note(level: int, index: int) -> bytes:
            needed.add((level, index))
            return b""

        prove(note)
        ends = {(level, index): (index + 1) << level for level, index in needed}
        items = self._tables.get_many(CheckpointItem, [checkpoint_key(number) for number in {*ends.values()}])
        nodes = {attributes.sort_key(item): item for item in items}

        def node(level: int, index: int) -> bytes:
            item = nodes.get(checkpoint_key(ends[level, index])[1], {})
            completed = split_hashes(attributes.blob(item, "nodes"))
            if level >= len(completed):
                raise Unreadable
            return completed[level]

        return _readable(lambda: tuple(prove(node)))


def _readable(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except (Unreadable, ValueError):
        meter("UnreadableRows")
        raise Unavailable from None

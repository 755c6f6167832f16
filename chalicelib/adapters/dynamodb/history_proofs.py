"""Reads proofs from the history table: where a leaf was sealed, and how one checkpoint leads to another.

What leads to a signed checkpoint can be edited by hand. So each proof is verified before it is handed out. If it is
wrong, an alarm goes off, and the asker gets the proof all the same, as evidence.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from ...application.store_errors import Unreadable
from ...domain.errors import Unavailable
from ...domain.history import Checkpoint, Minute, Place, split_hashes, tree_of
from ...domain.merkle import NodeOf, consistency_proof, inclusion_proof, leads_to, nodes_of, root_of
from ..sealing.history_leaves import HistoryLeaves
from ..telemetry import meter
from . import attributes
from .history_items import HEAD, KEYS, checkpoint_key, leaves_key, read_checkpoint, read_head
from .item_stamps import ItemStamps
from .schema import CheckpointItem, HistoryHeadItem, HistoryKeyItem, LeavesItem
from .tables import Item, Tables

Value = TypeVar("Value")

_CLOCKS_DIFFER = timedelta(minutes=2)
_SEALED_WITHIN = timedelta(days=2)
"""A stream keeps its records for a day. Gathered leaves may wait for another one, if the history is damaged."""


class DynamoHistoryProofs:
    """Every method raises Unavailable if the store fails, or if an item that it needs is missing or unreadable."""

    def __init__(self, tables: Tables, leaves: HistoryLeaves, stamps: ItemStamps) -> None:
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
        der = _readable(lambda: attributes.blob(item or {}, "public_key"))
        _check(hashlib.sha256(der).hexdigest() == key_id)
        return der

    def places(self, leaves: Mapping[bytes, datetime]) -> Mapping[bytes, Place]:
        """Reads the sealed leaves of that time once, however many are looked for, and no further than needed."""
        return _readable(lambda: self._find(leaves)) if leaves else {}

    def _find(self, leaves: Mapping[bytes, datetime]) -> dict[bytes, Place]:
        found: dict[bytes, Place] = {}
        for item in self._leaves_between(min(leaves.values()) - _CLOCKS_DIFFER, max(leaves.values()) + _SEALED_WITHIN):
            sealed = split_hashes(attributes.blob(item, "leaves"))
            here = leaves.keys() & {*sealed} - found.keys()
            if here:
                found |= self._places(here, sealed, item)
            if len(found) == len(leaves):
                break
        return found

    def _leaves_between(self, since: datetime, until: datetime) -> Iterator[Item]:
        for days in range((until.date() - since.date()).days + 1):
            pk, _ = leaves_key(0, since + timedelta(days=days))
            for item in self._tables.query_after(LeavesItem, pk, leaves_key(0, since)[1] if days == 0 else "0"):
                if (pk, attributes.sort_key(item)) > leaves_key(0, until):
                    return
                yield item

    def _places(self, leaves: Collection[bytes], sealed: tuple[bytes, ...], item: Item) -> dict[bytes, Place]:
        number = int(attributes.sort_key(item).partition("#")[2])
        tree = tree_of(sealed, self._leaves.padding(number, attributes.count(item, "key_version")))
        nodes, size = nodes_of(tree), len(tree)
        [stored] = self._tables.get_many(CheckpointItem, [checkpoint_key(number)])
        minute = read_checkpoint(number, stored).minute
        _check(root_of(nodes, size) == minute.root)
        indexes = {leaf: tree.index(leaf) for leaf in leaves}
        return {leaf: Place(minute, at, tuple(inclusion_proof(nodes, at, size))) for leaf, at in indexes.items()}

    def inclusion(self, minute: Minute, latest: Checkpoint) -> tuple[bytes, ...]:
        """Proves that the history of `latest` contains this minute."""
        index, size = minute.number - 1, latest.number
        proof = self._proof(lambda node: inclusion_proof(node, index, size))
        _check(leads_to(latest.history, minute.leaf, index, size, proof))
        return proof

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


def _check(as_written: bool) -> None:
    if not as_written:
        meter("HistoryDamaged")


def _readable(read: Callable[[], Value]) -> Value:
    try:
        return read()
    except (Unreadable, ValueError):
        meter("UnreadableRows")
        raise Unavailable from None

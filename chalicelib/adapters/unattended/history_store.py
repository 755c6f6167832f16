"""The history as it grows: leaves that wait, and the checkpoints that seal them.

A checkpoint is stored in one transaction, which also moves its leaves out of those that wait. The condition on the head
lets only one run close a minute: two runs at once cannot fork the history, and a run that died is simply repeated.
"""

import hashlib
from collections.abc import Collection
from datetime import timedelta

from ...application.store_errors import Unreadable
from ...domain.access_records import KEPT_YEARS
from ...domain.calendar import add_years, midnight
from ...domain.errors import Unavailable
from ...domain.history import Checkpoint, Closing, Head, Minute, Pending, split_hashes
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.history_items import HEAD, KEYS, PENDING, checkpoint_key, leaves_key, read_head
from ..dynamodb.history_memory import HistoryMemory
from ..dynamodb.item_stamps import ItemStamps
from ..dynamodb.schema import CheckpointItem, HistoryHeadItem, HistoryKeyItem, LeavesItem, PendingLeavesItem
from ..dynamodb.tables import Item, Request, Tables
from ..sealing.audit_keys import CURRENT_VERSION
from ..telemetry import meter

MOST_PENDING = 80
"""At most this many items of waiting leaves go into one checkpoint: DynamoDB takes 100 items in a transaction.

Each holds the leaves of one batch at most, so those of a checkpoint fit into one item, which may have 400 KB.
"""

_KEPT_LONGER = timedelta(days=30)


class DynamoHistory:
    """Every method raises Unavailable if the store fails."""

    def __init__(self, tables: Tables, stamps: ItemStamps, memory: HistoryMemory) -> None:
        self._tables = tables
        self._stamps = stamps
        self._memory = memory

    def gather(self, leaves: Collection[bytes]) -> None:
        """Puts leaves among those that wait. The same leaves twice are one item."""
        joined = b"".join(sorted({*leaves}))
        item = attributes.raw(pk=PENDING, sk=hashlib.sha256(joined).hexdigest(), leaves=joined)
        try:
            self._tables.put(self._tables.put_request(PendingLeavesItem, self._stamps.stamped(item)))
        except Contended:
            raise Unavailable from None

    def pending(self) -> Pending:
        """Some of the leaves that wait: more may be left. Items that somebody else wrote add none, and go with them."""
        items, more = self._tables.query_page(PendingLeavesItem, PENDING, limit=MOST_PENDING)
        leaves = [leaf for item in items for leaf in self._leaves(item)]
        names = tuple(attributes.sort_key(item) for item in items)
        return Pending(names, frozenset(leaves), more is not None)

    def _leaves(self, item: Item) -> tuple[bytes, ...]:
        try:
            self._stamps.check(item)
        except Unreadable:
            meter("HistoryDamaged")
            return ()
        return split_hashes(attributes.blob(item, "leaves"))

    def head(self) -> Head | None:
        """None before the first checkpoint. Raises Unreadable unless the service wrote it, or if it was set back."""
        item = self._tables.get(HistoryHeadItem, HEAD, HEAD)
        head = None if item is None else read_head(item, self._stamps)
        self._memory.keep(None if head is None else head.checkpoint)
        return head

    def append(self, checkpoint: Checkpoint, closing: Closing, pending: Pending, public_key: bytes) -> bool:
        """Returns False if another run has closed this minute meanwhile."""
        requests = [
            {"Put": self._head_request(checkpoint, closing)},
            {"Put": self._tables.put_once_request(CheckpointItem, _checkpoint_item(checkpoint, closing))},
            {"Put": self._tables.put_request(HistoryKeyItem, _key_item(checkpoint, public_key))},
            *({"Delete": self._tables.delete_request(PendingLeavesItem, PENDING, name)} for name in pending.names),
        ]
        if pending.leaves:
            item = _leaves_item(closing.minute, pending.leaves)
            requests.append({"Put": self._tables.put_once_request(LeavesItem, item)})
        try:
            self._tables.transact(requests)
        except ConditionRefused:
            return False
        except Contended:
            raise Unavailable from None
        self._memory.keep(checkpoint)
        return True

    def _head_request(self, checkpoint: Checkpoint, closing: Closing) -> Request:
        item = self._stamps.stamped(_head_item(checkpoint, closing))
        if checkpoint.number == 1:
            return self._tables.put_once_request(HistoryHeadItem, item)
        condition = HistoryHeadItem.number == checkpoint.number - 1
        return self._tables.put_request(HistoryHeadItem, item, condition)


def _head_item(checkpoint: Checkpoint, closing: Closing) -> Item:
    fields = _fields(checkpoint)
    return {
        **attributes.raw(pk=HEAD, sk=HEAD, number=checkpoint.number, peaks=b"".join(closing.peaks)),
        **fields,
    }


def _checkpoint_item(checkpoint: Checkpoint, closing: Closing) -> Item:
    pk, sk = checkpoint_key(checkpoint.number)
    return {**attributes.raw(pk=pk, sk=sk, nodes=b"".join(closing.completed)), **_fields(checkpoint)}


def _fields(checkpoint: Checkpoint) -> Item:
    return attributes.raw(
        closed_at=attributes.seconds(checkpoint.minute.closed_at),
        root=checkpoint.minute.root,
        history=checkpoint.history,
        key_id=checkpoint.key_id,
        signature=checkpoint.signature,
    )


def _leaves_item(minute: Minute, leaves: frozenset[bytes]) -> Item:
    pk, sk = leaves_key(minute.number, minute.closed_at)
    until = midnight(add_years(minute.closed_at.date(), KEPT_YEARS)) + _KEPT_LONGER
    joined = b"".join(sorted(leaves))
    return attributes.raw(pk=pk, sk=sk, leaves=joined, key_version=CURRENT_VERSION, ttl=attributes.seconds(until))


def _key_item(checkpoint: Checkpoint, public_key: bytes) -> Item:
    return attributes.raw(pk=KEYS, sk=checkpoint.key_id, public_key=public_key)

"""The items of the history table: their keys, and how checkpoints are read."""

from datetime import UTC, datetime

from ...application.store_errors import Unreadable
from ...domain.history import Checkpoint, Head, Minute, split_hashes
from . import attributes
from .item_stamps import ItemStamps
from .tables import Item

HEAD, CHECKPOINTS, PENDING, KEYS, LEAVES = "HEAD", "CHECKPOINTS", "PENDING", "KEYS", "LEAVES#"
"""Partition keys. A date follows `LEAVES`."""


def checkpoint_key(number: int) -> tuple[str, str]:
    return CHECKPOINTS, f"{number:012}"


def leaves_key(number: int, closed_at: datetime) -> tuple[str, str]:
    """The partition key and the sort key. Within a day the leaves sort by the time of their checkpoint."""
    at = closed_at.astimezone(UTC)
    return f"{LEAVES}{at:%Y-%m-%d}", f"{at:%H:%M:%S}#{number:012}"


def read_head(item: Item, stamps: ItemStamps) -> Head:
    """Raises Unreadable unless the service wrote it, or Unavailable."""
    stamps.check(item)
    return Head(read_checkpoint(attributes.count(item, "number"), item), split_hashes(attributes.blob(item, "peaks")))


def read_checkpoint(number: int, item: Item) -> Checkpoint:
    """Raises Unreadable."""
    if number < 1:
        raise Unreadable
    minute = Minute(number, attributes.epoch(item, "closed_at"), attributes.blob(item, "root"))
    history, key_id = attributes.blob(item, "history"), attributes.text(item, "key_id")
    return Checkpoint(minute, history, key_id, attributes.blob(item, "signature"))

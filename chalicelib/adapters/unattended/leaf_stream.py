"""Reads new access records from the Access table's stream, and gathers their leaves for the next checkpoint."""

from contextlib import suppress

from ...application.store_errors import Unreadable
from ..dynamodb.access_leaves import AccessLeaves
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Tables
from ..telemetry import meter
from .dead_letters import StreamRecord
from .history_store import DynamoHistory


class GatherLeaves:
    def __init__(self, tables: Tables, leaves: AccessLeaves, history: DynamoHistory) -> None:
        self._tables = tables
        self._leaves = leaves
        self._history = history

    def __call__(self, records: list[StreamRecord]) -> None:
        """Takes one batch. A repeated batch adds nothing new. Raises Unavailable."""
        keys = {(one["dynamodb"]["Keys"]["pk"]["S"], one["dynamodb"]["Keys"]["sk"]["S"]) for one in records}
        found = self._tables.get_many(AccessItem, keys)
        if gone := len(keys) - len(found):
            meter("AccessRecordsTampered", gone)  # too new for TTL to have removed them
        leaves: set[bytes] = set()
        for item in found:
            # One that does not open was forged or altered. The history holds only what the service wrote.
            with suppress(Unreadable):
                _, leaf = self._leaves.of(item)
                leaves.add(leaf.hash)
        if leaves:
            self._history.gather(leaves)

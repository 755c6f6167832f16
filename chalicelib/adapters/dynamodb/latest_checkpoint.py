"""The latest checkpoint of the history, held in memory. A lookup shows it to the asker, and never waits for it."""

from datetime import datetime, timedelta

from ...application.ports import Clock
from ...application.store_errors import Unreadable
from ...domain.errors import Unavailable
from ...domain.history import Checkpoint
from ..telemetry import meter
from .history_items import HEAD, read_head
from .history_memory import HistoryMemory
from .item_stamps import ItemStamps
from .schema import HistoryHeadItem
from .tables import Tables

REFRESH_AFTER = timedelta(seconds=30)


class LatestCheckpoint:
    """Keeps the last one that it read: however old, it is genuine."""

    def __init__(self, tables: Tables, stamps: ItemStamps, memory: HistoryMemory, clock: Clock) -> None:
        self._tables = tables
        self._stamps = stamps
        self._memory = memory
        self._clock = clock
        self._read_at: datetime | None = None

    def known(self) -> Checkpoint | None:
        return self._memory.furthest

    def refresh_is_due(self) -> bool:
        return self._read_at is None or not timedelta(0) <= self._clock() - self._read_at < REFRESH_AFTER

    def refresh(self) -> None:
        self._read_at = self._clock()
        try:
            self._read()
        except Unavailable:
            meter("CheckpointsUnread")
        except Unreadable:
            # Callers keep what we show. They would hold a forged one against the true history for ever.
            meter("HistoryDamaged")

    def _read(self) -> None:
        """Raises Unavailable or Unreadable."""
        item = self._tables.get(HistoryHeadItem, HEAD, HEAD)
        if item is None and self._memory.furthest is None:
            raise Unavailable
        self._memory.keep(None if item is None else read_head(item, self._stamps).checkpoint)

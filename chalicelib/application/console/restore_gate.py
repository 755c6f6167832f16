"""Make a restored table safe before it gets traffic: nothing in it may be read that has since ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from ...domain.access_records import KEPT_YEARS, Act, Operator
from ...domain.errors import Refused
from ...domain.replay import MARGIN
from ...domain.values import Struct
from ..ports import Clock, HasTime
from ..recorder import Recorder
from .ports import Restored, RestoredTable, ScanKey

_LOG_KEPT = timedelta(days=KEPT_YEARS * 365)
"""Access records that are older may be gone, and what they told with them."""


class Phase(StrEnum):
    """First everything is done, then everything is gone through again: then there must be nothing left to do."""

    REPLAY = "replay"
    SWEEP = "sweep"
    CHECK_REPLAY = "check_replay"
    CHECK_SWEEP = "check_sweep"

    @property
    def checks(self) -> bool:
        return self in {Phase.CHECK_REPLAY, Phase.CHECK_SWEEP}


class GateCursor(Struct, frozen=True):
    """Where a gate goes on, and in which table: what was done to one says nothing of another of its name."""

    table_id: str
    phase: Phase
    place: ScanKey | None


class Passage(Struct, frozen=True, kw_only=True):
    """`settings`: those that were wrong and are put right. `next`: where to go on, None at the end.

    `safe` is None as long as there is more to do.
    """

    settings: tuple[str, ...]
    replayed: int
    swept: int
    rows: int
    safe: bool | None
    next: GateCursor | None


class RestoreGate(Struct, frozen=True, kw_only=True):
    """The access records are the replay log. They are kept by child, so this is a scan of them all: rare enough, and
    an index of acts by time would be written with every registration for it. It goes on page by page."""

    tables: Callable[[str], RestoredTable]
    recorder: Recorder
    clock: Clock

    def __call__(
        self,
        name: str,
        backup_at: datetime,
        start: GateCursor | None,
        has_time: HasTime,
        operator: Operator,
    ) -> Passage:
        """Raises Refused or Unavailable."""
        now = self.clock()
        table = self.tables(name)
        table_id = _checked(table.described(), backup_at, start, now).table_id
        self.recorder.write(Act.RESTORED, operator)
        settings = table.put_settings_right()
        replayed = swept = rows = 0
        phase, place = (Phase.REPLAY, None) if start is None else (start.phase, start.place)
        while True:
            if phase in {Phase.REPLAY, Phase.CHECK_REPLAY}:
                page = table.replay(backup_at - MARGIN, place, apply=not phase.checks)
                replayed += page.changed
            else:
                page = table.sweep(now, place, apply=not phase.checks)
                swept += page.changed
                rows += page.rows if phase.checks else 0
            found = (settings, replayed, swept, rows)
            if phase.checks and page.changed:
                return _passage(*found, safe=False)
            place = page.next
            if place is None:
                if phase is Phase.CHECK_SWEEP:
                    return _passage(*found, safe=not table.wrong_settings())
                phase = [*Phase][[*Phase].index(phase) + 1]
            if not has_time():
                return _passage(*found, following=GateCursor(table_id, phase, place))


def _checked(restored: Restored | None, backup_at: datetime, start: GateCursor | None, now: datetime) -> Restored:
    if backup_at > now:
        raise Refused("backup_at has not come yet. Nothing was changed.")
    if backup_at < now - _LOG_KEPT:
        raise Refused("backup_at is longer ago than access records are kept. Nothing was changed.")
    if restored is None:
        raise Refused("There is no such table. Restore it first, then run this event again.")
    if restored.as_of is not None and backup_at > restored.as_of:
        raise Refused(
            f"The table is of an earlier time than backup_at: say {restored.as_of:%FT%TZ}. Nothing was changed."
        )
    if start is not None and start.table_id != restored.table_id:
        raise Refused("after is of another table that had this name: start again without it. Nothing was changed.")
    return restored


def _passage(
    settings: tuple[str, ...],
    replayed: int,
    swept: int,
    rows: int,
    *,
    safe: bool | None = None,
    following: GateCursor | None = None,
) -> Passage:
    return Passage(settings=settings, replayed=replayed, swept=swept, rows=rows, safe=safe, next=following)

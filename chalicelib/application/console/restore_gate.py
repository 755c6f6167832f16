"""Make a restored table safe before it gets traffic: it must show nothing that has ended since the backup."""

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
"""A backup must not be older than this, because access records from then may have expired and could not be replayed."""


class Phase(StrEnum):
    """The first two phases do the work. The other two go through everything again, and must find nothing left to do."""

    REPLAY = "replay"
    SWEEP = "sweep"
    CHECK_REPLAY = "check_replay"
    CHECK_SWEEP = "check_sweep"

    @property
    def checks(self) -> bool:
        return self in {Phase.CHECK_REPLAY, Phase.CHECK_SWEEP}


class GateCursor(Struct, frozen=True):
    """The cursor of a gate. It names the table by id, because the work on one table says nothing about another table
    of the same name."""

    table_id: str
    phase: Phase
    after: ScanKey | None


class Passage(Struct, frozen=True, kw_only=True):
    """The result of one run.

    `settings`: the names of those that were wrong and have been corrected.
    `safe`: None as long as there is more to do.
    `next`: the cursor with which to go on, None at the end.
    """

    settings: tuple[str, ...]
    replayed: int
    swept: int
    rows: int
    safe: bool | None
    next: GateCursor | None


class RestoreGate(Struct, frozen=True, kw_only=True):
    """Replays the acts in the access records, then sweeps.

    Access records are stored by child, so the replay has to scan all of them. Restores are rare, and an index of acts
    by time would have to be written with every registration. The scan goes page by page, over several runs if needed.
    """

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
        phase, after = (Phase.REPLAY, None) if start is None else (start.phase, start.after)
        while True:
            if phase in {Phase.REPLAY, Phase.CHECK_REPLAY}:
                page = table.replay(backup_at - MARGIN, after, apply=not phase.checks)
                replayed += page.changed
            else:
                page = table.sweep(now, after, apply=not phase.checks)
                swept += page.changed
                rows += page.rows if phase.checks else 0
            found = (settings, replayed, swept, rows)
            if phase.checks and page.changed:
                return _passage(*found, safe=False)
            after = page.next
            if after is None:
                if phase is Phase.CHECK_SWEEP:
                    return _passage(*found, safe=not table.wrong_settings())
                phase = [*Phase][[*Phase].index(phase) + 1]
            if not has_time():
                return _passage(*found, following=GateCursor(table_id, phase, after))


def _checked(restored: Restored | None, backup_at: datetime, start: GateCursor | None, now: datetime) -> Restored:
    if backup_at > now:
        raise Refused("backup_at is in the future. Nothing was changed.")
    if backup_at < now - _LOG_KEPT:
        raise Refused("backup_at is longer ago than access records are kept. Nothing was changed.")
    if restored is None:
        raise Refused("There is no such table. Restore it first, then run this event again.")
    if restored.as_of is not None and backup_at > restored.as_of:
        raise Refused(
            f"The table was restored to a time before backup_at: use {restored.as_of:%FT%TZ}. Nothing was changed."
        )
    if start is not None and start.table_id != restored.table_id:
        raise Refused("after belongs to another table of this name: start again without it. Nothing was changed.")
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

"""Sweep the register: remove what has ended, tell of what is about to. The index `due` is the queue, so a sweep that
was cut short goes on with the next one, and nothing is scanned."""

from datetime import date, datetime, timedelta

from ...domain.errors import Unavailable
from ...domain.notices import about_to_lapse
from ...domain.retention import Schedule
from ...domain.values import Struct, field
from ..ports import (
    Clock,
    Conflict,
    HasTime,
    InvolvementStore,
    Meter,
    Notices,
    RegisterEntry,
    Registry,
    Unreadable,
)
from ..recorder import Ended, Recorder
from .ports import Due, DueEntries

# As far as the longest restore can reach back.
_LONGEST_RESTORE_DAYS = 35
_MORE_DAYS = 7
_ENOUGH_AUTHORITIES = 5


class _Run(Struct):
    """`failing`: whose entries failed since one was settled. `untold`: who could not be told, and waits an hour."""

    oldest_overdue: timedelta = timedelta()
    failing: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)


class Sweep(Struct, frozen=True, kw_only=True):
    due: DueEntries
    involvements: InvolvementStore
    registry: Registry
    notices: Notices
    clock: Clock
    recorder: Recorder
    meter: Meter
    schedule: Schedule
    look_back_days: int | None = None
    """How far back a run reads the index; None for as far as the schedule needs."""

    def __call__(self, has_time: HasTime) -> bool:
        """False if time ran out. Raises Unavailable when nothing can be done any more; what is done is done."""
        run, today = _Run(), self.clock().date()
        try:
            finished = all(self._day(today - timedelta(days), run, has_time) for days in range(self._days_back, -1, -1))
        finally:
            self.meter("OldestOverdueHours", run.oldest_overdue // timedelta(hours=1))
        self.meter("Sweeps" if finished else "SweepsUnfinished")
        return finished

    @property
    def _days_back(self) -> int:
        """So that an entry whose first notice was missed is found at its end, however long the sweep was away."""
        if self.look_back_days is not None:
            return self.look_back_days
        return max((_LONGEST_RESTORE_DAYS, *self.schedule.notice_days)) + _MORE_DAYS

    def _day(self, day: date, run: _Run, has_time: HasTime) -> bool:
        for due in self.due.on(day):
            if not has_time():
                return False
            try:
                self._settle(due, run)
                run.failing.clear()
            except Unavailable:
                # It comes again in an hour. However many of one authority's fail, they hold nobody else up.
                self.meter("SweepFailures")
                run.failing.add(due.authority_code)
                if len(run.failing) >= _ENOUGH_AUTHORITIES:
                    raise
        return True

    def _settle(self, due: Due, run: _Run) -> None:
        now = self.clock()
        try:
            entry = self.involvements.entry(due.authority_code, due.reference)
        except Unreadable:
            return self._leave(due, now)
        if entry is None:
            return None  # the index is a moment behind
        if entry.erased:
            return self._reschedule(due, None)  # a tombstone stays, and is nothing to look at
        if entry.damaged:
            return self._leave(due, now)
        if now >= entry.expires_at:
            run.oldest_overdue = max(run.oldest_overdue, now - entry.expires_at)
            return self._expire(due, entry, now)
        if self._told(due, entry, run):
            self._reschedule(due, self.schedule.next_due_on(entry.expires_at, now.date()))
        return None

    def _expire(self, due: Due, entry: RegisterEntry, now: datetime) -> None:
        ended = Ended(
            child=entry.child,
            authority_code=due.authority_code,
            reference=due.reference,
            version=entry.version,
            expires_at=entry.expires_at,
        )
        try:
            self.involvements.expire(due.authority_code, entry, self.recorder.make_expired(ended))
            self.meter("Expired")
        except Conflict:
            again = self.involvements.entry(due.authority_code, due.reference)
            if again is not None and again.version == entry.version:
                self._leave(due, now)  # its row has a later end: one of them was edited by hand

    def _told(self, due: Due, entry: RegisterEntry, run: _Run) -> bool:
        """False leaves it to a later sweep. That somebody cannot be told keeps nothing that has ended."""
        if due.authority_code in run.untold or len(run.untold) >= _ENOUGH_AUTHORITIES:
            return False
        try:
            self._tell(due, entry, self.clock())
        except Unavailable:
            self.meter("SweepFailures")
            run.untold.add(due.authority_code)
        return due.authority_code not in run.untold

    def _tell(self, due: Due, entry: RegisterEntry, now: datetime) -> None:
        days = (entry.expires_at.date() - due.day).days
        if days not in self.schedule.notice_days:
            return
        registry, code = self.registry.view(), due.authority_code
        if code not in registry.authorities or code in registry.removed:
            return
        notice = about_to_lapse(code, entry.reference, entry.child, entry.expires_at, days=days, at=now)
        if self.notices.post(notice):
            self.meter("LapseNotices")

    def _leave(self, due: Due, now: datetime) -> None:
        """For somebody to look at. It comes again tomorrow."""
        self.meter("SweepLeft")
        self._reschedule(due, now.date() + timedelta(days=1))

    def _reschedule(self, due: Due, to: date | None) -> None:
        try:
            self.due.reschedule(due, to)
        except Conflict:
            return  # written meanwhile, with a day of its own

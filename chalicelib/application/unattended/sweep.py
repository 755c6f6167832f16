"""Sweep the register: remove what has ended, tell of what is about to. The index `due` is the queue, so a sweep that
was cut short goes on with the next one, and nothing is scanned."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from ...domain.errors import Unavailable
from ...domain.notices import about_to_lapse
from ...domain.retention import Schedule
from ...domain.values import Struct
from ..expired import Ended, expired
from ..ports import Clock, Conflict, InvolvementStore, Meter, Notices, RegisterEntry, Registry, SameId, Unreadable
from .ports import Due, DueEntries

# As far as the longest restore can reach back.
_LONGEST_RESTORE_DAYS = 35
_MORE_DAYS = 7
_FAILURES_IN_A_ROW = 5

HasTime = Callable[[], bool]


class _Run(Struct):
    oldest_overdue: timedelta = timedelta()
    failures_in_a_row: int = 0


class Sweep(Struct, frozen=True, kw_only=True):
    due: DueEntries
    involvements: InvolvementStore
    registry: Registry
    notices: Notices
    clock: Clock
    same_id: SameId
    meter: Meter
    schedule: Schedule

    def __call__(self, has_time: HasTime) -> bool:
        """False if time ran out. Raises Unavailable when nothing can be done any more; what is done is done."""
        run, today = _Run(), self.clock().date()
        finished = all(
            self._day(today - timedelta(days), run, has_time) for days in range(self.looks_back_days, -1, -1)
        )
        self.meter("OldestOverdueHours", run.oldest_overdue // timedelta(hours=1))
        self.meter("Sweeps" if finished else "SweepsUnfinished")
        return finished

    @property
    def looks_back_days(self) -> int:
        """So that an entry whose first notice was missed is found at its end, however long the sweep was away."""
        return max(_LONGEST_RESTORE_DAYS, *self.schedule.notice_days) + _MORE_DAYS

    def _day(self, day: date, run: _Run, has_time: HasTime) -> bool:
        for due in self.due.on(day):
            if not has_time():
                return False
            try:
                self._settle(due, run)
                run.failures_in_a_row = 0
            except Unavailable:
                # One entry that fails, for whatever reason, holds nobody else up: it comes again in an hour.
                self.meter("SweepFailures")
                run.failures_in_a_row += 1
                if run.failures_in_a_row >= _FAILURES_IN_A_ROW:
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
            return self._move_on(due, None)  # a tombstone stays, and is nothing to look at
        if entry.damaged:
            return self._leave(due, now)
        if now >= entry.expires_at:
            run.oldest_overdue = max(run.oldest_overdue, now - entry.expires_at)
            return self._expire(due, entry, now)
        self._tell(due, entry, now)
        return self._move_on(due, self.schedule.next_due_on(entry.expires_at, now.date()))

    def _expire(self, due: Due, entry: RegisterEntry, now: datetime) -> None:
        ended = Ended(
            child=entry.child,
            authority_code=due.authority_code,
            reference=due.reference,
            version=entry.version,
            expires_at=entry.expires_at,
        )
        try:
            self.involvements.expire(due.authority_code, entry, expired(ended, self.same_id))
            self.meter("Expired")
        except Conflict:
            again = self.involvements.entry(due.authority_code, due.reference)
            if again is not None and again.version == entry.version:
                self._leave(due, now)  # its row has a later end: one of them was edited by hand

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
        self._move_on(due, now.date() + timedelta(days=1))

    def _move_on(self, due: Due, to: date | None) -> None:
        try:
            self.due.move_on(due, to)
        except Conflict:
            return  # written meanwhile, with a day of its own

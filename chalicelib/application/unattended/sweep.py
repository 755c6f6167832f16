"""Sweep the register: delete the records that have ended, and notify owners of those that are about to lapse or that
they must decide about.

The index `due` is the queue. A sweep that runs out of time is continued by the next one, and no table is scanned.
"""

from datetime import date, datetime, timedelta

from ...domain.errors import Unavailable
from ...domain.notices import about_to_lapse, undecided
from ...domain.retention import Schedule
from ...domain.values import Struct, field
from ..ports import Clock, HasTime, InvolvementStore, Meter, Notices, Registry
from ..recorder import Ended, Recorder
from ..register_entries import RegisterEntry
from ..store_errors import Conflict, Unreadable
from .ports import Due, DueEntries

# DynamoDB can restore a table to a time up to 35 days ago.
_LONGEST_RESTORE_DAYS = 35
_MORE_DAYS = 7
# If this many authorities fail, the cause is not with one of them.
_ENOUGH_AUTHORITIES = 5


class _Run(Struct):
    """The state of one run.

    `failing`: authorities whose entries failed since the last entry that was settled.
    `not_notified`: authorities to which a notice could not be posted. The next run tries again.
    """

    oldest_overdue: timedelta = timedelta()
    failing: set[str] = field(default_factory=set)
    not_notified: set[str] = field(default_factory=set)


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
        """Returns False if time ran out. Raises Unavailable if several authorities' entries fail one after another.
        Entries settled before then stay settled."""
        run, today = _Run(), self.clock().date()
        try:
            finished = all(self._day(today - timedelta(days), run, has_time) for days in range(self._days_back, -1, -1))
        finally:
            self.meter("OldestOverdueHours", run.oldest_overdue // timedelta(hours=1))
        self.meter("Sweeps" if finished else "SweepsUnfinished")
        return finished

    @property
    def _days_back(self) -> int:
        """How many days back the sweep looks for due entries.

        If no sweep has run since an entry's first notice was due, the entry must still be found on the day it ends.
        """
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
                # The next run tries this entry again. Failures of one authority alone do not stop the run.
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
            return None  # The index lags behind.
        if entry.erased:
            return self._reschedule(due, None)  # The tombstone stays, and the sweep need not look at it again.
        if entry.damaged:
            return self._leave(due, now)
        if now >= entry.expires_at:
            run.oldest_overdue = max(run.oldest_overdue, now - entry.expires_at)
            return self._expire(due, entry, now)
        if self._notify_owner(due, entry, run):
            tomorrow = now.date() + timedelta(days=1)
            next_due_on = self.schedule.next_due_on(entry.expires_at, now.date())
            self._reschedule(due, next_due_on if entry.undecided_on is None else tomorrow)
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
                self._leave(due, now)  # The row ends later than the entry: one of the two was edited by hand.

    def _notify_owner(self, due: Due, entry: RegisterEntry, run: _Run) -> bool:
        """Returns False to leave it for the next sweep. A failed notice never delays a deletion."""
        if due.authority_code in run.not_notified or len(run.not_notified) >= _ENOUGH_AUTHORITIES:
            return False
        try:
            self._post_notices(due, entry, self.clock())
        except Unavailable:
            self.meter("SweepFailures")
            run.not_notified.add(due.authority_code)
        return due.authority_code not in run.not_notified

    def _post_notices(self, due: Due, entry: RegisterEntry, now: datetime) -> None:
        days = (entry.expires_at.date() - due.day).days
        lapses = days in self.schedule.notice_days
        if not lapses and entry.undecided_on is None:
            return
        registry, code = self.registry.view(), due.authority_code
        if code not in registry.authorities or code in registry.removed:
            return
        if entry.undecided_on is not None and self.notices.post(
            undecided(code, entry.reference, entry.child, entry.version, at=now)
        ):
            self.meter("UndecidedNotices")
        if not lapses:
            return
        notice = about_to_lapse(code, entry.reference, entry.child, entry.expires_at, days=days, at=now)
        if self.notices.post(notice):
            self.meter("LapseNotices")

    def _leave(self, due: Due, now: datetime) -> None:
        """Leaves the entry for a person to look at, and counts it again tomorrow."""
        self.meter("SweepLeft")
        self._reschedule(due, now.date() + timedelta(days=1))

    def _reschedule(self, due: Due, to: date | None) -> None:
        try:
            self.due.reschedule(due, to)
        except Conflict:
            return  # Somebody wrote the entry meanwhile, and with it a new day.

"""Change some fields of an involvement, or confirm it."""

from collections.abc import Callable
from datetime import date, timedelta

from ..domain.access_records import Act
from ..domain.authority import Caller, Scope
from ..domain.errors import FieldError, InvalidRequest, NothingToChange, refuse_if_any
from ..domain.involvement import Work
from ..domain.retention import Schedule, amended
from ..domain.values import Struct, replace
from ..domain.work_rules import has_unusual_dates, work_errors
from .count_records import over_limit_with
from .own_records import check_version, read_live
from .ports import Clock, InvolvementStore, Meter, NewId, Usage
from .receipts import Receipt
from .recorder import Recorder
from .register_entries import Write
from .retries import retry_on_conflict


class Amendment(Struct, frozen=True, kw_only=True):
    """A merge patch. `apply` returns the changed work. The dates are None if they were not sent."""

    apply: Callable[[Work], Work]
    changes_work: bool
    confirmed_on: date | None = None
    date_of_birth: date | None = None

    @property
    def is_empty(self) -> bool:
        return not self.changes_work and self.confirmed_on is None and self.date_of_birth is None


class Amend(Struct, frozen=True, kw_only=True):
    involvements: InvolvementStore
    usage: Usage
    recorder: Recorder
    clock: Clock
    new_id: NewId
    meter: Meter
    schedule: Schedule

    def __call__(self, reference: str, amendment: Amendment, caller: Caller, if_match: str | None = None) -> Receipt:
        """Raises Forbidden, InvalidRequest, NothingToChange, NotFound, VersionMismatch, TooManyRecords,
        RecordUnreadable or Unavailable."""
        caller.require(Scope.REGISTER)
        if amendment.is_empty:
            raise NothingToChange
        if amendment.confirmed_on is not None and amendment.confirmed_on > self.clock().date() + timedelta(days=1):
            raise InvalidRequest(FieldError("confirmed_on", "may not be later than tomorrow (UTC)"))
        receipt = self._attempt(reference, amendment, caller, if_match)
        self.usage.wrote(caller.authority.code)
        return receipt

    @retry_on_conflict
    def _attempt(self, reference: str, amendment: Amendment, caller: Caller, if_match: str | None) -> Receipt:
        now = self.clock()
        entry, involvement = read_live(self.involvements, caller.authority.code, reference, now)
        check_version(entry, if_match, now)
        before = involvement.details
        work = amendment.apply(before.work)
        born_on = amendment.date_of_birth
        refuse_if_any(work_errors(work, now.date(), born_on, sensitive_bases=self.schedule.sensitive_bases))
        details = amended(before, work, amendment.confirmed_on, born_on, self.schedule)
        if details != before:
            version = self.new_id()
            # A record must not end in the past, because TTL never deletes an item that expired over five years ago.
            expires_at = max(self.schedule.expires_at(details), now)
            involvement = replace(involvement, version=version, expires_at=expires_at, details=details)
            over = over_limit_with(involvement, self.involvements, self.meter, now, before=before.work)
            act = self.recorder.make_change(
                Act.AMENDED, caller, entry.child, version, reference=reference, over_soft_limit=over
            )
            acts = [act]
            if before.work.is_sensitive and not work.is_sensitive:
                opened = Act.NO_LONGER_SENSITIVE
                acts.append(self.recorder.make(opened, caller, entry.child, reference=reference, version=version))
            undecided_on = None if work.has_ended(now.date()) else entry.undecided_on
            write = Write(
                involvement=involvement,
                due_on=now.date() if undecided_on else self.schedule.due_on(details, expires_at, now.date()),
                # The digest is of a whole PUT body. If the work now differs from that body, no digest may match it.
                digest=entry.digest if work == before.work else None,
                before=entry,
                access_records=tuple(acts),
                undecided_on=undecided_on,
                trace_number_on=entry.trace_number_on,
            )
            self.involvements.save(write)
            self.meter("Amendments")
            if has_unusual_dates(work, now.date(), born_on):
                self.meter("UnusualDates")
        return Receipt(
            reference=reference,
            version=involvement.version,
            confirmed_on=details.confirmed_on,
            expires_at=involvement.expires_at,
            trace_number=entry.trace_number_on is not None,
        )

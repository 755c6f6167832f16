"""Register an involvement, or replace it. Repeating a PUT of the same authority and reference changes nothing."""

from datetime import datetime, timedelta
from typing import NoReturn

from ..domain.access_records import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.child import ChildKey
from ..domain.errors import AlreadyExpired, AnotherChild, FieldError, NoBasisAfter18, TraceNumber, refuse_if_any
from ..domain.involvement import Details, Involvement, Registration, Remembered
from ..domain.limits import SoftLimit
from ..domain.retention import Schedule, registered
from ..domain.texts import number_errors
from ..domain.values import Struct, replace
from ..domain.work_rules import has_unusual_dates, work_errors
from .count_records import over_limit_with
from .own_records import check_version, read_entry
from .ports import Clock, Digests, InvolvementStore, Meter, NewId, Pseudonyms, Usage
from .receipts import Receipt, receipt_of, unchanged_receipt
from .recorder import Ended, Recorder
from .register_entries import Mark, RegisterEntry, Write
from .retries import retry_on_conflict
from .store_errors import Conflict, PointerFound, Unreadable
from .supersession import Supersession

UNCHANGED_FOR = timedelta(days=28)
"""For so long after a confirmation, the same body again is not written. Later it confirms the record."""


class _Put(Struct, frozen=True, kw_only=True):
    """One attempt: the registration, and what the store holds under its reference.

    `row`: None unless it opens and is live. If there is a row it decides over `entry`, because the row is sealed and
    cannot be altered unnoticed.
    """

    reference: str
    registration: Registration
    caller: Caller
    at: datetime
    digest: bytes
    entry: RegisterEntry | None
    row: Involvement | None

    @property
    def was_live(self) -> bool:
        return self.row is not None or (self.entry is not None and self.entry.is_live(self.at))


class _Before(Struct, frozen=True):
    """The live record of the same child that a PUT replaces. `remembered`: None if neither row nor entry opens."""

    entry: RegisterEntry
    remembered: Remembered | None


class Register(Struct, frozen=True, kw_only=True):
    """A reference never changes child. A PUT of another child is refused, and a person decides. A superseded number and
    the present one are one child.

    A nightly feed sends every record again. An unchanged body costs two reads and no write, unless the record was
    last confirmed over 28 days ago. If the stored row is unreadable, the body replaces it the same night.
    """

    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    supersession: Supersession
    digests: Digests
    usage: Usage
    recorder: Recorder
    clock: Clock
    new_id: NewId
    meter: Meter
    schedule: Schedule

    def __call__(
        self, reference: str, registration: Registration, caller: Caller, if_match: str | None = None
    ) -> Receipt:
        """Raises Forbidden, InvalidRequest, VersionMismatch, AlreadyExpired, NoBasisAfter18, Erased, AnotherChild,
        TraceNumber, TooManyRecords, RecordUnreadable or Unavailable."""
        caller.require(Scope.REGISTER)
        refuse_if_any(self._errors(reference, registration, caller))
        receipt = self._attempt(reference, registration, caller, if_match)
        self.usage.wrote(caller.authority.code)
        return receipt

    def _errors(self, reference: str, registration: Registration, caller: Caller) -> list[FieldError]:
        work, today, number = registration.work, self.clock().date(), registration.nhs_number
        bases = self.schedule.sensitive_bases
        errors = work_errors(work, today, registration.date_of_birth, sensitive_bases=bases)
        fields = {error.field for error in errors}
        texts = {"reference": reference, **work.texts, **work.phones, **caller.texts}
        held = number_errors(texts, [number], grouped=False)
        return errors + [error for error in held if error.field not in fields]

    @retry_on_conflict
    def _attempt(self, reference: str, registration: Registration, caller: Caller, if_match: str | None) -> Receipt:
        now = self.clock()
        authority = caller.authority.code
        entry = read_entry(self.involvements, authority, reference)
        check_version(entry, if_match, now)
        digest = self.digests.digest(authority, reference, registration)
        row = None if entry is None else self._row(authority, entry, now)
        if entry is not None and row is not None and _is_unchanged(entry, row, digest, now):
            self.meter("RegistrationsUnchanged")
            return unchanged_receipt(entry)
        put = _Put(
            reference=reference, registration=registration, caller=caller, at=now, digest=digest, entry=entry, row=row
        )
        sent = self.pseudonyms.child_key(registration.nhs_number)
        before = self._before(sent, put)
        return self._register(sent, put) if before is None else self._replace(sent, before, put)

    def _before(self, sent: ChildKey, put: _Put) -> _Before | None:
        """The live record under the reference, if there is anything trustworthy about it: its row, or what the entry
        remembers, opens under the entry's child."""
        if put.entry is None or not put.was_live:
            return None
        details = put.row.details if put.row is not None else None
        remembered = details or self.involvements.remembered(put.caller.authority.code, put.entry)
        if remembered is None and put.entry.child != sent:
            return None
        return _Before(put.entry, remembered)

    def _register(self, sent: ChildKey, put: _Put) -> Receipt:
        """Stores a record that the child did not have before, under the number that was sent."""
        involvement = self._involvement(sent, None, put)
        over = over_limit_with(involvement, self.involvements, self.meter, put.at)
        write = self._write(involvement, put, self._access_records_of_new(involvement, put, over))
        entry = put.entry
        if entry is not None and not put.was_live and entry.child != sent:
            write = replace(write, before=self._expire_ended(put.caller.authority.code, entry))
        try:
            self.involvements.save(replace(write, needs_number_in_use=True))
        except PointerFound as found:
            # Retired itself, or superseded by a number that was retired.
            if found.leads_to == sent or self.supersession.keys_of(sent).retired:
                self._refuse_number(sent, put)
            write = replace(write, trace_number_on=put.at.date())
            self.involvements.save(write)
        self._count(put)
        return replace(receipt_of(write), created=not put.was_live)

    def _replace(self, sent: ChildKey, before: _Before, put: _Put) -> Receipt:
        """Replaces the live record under the reference, which is about the same child."""
        child = self._child_on_record(sent, before, put)
        involvement = self._involvement(child, before.remembered, put)
        entry, renumbers = before.entry, child != before.entry.child
        work_before = None if put.row is None else put.row.details.work
        over = None
        if work_before is not None:
            over = over_limit_with(involvement, self.involvements, self.meter, put.at, before=work_before)
        records = [self._change(put, Act.REPLACED, involvement, over)]
        if renumbers:
            records.append(self._act(put, Act.RENUMBERED, entry.child, entry.version))
        if put.row is not None and put.row.details.work.is_sensitive and not put.registration.work.is_sensitive:
            records.append(self._act(put, Act.NO_LONGER_SENSITIVE, child, involvement.version))
        write = self._write(involvement, put, tuple(records))
        if self.supersession.needs_tracing(sent):
            write = replace(write, trace_number_on=entry.trace_number_on or put.at.date())
        self.involvements.save(replace(write, renumbers=renumbers))
        self._count(put)
        return receipt_of(write)

    def _count(self, put: _Put) -> None:
        self.meter("Registrations")
        if has_unusual_dates(put.registration.work, put.at.date(), put.registration.date_of_birth):
            self.meter("UnusualDates")

    def _child_on_record(self, sent: ChildKey, before: _Before, put: _Put) -> ChildKey:
        """The key under which the record goes on. A record goes from an old number of its child to the present one,
        and never back. Raises AnotherChild."""
        on_record = before.entry.child
        if sent == on_record:
            return sent
        keys = self.supersession.keys_of(on_record)
        if sent not in keys.all:
            self._record_undecided(before.entry, put)
            raise AnotherChild
        return sent if sent == keys.present and not keys.retired else on_record

    def _record_undecided(self, entry: RegisterEntry, put: _Put) -> None:
        """Every refusal is recorded under the child on record: whoever tries numbers until one fits is seen. Raises
        Conflict."""
        self.meter("RecordsUndecided")
        child, version = entry.child, entry.version
        if entry.undecided_on is None:
            code, today = put.caller.authority.code, put.at.date()
            record = self._act(put, Act.UNDECIDED, child, version)
            self.involvements.mark(code, put.reference, version, Mark.UNDECIDED, today, access_record=record)
        else:
            self.recorder.write(Act.UNDECIDED, put.caller, child, reference=put.reference, version=version)

    def _refuse_number(self, child: ChildKey, put: _Put) -> NoReturn:
        self.recorder.write(
            Act.NUMBER_REFUSED, put.caller, child, authority_code=put.caller.authority.code, reference=put.reference
        )
        self.meter("NumbersRefused")
        raise TraceNumber

    def _write(self, involvement: Involvement, put: _Put, records: tuple[ActRecord, ...]) -> Write:
        return Write(
            involvement=involvement,
            due_on=self.schedule.due_on(involvement.details, involvement.expires_at, put.at.date()),
            digest=put.digest,
            before=put.entry,
            access_records=records,
        )

    def _involvement(self, child: ChildKey, before: Remembered | None, put: _Put) -> Involvement:
        """The involvement to store. Raises AlreadyExpired or NoBasisAfter18."""
        details = registered(put.registration, before, put.at.date(), self.schedule)
        expires_at = self.schedule.expires_at(details)
        if expires_at <= put.at:
            if not put.was_live:
                raise self._why_not_stored(details, put)
            # The live record must end too. It ends now, because TTL never deletes an item that expired over five
            # years ago.
            expires_at = put.at
        return Involvement(
            child=child,
            authority_code=put.caller.authority.code,
            reference=put.reference,
            version=self.new_id(),
            expires_at=expires_at,
            details=details,
        )

    def _why_not_stored(self, details: Details, put: _Put) -> AlreadyExpired | NoBasisAfter18:
        if self.schedule.is_cut_off_at_18(details, put.registration.date_of_birth, put.at):
            return NoBasisAfter18(*self.schedule.bases_after_18(details.work))
        return AlreadyExpired()

    def _access_records_of_new(
        self, involvement: Involvement, put: _Put, over: SoftLimit | None
    ) -> tuple[ActRecord, ...]:
        """One access record. Two if the entry was edited by hand to lead to an unreadable row of another child: the
        write removes that row."""
        registered = self._change(put, Act.REGISTERED, involvement, over)
        entry = put.entry
        if entry is None or not put.was_live or entry.child == involvement.child or not self._has_row(put, entry):
            return (registered,)
        return (registered, self._act(put, Act.WITHDRAWN, entry.child, entry.version))

    def _has_row(self, put: _Put, entry: RegisterEntry) -> bool:
        try:
            return self.involvements.involvement(put.caller.authority.code, entry) is not None
        except Unreadable:
            return True

    def _change(self, put: _Put, act: Act, involvement: Involvement, over: SoftLimit | None) -> ActRecord:
        """The access record of the write that stores the involvement."""
        child, version = involvement.child, involvement.version
        return self.recorder.make_change(act, put.caller, child, version, reference=put.reference, over_soft_limit=over)

    def _act(self, put: _Put, act: Act, child: ChildKey, version: str) -> ActRecord:
        return self.recorder.make(act, put.caller, child, reference=put.reference, version=version)

    def _expire_ended(self, authority: str, entry: RegisterEntry) -> RegisterEntry | None:
        """Deletes a record that has ended but is still stored, because its reference is now used for another child.

        Returns the entry if it has changed meanwhile. The write that follows then raises Conflict.
        """
        ended = Ended(
            child=entry.child,
            authority_code=authority,
            reference=entry.reference,
            version=entry.version,
            expires_at=entry.expires_at,
        )
        try:
            self.involvements.expire(authority, entry, self.recorder.make_expired(ended))
        except Conflict:
            return entry
        return None

    def _row(self, authority: str, entry: RegisterEntry, now: datetime) -> Involvement | None:
        """Returns None if the row has ended, is lost or does not open. The new body then replaces it."""
        try:
            row = self.involvements.involvement(authority, entry)
        except Unreadable:
            return None
        return row if row is not None and row.is_live(now) else None


def _is_unchanged(entry: RegisterEntry, row: Involvement, digest: bytes, now: datetime) -> bool:
    """False if the entry is marked as undecided: the right child's body decides it."""
    if entry.damaged or entry.undecided_on or (row.version, row.expires_at) != (entry.version, entry.expires_at):
        return False
    return entry.digest == digest and now.date() - entry.confirmed_on <= UNCHANGED_FOR

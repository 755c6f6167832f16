"""Register an involvement, or replace it. Repeating a PUT of the same authority and reference changes nothing."""

from datetime import date, datetime, timedelta

from ..domain.access_records import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.child import ChildKey
from ..domain.errors import AlreadyExpired, FieldError, NoBasisAfter18, refuse_if_any
from ..domain.involvement import Details, Involvement, Registration, Remembered
from ..domain.retention import Schedule, registered
from ..domain.texts import number_errors
from ..domain.values import Struct, replace
from ..domain.work_rules import has_unusual_dates, work_errors
from .own_records import check_version, read_entry
from .ports import Clock, Digests, InvolvementStore, Meter, NewId, Pseudonyms, Usage
from .recorder import Ended, Recorder
from .register_entries import RegisterEntry, Write
from .retries import retry_on_conflict, retry_under_present_key
from .store_errors import Conflict, Unreadable

UNCHANGED_FOR = timedelta(days=28)
"""For so long after a confirmation, the same body again is not written. Later it confirms the record."""


class Receipt(Struct, frozen=True, kw_only=True):
    """The state of a record after a write. `created`: no live record had the reference before."""

    reference: str
    version: str
    confirmed_on: date
    expires_at: datetime
    created: bool = False


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


class Register(Struct, frozen=True, kw_only=True):
    """A nightly feed sends every record again. An unchanged body costs two reads and no write, unless the record was
    last confirmed over 28 days ago. If the stored row is unreadable, the body replaces it the same night."""

    pseudonyms: Pseudonyms
    involvements: InvolvementStore
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
        """Raises Forbidden, InvalidRequest, VersionMismatch, AlreadyExpired, NoBasisAfter18, Erased, RecordUnreadable
        or Unavailable."""
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
            return _receipt(entry.reference, entry.version, entry.confirmed_on, entry.expires_at)
        put = _Put(
            reference=reference, registration=registration, caller=caller, at=now, digest=digest, entry=entry, row=row
        )
        return self._write(self.pseudonyms.child_key(registration.nhs_number), put)

    @retry_under_present_key
    def _write(self, child: ChildKey, put: _Put) -> Receipt:
        replaced = put.entry if put.was_live else None
        entry = put.entry
        if entry is not None and replaced is None and entry.child != child:
            entry = self._expire_ended(put.caller.authority.code, entry)
        involvement = self._involvement(child, put)
        self.involvements.save(
            Write(
                involvement=involvement,
                due_on=self.schedule.due_on(involvement.details, involvement.expires_at, put.at.date()),
                digest=put.digest,
                before=entry,
                access_records=self._access_records(involvement, replaced, put),
                new_to_child=entry is None or replaced is None or entry.child != child,
            )
        )
        self.meter("Registrations")
        if has_unusual_dates(put.registration.work, put.at.date(), put.registration.date_of_birth):
            self.meter("UnusualDates")
        receipt = _receipt(put.reference, involvement.version, involvement.details.confirmed_on, involvement.expires_at)
        return receipt if put.was_live else replace(receipt, created=True)

    def _involvement(self, child: ChildKey, put: _Put) -> Involvement:
        """The involvement to store. Raises AlreadyExpired or NoBasisAfter18."""
        details = registered(put.registration, self._remembered(child, put), put.at.date(), self.schedule)
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

    def _access_records(
        self, involvement: Involvement, replaced: RegisterEntry | None, put: _Put
    ) -> tuple[ActRecord, ...]:
        """One access record, or two if the record moves from one child to another."""

        def make(act: Act, child: ChildKey, version: str) -> ActRecord:
            return self.recorder.make(act, put.caller, child, reference=put.reference, version=version)

        if replaced is None:
            return (make(Act.REGISTERED, involvement.child, involvement.version),)
        if replaced.child == involvement.child:
            return (make(Act.REPLACED, involvement.child, involvement.version),)
        return (
            make(Act.MOVED_HERE, involvement.child, involvement.version),
            make(Act.MOVED_AWAY, replaced.child, replaced.version),
        )

    def _remembered(self, child: ChildKey, put: _Put) -> Remembered | None:
        """The service's own fields from before. None if there was no live record, or it was about another child."""
        if put.entry is None or not put.was_live or not self._is_same_child(put.entry.child, child):
            return None
        if put.row is not None:
            return put.row.details
        return self.involvements.remembered(put.caller.authority.code, put.entry)

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

    def _is_same_child(self, old: ChildKey, child: ChildKey) -> bool:
        return old == child or self.involvements.present_key(old) == child

    def _row(self, authority: str, entry: RegisterEntry, now: datetime) -> Involvement | None:
        """Returns None if the row has ended, is lost or does not open. The new body then replaces it."""
        try:
            row = self.involvements.involvement(authority, entry)
        except Unreadable:
            return None
        return row if row is not None and row.is_live(now) else None


def _is_unchanged(entry: RegisterEntry, row: Involvement, digest: bytes, now: datetime) -> bool:
    if entry.damaged or (row.version, row.expires_at) != (entry.version, entry.expires_at):
        return False
    return entry.digest == digest and now.date() - entry.confirmed_on <= UNCHANGED_FOR


def _receipt(reference: str, version: str, confirmed_on: date, expires_at: datetime) -> Receipt:
    return Receipt(reference=reference, version=version, confirmed_on=confirmed_on, expires_at=expires_at)

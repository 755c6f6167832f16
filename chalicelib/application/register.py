"""Register an involvement, or replace it: idempotent by authority and reference."""

from datetime import date, datetime, timedelta

from ..domain.access import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.child import ChildKey
from ..domain.errors import AlreadyExpired
from ..domain.involvement import Involvement, Registration, check_work
from ..domain.retention import Schedule, registered
from ..domain.values import Struct, replace
from .expired import Ended, expired
from .own_records import check_version, read_entry, under_present_key, until_settled
from .permission import require
from .ports import (
    Clock,
    Conflict,
    Digests,
    InvolvementStore,
    Meter,
    NewId,
    Pseudonyms,
    RegisterEntry,
    SameId,
    Unreadable,
    Usage,
    Write,
)

UNCHANGED_FOR = timedelta(days=28)


class Receipt(Struct, frozen=True, kw_only=True):
    """What stands on record after a write. `created`: nothing live was under the reference before."""

    reference: str
    version: str
    confirmed_on: date
    expires_at: datetime
    created: bool = False


class Register(Struct, frozen=True, kw_only=True):
    """Nightly feeds send everything again, so an unchanged body costs two reads and writes nothing, unless the
    record was last confirmed over 28 days ago. A record that was damaged meanwhile is mended the same night."""

    pseudonyms: Pseudonyms
    involvements: InvolvementStore
    digests: Digests
    usage: Usage
    clock: Clock
    new_id: NewId
    same_id: SameId
    meter: Meter
    schedule: Schedule

    def __call__(
        self, reference: str, registration: Registration, caller: Caller, if_match: str | None = None
    ) -> Receipt:
        """Raises Forbidden, InvalidRequest, VersionMismatch, AlreadyExpired, Erased or Unavailable."""
        require(caller, Scope.REGISTER)
        check_work(registration.work, self.clock().date(), registration.date_of_birth)
        receipt = until_settled(lambda: self._attempt(reference, registration, caller, if_match))
        self.usage.wrote(caller.authority.code)
        return receipt

    def _attempt(self, reference: str, registration: Registration, caller: Caller, if_match: str | None) -> Receipt:
        now = self.clock()
        authority = caller.authority.code
        entry = read_entry(self.involvements, authority, reference)
        check_version(entry, if_match, now)
        digest = self.digests.digest(authority, reference, registration)
        row = self._row(authority, entry) if entry is not None and entry.is_live(now) else None
        if entry is not None and row is not None and _is_unchanged(entry, row, digest, now):
            self.meter("RegistrationsUnchanged")
            return _receipt(entry.reference, entry.version, entry.confirmed_on, entry.expires_at)

        child = self.pseudonyms.child_key(registration.nhs_number)
        return under_present_key(
            child, lambda key: self._write(key, reference, registration, caller, entry=entry, row=row, digest=digest)
        )

    def _write(
        self,
        child: ChildKey,
        reference: str,
        registration: Registration,
        caller: Caller,
        *,
        entry: RegisterEntry | None,
        row: Involvement | None,
        digest: bytes,
    ) -> Receipt:
        now, authority = self.clock(), caller.authority.code
        was_live = entry is not None and entry.is_live(now)
        if entry is not None and not was_live and entry.child != child:
            entry = self._given_way(authority, entry)
        # What the service remembers is of one child: a record that moves starts anew.
        before = row.details if row is not None and self._is_one_child(row.child, child) else None
        details = registered(registration, before, now.date(), self.schedule)
        involvement = Involvement(
            child=child,
            authority_code=authority,
            reference=reference,
            version=self.new_id(),
            expires_at=self.schedule.expires_at(details),
            details=details,
        )
        if not involvement.is_live(now):
            if not was_live:
                raise AlreadyExpired
            # The record on file must end with it; now, since DynamoDB never deletes what ended long ago.
            involvement = replace(involvement, expires_at=now)
        write = Write(
            involvement=involvement,
            due_on=self.schedule.due_on(details, involvement.expires_at, now.date()),
            digest=digest,
            before=entry,
            records=_records(involvement, entry if was_live else None, caller, now, self.new_id),
            lands=entry is None or not was_live or entry.child != child,
        )
        self.involvements.save(write)
        self.meter("Registrations")
        receipt = _receipt(reference, involvement.version, details.confirmed_on, involvement.expires_at)
        return receipt if was_live else replace(receipt, created=True)

    def _given_way(self, authority: str, entry: RegisterEntry) -> RegisterEntry | None:
        """The reference is used again, for another child, before the record that had it was deleted at its end."""
        ended = Ended(
            child=entry.child,
            authority_code=authority,
            reference=entry.reference,
            version=entry.version,
            expires_at=entry.expires_at,
        )
        try:
            self.involvements.expire(authority, entry, expired(ended, self.same_id))
        except Conflict:
            return entry  # which the write itself meets
        return None

    def _is_one_child(self, one: ChildKey, child: ChildKey) -> bool:
        return one == child or self.involvements.present_key(one) == child

    def _row(self, authority: str, entry: RegisterEntry) -> Involvement | None:
        """None for a row that is lost or does not open: the new body mends it."""
        try:
            return self.involvements.involvement(authority, entry)
        except Unreadable:
            return None


def _is_unchanged(entry: RegisterEntry, row: Involvement, digest: bytes, now: datetime) -> bool:
    if entry.damaged or (row.version, row.expires_at) != (entry.version, entry.expires_at):
        return False
    return entry.digest == digest and now.date() - entry.confirmed_on <= UNCHANGED_FOR


def _receipt(reference: str, version: str, confirmed_on: date, expires_at: datetime) -> Receipt:
    return Receipt(reference=reference, version=version, confirmed_on=confirmed_on, expires_at=expires_at)


def _records(
    involvement: Involvement, replaced: RegisterEntry | None, caller: Caller, now: datetime, new_id: NewId
) -> tuple[ActRecord, ...]:
    """One access record; two where the record moves from one child to another."""

    def record(act: Act, child: ChildKey, version: str) -> ActRecord:
        reference = involvement.reference
        return ActRecord(id=new_id(), at=now, child=child, actor=caller, act=act, reference=reference, version=version)

    if replaced is None:
        return (record(Act.REGISTERED, involvement.child, involvement.version),)
    if replaced.child == involvement.child:
        return (record(Act.REPLACED, involvement.child, involvement.version),)
    return (
        record(Act.MOVED_HERE, involvement.child, involvement.version),
        record(Act.MOVED_AWAY, replaced.child, replaced.version),
    )

"""The interfaces that only console functions need from outside, in addition to `application/ports.py`."""

from datetime import date, datetime
from typing import Protocol

from ...domain.access_records import ActRecord
from ...domain.authority import Authority, Contact, Grants, Purpose, Scope, Standing
from ...domain.child import ChildKey
from ...domain.history import ExportedLookup
from ...domain.subject_access import Stated
from ...domain.switch_off import EndedKey, SignedStatement, Statement
from ...domain.values import Struct


class Shields(Protocol):
    """Shields, as operators change them. Each change is written in one transaction with its access record. Every method
    raises Unavailable."""

    def review(self, child: ChildKey, reason: str, review_on: date, access_record: ActRecord) -> None:
        """Shields the child, or replaces reason and review date of its shield. Raises Conflict."""
        ...

    def exists(self, child: ChildKey) -> bool: ...

    def lift(self, child: ChildKey, access_record: ActRecord, *, version: str | None = None) -> bool:
        """Returns False if there is no shield. Adds the shield's version to the access record. `version`: the only one
        that may be lifted. Raises Conflict if there is another one, or the shield has just changed."""
        ...


class StoredRow(Struct, frozen=True, kw_only=True):
    """A row under a child's key, not opened. Only an involvement has authority and reference.

    `is_gone`: the row was removed by hand, and only its register entry still leads to the child.
    """

    child: ChildKey
    sort_key: str
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None
    is_shield: bool = False
    is_gone: bool = False


class SubjectPage(Struct, frozen=True):
    """`next_after`: a cursor between two rows. It reveals nothing about the child."""

    stated: tuple[Stated, ...]
    next_after: str | None


class SubjectRecords(Protocol):
    def page(self, keys: tuple[ChildKey, ...], after: str | None, limit: int) -> SubjectPage:
        """One page of the rows under these keys, involvements before access records.

        Raises InvalidRequest if `after` is not a cursor of ours, or Unavailable.
        """
        ...


class Erasure(Protocol):
    """Every method raises Unavailable."""

    def rows(self, child: ChildKey) -> list[StoredRow]:
        """All rows about the child under this key, including unreadable ones and those removed by hand. Pointers and
        lists of former keys are not among them."""
        ...

    def erase(self, row: StoredRow, access_record: ActRecord) -> None:
        """Removes the row and leaves a tombstone on the entry of its reference. Raises Conflict if it has changed."""
        ...


class Holding(Struct, frozen=True):
    """The copies that a hold has, or would have, under one key of a child. `until`: when the last of them ends."""

    rows: int
    until: datetime | None


class HeldRows(Protocol):
    """Copies for inquiries, by the name of the hold. Every method raises Unavailable, and repeating it finishes what
    was interrupted."""

    def holding(self, hold: str, child: ChildKey, at: datetime) -> Holding:
        """The hold's copies as they would be if every row under this key were copied now."""
        ...

    def children(self, hold: str) -> tuple[ChildKey, ...]:
        """The keys under which the hold has copies."""
        ...

    def hold(self, hold: str, child: ChildKey, until: datetime, at: datetime) -> int:
        """Copies every row under this key, and gives existing copies the new end. Returns the number of copies."""
        ...

    def release(self, hold: str, child: ChildKey) -> int:
        """Deletes the copies of this key, and returns their number."""
        ...


class ScanKey(Struct, frozen=True):
    """The key of the item after which a scan goes on."""

    pk: str
    sk: str


class RecordsPage(Struct, frozen=True):
    """The keys of some access records, and the place at which to go on, None at the end."""

    keys: tuple[ScanKey, ...]
    next: ScanKey | None


class RecordsOfTime(Protocol):
    def page(self, since: datetime, before: datetime, place: ScanKey | None) -> RecordsPage:
        """The access records about children of that time, and some of the week before. Raises Unavailable."""
        ...


class GatePage(Struct, frozen=True):
    """`changed`: how many rows were not as they should be. `rows`: how many were looked at."""

    changed: int
    rows: int
    next: ScanKey | None


class Restored(Struct, frozen=True):
    """A table, as DynamoDB describes it.

    `table_id`: unique, even among tables that had the same name.
    `as_of`: the time to which the table was restored; None if it was not restored.
    """

    table_id: str
    as_of: datetime | None


class RestoredTable(Protocol):
    """An Involvements table that was made by a restore. Every method raises Unavailable."""

    def described(self) -> Restored | None:
        """Returns None if there is no such table."""
        ...

    def put_settings_right(self) -> tuple[str, ...]:
        """Corrects the table's settings, and returns the names of those that were wrong."""
        ...

    def wrong_settings(self) -> tuple[str, ...]: ...

    def replay(self, since: datetime, after: ScanKey | None, *, apply: bool) -> GatePage:
        """Applies to the table the acts that the access records report since then. Without `apply`, only counts the
        changes that the table lacks."""
        ...

    def sweep(self, now: datetime, after: ScanKey | None, *, apply: bool) -> GatePage:
        """Deletes the rows that have expired. Without `apply`, only counts them."""
        ...


class ReportedLookup(Struct, frozen=True, kw_only=True):
    """A lookup as reported to its authority: who made it, when and why. If its access record is not genuine, it has
    `id` and `child` only, and no `at`."""

    id: str
    child: ChildKey
    at: datetime | None = None
    practitioner_id: str | None = None
    role: str | None = None
    organisation: str | None = None
    purpose: str | None = None
    case_reference: str | None = None
    over_soft_limit: bool = False
    hidden_from_owners: bool = False


class ReportPage(Struct, frozen=True):
    """In order of time. `next_id`: the id of the lookup after which the next page begins; None on the last page."""

    lookups: tuple[ReportedLookup, ...]
    next_id: str | None


class ReportedAct(Struct, frozen=True, kw_only=True):
    """An act other than a lookup. A caller has `practitioner_id`, an operator `requested_by`, the service neither. If
    its access record is not genuine, it has `id` only, and no `at`.

    `changed`: the fields of a registry item that changed.
    """

    id: str
    at: datetime | None = None
    act: str | None = None
    reference: str | None = None
    practitioner_id: str | None = None
    role: str | None = None
    organisation: str | None = None
    token_id: str | None = None
    requested_by: str | None = None
    reason: str | None = None
    request_id: str | None = None
    changed: tuple[str, ...] = ()


class ActPage(Struct, frozen=True):
    """In order of ids. `next_id`: the id of the act after which the next page begins; None on the last page."""

    acts: tuple[ReportedAct, ...]
    next_id: str | None


class PastActs(Protocol):
    def page(self, child: ChildKey | None, authority_code: str | None, since: date, after: str | None) -> ActPage:
        """As many acts as a response can hold, from that day on, or after the act with the id `after`. They concern the
        child under this key, the authority itself, or the whole service if both are None. Of a child they are
        operators' acts only, and show no reference of an authority's. Raises Unavailable."""
        ...


class ExportPage(Struct, frozen=True):
    """`next_after`: names the export, and where its next page begins. None after the last page."""

    lookups: tuple[ExportedLookup, ...]
    next_after: str | None


class LookupsToExport(Protocol):
    def page(self, authority_code: str, day: date, after: str) -> ExportPage:
        """`after`: the id of a new export, or `next_after` of the page before. Raises Unavailable."""
        ...


class PastLookupsOfAuthorities(Protocol):
    """The lookups of each authority, by day. Every method raises Unavailable.

    They come from an index that lags behind, so a lookup may be missing for a second or so.
    """

    def count(self, authority_code: str, day: date) -> int: ...

    def page(self, authority_code: str, day: date, after: str | None) -> ReportPage:
        """As many lookups as a response can hold, after the lookup with the id `after`."""
        ...


class NewAuthority(Struct, frozen=True, kw_only=True):
    """The details with which an authority enters the registry. `jwks`: its JWK set, as JSON text."""

    code: str
    name: str
    sector: str
    duty_contact: Contact
    scopes: frozenset[Scope]
    purposes: frozenset[Purpose]
    reports_every_days: int
    jwks: str

    @property
    def grants(self) -> Grants:
        return Grants(self.code, self.jwks, self.scopes, self.purposes)


class Authorities(Protocol):
    """The registry, as operators change it. Reads are strongly consistent. Each change is written in one transaction
    with its access record. `carried_out`: the one that uses the proposal up, in the same transaction."""

    def add(self, authority: NewAuthority, access_record: ActRecord, carried_out: ActRecord) -> bool:
        """Enters the authority as active, and makes its salt. Returns False if it is there with exactly these details.

        Raises Conflict if the code is there with other details, or Unavailable.
        """
        ...

    def find(self, code: str) -> Authority | None:
        """The authority as the registry has it now. A field that cannot be read grants nothing. Raises Unavailable."""
        ...

    def set_standing(self, code: str, standing: Standing, access_record: ActRecord) -> bool:
        """Returns False if it has this standing. Raises Conflict if it is missing or removed, or Unavailable."""
        ...

    def grants(self, code: str) -> Grants | None:
        """The grants that count now. None if there are none, because the item is missing or was edited by hand.

        Raises Unavailable.
        """
        ...

    def grant(self, grants: Grants, before: Grants | None, access_record: ActRecord, carried_out: ActRecord) -> None:
        """Grants exactly this. Raises Conflict if the authority is missing or removed, or `before` is no longer what
        counts, or Unavailable."""
        ...

    def remove(self, code: str, access_record: ActRecord, carried_out: ActRecord) -> bool:
        """Removes the authority and deletes its salt, in one transaction. Returns False if both were done before.

        Raises Conflict if it is missing, or Unavailable.
        """
        ...


class ServiceKeyMaker(Protocol):
    def make(self, access_record: ActRecord) -> bool:
        """Makes the wrapped service key and the wrapped audit key. Returns False if there is a service key, because it
        is never replaced.

        Raises Unavailable.
        """
        ...


class Shutdown(Protocol):
    """The steps of switching a stage off. Each can be repeated, and raises Unavailable if AWS does not do it."""

    def stop_api(self) -> None:
        """From now on the API serves no request."""
        ...

    def disable_keys(self) -> None:
        """Disables the KMS keys. From now on nothing can be unwrapped, and no pseudonym can be made."""
        ...

    def shred(self) -> None:
        """Deletes every wrapped service key and every salt, but not the audit key."""
        ...

    def schedule_deletion(self, wait_days: int) -> tuple[EndedKey, ...]:
        """Schedules the deletion of the KMS keys. A deletion that was scheduled before keeps its date."""
        ...


class Notary(Protocol):
    def sign(self, statement: Statement) -> SignedStatement:
        """Signs with a key that protects nothing else and outlives the stage. Raises Unavailable."""
        ...

"""What only the operators' functions need of the world outside, beside `application/ports.py`."""

from datetime import date, datetime
from typing import Protocol

from ...domain.access_records import ActRecord, Disclosed
from ...domain.authority import Authority, Contact, Purpose, Scope, Standing
from ...domain.child import ChildKey
from ...domain.subject_access import Stated
from ...domain.switch_off import EndedKey, SignedStatement, Statement
from ...domain.values import Struct


class Shields(Protocol):
    """The shields that operators look after. Each change with its access record; raises Unavailable."""

    def review(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> None:
        """Puts a shield whether or not there is one."""
        ...

    def stands(self, child: ChildKey) -> bool: ...

    def lift(self, child: ChildKey, record: ActRecord) -> bool:
        """False if there is none. The record tells which version went. Raises Conflict if it has just changed."""
        ...


class StoredRow(Struct, frozen=True, kw_only=True):
    """A row under a child's key, unopened. Only an involvement has authority and reference.

    `is_gone`: it was removed by hand, and only its register entry still leads to the child.
    """

    child: ChildKey
    sort_key: str
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None
    is_shield: bool = False
    is_gone: bool = False


class SubjectPage(Struct, frozen=True):
    """`next_after`: a place between two rows; it tells nothing about the child."""

    stated: tuple[Stated, ...]
    next_after: str | None


class SubjectRecords(Protocol):
    def page(self, keys: tuple[ChildKey, ...], after: str | None, limit: int) -> SubjectPage:
        """All rows under these keys, involvements before access records. Raises InvalidRequest or Unavailable."""
        ...


class Erasure(Protocol):
    """Raises Unavailable."""

    def rows(self, child: ChildKey) -> list[StoredRow]:
        """All that is kept about the child under this key, damaged, removed by hand or not; that its number was
        superseded is not."""
        ...

    def erase(self, row: StoredRow, record: ActRecord) -> None:
        """Removes the row and leaves a tombstone on the entry of its reference. Raises Conflict if it has changed."""
        ...


class Holding(Struct, frozen=True):
    """What a hold has, or would have, of one key of a child. `until`: the last end of what it has."""

    rows: int
    until: datetime | None


class HeldRows(Protocol):
    """Copies for inquiries, by the name of the hold. Raises Unavailable; the same again goes on."""

    def holding(self, hold: str, child: ChildKey, at: datetime) -> Holding:
        """As it would be if all that stands under this key were held now."""
        ...

    def children(self, hold: str) -> tuple[ChildKey, ...]:
        """The keys of which it holds anything."""
        ...

    def hold(self, hold: str, child: ChildKey, until: datetime, at: datetime) -> int:
        """Copies every row under this key, and moves the end of what is held of it already. Gives their number."""
        ...

    def release(self, hold: str, child: ChildKey) -> int:
        """Deletes the copies of this key, and gives their number."""
        ...


class ScanKey(Struct, frozen=True):
    """Between two items of a table, where a scan goes on."""

    pk: str
    sk: str


class GatePage(Struct, frozen=True):
    """`changed`: what was not yet as it must be. `rows`: all that was gone through."""

    changed: int
    rows: int
    next: ScanKey | None


class Restored(Struct, frozen=True):
    """`table_id`: no two tables have the same, whatever their names. `as_of`: the time that the rows are of, where
    DynamoDB knows it: a table that was not restored has none."""

    table_id: str
    as_of: datetime | None


class RestoredTable(Protocol):
    """An Involvements table as a restore has made it. Raises Unavailable."""

    def described(self) -> Restored | None:
        """None where there is no such table."""
        ...

    def put_settings_right(self) -> tuple[str, ...]:
        """Gives the names of those that were wrong."""
        ...

    def wrong_settings(self) -> tuple[str, ...]: ...

    def replay(self, since: datetime, place: ScanKey | None, *, apply: bool) -> GatePage:
        """Does again what the access records tell; without `apply`, only counts what would have to be done."""
        ...

    def sweep(self, now: datetime, place: ScanKey | None, *, apply: bool) -> GatePage:
        """Deletes what has expired, or only counts it."""
        ...


class FoundLookup(Struct, frozen=True, kw_only=True):
    """A lookup as the broker desk finds it again."""

    id: str
    at: datetime
    child: ChildKey
    disclosed: Disclosed


class ReportedLookup(Struct, frozen=True, kw_only=True):
    """A lookup as an authority is told of it: by whom, when and why. A word that could not be read is None."""

    id: str
    at: datetime | None
    practitioner_id: str | None
    role: str | None
    organisation: str | None
    purpose: str | None
    case_reference: str | None
    over_soft_limit: bool
    child: ChildKey


class ReportPage(Struct, frozen=True):
    """In order of time. `next_id`: the lookup after which to go on, None on the last page."""

    lookups: tuple[ReportedLookup, ...]
    next_id: str | None


class PastLookupsOfAuthorities(Protocol):
    """What authorities looked up, found again by day. Raises Unavailable.

    The index lags behind: a lookup may be missing from it for a second or so.
    """

    def find(self, authority_code: str, day: date, lookup_id: str) -> FoundLookup | None:
        """Raises Unreadable where what was shown does not open."""
        ...

    def count(self, authority_code: str, day: date) -> int: ...

    def page(self, authority_code: str, day: date, after: str | None) -> ReportPage:
        """As many as an answer can hold, after the lookup `after`."""
        ...


class NewAuthority(Struct, frozen=True, kw_only=True):
    """An authority as it is entered into the registry. `jwks`: its JWK set, as JSON text."""

    code: str
    name: str
    sector: str
    duty_contact: Contact
    scopes: frozenset[Scope]
    purposes: frozenset[Purpose]
    reports_every_days: int
    jwks: str


class Authorities(Protocol):
    """The registry as operators change it: strongly consistent, each change with its access record."""

    def add(self, authority: NewAuthority, record: ActRecord) -> bool:
        """Enters it as active, with a secret salt of its own. False if it is there, exactly so.

        Raises Conflict if the code is there otherwise, or Unavailable.
        """
        ...

    def find(self, code: str) -> Authority | None:
        """As it is entered at this moment; what cannot be read grants nothing. Raises Unavailable."""
        ...

    def set_standing(self, code: str, standing: Standing, record: ActRecord) -> bool:
        """False if it stands so. Raises Conflict where it is not there or removed, or Unavailable."""
        ...

    def replace_keys(self, code: str, jwks: str, record: ActRecord) -> bool:
        """False if it has exactly these. Raises Conflict where it is not there or removed, or Unavailable."""
        ...

    def remove(self, code: str, record: ActRecord) -> bool:
        """Removes it and deletes its salt, both or neither. False if both is done.

        Raises Conflict where it is not there, or Unavailable.
        """
        ...


class ServiceKeyMaker(Protocol):
    def make(self, record: ActRecord) -> bool:
        """Makes the wrapped service data key. False if there is one: it is never replaced. Raises Unavailable."""
        ...


class Shutdown(Protocol):
    """The steps of switching a stage off. Each can be repeated, and raises Unavailable where AWS does not do it."""

    def stop_api(self) -> None:
        """No request is served from now on."""
        ...

    def disable_keys(self) -> None:
        """Of KMS: from now on nothing is unwrapped, and no pseudonym made."""
        ...

    def shred(self) -> None:
        """Deletes every wrapped key and every salt."""
        ...

    def schedule_deletion(self, wait_days: int) -> tuple[EndedKey, ...]:
        """Has KMS delete the keys; an earlier order stands as it is."""
        ...


class Notary(Protocol):
    def sign(self, statement: Statement) -> SignedStatement:
        """By a key that protects nothing else, and outlives the stage. Raises Unavailable."""
        ...

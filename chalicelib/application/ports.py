"""What the use cases need from outside. The adapters implement these; tests implement them in memory."""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date, datetime
from typing import Protocol

from ..domain.access import ActRecord, FoundLookup, LookupRecord, PastLookups, ReportPage
from ..domain.authority import Authority, Caller, Contact, Purpose, Scope, Standing
from ..domain.child import ChildKey, NhsNumber
from ..domain.coverage import SectorCoverage
from ..domain.disclosure import ChildRecords
from ..domain.involvement import Involvement, Registration
from ..domain.limits import LookupCounts
from ..domain.notices import Notice, Waiting
from ..domain.subject_access import Stated
from ..domain.switch_off import EndedKey, SignedStatement, Statement
from ..domain.values import Struct


class Clock(Protocol):
    """Now, in UTC and whole seconds."""

    def __call__(self) -> datetime: ...


class NewId(Protocol):
    """A fresh ULID. Sorts by time of making."""

    def __call__(self) -> str: ...


class SameId(Protocol):
    """The ULID of a time and words: always the same one."""

    def __call__(self, at: datetime, *words: str) -> str: ...


class Meter(Protocol):
    """Counts what an operator should see. Names only, never values from a request."""

    def __call__(self, name: str, value: int = 1) -> None: ...


class Pseudonyms(Protocol):
    def child_key(self, nhs_number: NhsNumber) -> ChildKey:
        """Raises Unavailable. There is no other way to make a key, so no fallback."""
        ...


class RegistryView(Struct, frozen=True):
    """The registry as one request sees it; worked out once, when it is read, however many authorities there are.

    `removed`: the codes of those whose rows are passed over.
    """

    authorities: Mapping[str, Authority]
    removed: frozenset[str]
    coverage: tuple[SectorCoverage, ...]


class Registry(Protocol):
    """The authorities, held whole in memory: at most 60 s old, refreshed from 30 s on."""

    def view(self) -> RegistryView:
        """Raises Unavailable if what is held is older than 60 s and cannot be refreshed."""
        ...

    def refresh_is_due(self) -> bool:
        """Cheap, and never raises."""
        ...

    def refresh_if_due(self) -> None:
        """Run beside other work. A failure is only counted: `authorities` decides when it matters."""
        ...


class ServiceKeys(Protocol):
    def are_at_hand(self) -> bool:
        """Cheap, and never raises."""
        ...

    def ready(self) -> None:
        """Unwraps the service data key if it is not at hand. Raises Unavailable."""
        ...


class Usage(Protocol):
    def count_lookup(self, caller: Caller) -> LookupCounts:
        """Counts one lookup. An unwritable counter gives zeros: it never blocks an answer."""
        ...

    def settling_is_due(self, authority_code: str) -> bool:
        """Cheap, and never raises."""
        ...

    def settle(self, authority_code: str) -> None:
        """Writes down what was only counted in the process. Run beside other work; a failure is only counted."""
        ...

    def wrote(self, authority_code: str) -> None:
        """The authority's heartbeat. Failure is counted, never raised."""
        ...


class Digests(Protocol):
    def digest(self, authority_code: str, reference: str, registration: Registration) -> bytes:
        """Recognises the same PUT body again; says nothing to who lacks the key."""
        ...


class RegisterEntry(Struct, frozen=True, kw_only=True):
    """The authority's register entry of a reference: the lock of every write under it.

    `erased`: a tombstone; the reference may not be used again.
    `damaged`: only child and version could be read; the whole record, sent again, mends it.
    """

    reference: str
    child: ChildKey
    version: str
    confirmed_on: date
    expires_at: datetime
    digest: bytes | None = None
    erased: bool = False
    damaged: bool = False

    def is_live(self, now: datetime) -> bool:
        return not self.erased and (self.damaged or now < self.expires_at)


class Write(Struct, frozen=True, kw_only=True):
    """One change of one involvement, all or nothing.

    `before`: the entry as read, None if there was none; the write conflicts if that has changed since.
    `lands`: no live record of the reference was under this child before; refused if its number was superseded.
    """

    involvement: Involvement
    due_on: date
    digest: bytes | None
    before: RegisterEntry | None
    records: tuple[ActRecord, ...]
    lands: bool = False


class RegisterPage(Struct, frozen=True):
    entries: tuple[RegisterEntry, ...]
    next_reference: str | None


class Shielded(Struct, frozen=True):
    """The shield that stands. `created`: there was none before."""

    review_on: date
    created: bool


class Conflict(Exception):
    """Somebody else changed the register entry since it was read. Read again and decide again."""


class Superseded(Exception):
    """The child's number was superseded: what is new belongs under its present key."""

    def __init__(self, present: ChildKey) -> None:
        super().__init__()
        self.present = present


class Unreadable(Exception):
    """A row is there but does not open or make sense."""


class InvolvementStore(Protocol):
    """Every method raises Unavailable where the store does not do its work, and counts what is unreadable."""

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords:
        """Strongly consistent and whole. Rows of the authorities in `passing_over` stay unopened."""
        ...

    def entry(self, authority_code: str, reference: str) -> RegisterEntry | None:
        """Raises Unreadable."""
        ...

    def involvement(self, authority_code: str, entry: RegisterEntry) -> Involvement | None:
        """The row of an entry. Raises Unreadable."""
        ...

    def register_page(self, authority_code: str, after: str | None, limit: int) -> RegisterPage:
        """The register in order of reference, after `after`; expired and erased entries included."""
        ...

    def save(self, write: Write) -> None:
        """Raises Conflict or Superseded. A repeat that finds its own version succeeds."""
        ...

    def withdraw(self, authority_code: str, entry: RegisterEntry, record: ActRecord) -> None:
        """Removes row and entry. Raises Conflict, also where either is gone already."""
        ...

    def expire(self, authority_code: str, entry: RegisterEntry, record: ActRecord) -> None:
        """Removes row and entry at their end, and leaves the record, which may be there already.

        Raises Conflict if the entry has changed, or the row has a later end.
        """
        ...

    def shield(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> Shielded:
        """Puts a shield where none is; a shield that is there stays as it is. Raises Superseded."""
        ...

    def present_key(self, child: ChildKey) -> ChildKey:
        """The key that superseded this one; the same key where none did."""
        ...


class ChildKeys(Struct, frozen=True):
    """Every key of one child. `version`: of the list of former keys as it was read, None where there is none."""

    present: ChildKey
    former: tuple[ChildKey, ...]
    version: str | None

    @property
    def all(self) -> tuple[ChildKey, ...]:
        """In the order in which records go from one to another."""
        return (*self.former, self.present)


class Succession(Protocol):
    """Superseded NHS numbers. Raises Unavailable, also where a pointer is damaged or leads to another pointer."""

    def keys_of(self, child: ChildKey) -> ChildKeys: ...

    def supersede(self, old: ChildKeys, new: ChildKeys, records: Iterable[ActRecord]) -> None:
        """All keys of `old` become former keys of `new`, at once. Raises Conflict where either has changed."""
        ...


class Shields(Protocol):
    """The shields that operators look after. Each change with its access record; raises Unavailable."""

    def review(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> None:
        """Puts a shield whether or not there is one."""
        ...

    def lift(self, child: ChildKey, record: ActRecord) -> bool:
        """False if there is none."""
        ...


class AccessLog(Protocol):
    """Append only. Raises Unavailable if the record is not durably written."""

    def append_lookup(self, record: LookupRecord) -> None: ...

    def append_act(self, record: ActRecord) -> None: ...

    def latest_lookups(self, child: ChildKey, limit: int) -> PastLookups:
        """The last `limit` lookups of the child. Strongly consistent."""
        ...


class NoticePage(Struct, frozen=True):
    """`last`: the number up to which this page has looked. `unreadable` counts what did not open among them."""

    waiting: tuple[Waiting, ...]
    last: int
    unreadable: int = 0


class StoredRow(Struct, frozen=True, kw_only=True):
    """A row under a child's key, unopened. Only an involvement has authority and reference."""

    child: ChildKey
    sort_key: str
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None
    is_shield: bool = False


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
        """All that is kept about the child under this key, damaged or not; that its number was superseded is not."""
        ...

    def erase(self, row: StoredRow, record: ActRecord) -> None:
        """Removes the row and leaves a tombstone on the entry of its reference. Raises Conflict if it has changed."""
        ...


class HeldRows(Protocol):
    """Copies for inquiries, by the name of the hold. Raises Unavailable; the same again goes on."""

    def hold(self, hold: str, child: ChildKey, until: datetime, at: datetime) -> int:
        """Copies every row under this key, and moves the end of what is held of it already. Gives their number."""
        ...

    def release(self, hold: str, child: ChildKey | None) -> int:
        """Deletes the copies, of this key or of all, and gives their number."""
        ...


class Place(Struct, frozen=True):
    """Between two items of a table, where a scan goes on."""

    pk: str
    sk: str


class GatePage(Struct, frozen=True):
    """`changed`: what was not yet as it must be. `rows`: all that was gone through."""

    changed: int
    rows: int
    next: Place | None


class RestoredTable(Protocol):
    """An Involvements table as a restore has made it. Raises Unavailable."""

    def put_settings_right(self) -> tuple[str, ...]:
        """Gives the names of those that were wrong."""
        ...

    def wrong_settings(self) -> tuple[str, ...]: ...

    def replay(self, since: datetime, place: Place | None, *, apply: bool) -> GatePage:
        """Does again what the access records tell; without `apply`, only counts what would have to be done."""
        ...

    def sweep(self, now: datetime, place: Place | None, *, apply: bool) -> GatePage:
        """Deletes what has expired, or only counts it."""
        ...


class Notices(Protocol):
    """Every method raises Unavailable where the store does not do its work."""

    def post(self, notice: Notice) -> bool:
        """Appends it for its recipient, under the next number. False if its like from the same source is there."""
        ...

    def page(self, authority_code: str, after: int, limit: int) -> NoticePage:
        """The authority's notices in order, after that number. Strongly consistent: none appears behind it later."""
        ...

    def last(self, authority_code: str) -> int:
        """The number given last; 0 if none ever was."""
        ...

    def erase(self, child: ChildKey) -> int:
        """Deletes every notice about the child, and gives their number. A superseded number has a key of its own."""
        ...


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


class PastAct(Struct, frozen=True, kw_only=True):
    """What an access record tells of an act, as far as it can be read: None where it cannot."""

    at: datetime | None
    act: str | None
    authority_code: str | None
    reference: str | None
    version: str | None


class AccessHistory(Protocol):
    def acts_of(self, child: ChildKey) -> tuple[PastAct, ...]:
        """All but lookups, strongly consistent and whole. Raises Unavailable."""
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


class Due(Struct, frozen=True, kw_only=True):
    """An entry of the register that somebody must look at on `day`. `shard`: where in the index it was found."""

    authority_code: str
    reference: str
    day: date
    shard: int


class DueEntries(Protocol):
    """The register by day. A moment behind it: what is found is to be read again before anything is done."""

    def on(self, day: date) -> Iterator[Due]:
        """Raises Unavailable, also between two entries."""
        ...

    def move_on(self, due: Due, to: date | None) -> None:
        """To another day, or out of sight. Raises Conflict if it is due on another day by now, or Unavailable."""
        ...


class TtlProbe(Protocol):
    """Raises Unavailable."""

    def tables_without_ttl(self) -> int:
        """Of the tables that expire, those that DynamoDB does not delete from, or by another attribute."""
        ...

    def canary(self) -> datetime | None:
        """When the canary that is there expired; None if DynamoDB has deleted it."""
        ...

    def plant_canary(self, now: datetime) -> None:
        """A canary whose time is up."""
        ...

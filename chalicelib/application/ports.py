"""What the use cases need from outside. The adapters implement these; tests implement them in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Protocol

from ..domain.access_records import ActRecord, LookupRecord, PastLookups
from ..domain.authority import Authority, Caller
from ..domain.child import ChildKey, NhsNumber
from ..domain.coverage import SectorCoverage
from ..domain.disclosure import ChildRecords
from ..domain.involvement import Involvement, Registration, Remembered
from ..domain.limits import LookupCounts
from ..domain.notices import Notice, Waiting
from ..domain.values import Struct
from .register_entries import RegisterEntry, RegisterPage, Write


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


HasTime = Callable[[], bool]
"""Whether there is time to go on: for work that is done piece by piece."""


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
        """Run beside other work. A failure is only counted: `view` decides when it matters."""
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


class Shielded(Struct, frozen=True):
    """The shield that stands. `created`: there was none before."""

    review_on: date
    created: bool


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

    def remembered(self, authority_code: str, entry: RegisterEntry) -> Remembered | None:
        """What the service remembers of the entry's record. None where that does not open either."""
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


class Supersession(Protocol):
    """Superseded NHS numbers. Raises Unavailable, also where a pointer is damaged or leads to another pointer."""

    def keys_of(self, child: ChildKey) -> ChildKeys: ...

    def supersede(self, old: ChildKeys, new: ChildKeys, records: Iterable[ActRecord]) -> None:
        """All keys of `old` become former keys of `new`, at once. Raises Conflict where either has changed."""
        ...


class AccessLog(Protocol):
    """Append only. Raises Unavailable if the record is not durably written."""

    def append_lookup(self, record: LookupRecord) -> None: ...

    def append_act(self, record: ActRecord) -> None: ...

    def append_acts(self, records: Sequence[ActRecord]) -> None:
        """All of them, in as few steps as can be."""
        ...

    def latest_lookups(self, child: ChildKey, limit: int) -> PastLookups:
        """The last `limit` lookups of the child. Strongly consistent."""
        ...


class NoticePage(Struct, frozen=True):
    """`last`: the number up to which this page has looked; `given`: the number given last, when it began to look.
    `unreadable` counts what did not open among them."""

    waiting: tuple[Waiting, ...]
    last: int
    given: int
    unreadable: int = 0


class Notices(Protocol):
    """Every method raises Unavailable where the store does not do its work."""

    def post(self, notice: Notice) -> bool:
        """Appends it for its recipient, under the next number. False if its like from the same source is there."""
        ...

    def page(self, authority_code: str, after: int, limit: int) -> NoticePage:
        """The authority's notices in order, after that number and up to the one given last: none of them appears
        behind it later."""
        ...

    def erase(self, child: ChildKey) -> tuple[int, int]:
        """Deletes every notice about the child. Gives their number, and how many marks were deleted that no longer
        said of which notice. A superseded number has a key of its own."""
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

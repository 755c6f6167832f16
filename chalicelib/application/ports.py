"""The interfaces that the use cases need from outside, and the values that cross them.

The adapters implement them for AWS. `tests/support/fakes.py` implements them in memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Protocol

from ..domain.access_records import ActRecord, FoundLookup, LookupRecord, PastLookups
from ..domain.authority import Authority, Caller
from ..domain.child import ChildKey, NhsNumber
from ..domain.coverage import SectorCoverage
from ..domain.disclosure import ChildRecords
from ..domain.history import Checkpoint, Minute, Place, SealedLookup
from ..domain.involvement import Involvement, Registration, Remembered
from ..domain.limits import LookupCounts
from ..domain.misuse.digest import FindingsHead, FindingsPage
from ..domain.misuse.findings import Finding
from ..domain.notices import Notice, NumberedNotice, StoredNotice
from ..domain.outcomes import EntryOutcome
from ..domain.quality import Glance
from ..domain.shield_limits import ShieldCounts, ShieldLimits
from ..domain.values import Struct
from .register_entries import Mark, RegisterEntry, RegisterPage, Write


class Clock(Protocol):
    """The present time, in UTC and whole seconds."""

    def __call__(self) -> datetime: ...


class NewId(Protocol):
    """Makes a new ULID. ULIDs sort by the time at which they were made."""

    def __call__(self) -> str: ...


class SameId(Protocol):
    """Makes a ULID from a time and words. The same time and words always give the same ULID, and nobody can work it out
    beforehand. Raises Unavailable."""

    def __call__(self, at: datetime, *words: str) -> str: ...


class Meter(Protocol):
    """Adds to a metric. The name is fixed in the code and never comes from a request."""

    def __call__(self, name: str, value: int = 1) -> None: ...


HasTime = Callable[[], bool]
"""True while there is time to go on. For work that is done piece by piece."""


class Pseudonyms(Protocol):
    def child_key(self, nhs_number: NhsNumber) -> ChildKey:
        """Raises Unavailable. There is no fallback, because only KMS can make the key."""
        ...


class RegistryView(Struct, frozen=True):
    """The registry as one request sees it. It is computed once, whenever the registry is read.

    `removed`: the codes of the authorities whose rows are skipped.
    """

    authorities: Mapping[str, Authority]
    removed: frozenset[str]
    coverage: tuple[SectorCoverage, ...]


class Registry(Protocol):
    """All authorities, held in memory. The copy is never used after 60 s, and a refresh is due after 30 s."""

    def view(self) -> RegistryView:
        """Raises Unavailable if the copy is older than 60 s and cannot be refreshed."""
        ...

    def refresh_is_due(self) -> bool:
        """Cheap, and never raises."""
        ...

    def refresh_if_due(self) -> None:
        """Run this in parallel to other work. A failure is only counted; `view` raises once the copy is too old."""
        ...


class Checkpoints(Protocol):
    """The latest checkpoint of the history, held in memory."""

    def known(self) -> Checkpoint | None:
        """None if none could be read yet."""
        ...

    def refresh_is_due(self) -> bool:
        """Cheap, and never raises."""
        ...

    def refresh(self) -> None:
        """Run this in parallel to other work. A failure is only counted."""
        ...


class SealedLookups(Protocol):
    """The lookups of an authority with their leaves, by day and id. A lookup may be missing for a second or so."""

    def find(self, authority_code: str, days: tuple[date, ...], lookup_id: str) -> SealedLookup | None:
        """Raises Unavailable."""
        ...


class HistoryProofs(Protocol):
    """Every method raises Unavailable if the store fails, or if an item that it needs is missing or unreadable."""

    def latest(self) -> Checkpoint | None: ...

    def public_key(self, key_id: str) -> bytes: ...

    def places(self, leaves: Mapping[bytes, datetime]) -> Mapping[bytes, Place]:
        """`leaves`: with the time at which the access record of each was made. Those in no checkpoint are left out."""
        ...

    def inclusion(self, minute: Minute, latest: Checkpoint) -> tuple[bytes, ...]:
        """Proves that the history of `latest` contains this minute."""
        ...

    def consistency(self, number: int, latest: Checkpoint) -> tuple[bytes, ...]:
        """Proves that the history of `latest` begins with that of the checkpoint of this number. Empty if that is not
        an earlier one."""
        ...


class DataKey(Protocol):
    """The service key or the audit key, which KMS must unwrap from time to time."""

    def is_at_hand(self) -> bool:
        """Cheap, and never raises."""
        ...

    def ready(self) -> None:
        """Unwraps the key unless it is unwrapped already. Raises Unavailable."""
        ...


class Usage(Protocol):
    """Counts lookups, and writes the heartbeats of authorities. A failure here never blocks an answer."""

    def count_lookup(self, caller: Caller) -> LookupCounts:
        """Counts one lookup. Returns zeros if the counter cannot be written."""
        ...

    def settling_is_due(self, authority_code: str) -> bool:
        """Cheap, and never raises."""
        ...

    def settle(self, authority_code: str) -> None:
        """Writes the counts that this process holds in memory. Run it in parallel to other work. A failure is only
        counted."""
        ...

    def wrote(self, authority_code: str) -> None:
        """Writes the authority's heartbeat. A failure is only counted."""
        ...


class ShieldCounter(Protocol):
    def count(self, caller: Caller, child: ChildKey, limits: ShieldLimits) -> ShieldCounts:
        """Counts a child once a day, however often it is shielded. Beyond a hard limit a child is no longer taken in,
        and the count is above the limit. A count that cannot be written is zero."""
        ...


class Digests(Protocol):
    def digest(self, authority_code: str, reference: str, registration: Registration) -> bytes:
        """The keyed digest of a PUT body, to recognise the same body again. Without the key it reveals nothing."""
        ...


class Shielded(Struct, frozen=True):
    """The shield of a child. `created`: there was none before."""

    review_on: date
    created: bool


class InvolvementStore(Protocol):
    """Every method raises Unavailable if the store fails. Unreadable items are counted."""

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords:
        """A complete and strongly consistent read. Rows of the authorities in `passing_over` are not opened."""
        ...

    def of_authority(self, child: ChildKey, authority_code: str) -> Iterator[Involvement]:
        """The authority's rows under this key alone, read as they are wanted. Those that do not open are left out."""
        ...

    def entry(self, authority_code: str, reference: str) -> RegisterEntry | None:
        """Raises Unreadable."""
        ...

    def involvement(self, authority_code: str, entry: RegisterEntry) -> Involvement | None:
        """The row of an entry. Raises Unreadable."""
        ...

    def remembered(self, authority_code: str, entry: RegisterEntry) -> Remembered | None:
        """The service's own fields of a record whose row is lost or unreadable. None if the entry's copy of them does
        not open either."""
        ...

    def glance(self, authority_code: str, entry: RegisterEntry) -> Glance | None:
        """From the entry alone, without a call. None if its copy does not open."""
        ...

    def register_page(self, authority_code: str, after: str | None, limit: int) -> RegisterPage:
        """The register in order of reference, after `after`, including expired and erased entries."""
        ...

    def save(self, write: Write) -> None:
        """Raises Conflict or PointerFound. A repeated write that finds its own version succeeds."""
        ...

    def mark(
        self,
        authority_code: str,
        reference: str,
        version: str,
        mark: Mark,
        on: date | None,
        *,
        access_record: ActRecord | None = None,
    ) -> None:
        """Marks the entry of this version, unless it has the mark already; None removes the mark. An undecided entry is
        due on the same day. Raises Conflict if the entry has another version or is gone."""
        ...

    def withdraw(
        self, authority_code: str, entry: RegisterEntry, access_record: ActRecord, *, row_is_lost: bool = False
    ) -> None:
        """Removes row and entry. Raises Conflict if either has changed or is gone, or if a lost row is there again."""
        ...

    def expire(self, authority_code: str, entry: RegisterEntry, access_record: ActRecord) -> None:
        """Removes row and entry at their end, and writes the access record unless it exists already.

        Raises Conflict if the entry has changed, or if the row ends later than the entry.
        """
        ...

    def shield(self, child: ChildKey, reason: str, review_on: date, access_record: ActRecord) -> Shielded:
        """Shields the child under this key. A child that is shielded there already keeps the later of the two days of
        review. Both take the same calls. Raises Conflict."""
        ...


class AccessLog(Protocol):
    """Append only. Raises Unavailable if an access record is not durably written."""

    def append_lookup(self, access_record: LookupRecord) -> None: ...

    def append_act(self, access_record: ActRecord) -> None: ...

    def append_once(self, access_record: ActRecord) -> None:
        """Writes it unless something is stored under its id. If that is not genuine, it is only counted for an alarm:
        to write again would fail again."""
        ...

    def append_acts(self, access_records: Sequence[ActRecord]) -> None:
        """Writes all of them, in as few requests as possible."""
        ...

    def append_outcome(self, access_record: ActRecord) -> EntryOutcome | None:
        """Writes the outcome of a call, unless one was recorded under that id before: returns that one."""
        ...

    def latest_lookups(self, child: ChildKey, limit: int, before: datetime | None = None) -> PastLookups:
        """The last `limit` lookups of the child, or the last whose ids were made before that time. Strongly
        consistent."""
        ...


class FoundLookups(Protocol):
    """The lookups of an authority, by day and id. They come from an index that lags behind, so a lookup may be missing
    for a second or so."""

    def find(self, authority_code: str, days: tuple[date, ...], lookup_id: str) -> FoundLookup | None:
        """Raises Unavailable, or Unreadable if the sealed part of the access record does not open."""
        ...


class NoticePage(Struct, frozen=True):
    """One page of an authority's notices.

    `last`: the number up to which the page was read.
    `given`: the authority's highest notice number when the read began.
    `unreadable`: how many notices on the page did not open.
    """

    waiting: tuple[NumberedNotice, ...]
    last: int
    given: int
    unreadable: int = 0


class Notices(Protocol):
    """Every method raises Unavailable if the store fails."""

    def post(self, notice: Notice) -> bool:
        """Appends the notice for its recipient, under the next number. Returns False if the recipient already has a
        notice of the same kind, record and source."""
        ...

    def can_receive(self, authority_code: str) -> bool:
        """False if the authority has no salt, so that no notice can be sealed for it."""
        ...

    def page(self, authority_code: str, after: int, limit: int) -> NoticePage:
        """The authority's notices in order, after the number `after` and up to the highest number given so far. No
        notice with a lower number can appear later."""
        ...

    def erase(self, child: ChildKey, record_of: Callable[[StoredNotice], ActRecord]) -> tuple[int, int]:
        """Deletes every notice about the child under this key. Each former key needs a call of its own. Each notice and
        the access record that `record_of` makes of it are one transaction.

        Returns how many notices were deleted, and how many marks that no longer showed which notice they belonged to.
        """
        ...


class PastAct(Struct, frozen=True, kw_only=True):
    """An act as read back from its access record. If that is not genuine, every field but `id` is None."""

    id: str
    at: datetime | None = None
    act: str | None = None
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None


class AccessHistory(Protocol):
    def acts_of(
        self, child: ChildKey, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[PastAct, ...]:
        """All acts under this key, or those whose ids were made in that time, oldest first. A complete and strongly
        consistent read. Raises Unavailable."""
        ...

    def act_of_authority(self, authority_code: str, id: str) -> PastAct | None:
        """The act that concerns the authority itself and has this id. Strongly consistent. Raises Unavailable."""
        ...

    def acts_of_authority(self, authority_code: str, since: datetime, until: datetime) -> tuple[PastAct, ...]:
        """The acts that concern the authority itself and whose ids were made in that time, from a complete and strongly
        consistent read. Raises Unavailable."""
        ...


class Findings(Protocol):
    """What the rules on misuse found, by authority. Every method raises Unavailable if the store fails."""

    def head(self, authority_code: str) -> FindingsHead | None:
        """None if the rules have never seen a day of the authority."""
        ...

    def append(self, authority_code: str, before: FindingsHead | None, day: date, findings: Sequence[Finding]) -> None:
        """Keeps the findings under the next numbers, and then notes that the day was seen. Raises Unavailable if the
        head is no longer `before`. If that happens half-way, those that are kept already are among `ids`."""
        ...

    def ids(self, authority_code: str) -> frozenset[str]:
        """The ids of all findings that are kept."""
        ...

    def page(self, authority_code: str, after: int, limit: int, today: date) -> FindingsPage:
        """The findings in order, after the number `after`, without those that are kept no longer."""
        ...

    def was_read(self, authority_code: str, number: int) -> None: ...

    def read_until(self, authority_code: str) -> int:
        """The number up to which findings were read; 0 if that is not known."""
        ...

"""The interfaces that only unattended functions need from outside, in addition to `application/ports.py`."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Protocol

from ...domain.child import ChildKey
from ...domain.disclosure import ChildRecords
from ...domain.history import Checkpoint, Closing, Head, Padding, Pending
from ...domain.misuse.seen import Seen
from ...domain.misuse.summaries import Stage, Summary
from ...domain.notices import Notice
from ...domain.outcomes import ContactOutcome, ContactOutcomes, RungContact, Week
from ...domain.values import Struct


class RecordsOfChild(Protocol):
    """The part of an InvolvementStore that reads a child."""

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords: ...


class PostedNotices(Protocol):
    """The part of Notices that posts."""

    def post(self, notice: Notice) -> bool: ...

    def can_receive(self, authority_code: str) -> bool: ...


class Due(Struct, frozen=True, kw_only=True):
    """A due entry: a register entry that the sweep must look at on `day`. `shard`: the index shard that holds it."""

    authority_code: str
    reference: str
    day: date
    shard: int


class DueEntries(Protocol):
    """The register by due day. The index lags behind, so read an entry again before acting on it."""

    def on(self, day: date) -> Iterator[Due]:
        """Raises Unavailable, also between two entries."""
        ...

    def reschedule(self, due: Due, to: date | None) -> None:
        """Moves the entry to another day, or out of the index if `to` is None.

        Raises Conflict if the entry is due on another day by now, or Unavailable.
        """
        ...


class WeeklyCounts(Struct, frozen=True, kw_only=True):
    """The outcomes counted for one contact in one week.

    `key`: names contact and week, and nothing else. `contact`: None if the counts cannot be read.
    """

    week: Week
    key: str
    contact: ContactOutcomes | None


class ContactCounts(Protocol):
    """Every method raises Unavailable."""

    def add(self, authority_code: str, week: Week, rung: RungContact, outcome: ContactOutcome, *, event: str) -> bool:
        """Adds one for the owner, in the same transaction as the mark of the event. Returns False if the event was
        counted before."""
        ...

    def of(self, authority_code: str) -> Sequence[WeeklyCounts]:
        """All counts of the owner, this week's among them. Unreadable ones are counted in a metric."""
        ...

    def remove(self, authority_code: str, counts: WeeklyCounts) -> None: ...


class Announce(Protocol):
    """Sends a message to whoever gets the alarms."""

    def __call__(self, subject: str, text: str) -> None:
        """Raises Unavailable if it was not sent."""
        ...


class SectorMeter(Protocol):
    """Sets a metric of a sector for this run. The name is fixed in the code, the sector comes from the registry."""

    def __call__(self, name: str, sector: str, value: int) -> None: ...


class TtlProbe(Protocol):
    """Every method raises Unavailable."""

    def canary(self) -> datetime | None:
        """When the present canary expired; None if DynamoDB has deleted it."""
        ...

    def plant_canary(self, now: datetime) -> None:
        """Writes a canary that has expired already."""
        ...


class StageSettings(Protocol):
    def wrong(self) -> tuple[str, ...]:
        """The settings of tables and stream mappings that are not those of the stage, such as `access: TTL`. Raises
        Unavailable."""
        ...


class History(Protocol):
    """Every method raises Unavailable if the store fails."""

    def head(self) -> Head | None:
        """None before the first checkpoint. Raises Unreadable."""
        ...

    def pending(self) -> Pending: ...

    def append(self, checkpoint: Checkpoint, closing: Closing, pending: Pending, public_key: bytes) -> bool:
        """Stores the checkpoint and removes its leaves from those that wait: both or neither. Returns False if another
        run has closed this minute meanwhile."""
        ...


class PublicKey(Struct, frozen=True):
    """`id`: the SHA-256 of `der`, in hex."""

    id: str
    der: bytes


class HistorySigner(Protocol):
    """Every method raises Unavailable if the key cannot be used."""

    def key(self) -> PublicKey: ...

    def sign(self, text: str) -> bytes: ...

    def verifies(self, text: str, signature: bytes) -> bool: ...


HistoryPadding = Callable[[int], Padding]
"""Takes the number of a checkpoint."""


class AccessRecordsOfDays(Protocol):
    def of_day(self, authority_code: str, day: date, until: datetime) -> Iterator[Seen]:
        """What `summarise` needs for the day, from access records made before `until`. Raises Unavailable, also between
        two records."""
        ...


class DaySummaries(Protocol):
    """A cache of summaries that are not empty. Every method raises Unavailable if the store fails."""

    def since(self, authority_code: str, first_day: date) -> Mapping[tuple[date, Stage], Summary]:
        """Those that are kept and can be read."""
        ...

    def keep(self, summary: Summary) -> None: ...

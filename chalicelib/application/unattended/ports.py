"""The interfaces that only unattended functions need from outside, in addition to `application/ports.py`."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

from ...domain.values import Struct


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


class TtlProbe(Protocol):
    """Every method raises Unavailable."""

    def tables_without_ttl(self) -> int:
        """How many of the tables that should have TTL have it switched off, or set to another attribute."""
        ...

    def canary(self) -> datetime | None:
        """When the present canary expired; None if DynamoDB has deleted it."""
        ...

    def plant_canary(self, now: datetime) -> None:
        """Writes a canary that has expired already."""
        ...

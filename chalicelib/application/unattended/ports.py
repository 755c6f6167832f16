"""What only unattended work needs of the world outside, beside `application/ports.py`."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

from ...domain.values import Struct


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

    def reschedule(self, due: Due, to: date | None) -> None:
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

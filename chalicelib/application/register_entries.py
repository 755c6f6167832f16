"""The register: its entries, and the write that changes an entry and its row together."""

from datetime import date, datetime
from enum import StrEnum

from ..domain.access_records import ActRecord
from ..domain.child import ChildKey
from ..domain.involvement import Involvement
from ..domain.values import Struct


class Mark(StrEnum):
    """A mark on a register entry, kept as the day on which it was set. The value is the attribute's name.

    Setting one keeps the entry's version, which the row has too.
    """

    UNDECIDED = "undecided_on"
    """A PUT of another child was refused. The owner must decide."""
    TRACE_NUMBER = "trace_number_on"
    """The owner's number for the child was superseded or retired."""


class RegisterEntry(Struct, frozen=True, kw_only=True):
    """The register entry of one reference. Every write under that reference locks it.

    `remembered`: sealed; the service's own fields of the record, in case its row is lost.
    `erased`: the entry is a tombstone, and the reference may not be used again.
    `undecided_on`, `trace_number_on`: see Mark.
    `damaged`: only child and version could be read. The owner repairs the entry by sending the whole record again.
    """

    reference: str
    child: ChildKey
    version: str
    confirmed_on: date
    expires_at: datetime
    digest: bytes | None = None
    remembered: bytes | None = None
    undecided_on: date | None = None
    trace_number_on: date | None = None
    erased: bool = False
    damaged: bool = False

    def is_live(self, now: datetime) -> bool:
        return not self.erased and (self.damaged or now < self.expires_at)


class Write(Struct, frozen=True, kw_only=True):
    """One change of one involvement: row, register entry and access records, in one transaction.

    `before`: the entry as it was read, None if there was none. The write conflicts if the entry has changed since.
    `needs_number_in_use`: the write is refused with PointerFound if the child's number was superseded or retired.
    `renumbers`: the record goes from a former key of the child to the present one. The write conflicts unless the two
    are still that.
    `undecided_on`, `trace_number_on`: the marks that the entry has afterwards.
    """

    involvement: Involvement
    due_on: date
    digest: bytes | None
    before: RegisterEntry | None
    access_records: tuple[ActRecord, ...]
    needs_number_in_use: bool = False
    renumbers: bool = False
    undecided_on: date | None = None
    trace_number_on: date | None = None


class RegisterPage(Struct, frozen=True):
    entries: tuple[RegisterEntry, ...]
    next_reference: str | None

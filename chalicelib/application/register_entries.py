"""The register: its entries, and the write that changes an entry and its row together."""

from datetime import date, datetime

from ..domain.access_records import ActRecord
from ..domain.child import ChildKey
from ..domain.involvement import Involvement
from ..domain.values import Struct


class RegisterEntry(Struct, frozen=True, kw_only=True):
    """The register entry of one reference. Every write under that reference locks it.

    `remembered`: sealed; the service's own fields of the record, in case its row is lost.
    `erased`: the entry is a tombstone, and the reference may not be used again.
    `undecided_on`: since when the record waits for a person, because another child's number was sent for it.
    `trace_number_on`: since when its NHS number must be traced anew.
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
    `new_to_child`: the child had no live record under this reference before. The write is then refused with Superseded
    if the child's number was superseded.
    """

    involvement: Involvement
    due_on: date
    digest: bytes | None
    before: RegisterEntry | None
    access_records: tuple[ActRecord, ...]
    new_to_child: bool = False


class RegisterPage(Struct, frozen=True):
    entries: tuple[RegisterEntry, ...]
    next_reference: str | None

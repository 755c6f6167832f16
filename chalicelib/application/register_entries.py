"""The register: its entries, and one write of an entry and its row. Stores read and write these."""

from datetime import date, datetime

from ..domain.access_records import ActRecord
from ..domain.child import ChildKey
from ..domain.involvement import Involvement
from ..domain.values import Struct


class RegisterEntry(Struct, frozen=True, kw_only=True):
    """The authority's register entry of a reference: the lock of every write under it.

    `remembered`: sealed; what the service remembers of the record, also where its row is lost.
    `erased`: a tombstone; the reference may not be used again.
    `damaged`: only child and version could be read; the whole record, sent again, mends it.
    """

    reference: str
    child: ChildKey
    version: str
    confirmed_on: date
    expires_at: datetime
    digest: bytes | None = None
    remembered: bytes | None = None
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

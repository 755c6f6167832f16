"""Watch every change of the Involvements table. Raise a metric for each change that no access record explains."""

from datetime import datetime, timedelta
from enum import Enum

from ...domain.access_records import ENDING_ACTS, Act
from ...domain.child import ChildKey
from ...domain.values import Struct
from ..ports import AccessHistory, Meter, PastAct
from ..recorder import Ended, Recorder

# No access record names the version of a pointer, so the act that removed a pointer is recognised by its time.
_TAKES_A_POINTER = frozenset({Act.ERASED, Act.SUPERSEDED, Act.SUPERSEDES, Act.SUPERSEDE_UNDONE})
_SAME_TIME = timedelta(minutes=15)


class RowKind(Enum):
    INVOLVEMENT = "involvement"
    ENTRY = "register entry"
    SHIELD = "shield"
    POINTER = "from one number of a child to another"


class Row(Struct, frozen=True, kw_only=True):
    """The unsealed fields of a row. A field is None if it cannot be read.

    `ends_well`: TTL will delete the row when it expires.
    """

    kind: RowKind
    child: ChildKey | None
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None
    expires_at: datetime | None = None
    ends_well: bool = True


class RowChange(Struct, frozen=True, kw_only=True):
    """`before` is None if the row is new, `after` if it was removed. `edited`: the change is a hand edit."""

    before: Row | None
    after: Row | None
    at: datetime
    by_ttl: bool = False
    edited: bool = False


class WatchInvolvements(Struct, frozen=True, kw_only=True):
    """If changes arrive twice or out of order, the resulting state is the same."""

    history: AccessHistory
    recorder: Recorder
    meter: Meter

    def __call__(self, change: RowChange) -> None:
        """Raises Unavailable."""
        if change.after is not None:
            self._written(change.after, change.edited)
        elif change.before is not None:
            self._removed(change.before, change)

    def _written(self, row: Row, edited: bool) -> None:
        if not row.ends_well:
            self.meter("MalformedTtl")
        if edited:
            self.meter("RowsEditedByHand")

    def _removed(self, row: Row, change: RowChange) -> None:
        if change.by_ttl and row.expires_at is not None and row.expires_at <= change.at:
            return self._expired(row, row.expires_at)
        if change.by_ttl or not self._is_explained(row, change.at):
            # If TTL removed the row before its end, somebody has edited the attribute `ttl`.
            self.meter("RowsRemovedUnexplained")
        return None

    def _expired(self, row: Row, expires_at: datetime) -> None:
        if row.kind is not RowKind.INVOLVEMENT:
            return  # The access record is written for the involvement, which ends at the same time.
        if row.child is None or row.authority_code is None or row.reference is None or row.version is None:
            self.meter("RowsRemovedUnexplained")
            return
        ended = Ended(
            child=row.child,
            authority_code=row.authority_code,
            reference=row.reference,
            version=row.version,
            expires_at=expires_at,
        )
        self.recorder.write_expired(ended)
        self.meter("ExpiredByTtl")

    def _is_explained(self, row: Row, at: datetime) -> bool:
        return row.child is not None and any(_explains(past, row, at) for past in self.history.acts_of(row.child))


def _explains(past: PastAct, row: Row, removed_at: datetime) -> bool:
    if row.kind is RowKind.POINTER:
        of_that_time = past.at is not None and abs(removed_at - past.at) <= _SAME_TIME
        return past.act in _TAKES_A_POINTER and of_that_time
    if row.kind is RowKind.SHIELD:
        return past.act == Act.UNSHIELDED and past.version == row.version
    same_record = (past.authority_code, past.reference, past.version) == (
        row.authority_code,
        row.reference,
        row.version,
    )
    return past.act in ENDING_ACTS and same_record

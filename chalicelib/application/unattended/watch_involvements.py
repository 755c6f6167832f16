"""Watch what becomes of the rows of the Involvements table. Nothing goes from it without a trace."""

from datetime import datetime, timedelta
from enum import Enum

from ...domain.access_records import ENDING_ACTS, Act
from ...domain.child import ChildKey
from ...domain.values import Struct
from ..ports import AccessHistory, Meter, PastAct
from ..recorder import Ended, Recorder

# A pointer has no version that its record tells: what takes it is known by the time.
_TAKES_A_POINTER = frozenset({Act.ERASED, Act.SUPERSEDED, Act.SUPERSEDES})
_SAME_TIME = timedelta(minutes=15)


class RowKind(Enum):
    INVOLVEMENT = "involvement"
    ENTRY = "register entry"
    SHIELD = "shield"
    POINTER = "from one number of a child to another"


class Row(Struct, frozen=True, kw_only=True):
    """What stands in clear in a row; None where it cannot be read. `ends_well`: TTL will delete it when it expires."""

    kind: RowKind
    child: ChildKey | None
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None
    expires_at: datetime | None = None
    ends_well: bool = True


class RowChange(Struct, frozen=True, kw_only=True):
    """`before` is None of a new row, `after` of a removed one. `edited`: no write of ours."""

    before: Row | None
    after: Row | None
    at: datetime
    by_ttl: bool = False
    edited: bool = False


class WatchInvolvements(Struct, frozen=True, kw_only=True):
    """The same change twice, or changes in another order, leave the same state."""

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
        if change.by_ttl or not self._is_told(row, change.at):
            # Also what TTL took before its time: somebody has edited `ttl`.
            self.meter("RowsRemovedUnexplained")
        return None

    def _expired(self, row: Row, expires_at: datetime) -> None:
        if row.kind is not RowKind.INVOLVEMENT:
            return  # its involvement, which has the same end, is what the record tells of
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

    def _is_told(self, row: Row, at: datetime) -> bool:
        return row.child is not None and any(_tells(act, row, at) for act in self.history.acts_of(row.child))


def _tells(past: PastAct, row: Row, removed_at: datetime) -> bool:
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

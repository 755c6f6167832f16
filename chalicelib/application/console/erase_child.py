"""Erase a child's records. A feed that sends them again is refused. Access records stay."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.calendar import add_years, midnight
from ...domain.child import ChildKey, NhsNumber
from ...domain.proposals import Work
from ...domain.values import Struct
from ..ports import Notices, Pseudonyms
from ..recorder import Recorder
from ..retries import retry_on_conflict
from ..store_errors import Conflict
from ..supersession import ChildKeys, Supersession
from .ports import Erasure, StoredRow
from .proposals import Proposals, Proposed

TOMBSTONE_YEARS = 25
"""With the default periods no record with a birth date outlives the 25th birthday, so by then no feed sends the erased
record any longer."""


def tombstone_ends(erased_at: datetime) -> datetime:
    return midnight(add_years(erased_at.date(), TOMBSTONE_YEARS))


class ErasureCounts(Struct, frozen=True):
    involvements: int = 0
    shields: int = 0
    notices: int = 0
    damaged: int = 0

    @classmethod
    def of(cls, rows: Iterable[StoredRow], notices: Iterable[tuple[int, int]] = ()) -> "ErasureCounts":
        """`notices`: the results of `Notices.erase`, one for each key of the child."""
        rows, notices = tuple(rows), tuple(notices)
        unreadable_rows = sum(row.reference is None and not row.is_shield for row in rows)
        return cls(
            involvements=sum(row.reference is not None for row in rows),
            shields=sum(row.is_shield for row in rows),
            notices=sum(erased for erased, _ in notices),
            damaged=unreadable_rows + sum(marks for _, marks in notices),
        )

    def in_words(self) -> str:
        """`2 involvements, 1 shield`; empty if there is nothing."""
        counts = {
            "involvement": self.involvements,
            "shield": self.shields,
            "notice": self.notices,
            "unreadable row": self.damaged,
        }
        return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items() if count)


class EraseChild(Struct, frozen=True, kw_only=True):
    """Each row has one transaction: it deletes the row, and writes a tombstone and an access record.

    If a run is interrupted, running it again under the same proposal finishes the work, because it erases whatever is
    left. After a restore, the restore gate reads the access records to erase the rows again.
    """

    pseudonyms: Pseudonyms
    supersession: Supersession
    erasure: Erasure
    notices: Notices
    recorder: Recorder
    proposals: Proposals

    def propose(self, nhs_number: NhsNumber, operator: Operator) -> Proposed:
        """Raises Unavailable."""
        child = self.pseudonyms.child_key(nhs_number)
        keys = self.supersession.keys_of(child)
        counts = ErasureCounts.of(row for key in keys.all for row in self.erasure.rows(key))
        would = (
            f"This would erase {counts.in_words() or 'no record, because none is there now'}, and every notice about "
            f"the child. For {TOMBSTONE_YEARS} years nothing could be registered again under those references. It "
            "cannot be undone."
        )
        return self.proposals.propose(_work(child, keys), would, operator)

    def __call__(self, nhs_number: NhsNumber, code: str, operator: Operator) -> ErasureCounts:
        """`code`: that of the proposal. Raises Refused, AlreadyCarriedOut or Unavailable."""
        child = self.pseudonyms.child_key(nhs_number)
        work = _work(child, self.supersession.keys_of(child))
        proposal = self.proposals.check(work, code, operator)
        counts = self._erase_all(child, operator)
        self.proposals.finish(work, proposal, operator)
        return counts

    def _erase_all(self, child: ChildKey, operator: Operator) -> ErasureCounts:
        erased: list[StoredRow] = []
        keys = self._erase(child, operator, erased)
        record_of = partial(self.recorder.make_notice_erased, actor=operator)
        notices = [self.notices.erase(key, record_of) for key in keys.all]
        if not erased:
            self.recorder.write(Act.ERASED, operator, keys.present)
        return ErasureCounts.of(erased, notices)

    @retry_on_conflict
    def _erase(self, child: ChildKey, operator: Operator, erased: list[StoredRow]) -> ChildKeys:
        """Appends each erased row to `erased`, which keeps those of earlier tries.

        Raises Conflict if a row has changed since it was read, or the child's number was superseded meanwhile.
        """
        keys = self.supersession.keys_of(child)
        for key in keys.all:
            for row in self.erasure.rows(key):
                self.erasure.erase(row, self._access_record(row, operator))
                erased.append(row)
        if self.supersession.keys_of(child) != keys:
            raise Conflict
        return keys

    def _access_record(self, row: StoredRow, operator: Operator) -> ActRecord:
        return self.recorder.make(
            Act.UNSHIELDED if row.is_shield else Act.ERASED,
            operator,
            row.child,
            authority_code=row.authority_code,
            reference=row.reference,
            version=row.version,
        )


def _work(child: ChildKey, keys: ChildKeys) -> Work:
    """The key of every number that the child has had. Rows are left out: whatever is there at the time is erased."""
    return Work(function="erase_child", content=keys.all, child=child)

"""Erase a child's records. A feed that sends them again is refused; access records stay."""

from datetime import datetime

from ...domain.access import Act, ActRecord, Operator
from ...domain.calendar import add_years, midnight
from ...domain.child import ChildKey, NhsNumber
from ...domain.values import Struct
from ..conflicts import until_settled
from ..ports import AccessLog, ChildKeys, Clock, Conflict, NewId, Notices, Pseudonyms, Succession
from .ports import Erasure, StoredRow

TOMBSTONE_YEARS = 25
"""No record may outlive the 25th birthday, so nothing that was erased may be sent any longer."""


def tombstone_ends(erased_at: datetime) -> datetime:
    return midnight(add_years(erased_at.date(), TOMBSTONE_YEARS))


class Erased(Struct, frozen=True):
    involvements: int = 0
    shields: int = 0
    notices: int = 0
    damaged: int = 0


class EraseChild(Struct, frozen=True, kw_only=True):
    """One transaction for each row: row, tombstone and access record. Killed between two, the same again finishes it,
    since it erases what it finds. The access records tell a restore what to erase again."""

    pseudonyms: Pseudonyms
    succession: Succession
    erasure: Erasure
    notices: Notices
    access_log: AccessLog
    clock: Clock
    new_id: NewId

    def __call__(self, nhs_number: NhsNumber, operator: Operator) -> Erased:
        """Raises Unavailable."""
        child = self.pseudonyms.child_key(nhs_number)
        rows: list[StoredRow] = []
        keys = until_settled(lambda: self._erase(child, operator, rows))
        notices = [self.notices.erase(key) for key in keys.all]
        erased = Erased(
            involvements=sum(row.reference is not None for row in rows),
            shields=sum(row.is_shield for row in rows),
            notices=sum(named for named, _ in notices),
            damaged=sum(row.reference is None and not row.is_shield for row in rows) + sum(odd for _, odd in notices),
        )
        if not rows:
            self.access_log.append_act(self._record(StoredRow(child=keys.present, sort_key=""), operator))
        return erased

    def _erase(self, child: ChildKey, operator: Operator, erased: list[StoredRow]) -> ChildKeys:
        """Raises Conflict where a row has changed since it was read, or the child has come to another number: what is
        left is read again."""
        keys = self.succession.keys_of(child)
        for key in keys.all:
            for row in self.erasure.rows(key):
                self.erasure.erase(row, self._record(row, operator))
                erased.append(row)
        if self.succession.keys_of(child) != keys:
            raise Conflict
        return keys

    def _record(self, row: StoredRow, operator: Operator) -> ActRecord:
        return ActRecord(
            id=self.new_id(),
            at=self.clock(),
            child=row.child,
            actor=operator,
            act=Act.UNSHIELDED if row.is_shield else Act.ERASED,
            authority_code=row.authority_code,
            reference=row.reference,
            version=row.version,
        )

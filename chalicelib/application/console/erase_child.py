"""Erase a child's records. A feed that sends them again is refused; access records stay."""

from collections.abc import Iterable
from datetime import datetime

from ...domain.access_records import Act, ActRecord, Operator
from ...domain.calendar import add_years, midnight
from ...domain.child import ChildKey, NhsNumber
from ...domain.errors import ConfirmationNeeded
from ...domain.values import Struct
from ..conflicts import until_settled
from ..ports import ChildKeys, Clock, Notices, Pseudonyms, SameId, Supersession
from ..recorder import Recorder
from ..store_errors import Conflict
from .confirming import confirm_code
from .ports import Erasure, StoredRow

TOMBSTONE_YEARS = 25
"""With the default periods no record of known birth outlives the 25th birthday: nothing erased is sent any longer."""


def tombstone_ends(erased_at: datetime) -> datetime:
    return midnight(add_years(erased_at.date(), TOMBSTONE_YEARS))


class ErasureCounts(Struct, frozen=True):
    involvements: int = 0
    shields: int = 0
    notices: int = 0
    damaged: int = 0

    @classmethod
    def of(cls, rows: Iterable[StoredRow], notices: Iterable[tuple[int, int]] = ()) -> "ErasureCounts":
        """`notices`: as `Notices.erase` counts them, once for each number of the child."""
        every, told = tuple(rows), tuple(notices)
        return cls(
            involvements=sum(row.reference is not None for row in every),
            shields=sum(row.is_shield for row in every),
            notices=sum(named for named, _ in told),
            damaged=sum(row.reference is None and not row.is_shield for row in every) + sum(odd for _, odd in told),
        )

    def in_words(self) -> str:
        """`2 involvements, 1 shield`; empty where nothing was."""
        counts = {
            "involvement": self.involvements,
            "shield": self.shields,
            "notice": self.notices,
            "damaged row": self.damaged,
        }
        return ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count)


class EraseChild(Struct, frozen=True, kw_only=True):
    """One transaction for each row: row, tombstone and access record. Killed between two, the same again finishes it,
    since it erases what it finds. The access records tell a restore what to erase again."""

    pseudonyms: Pseudonyms
    supersession: Supersession
    erasure: Erasure
    notices: Notices
    recorder: Recorder
    clock: Clock
    same_id: SameId

    def __call__(self, nhs_number: NhsNumber, confirm: str | None, operator: Operator) -> ErasureCounts:
        """Raises ConfirmationNeeded or Unavailable."""
        child = self.pseudonyms.child_key(nhs_number)
        self._check_confirmed(child, confirm, operator)
        rows: list[StoredRow] = []
        keys = until_settled(lambda: self._erase(child, operator, rows))
        notices = [self.notices.erase(key) for key in keys.all]
        if not rows:
            self.recorder.write(Act.ERASED, operator, keys.present)
        return ErasureCounts.of(rows, notices)

    def _check_confirmed(self, child: ChildKey, confirm: str | None, operator: Operator) -> None:
        """Where there is nothing to erase, nothing needs to be confirmed."""
        keys = self.supersession.keys_of(child)
        code = confirm_code(self.same_id, self.clock().date(), "erase", *keys.all)
        rows = [] if confirm == code else [row for key in keys.all for row in self.erasure.rows(key)]
        if not rows:
            return
        self.recorder.write(Act.PREVIEWED, operator, keys.present)
        raise ConfirmationNeeded(
            f"This would erase {ErasureCounts.of(rows).in_words()}, and every notice about the child. For "
            f"{TOMBSTONE_YEARS} years nothing could be registered again under those references. It cannot be undone.",
            code,
        )

    def _erase(self, child: ChildKey, operator: Operator, erased: list[StoredRow]) -> ChildKeys:
        """Raises Conflict where a row has changed since it was read, or the child has come to another number: what is
        left is read again."""
        keys = self.supersession.keys_of(child)
        for key in keys.all:
            for row in self.erasure.rows(key):
                self.erasure.erase(row, self._record(row, operator))
                erased.append(row)
        if self.supersession.keys_of(child) != keys:
            raise Conflict
        return keys

    def _record(self, row: StoredRow, operator: Operator) -> ActRecord:
        return self.recorder.make(
            Act.UNSHIELDED if row.is_shield else Act.ERASED,
            operator,
            row.child,
            authority_code=row.authority_code,
            reference=row.reference,
            version=row.version,
        )

"""Register many involvements in one call, each by itself: one bad row never costs another."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta

from ..domain.authority import Caller, Scope
from ..domain.errors import FieldError, InvalidRequest, NotAttempted
from ..domain.involvement import Registration
from ..domain.values import Struct
from .ports import Clock, Meter
from .register import Receipt, Register

NONE_BEGINS_AFTER = timedelta(seconds=10)
"""Lambda ends a call after 29 s; three tries of each call that a row makes take 18 s."""


class BatchRow(Struct, frozen=True):
    """One row as it was sent. `reference` is None where none can be read, `content` then says why."""

    reference: str | None
    content: Registration | InvalidRequest


class Outcome(Struct, frozen=True):
    """What became of one row: its receipt, or what was raised instead, also what nobody foresaw."""

    reference: str | None
    result: Receipt | Exception


class RegisterBatch(Struct, frozen=True, kw_only=True):
    register: Register
    clock: Clock
    meter: Meter
    side_by_side: Executor

    def __call__(self, rows: Sequence[BatchRow], caller: Caller) -> list[Outcome]:
        """One outcome for each row, in order. Raises ScopeNotGranted."""
        caller.require(Scope.REGISTER)
        none_begins_after = self.clock() + NONE_BEGINS_AFTER
        times = Counter(row.reference for row in rows if row.reference is not None)

        def outcome(row: BatchRow) -> Outcome:
            repeated = row.reference is not None and times[row.reference] > 1
            try:
                return Outcome(row.reference, self._receipt(row, repeated, caller, none_begins_after))
            except Exception as error:
                return Outcome(row.reference, error)

        self.meter("BatchRows", len(rows))
        return list(self.side_by_side.map(outcome, rows))

    def _receipt(self, row: BatchRow, repeated: bool, caller: Caller, none_begins_after: datetime) -> Receipt:
        if repeated:
            # Either may be the one that was meant.
            raise InvalidRequest(FieldError("reference", "stands in this batch more than once"))
        if isinstance(row.content, InvalidRequest):
            raise row.content
        assert row.reference is not None
        if self.clock() > none_begins_after:
            self.meter("BatchRowsNotAttempted")
            raise NotAttempted
        return self.register(row.reference, row.content, caller)

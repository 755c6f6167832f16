"""Register many involvements in one call. Each row succeeds or fails on its own."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta

from ..domain.authority import Caller, Scope
from ..domain.errors import FieldError, InvalidRequest, NotAttempted
from ..domain.involvement import Registration
from ..domain.values import Struct
from .ports import Clock, Meter
from .receipts import Receipt
from .register import Register

LATEST_START = timedelta(seconds=10)
"""No row is started later than this after the call began. The call is cut off after 29 s, and a row takes up to 18 s
if each of its AWS calls is tried three times."""


class BatchRow(Struct, frozen=True):
    """One row as it was sent. If no reference can be read, `reference` is None and `content` is the error."""

    reference: str | None
    content: Registration | InvalidRequest


class Outcome(Struct, frozen=True):
    """The result of one row: its receipt, or the exception that it raised, including an unexpected one."""

    reference: str | None
    result: Receipt | Exception


class RegisterBatch(Struct, frozen=True, kw_only=True):
    register: Register
    clock: Clock
    meter: Meter
    executor: Executor

    def __call__(self, rows: Sequence[BatchRow], caller: Caller) -> list[Outcome]:
        """Returns one outcome for each row, in order. Raises ScopeNotGranted."""
        caller.require(Scope.REGISTER)
        latest_start = self.clock() + LATEST_START
        times = Counter(row.reference for row in rows if row.reference is not None)

        def outcome(row: BatchRow) -> Outcome:
            repeated = row.reference is not None and times[row.reference] > 1
            try:
                return Outcome(row.reference, self._register(row, repeated, caller, latest_start))
            except Exception as error:
                return Outcome(row.reference, error)

        self.meter("BatchRows", len(rows))
        return list(self.executor.map(outcome, rows))

    def _register(self, row: BatchRow, repeated: bool, caller: Caller, latest_start: datetime) -> Receipt:
        if repeated:
            # Nobody can say which of the rows was meant, so all of them are refused.
            raise InvalidRequest(FieldError("reference", "is in this batch more than once"))
        if isinstance(row.content, InvalidRequest):
            raise row.content
        assert row.reference is not None
        if self.clock() > latest_start:
            self.meter("BatchRowsNotAttempted")
            raise NotAttempted
        return self.register(row.reference, row.content, caller)

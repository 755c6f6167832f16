"""Sends a feed: rows in batches, several batches at once. A load that was cut off does not send a taken row again."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock

from .answers import RowResult
from .client import MOST_IN_A_BATCH, Client
from .errors import FieldError
from .feed_rows import LARGEST_BATCH, Row, size_of
from .reject_reasons import Reasons
from .rejects_file import RejectsFile
from .retries import FEED_RETRIES, RetryPolicy
from .row_digests import Digest
from .state_file import StateFile

_CREATED = 201
_WHAT_TO_DECIDE = {
    "another_child": FieldError(
        "nhs_number",
        "is another child's than the number on record under this reference; decide which it is. A slip: known-to "
        "correct REFERENCE FILE. A new identity: withdraw or end the record and use a new reference; never link the "
        "two",
    ),
    "trace_number": FieldError(
        "nhs_number", "is no longer in use; trace the child's number anew and send the present one"
    ),
}
"""By the code of the refusal. A person decides on such a row; correcting the file's form cannot help."""
Place = tuple[int, str | None]
"""A row's number and reference."""


@dataclass(slots=True)
class Tally:
    """How many rows had which result.

    `kept`: replaced or unchanged. `already`: taken before the load was cut off. `not_done`: may work later.
    `undecided`: rows that wait for a person's decision, by the code of their refusal; they do not count as rejected.
    `out_of_date`: taken rows whose number should be traced anew. `reasons`: why rows were rejected.
    """

    created: int = 0
    kept: int = 0
    already: int = 0
    rejected: int = 0
    not_done: int = 0
    undecided: dict[str, list[Place]] = field(default_factory=lambda: {code: [] for code in _WHAT_TO_DECIDE})
    out_of_date: list[Place] = field(default_factory=list)
    reasons: Reasons = field(default_factory=Reasons)

    @property
    def rows(self) -> int:
        waiting = sum(map(len, self.undecided.values()))
        return self.created + self.kept + self.already + self.rejected + self.not_done + waiting


@dataclass(slots=True)
class FeedLoad:
    """Calls `on_rows_done` with the number of rows that have a result, each time there are more.

    Calls `on_taken` with each row that the service has taken, in this load or before it was cut off.
    """

    client: Client
    state: StateFile
    digest: Digest
    rejects: RejectsFile
    on_rows_done: Callable[[int], None]
    parallel: int = 4
    retries: RetryPolicy = FEED_RETRIES
    sleep: Callable[[float], None] = time.sleep
    on_taken: Callable[[Row], None] = lambda _: None
    tally: Tally = field(default_factory=Tally)
    _lock: Lock = field(default_factory=Lock)

    def run(self, rows: Iterable[Row]) -> Tally:
        """Raises what the client raises. The state file then holds the rows that were taken."""
        under_way: set[Future[None]] = set()
        with ThreadPoolExecutor(self.parallel) as pool:
            for batch in batches(self._rows_to_send(rows)):
                under_way.add(pool.submit(self._send, batch))
                if len(under_way) > self.parallel:
                    under_way = _still_under_way(under_way)
            while under_way:
                under_way = _still_under_way(under_way)
        return self.tally

    def _rows_to_send(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if row.errors:
                with self._lock:
                    self._reject(row.number, row.errors, "not_sent")
            elif self.state.has(self.digest(row.record)):
                with self._lock:
                    self.tally.already += 1
                    self.on_taken(row)
                self.on_rows_done(1)
            else:
                yield row

    def _count(self, row: Row, result: RowResult) -> None:
        problem = result.problem
        if problem is None:
            self._take(row, result)
        elif result.may_work_later:
            self.tally.not_done += 1
        elif problem.code in _WHAT_TO_DECIDE:
            self.rejects.add(row.number, (_WHAT_TO_DECIDE[problem.code],), problem.code)
            self.tally.undecided[problem.code].append((row.number, row.reference))
        else:
            errors = problem.errors or (FieldError("", f"{problem.title}. {problem.detail}"),)
            self._reject(row.number, errors, problem.code)
            return
        self.on_rows_done(1)

    def _take(self, row: Row, result: RowResult) -> None:
        self.on_taken(row)
        if result.status == _CREATED:
            self.tally.created += 1
        else:
            self.tally.kept += 1
        if result.receipt is not None and result.receipt.trace_number:
            self.tally.out_of_date.append((row.number, row.reference))

    def _reject(self, number: int, errors: Sequence[FieldError], code: str) -> None:
        self.rejects.add(number, errors, code)
        self.tally.reasons.add(number, errors)
        self.tally.rejected += 1
        self.on_rows_done(1)

    def _send(self, waiting: Sequence[Row]) -> None:
        """Sends the rows until each has a result, or the retry policy gives up.

        Writes each reply to the state file at once, because a kill may come next.
        """
        failures = 0
        while waiting:
            results = list(zip(waiting, self.client.register_many([row.record for row in waiting]), strict=True))
            failures += 1
            pause = self.retries.wait_seconds(failures, None)
            waiting = [] if pause is None else [row for row, result in results if result.may_work_later]
            again = {row.number for row in waiting}
            with self._lock:
                self._settle([(row, result) for row, result in results if row.number not in again])
            if waiting:
                self.sleep(pause or 0)

    def _settle(self, results: Sequence[tuple[Row, RowResult]]) -> None:
        self.state.add([self.digest(row.record) for row, result in results if result.receipt is not None])
        for row, result in results:
            self._count(row, result)


def _still_under_way(futures: set[Future[None]]) -> set[Future[None]]:
    """Waits until at least one has ended. Raises its error."""
    done, still = wait(futures, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return still


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Splits the rows into batches that the service takes, by number of rows and by bytes."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        bytes_of_row = size_of(row.record)
        if batch and (len(batch) == MOST_IN_A_BATCH or size + bytes_of_row > LARGEST_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += bytes_of_row
    if batch:
        yield batch

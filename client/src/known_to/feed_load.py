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
from .rejects_file import RejectsFile
from .retries import FEED_RETRIES, RetryPolicy
from .row_digests import Digest
from .state_file import StateFile

_CREATED = 201


@dataclass(slots=True)
class Tally:
    """How many rows had which result.

    `kept`: replaced or unchanged. `already`: taken before the load was cut off. `not_done`: may work later.
    """

    created: int = 0
    kept: int = 0
    already: int = 0
    rejected: int = 0
    not_done: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.kept + self.already + self.rejected + self.not_done


@dataclass(slots=True)
class FeedLoad:
    """Calls `on_rows_done` with the number of rows that have a result, each time there are more."""

    client: Client
    state: StateFile
    digest: Digest
    rejects: RejectsFile
    on_rows_done: Callable[[int], None]
    parallel: int = 4
    retries: RetryPolicy = FEED_RETRIES
    sleep: Callable[[float], None] = time.sleep
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
                self.on_rows_done(1)
            else:
                yield row

    def _count(self, row: Row, result: RowResult) -> None:
        problem = result.problem
        if problem is not None and not result.may_work_later:
            self._reject(row.number, problem.errors or (FieldError("", problem.title),), problem.code)
            return
        if problem is not None:
            self.tally.not_done += 1
        elif result.status == _CREATED:
            self.tally.created += 1
        else:
            self.tally.kept += 1
        self.on_rows_done(1)

    def _reject(self, number: int, errors: Sequence[FieldError], code: str) -> None:
        self.rejects.add(number, errors, code)
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

"""The nightly feed: rows in batches, several at once, each row taken once however often it is begun."""

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Self

from .answers import RowResult
from .client import MOST_IN_A_BATCH, Client
from .errors import FieldError
from .files import in_words
from .journal import Digest, Journal
from .patience import FOR_A_FEED, Patience
from .rows import LARGEST_BATCH, Row, size_of

_CREATED = 201
_ELSEWHERE = "Choose another place: --rejects FILE."


@dataclass(slots=True)
class Tally:
    """Rows by what became of them. `already`: taken before the load was cut off; `not_done`: may work later."""

    created: int = 0
    kept: int = 0
    already: int = 0
    rejected: int = 0
    not_done: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.kept + self.already + self.rejected + self.not_done


class Rejects:
    """The rejects file: row numbers and reasons, nothing from the rows themselves. There is none without a reject."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written = False

    def __enter__(self) -> Self:
        """Raises FileError."""
        with in_words(self.path, "written", _ELSEWHERE):
            self.path.unlink(missing_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(("row", "field", "problem", "code"))
        return self

    def add(self, number: int, errors: Iterable[FieldError], code: str) -> None:
        """Raises FileError."""
        self._written = True
        with in_words(self.path, "written", _ELSEWHERE):
            csv.writer(self._file).writerows((number, error.field, error.problem, code) for error in errors)
            self._file.flush()

    def __exit__(self, *_: object) -> None:
        # What could not be written was said when it was to be written.
        with suppress(OSError):
            self._file.close()
        if not self._written:
            self.path.unlink(missing_ok=True)


@dataclass(slots=True)
class Load:
    """`advanced` is told how many rows have been dealt with."""

    client: Client
    journal: Journal
    digest: Digest
    rejects: Rejects
    advanced: Callable[[int], None]
    parallel: int = 4
    patience: Patience = FOR_A_FEED
    sleep: Callable[[float], None] = time.sleep
    tally: Tally = field(default_factory=Tally)
    _turn: Lock = field(default_factory=Lock)

    def run(self, rows: Iterable[Row]) -> Tally:
        """Raises what the client raises; what was taken until then is in the journal."""
        under_way: set[Future[None]] = set()
        with ThreadPoolExecutor(self.parallel) as pool:
            for batch in batches(self._worth_sending(rows)):
                under_way.add(pool.submit(self._send, batch))
                if len(under_way) > self.parallel:
                    under_way = _still_under_way(under_way)
            while under_way:
                under_way = _still_under_way(under_way)
        return self.tally

    def _worth_sending(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if row.errors:
                with self._turn:
                    self._reject(row.number, row.errors, "not_sent")
            elif self.journal.has(self.digest(row.record)):
                with self._turn:
                    self.tally.already += 1
                self.advanced(1)
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
        self.advanced(1)

    def _reject(self, number: int, errors: Sequence[FieldError], code: str) -> None:
        self.rejects.add(number, errors, code)
        self.tally.rejected += 1
        self.advanced(1)

    def _send(self, waiting: Sequence[Row]) -> None:
        """Until every row is settled or patience is at its end. Each reply is noted at once: a kill may come next."""
        failures = 0
        while waiting:
            results = list(zip(waiting, self.client.register_many([row.record for row in waiting]), strict=True))
            failures += 1
            pause = self.patience.wait_seconds(failures, None)
            waiting = [] if pause is None else [row for row, result in results if result.may_work_later]
            again = {row.number for row in waiting}
            with self._turn:
                self._settle([(row, result) for row, result in results if row.number not in again])
            if waiting:
                self.sleep(pause or 0)

    def _settle(self, results: Sequence[tuple[Row, RowResult]]) -> None:
        self.journal.add([self.digest(row.record) for row, result in results if result.receipt is not None])
        for row, result in results:
            self._count(row, result)


def _still_under_way(futures: set[Future[None]]) -> set[Future[None]]:
    done, still = wait(futures, return_when=FIRST_COMPLETED)
    for future in done:
        future.result()
    return still


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """As many rows as a batch may have, and as many bytes."""
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

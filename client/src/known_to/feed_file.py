"""Feed files: CSV as spreadsheets write it, and NDJSON.

What makes a whole file unreadable, and what only the whole file shows, is known before the first row is sent.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from .errors import FeedError, FieldError
from .files import SAVE_AS_UTF_8, reason
from .rows import OPTIONAL, REQUIRED, Habits, Row, read_record, read_row

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK"
_ENOUGH_TO_TELL = 100  # bytes
_SAVE_AS = "In Excel: Save As, CSV UTF-8 (Comma delimited)."
_UTF_8 = "utf-8-sig"  # with or without a byte order mark
_MOST_NAMED = 10
_AS_THE_SERVICE = Habits()


@dataclass(frozen=True, slots=True)
class Survey:
    """A file seen as a whole. `nameless`: numbers of the rows whose reference cannot be read."""

    rows: int
    places: dict[str, list[int]]
    nameless: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FeedFile:
    path: Path
    habits: Habits = _AS_THE_SERVICE
    encoding: str = _UTF_8

    def survey(self) -> Survey:
        """Raises FeedError."""
        places: dict[str, list[int]] = {}
        nameless: list[int] = []
        rows = 0
        for row in self._raw():
            rows += 1
            if row.reference is None:
                nameless.append(row.number)
            else:
                places.setdefault(row.reference, []).append(row.number)
        if rows == 0:
            raise FeedError("The file has no rows.")
        return Survey(rows, places, tuple(nameless))

    def rows(self, survey: Survey) -> Iterator[Row]:
        """Each row. Of rows with one reference any may be the one that is meant, so all of them are at fault."""
        for row in self._raw():
            places = survey.places.get(row.reference or "", ())
            if len(places) > 1:
                yield Row(row.number, row.reference, row.record, (*row.errors, _repeated(places)))
            else:
                yield row

    def references(self) -> Iterator[tuple[int, str | None]]:
        """Row number and reference from the column `reference` of a CSV; all other columns are passed over."""
        for number, cells in self._csv(required=("reference",), only_known=False):
            cell = cells["reference"].strip()
            yield number, cell or None

    def _raw(self) -> Iterator[Row]:
        if self._is_ndjson:
            yield from self._ndjson()
        else:
            for number, cells in self._csv(required=REQUIRED, only_known=True):
                yield _read(number, cells, self.habits)

    def _ndjson(self) -> Iterator[Row]:
        with self._open() as file:
            for number, line in enumerate(self._decoded(file), start=1):
                if not line.strip():
                    continue
                try:
                    yield read_record(number, json.loads(line))
                except (ValueError, RecursionError):
                    yield Row(number, None, {}, (FieldError("", "is not JSON"),))

    def _csv(self, *, required: tuple[str, ...], only_known: bool) -> Iterator[tuple[int, dict[str, str]]]:
        with self._open() as file:
            reader = csv.reader(self._decoded(file), strict=True)
            number = 0
            header: list[str] = []
            try:
                for number, cells in enumerate(reader, start=1):
                    if number == 1:
                        header = _header(cells, required, only_known)
                    elif any(cell.strip() for cell in cells):
                        yield number, _by_column(header, cells)
            except csv.Error:
                raise FeedError(
                    f"From row {number + 1} on the file is not CSV: a quotation mark is not closed or does not belong."
                ) from None
            if number == 0:
                raise FeedError("The file is empty.")

    def _open(self) -> TextIO:
        try:
            with self.path.open("rb") as file:
                start = file.read(_ENOUGH_TO_TELL)
            if self.encoding == _UTF_8 and (start.startswith(_UTF_16) or b"\0" in start):
                raise FeedError(f"The file is UTF-16 text, not UTF-8. {self._save_as}")
            if start.startswith(_ZIP):
                raise FeedError(f"The file is a workbook, not text. {self._save_as}")
            return self.path.open(encoding=self.encoding, newline="")
        except OSError as error:
            raise FeedError(f"{self.path.name} cannot be read: {reason(error)}.") from None

    def _decoded(self, file: TextIO) -> Iterator[str]:
        # Raised outside of an except, whose error holds a part of the file.
        with suppress(UnicodeDecodeError):
            yield from file
            return
        if self.encoding != _UTF_8:
            raise FeedError(f"The file is not {self.encoding}.")
        raise FeedError(
            f"The file is not UTF-8, but perhaps Windows-1252. {self._save_as} Or, if Excel wrote it as plain CSV, "
            "add --encoding cp1252."
        )

    @property
    def _save_as(self) -> str:
        return SAVE_AS_UTF_8 if self._is_ndjson else _SAVE_AS

    @property
    def _is_ndjson(self) -> bool:
        return self.path.suffix.lower() in (".ndjson", ".jsonl")


def _repeated(places: Sequence[int]) -> FieldError:
    named = ", ".join(map(str, places[:_MOST_NAMED]))
    more = f", and {len(places) - _MOST_NAMED:,} more" if len(places) > _MOST_NAMED else ""
    return FieldError("reference", f"is in more than one row: {named}{more}")


def _read(number: int, cells: dict[str, str], habits: Habits) -> Row:
    if _TOO_MANY in cells:
        return Row(number, None, {}, (FieldError("", "has more cells than the header has columns"),))
    return read_row(number, cells, habits)


_TOO_MANY = ""
"""The column of cells beyond the header; no real column has this name."""


def _by_column(header: list[str], cells: list[str]) -> dict[str, str]:
    beyond = {_TOO_MANY: "more"} if any(cell.strip() for cell in cells[len(header) :]) else {}
    return {**dict.fromkeys(header, ""), **dict(zip(header, cells, strict=False)), **beyond}


def _header(cells: list[str], required: Iterable[str], only_known: bool) -> list[str]:
    columns = [cell.strip().lower().replace(" ", "_") for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
        raise FeedError(f"The columns are not separated by commas. {_SAVE_AS}")
    if missing := [one for one in required if one not in columns]:
        raise FeedError(f"Columns are missing: {', '.join(missing)}. The first row must name the columns.")
    # Only now it is sure that these are names, and no row of a file without a header.
    if repeated := sorted({one for one in columns if columns.count(one) > 1}):
        raise FeedError(f"A column is there twice: {', '.join(one or 'one without a name' for one in repeated)}.")
    if only_known and (unknown := sum(one not in (*REQUIRED, *OPTIONAL) for one in columns)):
        places = ", ".join(str(at) for at, one in enumerate(columns, start=1) if one not in (*REQUIRED, *OPTIONAL))
        raise FeedError(
            f"{unknown} of the columns are not known here: number {places}. "
            f"Known are: {', '.join((*REQUIRED, *OPTIONAL))}."
        )
    return columns

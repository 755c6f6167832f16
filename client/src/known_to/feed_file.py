"""Feed files: CSV as spreadsheets write it, and NDJSON.

`FeedFile.survey` reads the whole file before the first row is sent. It finds an unreadable file, and references that
appear more than once.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from .errors import FieldError, UnreadableFile
from .feed_columns import OPTIONAL, REQUIRED, Habits
from .feed_rows import Row, read_record, read_row
from .invisible_characters import without_invisible
from .local_files import SAVE_AS_UTF_8, reason

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK"
_SNIFFED_BYTES = 100
_SAVE_AS = "In Excel: Save As, CSV UTF-8 (Comma delimited)."
_UTF_8 = "utf-8-sig"  # reads UTF-8 with or without a byte order mark
_MOST_LISTED = 10
_NO_LIMIT = 2**31 - 1  # the largest that Python takes on Windows
_NO_HABITS = Habits()


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading the whole file shows.

    `row_numbers`: the rows that have each reference. `without_reference`: the rows whose reference cannot be read.
    `invisible`: how many invisible characters were removed, from how many rows.
    """

    rows: int
    row_numbers: dict[str, list[int]]
    without_reference: tuple[int, ...]
    invisible: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class FeedFile:
    path: Path
    habits: Habits = _NO_HABITS
    encoding: str = _UTF_8

    def survey(self, on_row: Callable[[Row], None] = lambda _: None) -> Survey:
        """Calls `on_row` with every row. Raises UnreadableFile."""
        row_numbers: dict[str, list[int]] = {}
        without_reference: list[int] = []
        rows = characters = rows_with_characters = 0
        for row in self._raw():
            rows += 1
            characters += row.invisible
            rows_with_characters += row.invisible > 0
            on_row(row)
            if row.reference is None:
                without_reference.append(row.number)
            else:
                row_numbers.setdefault(row.reference, []).append(row.number)
        if rows == 0:
            raise UnreadableFile("The file has no rows.")
        return Survey(rows, row_numbers, tuple(without_reference), (characters, rows_with_characters))

    def rows(self, survey: Survey) -> Iterator[Row]:
        """Every row of the file.

        Rows that share a reference all get an error, because any of them may be the right one.
        """
        for row in self._raw():
            same_reference = survey.row_numbers.get(row.reference or "", ())
            if len(same_reference) > 1:
                yield replace(row, errors=(*row.errors, _repeated(same_reference)))
            else:
                yield row

    def references(self) -> Iterator[tuple[int, str | None]]:
        """Yields row number and reference from the column `reference` of a CSV, and ignores all other columns."""
        for number, cells in self._csv(required=("reference",), only_known=False):
            cell = without_invisible(cells["reference"])[0].strip()
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
        # Python's own limit would cost the whole file. `read_row` refuses the row of a cell that is too long.
        csv.field_size_limit(_NO_LIMIT)
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
                raise UnreadableFile(
                    f"The file is not CSV from row {number + 1} on: a quotation mark is not closed, or does not "
                    "belong there."
                ) from None
            if number == 0:
                raise UnreadableFile("The file is empty.")

    def _open(self) -> TextIO:
        try:
            with self.path.open("rb") as file:
                start = file.read(_SNIFFED_BYTES)
            if self.encoding == _UTF_8 and (start.startswith(_UTF_16) or b"\0" in start):
                raise UnreadableFile(f"The file is UTF-16 text, not UTF-8. {self._save_as}")
            if start.startswith(_ZIP):
                raise UnreadableFile(f"The file is a workbook, not text. {self._save_as}")
            return self.path.open(encoding=self.encoding, newline="")
        except OSError as error:
            raise UnreadableFile(f"{self.path.name} cannot be read: {reason(error)}.") from None

    def _decoded(self, file: TextIO) -> Iterator[str]:
        # Raises outside an except block, because the UnicodeDecodeError contains a part of the file.
        with suppress(UnicodeDecodeError):
            yield from file
            return
        if self.encoding != _UTF_8:
            raise UnreadableFile(f"The file is not {self.encoding}.")
        raise UnreadableFile(
            f"The file is not UTF-8. It may be Windows-1252. {self._save_as} Or, if Excel saved it as plain CSV, "
            "add --encoding cp1252."
        )

    @property
    def _save_as(self) -> str:
        return SAVE_AS_UTF_8 if self._is_ndjson else _SAVE_AS

    @property
    def _is_ndjson(self) -> bool:
        return self.path.suffix.lower() in (".ndjson", ".jsonl")


def _repeated(numbers: Sequence[int]) -> FieldError:
    return FieldError("reference", f"is in more than one row: {listed(numbers)}")


def listed(numbers: Sequence[int]) -> str:
    """The first ten numbers of rows, and how many more there are."""
    more = f", and {len(numbers) - _MOST_LISTED:,} more" if len(numbers) > _MOST_LISTED else ""
    return f"{', '.join(map(str, numbers[:_MOST_LISTED]))}{more}"


def _read(number: int, cells: dict[str, str], habits: Habits) -> Row:
    if _BEYOND_HEADER in cells:
        return Row(number, None, {}, (FieldError("", "has more cells than the header has columns"),))
    return read_row(number, cells, habits)


_BEYOND_HEADER = ""
"""Stands for the cells beyond the last column. No real column has this name."""


def _by_column(header: list[str], cells: list[str]) -> dict[str, str]:
    beyond = {_BEYOND_HEADER: "more"} if any(cell.strip() for cell in cells[len(header) :]) else {}
    return {**dict.fromkeys(header, ""), **dict(zip(header, cells, strict=False)), **beyond}


def _header(cells: list[str], required: Iterable[str], only_known: bool) -> list[str]:
    columns = [without_invisible(cell)[0].strip().lower().replace(" ", "_") for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
        raise UnreadableFile(f"The columns are not separated by commas. {_SAVE_AS}")
    if missing := [column for column in required if column not in columns]:
        raise UnreadableFile(f"Columns are missing: {', '.join(missing)}. The first row must name the columns.")
    # Only now is the first row sure to be a header. Until here it might hold data, which no message may quote.
    if repeated := sorted({column for column in columns if columns.count(column) > 1}):
        names = ", ".join(column or "a column without a name" for column in repeated)
        raise UnreadableFile(f"Columns appear more than once: {names}.")
    if only_known:
        _expect_known(columns)
    return columns


def _expect_known(columns: Sequence[str]) -> None:
    unknown = [str(at) for at, column in enumerate(columns, start=1) if column not in (*REQUIRED, *OPTIONAL)]
    if unknown:
        raise UnreadableFile(
            f"The file has columns that are not known: number {', '.join(unknown)}. "
            f"The known columns are: {', '.join((*REQUIRED, *OPTIONAL))}."
        )

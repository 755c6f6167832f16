"""Rows of a workbook (.xlsx), as text. What only Excel knows of a cell (a date, a format) is turned into text here."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from .errors import UnreadableFile
from .feed_cells import DateCell
from .feed_csv import NumberedRow
from .feed_header import HeaderRules
from .identifiers import masked
from .local_files import reason
from .workbook_package import DAMAGED, contents_of, why_unreadable

_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 256
_LOOKED_AT = 60  # rows
_MOST_EXACT = 10**15
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ONLY_ZEROS = re.compile(r'[\\" ()+-]*0[0\\" ()-]*')

_MERGED = (
    "The workbook has cells that are merged over several rows. Only the first row of each has its value: unmerge them, "
    "and fill the value in."
)


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """`remarks`: which sheet was read, if the workbook has others that are not empty, and what it cannot show."""

    rows: list[NumberedRow]
    remarks: tuple[str, ...]


def read_sheet(path: Path, wanted: str | None, rules: HeaderRules) -> Sheet:
    """Reads the sheet called `wanted`, or the only visible one that has a header. Raises UnreadableFile."""
    try:
        refusal = why_unreadable(path)
    except OSError as error:
        refusal = f"{path.name} cannot be read: {reason(error)}."
    found: Sheet | str | None = refusal
    if refusal is None:
        # openpyxl raises errors of many types, which may contain a part of the file. None of them may leave here.
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _read(path, wanted, rules)
    if isinstance(found, Sheet):
        return found
    raise UnreadableFile(found or DAMAGED)


def _read(path: Path, wanted: str | None, rules: HeaderRules) -> Sheet | str:
    from openpyxl import load_workbook  # here, because importing it takes time that only a workbook is worth

    def opened(values: bool) -> Any:
        # Not by its path, because openpyxl goes by the end of the name.
        file = stack.enter_context(path.open("rb"))
        return stack.enter_context(closing(load_workbook(file, read_only=True, data_only=values, keep_links=False)))

    with ExitStack() as stack:
        results = opened(True)
        contents = contents_of(path)
        # A formula that was never calculated has no result. Only a second look shows that there is one.
        formulas = opened(False) if contents.formulas else None
        sheets = {one.title: _Readable(one, formulas and formulas[one.title]) for one in results.worksheets}
        found = _chosen(sheets, wanted, rules)
        if isinstance(found, Sheet) and contents.merged_rows:
            return replace(found, remarks=(*found.remarks, _MERGED))
        return found


@dataclass(frozen=True, slots=True)
class _Readable:
    """A sheet of openpyxl, and the same sheet with formulas instead of results."""

    results: Any
    formulas: Any

    @property
    def is_visible(self) -> bool:
        return bool(self.results.sheet_state == "visible")

    def rows(self) -> Iterator[NumberedRow]:
        formulas = repeat(None) if self.formulas is None else _cells(self.formulas)
        blank: tuple[Any, Any] = (None, None)
        for number, (cells, sources) in enumerate(zip(_cells(self.results), formulas, strict=False), start=1):
            # openpyxl fills a gap of a million rows with one and the same.
            if cells is blank[0] and sources is blank[1]:
                continue
            if texts := _texts(cells, sources):
                yield number, texts
            else:
                blank = cells, sources

    def first_rows(self) -> list[NumberedRow]:
        return list(islice(self.rows(), _LOOKED_AT))


def _chosen(sheets: dict[str, _Readable], wanted: str | None, rules: HeaderRules) -> Sheet | str:
    if wanted is not None:
        named = [title for title in sheets if title.strip().casefold() == wanted.strip().casefold()]
        if not named:
            return f"The workbook has no sheet of that name. It has: {_names(sheets)}."
        return Sheet(list(sheets[named[0]].rows()), ())
    first = {title: one.first_rows() for title, one in sheets.items()}
    filled = [title for title, rows in first.items() if any(any(cells) for _, cells in rows)]
    visible = [title for title in filled if sheets[title].is_visible]
    fitting = [title for title in visible if rules.has_header(first[title])]
    if len(fitting) > 1:
        return (
            f"{len(fitting)} sheets have these columns: {_names(fitting)}. Keep one of them and hide the others"
            f"{', or name one with --sheet' if rules.is_feed else ''}."
        )
    if not fitting and (hidden := [one for one in filled if one not in visible and rules.has_header(first[one])]):
        return (
            f"Only a hidden sheet has these columns: {_names(hidden)}. If you mean it, unhide it"
            f"{', or name it with --sheet' if rules.is_feed else ''}."
        )
    if not filled:
        return "The workbook has no rows."
    title = fitting[0] if fitting else max(visible or filled, key=lambda one: _most_known(first[one], rules))
    others = [one for one in filled if one != title]
    remarks = (f"Read the sheet {_names([title])}, and not: {_names(others)}.",) if others else ()
    return Sheet(list(sheets[title].rows()), remarks)


def _most_known(rows: Sequence[NumberedRow], rules: HeaderRules) -> int:
    return max((rules.known_in(cells) for _, cells in rows), default=0)


def _names(titles: Sequence[str] | dict[str, _Readable]) -> str:
    return ", ".join(f'"{masked(title)}"' for title in titles)


def _cells(sheet: Any) -> Iterator[Sequence[Any]]:
    sheet.reset_dimensions()  # a file may claim any size
    rows: Iterator[Sequence[Any]] = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS)
    return rows


def _texts(cells: Sequence[Any], sources: Sequence[Any] | None) -> list[str]:
    last = max((at for at, cell in enumerate(sources or cells) if cell.value is not None), default=-1) + 1
    return [_text(cells[at], sources[at] if sources else None) for at in range(last)]


def _text(cell: Any, source: Any) -> str:
    value = cell.value
    if value is None:
        return "=" if source is not None and source.data_type == "f" else ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, date | time | timedelta):
        return DateCell(_moment(value))
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))


def _number(value: float, number_format: str) -> str:
    if value != int(value):
        return repr(value)
    if isinstance(value, float) and abs(value) >= _MOST_EXACT:
        return f"{value:.5E}"  # Excel keeps 15 digits: the others are lost
    digits = str(int(value))
    shown = number_format.partition(";")[0]
    # A format such as 00000000000 shows zeros that the value does not have.
    return digits.zfill(shown.count("0")) if _ONLY_ZEROS.fullmatch(shown) and value >= 0 else digits


def _moment(value: date | time | timedelta) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)

"""A table in a file: delimited text or a workbook. Gives its header, and its rows by our names of the columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UnreadableFile
from .feed_csv import NumberedRow, rows_of
from .feed_header import NAMELESS, Header, HeaderRules, find_header, letter
from .feed_text import lines_of
from .feed_workbook import Sheet, read_sheet
from .file_kinds import AS_CSV, Kind, kind_of
from .invisible_characters import without_invisible
from .not_records import why_no_record

_END_OF_FILE = "\x1a"  # as DOS wrote it


@dataclass(frozen=True, slots=True, repr=False)
class TableRow:
    """`fault`: why the row as a whole is no record, or None."""

    number: int
    cells: dict[str, str]
    fault: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """`remarks`: what a person should know about how the file was read."""

    header: Header
    rows: Iterator[TableRow]
    remarks: tuple[str, ...]


@dataclass(slots=True)
class TableFile:
    """`sheet`: the name of the sheet of a workbook, or None to find it."""

    path: Path
    encoding: str
    sheet: str | None = None
    _read: Sheet | None = field(default=None, init=False, repr=False)

    def table(self, rules: HeaderRules) -> Table:
        """Raises UnreadableFile, also while the rows are read."""
        kind = kind_of(self.path)
        if kind is Kind.JSON:
            raise UnreadableFile("The file is JSON. Write one record a line, and name the file .ndjson.")
        if kind is Kind.WORKBOOK:
            # A workbook takes long to read, so it is read once.
            self._read = self._read or read_sheet(self.path, self.sheet, rules)
            rows: Iterator[NumberedRow] = iter(self._read.rows)
            remarks = self._read.remarks
        else:
            rows, remarks = rows_of(lines_of(self.path, self.encoding, AS_CSV), rules.known_in), ()
        header = _header(rows, rules, remarks)
        return Table(header, _records(rows, header), (*remarks, *_remarks(header)))


def _header(rows: Iterator[NumberedRow], rules: HeaderRules, remarks: Sequence[str]) -> Header:
    try:
        return find_header(rows, rules)
    except UnreadableFile as error:
        # Which sheet was looked at matters most if it has no header.
        raise UnreadableFile(" ".join([str(error), *remarks])) from None


def _remarks(header: Header) -> Iterator[str]:
    if header.row > 1:
        yield f"The header is row {header.row}. What is above it was left out."
    if header.ignored:
        yield f"Ignored: {', '.join(header.ignored)}."


def _records(rows: Iterator[NumberedRow], header: Header) -> Iterator[TableRow]:
    for number, cells in rows:
        if not _is_blank(cells):
            named = _by_column(header, cells)
            yield TableRow(number, named, _fault(cells, named, header))


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(without_invisible(cell)[0].strip().strip(_END_OF_FILE) for cell in cells if cell)


def _by_column(header: Header, cells: Sequence[str]) -> dict[str, str]:
    named = {name: "" for name in header.columns if name}
    for name, cell in zip(header.columns, cells, strict=False):
        if name:
            named[name] = cell
    return named


def _fault(cells: Sequence[str], named: dict[str, str], header: Header) -> str | None:
    if header.repeats_in(cells):
        return "repeats the header and is not a record; take it out of the export"
    if no_record := why_no_record(cells, named.get("nhs_number", "")):
        return no_record
    for at, cell in enumerate(cells):
        if cell.strip() and (at >= len(header.columns) or header.columns[at] == NAMELESS):
            return (
                f"has a cell in column {letter(at)}, which has no title; is there a comma or a quotation mark too many?"
            )
    return None

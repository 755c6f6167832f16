"""Feed files: a workbook or CSV as spreadsheets and case systems write them, and NDJSON.

`FeedFile.survey` reads the whole file before the first row is sent. It finds an unreadable file, and references that
appear more than once.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .errors import FieldError, UnreadableFile
from .feed_columns import Habits
from .feed_header import HeaderRules
from .feed_map import FeedMap
from .feed_rows import Row, column_of, read_record, read_row
from .feed_table import Table, TableFile, TableRow
from .feed_teams import Teams
from .feed_text import UTF_8, lines_of
from .file_kinds import Kind, kind_of
from .invisible_characters import without_invisible
from .local_files import SAVE_AS_UTF_8

_MOST_LISTED = 10
_NO_HABITS = Habits()
_NO_MAP = FeedMap()


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading the whole file shows.

    `row_numbers`: the rows that have each reference. `without_reference`: the rows whose reference cannot be read.
    `invisible`: how many invisible characters were removed, from how many rows. `remarks`: how the file was read.
    `titles`: what the file calls our columns.
    """

    rows: int
    row_numbers: dict[str, list[int]]
    without_reference: tuple[int, ...]
    invisible: tuple[int, int] = (0, 0)
    remarks: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)

    def title(self, path: str) -> str:
        """The title of the column that a path such as practitioner.name comes from. Empty for the row as a whole."""
        column = column_of(path)
        return self.titles.get(column, column)


@dataclass(slots=True)
class FeedFile:
    """`sheet`: the name of the sheet of a workbook. `ignore_unknown`: leave columns out that are not known."""

    path: Path
    habits: Habits = _NO_HABITS
    encoding: str = UTF_8
    feed_map: FeedMap = _NO_MAP
    teams: Teams | None = None
    sheet: str | None = None
    ignore_unknown: bool = False
    _file: TableFile = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._file = TableFile(self.path, self.encoding, self.sheet)

    def survey(self, on_row: Callable[[Row], None] = lambda _: None) -> Survey:
        """Calls `on_row` with every row. Raises UnreadableFile."""
        row_numbers: dict[str, list[int]] = {}
        without_reference: list[int] = []
        rows = characters = rows_with_characters = 0
        table = None if self._is_ndjson else self._table()
        for row in self._ndjson() if table is None else map(self._row, table.rows):
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
        survey = Survey(rows, row_numbers, tuple(without_reference), (characters, rows_with_characters))
        return survey if table is None else replace(survey, remarks=table.remarks, titles=table.header.titles)

    def rows(self, survey: Survey) -> Iterator[Row]:
        """Every row of the file.

        Rows that share a reference all get an error, because any of them may be the right one.
        """
        for row in self._ndjson() if self._is_ndjson else map(self._row, self._table().rows):
            same_reference = survey.row_numbers.get(row.reference or "", ())
            if len(same_reference) > 1:
                yield replace(row, errors=(*row.errors, _repeated(same_reference)))
            else:
                yield row

    def references(self) -> Iterator[tuple[int, str | None]]:
        """Yields row number and reference from the column `reference`, and ignores all other columns."""
        rules = HeaderRules(self.feed_map, ("reference",), is_feed=False)
        for row in self._file.table(rules).rows:
            cell = without_invisible(row.cells["reference"])[0].strip()
            yield row.number, cell or None

    def _table(self) -> Table:
        rules = HeaderRules(self.feed_map, ignore_unknown=self.ignore_unknown, has_teams=self.teams is not None)
        return self._file.table(rules)

    def _row(self, row: TableRow) -> Row:
        if row.fault is not None:
            return Row(row.number, None, {}, (FieldError("", row.fault),))
        cells = {**row.cells, **self.feed_map.fixed}
        cells = {name: self.feed_map.translated(name, cell) for name, cell in cells.items()}
        return read_row(row.number, cells, self.habits, self.teams)

    def _ndjson(self) -> Iterator[Row]:
        if kind_of(self.path) is Kind.WORKBOOK:
            raise UnreadableFile(
                "The file is a workbook, although its name ends like that of JSON. Rename it to .xlsx."
            )
        for number, line in enumerate(lines_of(self.path, self.encoding, SAVE_AS_UTF_8), start=1):
            if not line.strip():
                continue
            try:
                yield read_record(number, json.loads(line))
            except (ValueError, RecursionError):
                yield Row(number, None, {}, (FieldError("", "is not JSON"),))

    @property
    def _is_ndjson(self) -> bool:
        return self.path.suffix.lower() in (".ndjson", ".jsonl")


def _repeated(numbers: Sequence[int]) -> FieldError:
    return FieldError("reference", f"is in more than one row: {listed(numbers)}")


def listed(numbers: Sequence[int]) -> str:
    """The first ten numbers of rows, and how many more there are."""
    more = f", and {len(numbers) - _MOST_LISTED:,} more" if len(numbers) > _MOST_LISTED else ""
    return f"{', '.join(map(str, numbers[:_MOST_LISTED]))}{more}"

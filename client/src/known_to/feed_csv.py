"""Rows of delimited text. Finds the delimiter itself, from the names of the columns."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice

from .errors import UnreadableFile

_DELIMITERS = ",;\t|"
_DECLARED = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_LOOKED_AT = 60  # lines
_NO_LIMIT = 2**31 - 1  # the largest that Python takes on Windows
NumberedRow = tuple[int, Sequence[str]]


def rows_of(lines: Iterable[str], known_columns: Callable[[Sequence[str]], int]) -> Iterator[NumberedRow]:
    """Numbers the rows from 1, as a spreadsheet does. A first line such as `sep=;` is not a row.

    `known_columns`: how many cells of a row name a column. Raises UnreadableFile.
    """
    # Python's own limit would cost the whole file. `read_row` refuses the row of a cell that is too long.
    csv.field_size_limit(_NO_LIMIT)
    remaining = iter(lines)
    first = list(islice(remaining, _LOOKED_AT))
    if first and (declared := _DECLARED.fullmatch(first[0])):
        first.pop(0)
        delimiter = declared[1]
    else:
        delimiter = max(_DELIMITERS, key=lambda one: _most_known(first, one, known_columns))
    yield from _rows(chain(first, remaining), delimiter)


def _most_known(lines: Sequence[str], delimiter: str, known_columns: Callable[[Sequence[str]], int]) -> int:
    most = 0
    with suppress(csv.Error):
        for row in csv.reader(lines, delimiter=delimiter):
            most = max(most, known_columns(row))
    return most


def _rows(lines: Iterable[str], delimiter: str) -> Iterator[NumberedRow]:
    number = 0
    with suppress(csv.Error):
        for number, row in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1):
            yield number, row
        return
    raise UnreadableFile(
        f"The file is not CSV from row {number + 1} on: a quotation mark is not closed, or does not belong there."
    )

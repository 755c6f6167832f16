"""Why rows were rejected: how often each reason occurred, the most frequent first."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .errors import FieldError

_NUMBERS_OF_ROWS = re.compile(r"(?<=row): [0-9, ]+(and [0-9,]+ more)?$")


@dataclass(slots=True)
class Reasons:
    """`_rows`: the numbers of the rows by field and problem."""

    _rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, number: int, errors: Iterable[FieldError]) -> None:
        for error in errors:
            problem = _NUMBERS_OF_ROWS.sub("", error.problem)
            self._rows.setdefault((error.field, problem), []).append(number)

    def most_frequent(self, title: Callable[[str], str]) -> list[tuple[int, str]]:
        """How many rows, and a sentence that names the column as the file does and the first row."""
        ordered = sorted(self._rows.items(), key=lambda one: (-len(one[1]), min(one[1])))
        return [(len(rows), f"{_sentence(title(name), problem)} ({_first(rows)})") for (name, problem), rows in ordered]


def _first(rows: list[int]) -> str:
    return f"row {rows[0]}" if len(rows) == 1 else f"first in row {min(rows)}"


def _sentence(column: str, problem: str) -> str:
    """A problem of a column or row is the end of a sentence. One of the service is a sentence of its own."""
    if column:
        return f"{column} {problem}"
    return problem if problem[:1].isupper() else f"the row {problem}"

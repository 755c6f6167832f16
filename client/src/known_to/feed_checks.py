"""What only the sender can see in a feed file, before anything is sent. Warnings, which quote nothing from a row."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .feed_dates import SWAPPED
from .feed_rows import Row
from .identifiers import issued_in
from .numbers_file import NumbersFile
from .placeholders import is_placeholder_name, is_placeholder_number, is_placeholder_phone

MOST_ROWS_OF_A_CHILD = 10
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_LIKE_A_DATE = re.compile(rf"([0-9]{{1,2}}-)?({_MONTHS})(-[0-9]{{2,4}})?", re.IGNORECASE)

_SENTENCES = {
    "many_rows": "one NHS number is on more than ten rows. Is it one that your system fills in?",
    "swapped": "two NHS numbers have changed places since the last load. Twins? Check which is whose.",
    "birth_dates": "one NHS number has two birth dates. A date is wrong, or a row is another child's.",
    "month_first": "a date can only be month/day/year. Are other dates swapped unseen? Export them as YYYY-MM-DD.",
    "date_reference": "the reference looks like a date, which Excel may have made of it. Format the column as Text.",
    "placeholder_number": "the NHS number looks like an example. Trace the child's own.",
    "placeholder_name": "a name says that there is none. Name a person and a team.",
    "placeholder_phone": "nobody outside can ring this phone. Give a whole number.",
    "Scotland": "a Scottish number (CHI), which the service refuses. Trace the child's NHS number.",
    "Northern Ireland": "a Northern Irish number (H&C), which the service refuses. Trace the child's NHS number.",
}


@dataclass(frozen=True, slots=True)
class Warned:
    """`rows`: the numbers of the rows that the sentence is about."""

    rows: tuple[int, ...]
    sentence: str


@dataclass(slots=True, repr=False)
class FeedChecks:
    """Give it every row of the file, then read `warnings`."""

    numbers: NumbersFile | None = None
    _rows_of: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _births_of: dict[str, set[Any]] = field(default_factory=lambda: defaultdict(set))
    _changed: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    _found: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Row) -> None:
        for kind in _kinds(row.record):
            self._found[kind].append(row.number)
        if any(one.problem == SWAPPED for one in row.errors):
            self._found["month_first"].append(row.number)
        number = row.record.get("nhs_number")
        if not isinstance(number, str):
            return
        self._rows_of[number].append(row.number)
        if isinstance(birth := row.record.get("date_of_birth"), str):
            self._births_of[number].add(birth)
        self._compare(row)

    def _compare(self, row: Row) -> None:
        if self.numbers is None or row.reference is None:
            return
        before, now = self.numbers.before(row.reference), self.numbers.digest_of(row.record)
        if before is not None and before != now:
            self._changed[before, now].append(row.number)

    def warnings(self) -> list[Warned]:
        found = {**self._found, "many_rows": [], "birth_dates": [], "swapped": []}
        for number, rows in self._rows_of.items():
            found["many_rows"] += rows if len(rows) > MOST_ROWS_OF_A_CHILD else []
            found["birth_dates"] += rows if len(self._births_of.get(number, ())) > 1 else []
        for (before, now), rows in self._changed.items():
            found["swapped"] += rows if (now, before) in self._changed else []
        return [Warned(tuple(sorted(found[kind])), text) for kind, text in _SENTENCES.items() if found.get(kind)]


def _kinds(record: dict[str, Any]) -> Iterator[str]:
    number = record.get("nhs_number")
    if isinstance(number, str):
        if is_placeholder_number(number):
            yield "placeholder_number"
        if nation := issued_in(number):
            yield nation
    if isinstance(reference := record.get("reference"), str) and _LIKE_A_DATE.fullmatch(reference):
        yield "date_reference"
    people = [one for one in (record.get("practitioner"), record.get("team")) if isinstance(one, dict)]
    if any(isinstance(one.get("name"), str) and is_placeholder_name(one["name"]) for one in people):
        yield "placeholder_name"
    if any(isinstance(one.get("phone"), str) and is_placeholder_phone(one["phone"]) for one in people):
        yield "placeholder_phone"

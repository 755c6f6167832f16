"""Rows of a feed: turns the cells of a spreadsheet into the body of a PUT, or into a list of errors.

No error ever quotes a cell.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .cell_faults import fault_of
from .errors import FieldError
from .feed_cells import DateCell, unwrapped
from .feed_columns import DATES, OF_THE_TEAM, READERS, REQUIRED, TEAM_ID, Habits, read_text
from .feed_teams import Teams
from .identifiers import read_nhs_number, reference_error
from .invisible_characters import without_invisible

LARGEST_BATCH = 240 * 1024  # bytes; the service takes 256 KiB
LONGEST_CELL = 10_000
"""Characters: far more than the service takes for any field. Longer cells are not looked at."""


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """`number` counts as the spreadsheet does: the header is row 1. `record` is ready to send if `errors` is empty.

    `invisible`: how many invisible characters were removed from the row.
    """

    number: int
    reference: str | None
    record: dict[str, Any]
    errors: tuple[FieldError, ...] = ()
    invisible: int = 0


def read_row(number: int, cells: Mapping[str, str], habits: Habits, teams: Teams | None = None) -> Row:
    """Reads the cells of a row, by column. Empty cells count as absent. `teams` gives what a `team_id` stands for."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    invisible = 0
    for column, cell in cells.items():
        seen, removed = without_invisible(cell)
        invisible += removed
        if not (text := unwrapped(seen.strip())):
            continue
        try:
            values[column] = _value(column, text, isinstance(cell, DateCell), habits)
        except ValueError as error:
            errors[column] = str(error)
    if problem := _add_team(values, errors, teams):
        errors[TEAM_ID] = problem
    missing = {name: "is missing" for name in REQUIRED if name not in values and name not in errors}
    if TEAM_ID in errors:
        missing = {name: problem for name, problem in missing.items() if name not in OF_THE_TEAM}
    found = [FieldError(name, problem) for name, problem in (missing | errors).items()]
    return _row(number, _nested(values), found, invisible)


def _value(column: str, text: str, is_date: bool, habits: Habits) -> Any:
    """Raises ValueError."""
    if len(text) > LONGEST_CELL:
        raise ValueError(f"is longer than {LONGEST_CELL:,} characters")
    if is_date and column not in DATES:
        raise ValueError("was turned into a date by Excel; format the column as Text, and enter the value again")
    if problem := fault_of(text):
        raise ValueError(problem)
    return READERS.get(column, read_text)(text, habits)


def _add_team(values: dict[str, Any], errors: Mapping[str, str], teams: Teams | None) -> str | None:
    """Replaces `team_id` with the name and phone of the team, unless the row has its own. Returns what is wrong."""
    team_id = values.pop(TEAM_ID, None)
    lacking = [name for name in OF_THE_TEAM if name not in values and name not in errors]
    if teams is None or not lacking or TEAM_ID in errors:
        return errors.get(TEAM_ID)
    if team_id is None:
        return "is missing" if len(lacking) == len(OF_THE_TEAM) else None
    if team_id not in teams.by_id:
        return "is not in the team file; add the team there"
    values.update({name: teams.by_id[team_id][name] for name in lacking})
    return None


def read_record(number: int, record: Any) -> Row:
    """Reads one line of NDJSON: the body of a PUT, with its `reference`."""
    if not isinstance(record, dict):
        return Row(number, None, {}, (FieldError("", "is not a JSON object"),))
    record, invisible = without_invisible(record)
    errors = []
    if isinstance(nhs_number := record.get("nhs_number"), str):
        try:
            record = {**record, "nhs_number": read_nhs_number(nhs_number)}
        except ValueError as error:
            errors.append(FieldError("nhs_number", str(error)))
    errors += [FieldError(column_of(path), problem) for path, problem in _faults(record)]
    if not isinstance(record.get("reference"), str):
        errors.append(FieldError("reference", "is missing or not text"))
    return _row(number, record, errors, invisible)


def column_of(path: str) -> str:
    """The column of a path such as practitioner.name."""
    return path.replace(".", "_")


def _faults(record: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Texts of a record that are no values, with their paths."""
    for name, value in record.items():
        if isinstance(value, dict) and not above:
            yield from _faults(value, f"{name}.")
        elif isinstance(value, str) and (problem := fault_of(value.strip())):
            yield f"{above}{name}", problem


def _row(number: int, record: dict[str, Any], errors: list[FieldError], invisible: int) -> Row:
    if error := _unsendable(record):
        errors = [*errors, FieldError("", error)]
    reference = record.get("reference")
    if not isinstance(reference, str):
        return Row(number, None, record, tuple(errors), invisible)
    if error := reference_error(reference, record.get("nhs_number")):
        return Row(number, None, record, (*errors, FieldError("reference", error)), invisible)
    return Row(number, reference, record, tuple(errors), invisible)


def _unsendable(record: dict[str, Any]) -> str | None:
    # The service would refuse its whole batch.
    try:
        size = size_of(record)
    except (ValueError, RecursionError):
        return "contains a value that JSON in UTF-8 cannot express, such as NaN or half a character"
    return "is larger than the service takes" if size > LARGEST_BATCH else None


def size_of(record: Mapping[str, Any]) -> int:
    """The record's size within a batch, in bytes. Raises ValueError if it cannot be written as JSON."""
    return len(json.dumps(record, ensure_ascii=False, allow_nan=False).encode()) + 1


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for column, value in values.items():
        group, _, field = column.partition("_")
        if group in ("practitioner", "team"):
            record.setdefault(group, {})[field] = value
        else:
            record[column] = value
    return record

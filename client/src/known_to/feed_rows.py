"""Rows of a feed: turns the cells of a spreadsheet into the body of a PUT, or into a list of errors.

No error ever quotes a cell.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import FieldError
from .feed_columns import READERS, REQUIRED, Habits, read_text
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


def read_row(number: int, cells: Mapping[str, str], habits: Habits) -> Row:
    """Reads the cells of a CSV row, by column. Empty cells count as absent."""
    seen, invisible = without_invisible(dict(cells))
    filled = {column: cell.strip() for column, cell in seen.items() if cell.strip()}
    errors = [FieldError(column, "is missing") for column in REQUIRED if column not in filled]
    values: dict[str, Any] = {}
    for column, cell in filled.items():
        if len(cell) > LONGEST_CELL:
            errors.append(FieldError(column, f"is longer than {LONGEST_CELL:,} characters"))
            continue
        try:
            values[column] = READERS.get(column, read_text)(cell, habits)
        except ValueError as error:
            errors.append(FieldError(column, str(error)))
    return _row(number, _nested(values), errors, invisible)


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
    if not isinstance(record.get("reference"), str):
        errors.append(FieldError("reference", "is missing or not text"))
    return _row(number, record, errors, invisible)


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

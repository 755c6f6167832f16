"""Rows of a feed: turns the cells of a spreadsheet into the body of a PUT, or into a list of errors.

No error ever quotes a cell.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import FieldError
from .identifiers import ROUNDED, is_rounded, read_nhs_number, reference_error
from .invisible_characters import without_invisible

REQUIRED = (
    "reference",
    "nhs_number",
    "service_type",
    "basis",
    "practitioner_id",
    "practitioner_name",
    "practitioner_role",
    "team_name",
    "team_phone",
    "started_on",
)
OPTIONAL = (
    "practitioner_phone",
    "practitioner_email",
    "ended_on",
    "date_of_birth",
    "lead_professional",
    "sensitive",
    "organisation",
)
LARGEST_BATCH = 240 * 1024  # bytes; the service takes 256 KiB
_YES = frozenset({"true", "yes", "y", "1"})
_NO = frozenset({"false", "no", "n", "0"})
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UK_DATE = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", re.ASCII)
_LOST_ZERO = re.compile(r"[1-9][0-9]{8,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a spreadsheet writes cells. `uk_dates`: as 31/01/2026. `uk_phones`: without their first 0."""

    uk_dates: bool = False
    uk_phones: bool = False


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
        try:
            values[column] = _READERS.get(column, _text)(cell, habits)
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


def _text(cell: str, _: Habits) -> str:
    return cell


def _nhs_number(cell: str, _: Habits) -> str:
    return read_nhs_number(cell)


def _date(cell: str, habits: Habits) -> str:
    if _ISO_DATE.fullmatch(cell):
        return _calendar_date(cell, "%Y-%m-%d")
    if not _UK_DATE.fullmatch(cell):
        raise ValueError(f"is not a date written {'DD/MM/YYYY or ' if habits.uk_dates else ''}YYYY-MM-DD")
    if not habits.uk_dates:
        raise ValueError("is not written YYYY-MM-DD; if it is day/month/year, add --dates uk")
    return _calendar_date(cell, "%d/%m/%Y")


def _calendar_date(cell: str, form: str) -> str:
    try:
        return datetime.strptime(cell, form).date().isoformat()  # noqa: DTZ007 - a date has no time zone
    except ValueError:
        raise ValueError("is not a day of the calendar") from None


def _boolean(cell: str, _: Habits) -> bool:
    if cell.lower() in _YES | _NO:
        return cell.lower() in _YES
    raise ValueError("must be true or false")


def _phone(cell: str, habits: Habits) -> str:
    if is_rounded(cell):
        raise ValueError(ROUNDED)
    if not _LOST_ZERO.fullmatch(cell):
        return cell
    if not habits.uk_phones:
        raise ValueError(
            "seems to have lost its first 0 in a spreadsheet; add --phones uk to restore it, "
            "or format the column as Text and export again"
        )
    return f"0{cell}"


_READERS: dict[str, Callable[[str, Habits], Any]] = {
    "nhs_number": _nhs_number,
    "started_on": _date,
    "ended_on": _date,
    "date_of_birth": _date,
    "lead_professional": _boolean,
    "sensitive": _boolean,
    "practitioner_phone": _phone,
    "team_phone": _phone,
}

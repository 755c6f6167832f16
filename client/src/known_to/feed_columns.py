"""The columns of a feed file, and how the cells of each are read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .identifiers import ROUNDED, is_rounded, read_nhs_number

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


def read_text(cell: str, _: Habits) -> str:
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


READERS: dict[str, Callable[[str, Habits], Any]] = {
    "nhs_number": _nhs_number,
    "started_on": _date,
    "ended_on": _date,
    "date_of_birth": _date,
    "lead_professional": _boolean,
    "sensitive": _boolean,
    "practitioner_phone": _phone,
    "team_phone": _phone,
}

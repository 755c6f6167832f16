"""The columns of a feed file, and how the cells of each are read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .feed_cells import as_code, ten_digits, without_thousands
from .feed_dates import read_date
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
TEAM_ID = "team_id"
"""Stands for `team_name` and `team_phone`, which the team file then gives. It is not sent."""
OF_THE_TEAM = ("team_name", "team_phone")
DATES = frozenset({"started_on", "ended_on", "date_of_birth"})
_YES = frozenset({"true", "yes", "y", "1", "-1"})  # Access writes "yes" as -1
_NO = frozenset({"false", "no", "n", "0"})
_ROUNDED_ID = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]{2,}", re.ASCII)
_LOST_ZERO = re.compile(r"[1-9][0-9]{8,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a spreadsheet writes cells. `uk_dates`: as 31/01/2026. `uk_phones`: without their first 0."""

    uk_dates: bool = False
    uk_phones: bool = False


def read_text(cell: str, _: Habits) -> str:
    return cell


def _word(cell: str, _: Habits) -> str:
    """A word of a list, such as social_care. People write it "Social Care"."""
    return re.sub(r"[\s_-]+", "_", as_code(cell).lower())


def _identifier(cell: str, _: Habits) -> str:
    read = without_thousands(as_code(cell))
    # An id may well be 1E5, so only the form that Excel itself writes counts.
    if _ROUNDED_ID.fullmatch(read):
        raise ValueError(ROUNDED)
    return read


def _nhs_number(cell: str, _: Habits) -> str:
    return read_nhs_number(ten_digits(as_code(cell)))


def _date(cell: str, habits: Habits) -> str:
    return read_date(as_code(cell), uk_dates=habits.uk_dates)


def _boolean(cell: str, _: Habits) -> bool:
    read = as_code(cell).lower()
    if read in _YES | _NO:
        return read in _YES
    raise ValueError("must be yes or no (or true, false, y, n, 1, 0)")


def _phone(cell: str, habits: Habits) -> str:
    read = ten_digits(as_code(cell))
    if read.count(",") > 1:  # with one comma it may be two numbers
        read = without_thousands(read)
    if is_rounded(read):
        raise ValueError(ROUNDED)
    if not _LOST_ZERO.fullmatch(read):
        return read
    if not habits.uk_phones:
        raise ValueError(
            "seems to have lost its first 0 in a spreadsheet; add --phones uk to restore it, "
            "or format the column as Text and export again"
        )
    return f"0{read}"


READERS: dict[str, Callable[[str, Habits], Any]] = {
    "reference": _identifier,
    "nhs_number": _nhs_number,
    "service_type": _word,
    "basis": _word,
    "practitioner_id": _identifier,
    TEAM_ID: _identifier,
    "started_on": _date,
    "ended_on": _date,
    "date_of_birth": _date,
    "lead_professional": _boolean,
    "sensitive": _boolean,
    "practitioner_phone": _phone,
    "team_phone": _phone,
}

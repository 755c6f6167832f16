"""Dates as case systems and spreadsheets write them. One that can be read in two ways is refused by name."""

import re
from datetime import date

_TIME = r"(?:[T\s]+(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?)\s*"
_TIME += r"(?:Z|UTC|GMT|BST|[+-][0-9]{2}:?[0-9]{2})?)?"
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = r"(?P<name>[A-Za-z]{3,9})\.?"

_YEAR_FIRST = re.compile(rf"(?P<year>[0-9]{{4}})([-/.])(?P<month>[0-9]{{2}})\2(?P<day>[0-9]{{2}}){_TIME}", re.ASCII)
_RUN_OF_EIGHT = re.compile(r"(?P<year>(?:19|20)[0-9]{2})(?P<month>0[1-9]|1[0-2])(?P<day>[0-9]{2})", re.ASCII)
_NAMED_MONTH = re.compile(rf"(?P<day>[0-9]{{1,2}})[-\s/]?{_MONTH}[-\s/,]*(?P<year>[0-9]{{4}}){_TIME}", re.ASCII)
_DAY_FIRST = re.compile(rf"(?P<day>[0-9]{{1,2}})([-/.])(?P<month>[0-9]{{1,2}})\2(?P<year>[0-9]{{4}}){_TIME}", re.ASCII)
_TWO_DIGIT_YEAR = re.compile(
    rf"(?:[0-9]{{1,2}}([-/.])[0-9]{{1,2}}\1[0-9]{{2}}|[0-9]{{1,2}}[-\s/]{_MONTH}[-\s/]'?[0-9]{{2}}){_TIME}", re.ASCII
)
_YEAR_ALONE = re.compile(r"(?:19|20)[0-9]{2}", re.ASCII)
_DAY_COUNT = re.compile(r"[0-9]{1,6}(?:\.[0-9]+)?", re.ASCII)
_MIDNIGHT = re.compile(r"0{1,2}:00(?::00(?:[.,]0+)?)?|12:00(?::00)?\s*[Aa]\.?[Mm]\.?", re.ASCII)

SWAPPED = "can only be month/day/year; export every date as YYYY-MM-DD, because other rows may be swapped unseen"
_NO_YEARS = frozenset({1, 1753, 1899, 1900, 2099, 2999, 3000, 9999})
_EPOCH = date(1970, 1, 1)


def read_date(cell: str, *, uk_dates: bool) -> str:
    """Returns YYYY-MM-DD. `uk_dates`: 01/02/2026 is 1 February. Raises ValueError, which says what is wrong."""
    found = _YEAR_FIRST.fullmatch(cell) or _RUN_OF_EIGHT.fullmatch(cell) or _NAMED_MONTH.fullmatch(cell)
    day_first = None if found else _DAY_FIRST.fullmatch(cell)
    if day_first and not uk_dates:
        raise ValueError("is not written YYYY-MM-DD; if it is day/month/year, add --dates uk")
    if found := found or day_first:
        return _day(found, may_be_swapped=day_first is not None).isoformat()
    if _TWO_DIGIT_YEAR.fullmatch(cell):
        raise ValueError("has a year of two digits, which may mean two centuries; export it with four, such as 2026")
    if _YEAR_ALONE.fullmatch(cell):
        raise ValueError("is a year without a day; export the whole date")
    if _DAY_COUNT.fullmatch(cell):
        raise ValueError(
            "is a count of days, as Excel stores dates, and not a date; format the column as a date (YYYY-MM-DD) "
            "and export again"
        )
    raise ValueError(f"is not a date written {'DD/MM/YYYY or ' if uk_dates else ''}YYYY-MM-DD")


def _day(found: re.Match[str], *, may_be_swapped: bool) -> date:
    time = found.groupdict().get("time")
    if time and not _MIDNIGHT.fullmatch(time):
        raise ValueError("has a time of day as well; export the date alone")
    year, day = int(found["year"]), int(found["day"])
    month = _month_of(found)
    if year in _NO_YEARS:
        raise ValueError("stands for 'no date' (such as 1900 or 9999); leave the cell empty instead")
    try:
        read = date(year, month, day)
    except ValueError:
        if may_be_swapped and 1 <= day <= 12 and 12 < month <= 31:
            raise ValueError(SWAPPED) from None
        raise ValueError("is not a day of the calendar") from None
    if read == _EPOCH:
        raise ValueError("stands for 'no date' (1 January 1970); leave the cell empty instead")
    return read


def _month_of(found: re.Match[str]) -> int:
    """0 if the name is not that of a month. It has three letters or more, so that it cannot be two."""
    name = found.groupdict().get("name")
    if name is None:
        return int(found["month"])
    return next((at for at, month in enumerate(_MONTHS, start=1) if month.startswith(name.lower())), 0)

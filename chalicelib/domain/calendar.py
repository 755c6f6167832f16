"""Days and months. Every date is a calendar day in UTC, and begins at midnight UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime, time


def add_months(day: date, months: int) -> date:
    """The same day of the month, so many months later, or that month's last day if it is shorter."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def add_years(day: date, years: int) -> date:
    return add_months(day, 12 * years)


def month_of(day: date) -> date:
    """The first day of that month. The service uses it to stand for the month itself."""
    return day.replace(day=1)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)

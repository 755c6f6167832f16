"""The days of the synthetic month: weeks of past, the month in which misuse is seeded, and weeks for it to be found.

The month has Easter, the change of the clocks just before it begins, and two weeks of school holidays, because a
quiet month would flatter the rules.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

PAST_WEEKS, MONTH_WEEKS, AFTER_WEEKS = 8, 4, 3
BEGINS_ON = date(2026, 2, 2)  # a Monday
MONTH_BEGINS_ON = BEGINS_ON + timedelta(weeks=PAST_WEEKS)
MONTH_ENDS_ON = MONTH_BEGINS_ON + timedelta(weeks=MONTH_WEEKS)
"""The first day after the month."""
ENDS_ON = MONTH_ENDS_ON + timedelta(weeks=AFTER_WEEKS)
"""The first day after all."""

BANK_HOLIDAYS = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4)})
_SCHOOL_HOLIDAYS = ((date(2026, 2, 16), date(2026, 2, 20)), (date(2026, 3, 30), date(2026, 4, 10)))
_SUMMER_TIME_FROM = date(2026, 3, 30)  # the clocks change in the night before
DAY = 24 * 60


def all_days() -> Iterator[date]:
    return between(BEGINS_ON, ENDS_ON)


def between(begins_on: date, ends_on: date) -> Iterator[date]:
    """The days from the first to the one before `ends_on`."""
    return (begins_on + timedelta(days=number) for number in range((ends_on - begins_on).days))


def is_free(day: date) -> bool:
    """A weekend or a bank holiday."""
    return day.weekday() >= 5 or day in BANK_HOLIDAYS


def is_term(day: date) -> bool:
    return not is_free(day) and not any(begins <= day <= ends for begins, ends in _SCHOOL_HOLIDAYS)


@lru_cache(1_000)
def _midnight(day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight - timedelta(hours=1) if day >= _SUMMER_TIME_FROM else midnight


def at(day: date, minute: float) -> datetime:
    """The UTC time, in whole seconds, of a minute of the day as clocks in England show it. It may be beyond the day."""
    return _midnight(day) + timedelta(seconds=int(minute * 60))

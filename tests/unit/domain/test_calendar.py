"""Days and months of different lengths."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.domain.calendar import add_months, add_years, midnight, month_of


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 10), 0, date(2026, 3, 10)),
        (date(2026, 3, 10), 1, date(2026, 4, 10)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 3, 10), 24, date(2028, 3, 10)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
    ],
)
def test_adding_months_keeps_the_day_or_takes_the_months_last_day(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_leap_day_becomes_28_february_in_other_years() -> None:
    assert add_years(date(2008, 2, 29), 18) == date(2026, 2, 28)
    assert add_years(date(2008, 2, 29), 4) == date(2012, 2, 29)


def test_the_first_day_stands_for_the_month() -> None:
    assert month_of(date(2026, 3, 31)) == date(2026, 3, 1)


def test_a_day_begins_at_midnight_utc() -> None:
    assert midnight(date(2026, 3, 29)) == datetime(2026, 3, 29, tzinfo=UTC)

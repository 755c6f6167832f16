"""Attributes of a raw item are read strictly: anything of the wrong type is Unreadable."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.adapters.dynamodb import attributes
from chalicelib.application.store_errors import Unreadable

VALUES: list[Any] = [
    {"S": ""},
    {"S": "x"},
    {"S": "1767225600"},
    {"S": "2026-13-01"},
    {"S": "0000-01-01"},
    {"S": "2026-03-10T00:00:00Z"},
    {"N": "-1"},
    {"N": "1.5"},
    {"N": "1E+10"},
    {"N": "253402300800"},
    {"N": "9" * 38},
    {"N": "٣"},
    {"N": ""},
    {"B": b"x"},
    {"BOOL": True},
    {"NULL": True},
    {"L": [{"S": "x"}]},
    {"M": {"S": {"S": "x"}}},
    {"SS": ["x"]},
    {"NS": ["1"]},
    {"BS": [b"x"]},
    {},
    None,
]


def refuses(read: Callable[[dict[str, Any], str], Any], value: Any) -> bool:
    item = {} if value is None else {"it": value}
    try:
        read(item, "it")
    except Unreadable:
        return True
    return False


@pytest.mark.parametrize("value", VALUES)
def test_text_is_of_type_s(value: Any) -> None:
    assert refuses(attributes.text, value) is (not value or "S" not in value)


@pytest.mark.parametrize("value", VALUES)
def test_bytes_are_of_type_b(value: Any) -> None:
    assert refuses(attributes.blob, value) is (not value or "B" not in value)


@pytest.mark.parametrize("value", VALUES)
def test_a_day_is_text_with_a_date(value: Any) -> None:
    assert refuses(attributes.day, value)


@pytest.mark.parametrize("value", VALUES)
def test_a_time_is_a_whole_number_of_seconds_within_the_calendar(value: Any) -> None:
    assert refuses(attributes.epoch, value)


def test_valid_attributes_are_read() -> None:
    assert attributes.text({"it": {"S": "x"}}, "it") == "x"
    assert attributes.blob({"it": {"B": b"x"}}, "it") == b"x"
    assert attributes.day({"it": {"S": "2026-03-10"}}, "it") == date(2026, 3, 10)
    assert attributes.epoch({"it": {"N": "1767225600"}}, "it") == datetime(2026, 1, 1, tzinfo=UTC)
    assert attributes.epoch({"it": {"N": "253402300799"}}, "it") == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert attributes.seconds(datetime(2026, 1, 1, tzinfo=UTC)) == 1767225600

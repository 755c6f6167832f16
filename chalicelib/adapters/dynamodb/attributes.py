"""The attributes of a raw item. They are read strictly: anything but the right type raises Unreadable."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from ...application.store_errors import Unreadable
from ..telemetry import meter

_LONGEST_NUMBER = 12
_END_OF_TIME = 253_402_300_800  # the year 10000, which datetime cannot hold

Value = TypeVar("Value")


def sort_key(item: dict[str, Any]) -> str:
    """Never raises: every item that DynamoDB sends has its keys."""
    return str(item["sk"]["S"])


def text(item: dict[str, Any], name: str) -> str:
    return str(_typed(item, name, "S"))


def blob(item: dict[str, Any], name: str) -> bytes:
    return bytes(_typed(item, name, "B"))


def day(item: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(text(item, name))
    except ValueError:
        raise Unreadable from None


def epoch(item: dict[str, Any], name: str) -> datetime:
    """A time in whole seconds since 1970, UTC."""
    number = count(item, name)
    if number >= _END_OF_TIME:
        raise Unreadable
    return datetime.fromtimestamp(number, tz=UTC)


def count(item: dict[str, Any], name: str) -> int:
    """A whole number, at least 0."""
    number = str(_typed(item, name, "N"))
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
        raise Unreadable
    return int(number)


def or_none(read: Callable[[dict[str, Any], str], Value], item: dict[str, Any], name: str) -> Value | None:
    """Like `read(item, name)`, but returns None if that is unreadable: `or_none(text, item, "version")`."""
    with suppress(Unreadable):
        return read(item, name)
    return None


@contextmanager
def metering_unreadable() -> Iterator[None]:
    """Counts an Unreadable that passes through."""
    try:
        yield
    except Unreadable:
        meter("UnreadableRows")
        raise


def version(item: dict[str, Any]) -> str | None:
    return or_none(text, item, "version")


def _typed(item: dict[str, Any], name: str, kind: str) -> Any:
    try:
        return item[name][kind]
    except (KeyError, TypeError):
        raise Unreadable from None


def raw(**attributes: str | int | bytes | None) -> dict[str, Any]:
    """A raw item to write. Attributes that are None are left out."""
    return {name: _typed_value(value) for name, value in attributes.items() if value is not None}


def _typed_value(value: str | int | bytes) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    return {"B": value} if isinstance(value, bytes) else {"N": str(value)}


def seconds(at: datetime) -> int:
    return int(at.timestamp())

"""How often an attempt is repeated."""

import pytest

from chalicelib.application.retries import MAX_TRIES, retry_on_conflict
from chalicelib.application.store_errors import Conflict
from chalicelib.domain.child import ChildKey
from chalicelib.domain.errors import Unavailable

OLD = ChildKey("C#1#old")


class Writer:
    """`errors`: raised by the first calls, in this order."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = [*errors]
        self.keys: list[ChildKey] = []

    @retry_on_conflict
    def write(self, child: ChildKey, text: str) -> str:
        self.keys.append(child)
        if self.errors:
            raise self.errors.pop(0)
        return text


def test_an_attempt_that_succeeds_is_made_once() -> None:
    writer = Writer()
    assert writer.write(OLD, "text") == "text"
    assert writer.keys == [OLD]


def test_an_attempt_is_repeated_after_each_of_three_conflicts() -> None:
    writer = Writer(Conflict(), Conflict(), Conflict())
    assert writer.write(OLD, "text") == "text"
    assert len(writer.keys) == MAX_TRIES == 4


def test_after_four_conflicts_the_service_is_unavailable() -> None:
    writer = Writer(*[Conflict() for _ in range(9)])
    with pytest.raises(Unavailable):
        writer.write(OLD, "text")
    assert len(writer.keys) == MAX_TRIES


def test_any_other_error_is_raised_at_once() -> None:
    writer = Writer(Unavailable())
    with pytest.raises(Unavailable):
        writer.write(OLD, "text")
    assert writer.keys == [OLD]

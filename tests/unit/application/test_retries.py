"""How often an attempt is repeated, and under which key."""

import pytest

from chalicelib.application.retries import MAX_TRIES, retry_on_conflict, retry_under_present_key
from chalicelib.application.store_errors import Conflict, Superseded
from chalicelib.domain.child import ChildKey
from chalicelib.domain.errors import Unavailable

OLD, PRESENT, NEWEST = ChildKey("C#1#old"), ChildKey("C#1#present"), ChildKey("C#1#newest")


class Writer:
    """`errors`: raised by the first calls, in this order."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = [*errors]
        self.keys: list[ChildKey] = []

    @retry_on_conflict
    @retry_under_present_key
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


def test_a_write_for_a_superseded_number_is_repeated_under_the_present_key() -> None:
    writer = Writer(Superseded(PRESENT))
    assert writer.write(OLD, "text") == "text"
    assert writer.keys == [OLD, PRESENT]


def test_a_number_that_is_superseded_again_meanwhile_counts_as_a_conflict() -> None:
    writer = Writer(Superseded(PRESENT), Superseded(NEWEST), Superseded(NEWEST))
    assert writer.write(OLD, "text") == "text"
    assert writer.keys == [OLD, PRESENT, OLD, NEWEST]


def test_any_other_error_is_raised_at_once() -> None:
    writer = Writer(Unavailable())
    with pytest.raises(Unavailable):
        writer.write(OLD, "text")
    assert writer.keys == [OLD]

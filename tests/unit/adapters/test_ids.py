"""ULIDs: 26 characters that sort by the time they were made."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.adapters.ids import lookup_days, new_ulid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MARCH_2026 = 1_773_184_520_123


def made_at(ulid: str) -> int:
    """Milliseconds since 1970, from the first ten characters."""
    number = 0
    for letter in ulid[:10]:
        number = number * 32 + ALPHABET.index(letter)
    return number


@pytest.mark.parametrize("milliseconds", [0, 1, MARCH_2026, 2**48 - 1])
def test_an_id_is_26_characters_of_an_alphabet_that_sorts(milliseconds: int) -> None:
    assert sorted(ALPHABET) == list(ALPHABET)
    ulid = new_ulid(milliseconds)
    assert len(ulid) == 26
    assert set(ulid) <= set(ALPHABET)


@pytest.mark.parametrize("milliseconds", [0, 1, MARCH_2026, 2**48 - 1])
def test_the_millisecond_of_an_id_can_be_read_from_it(milliseconds: int) -> None:
    assert made_at(new_ulid(milliseconds)) == milliseconds


def test_a_later_id_sorts_after_an_earlier_one() -> None:
    for later_by in (1, 31, 32, 1_000, 10**9):
        assert new_ulid(MARCH_2026) < new_ulid(MARCH_2026 + later_by)


def test_ids_of_the_same_millisecond_differ_in_80_random_bits() -> None:
    ids = {new_ulid(MARCH_2026) for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len({ulid[place] for ulid in ids}) == 32 for place in range(10, 26))


@pytest.mark.parametrize(
    ("time", "days"),
    [
        ((0, 0, 0), [date(2026, 11, 30), date(2026, 11, 29)]),
        ((0, 0, 59), [date(2026, 11, 30), date(2026, 11, 29)]),
        ((0, 1, 0), [date(2026, 11, 30)]),
        ((23, 59, 59), [date(2026, 11, 30)]),
    ],
)
def test_a_lookup_may_be_of_the_day_before_its_id_only_just_after_midnight(
    time: tuple[int, int, int], days: list[date]
) -> None:
    made = datetime(2026, 11, 30, *time, tzinfo=UTC)
    assert list(lookup_days(new_ulid(int(made.timestamp() * 1000)))) == days

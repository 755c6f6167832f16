"""ULIDs: 26 characters that sort by time of making."""

import time

from chalicelib.adapters.ids import new_ulid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def made_at(ulid: str) -> int:
    """Milliseconds since 1970, from the first ten characters."""
    number = 0
    for letter in ulid[:10]:
        number = number * 32 + ALPHABET.index(letter)
    return number


def test_an_id_is_26_characters_of_an_alphabet_that_sorts() -> None:
    assert sorted(ALPHABET) == list(ALPHABET)
    ulid = new_ulid()
    assert len(ulid) == 26
    assert set(ulid) <= set(ALPHABET)


def test_an_id_tells_the_millisecond_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    ulid = new_ulid()
    assert before <= made_at(ulid) <= time.time_ns() // 1_000_000


def test_a_later_id_sorts_after_an_earlier_one() -> None:
    first = new_ulid()
    time.sleep(0.002)
    assert first < new_ulid()


def test_no_two_ids_are_the_same() -> None:
    assert len({new_ulid() for _ in range(10_000)}) == 10_000

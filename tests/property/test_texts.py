"""A text is refused for an NHS number that it certainly holds, and never by chance."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from nhs_number.validate import is_valid

from chalicelib.domain.child import NhsNumber
from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.references import read_case_reference, read_reference
from chalicelib.domain.texts import holds_grouped_number, holds_number, is_readable

from .strategies import ISSUED_NUMBERS, SYNTHETIC_NUMBERS

NUMBERS = st.one_of(SYNTHETIC_NUMBERS, ISSUED_NUMBERS)
TEXTS = st.text(max_size=20)
DIGITS = "0123456789"
REFERENCE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
SEPARATORS = st.text(st.characters(categories=["P", "S", "Z", "M", "Cc", "Cf"]), max_size=3)
ZEROS = [chr(code) for code in range(0x20000) if unicodedata.decimal(chr(code), None) == 0]
"""The zero of every script. The other digits follow it."""
BLANK = "\u115f\u1160\u2800\u3164\uffa0"


@st.composite
def groupings(draw: st.DrawFn, number: str) -> str:
    """The number in some grouping: each digit of any script, and up to three separators between any two."""
    digits = [chr(ord(draw(st.sampled_from(ZEROS))) + int(digit)) for digit in number]
    return digits[0] + "".join(draw(SEPARATORS) + digit for digit in digits[1:])


def is_refused(text: str) -> bool:
    try:
        read_reference(text)
    except InvalidRequest:
        return True
    return False


@given(NUMBERS, TEXTS, TEXTS, st.data())
def test_the_number_at_hand_is_found_in_every_grouping_and_inside_any_text(
    number: str, before: str, after: str, data: st.DataObject
) -> None:
    assert holds_number(before + data.draw(groupings(number)) + after, NhsNumber(number))


@given(NUMBERS, st.text(DIGITS, max_size=20), st.text(DIGITS, max_size=20))
def test_the_number_at_hand_is_found_inside_a_longer_run_of_digits(number: str, before: str, after: str) -> None:
    assert holds_number(before + number + after, NhsNumber(number))


@given(NUMBERS, st.text(DIGITS, max_size=40), st.text(REFERENCE_ALPHABET, max_size=40))
def test_nothing_but_the_number_at_hand_is_taken_for_it(number: str, digits: str, text: str) -> None:
    for other in (digits, text):
        if holds_number(other, NhsNumber(number)):
            assert number in re.sub("[^0-9]", "", other)


@given(st.text(DIGITS, min_size=1, max_size=64))
def test_bare_digits_are_never_refused_by_chance(digits: str) -> None:
    assert not holds_grouped_number(digits)
    assert read_reference(digits) == digits
    assert read_case_reference(digits) == digits


@given(st.lists(st.text(DIGITS, min_size=1, max_size=5), max_size=10), st.sampled_from("._-a"))
def test_a_reference_is_refused_only_for_a_valid_number_in_three_groups(runs: list[str], between: str) -> None:
    threes = [runs[at : at + 3] for at in range(len(runs) - 2)]
    numbers = [three for three in threes if [len(run) for run in three] == [3, 3, 4]]
    refusable = between != "a" and any(is_valid("".join(number)) for number in numbers)
    assert refusable or not is_refused(f"x{between.join(runs)}x")


@given(
    NUMBERS,
    st.tuples(*[st.text("-._", min_size=1, max_size=3)] * 2),
    st.text(REFERENCE_ALPHABET, max_size=20),
    st.text(REFERENCE_ALPHABET, max_size=20),
)
def test_a_reference_with_a_number_in_three_groups_is_always_refused(
    number: str, separators: tuple[str, str], before: str, after: str
) -> None:
    grouped = f"{number[:3]}{separators[0]}{number[3:6]}{separators[1]}{number[6:]}"
    text = before.rstrip(DIGITS) + grouped + after.lstrip(DIGITS)
    assert holds_grouped_number(text)
    assert is_refused(text)


@given(TEXTS, st.characters(categories=["Cc", "Zl", "Zp"]) | st.sampled_from(BLANK + "\u200b\u2060\ufeff"), TEXTS)
def test_no_readable_text_has_a_character_that_cannot_be_seen(before: str, character: str, after: str) -> None:
    assert not is_readable(before + character + after)


@given(st.characters(categories=["L", "N", "P", "S"], exclude_characters=BLANK))
def test_every_letter_digit_and_sign_is_readable_unless_it_is_blank(character: str) -> None:
    assert is_readable(character)

"""An NHS number is ten ASCII digits with the right check digit, perhaps grouped 3-3-4. A reference is plain."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.child import AcceptedNumbers, read_nhs_number
from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.references import read_reference
from tests.support.examples import PRODUCTION, TEST_STAGE

from .strategies import ISSUED_NUMBERS, SYNTHETIC_NUMBERS

REFERENCE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
WEIGHTS = range(10, 1, -1)


def is_taken(text: str, stage: AcceptedNumbers) -> bool:
    try:
        read_nhs_number(text, stage)
    except InvalidRequest:
        return False
    return True


def is_a_reference(text: str) -> bool:
    try:
        return read_reference(text) == text
    except InvalidRequest:
        return False


def has_right_check_digit(ten: str) -> bool:
    """The modulus 11 rule of https://www.datadictionary.nhs.uk/attributes/nhs_number.html"""
    total = sum(int(digit) * weight for digit, weight in zip(ten, WEIGHTS, strict=False))
    check = (11 - total % 11) % 11
    return check == int(ten[9])


@given(SYNTHETIC_NUMBERS)
def test_synthetic_numbers_are_accepted_only_outside_production(number: str) -> None:
    assert is_taken(number, TEST_STAGE)
    assert not is_taken(number, PRODUCTION)


@given(ISSUED_NUMBERS)
def test_numbers_of_the_english_ranges_are_accepted_only_in_production(number: str) -> None:
    assert is_taken(number, PRODUCTION)
    assert not is_taken(number, TEST_STAGE)


@given(SYNTHETIC_NUMBERS, st.integers(1, 9))
def test_any_other_check_digit_is_refused(number: str, off_by: int) -> None:
    assert not is_taken(number[:9] + str((int(number[9]) + off_by) % 10), TEST_STAGE)


@given(SYNTHETIC_NUMBERS, st.integers(0, 9), st.characters(categories=["Nd", "No", "Nl"]))
def test_digits_of_another_script_are_refused(number: str, place: int, digit: str) -> None:
    if not digit.isascii():
        assert not is_taken(number[:place] + digit + number[place + 1 :], TEST_STAGE)


@given(SYNTHETIC_NUMBERS, st.integers(0, 10), st.characters(codec="utf-8"))
def test_no_single_character_is_allowed_before_between_or_after_the_digits(number: str, place: int, more: str) -> None:
    assert not is_taken(number[:place] + more + number[place:], TEST_STAGE)


@given(SYNTHETIC_NUMBERS, st.characters(codec="utf-8"), st.characters(codec="utf-8"))
def test_only_spaces_and_hyphens_may_part_the_groups(number: str, first: str, second: str) -> None:
    grouped = f"{number[:3]}{first}{number[3:6]}{second}{number[6:]}"
    assert is_taken(grouped, TEST_STAGE) == ({first, second} <= set(" -\u00a0"))


@given(
    st.one_of(st.text(), st.text("0123456789", min_size=10, max_size=10), st.text("0123456789 -", min_size=12)),
    st.sampled_from([PRODUCTION, TEST_STAGE]),
)
def test_an_accepted_number_is_ten_ascii_digits_with_the_right_check_digit(text: str, stage: AcceptedNumbers) -> None:
    if is_taken(text, stage):
        digits = read_nhs_number(text, stage).digits
        assert len(digits) == 10
        assert set(digits) <= set("0123456789")
        assert has_right_check_digit(digits)


@given(st.text(max_size=70))
def test_an_accepted_reference_is_1_to_64_plain_characters(text: str) -> None:
    if is_a_reference(text):
        assert 1 <= len(text) <= 64
        assert set(text) <= set(REFERENCE_ALPHABET)

"""NHS numbers as people and spreadsheets write them, and references without one. The service's own rules decide."""

import re
from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.domain import child
from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.references import read_reference
from infra.local.synthetic import synthetic_numbers
from known_to.identifiers import is_nhs_number, issued_in, masked, read_nhs_number, reference_error

SYNTHETIC = st.sampled_from([*islice(synthetic_numbers(), 0, 500_000, 97)])
REFERENCE_LIKE = st.text("0123456789aZ._-", max_size=30) | st.text(max_size=12)


@given(SYNTHETIC)
def test_the_client_takes_every_number_that_the_service_takes(number: str) -> None:
    assert is_nhs_number(number)
    for written in (
        number,
        f" {number} ",
        f"{number[:3]} {number[3:6]} {number[6:]}",
        f"{number[:3]}-{number[3:6]}-{number[6:]}",
    ):
        assert read_nhs_number(written) == number


@given(st.text("0123456789", min_size=10, max_size=10).map(lambda nine: f"999{nine[3:]}"))
def test_the_client_and_the_service_agree_on_every_number(digits: str) -> None:
    try:
        child.read_nhs_number(digits, child.AcceptedNumbers(production=False))
        taken = True
    except InvalidRequest:
        taken = False
    assert is_nhs_number(digits) == taken


@given(REFERENCE_LIKE)
def test_the_client_sends_no_reference_that_the_service_would_refuse(text: str) -> None:
    assume(not re.search("[0-9]{10}", text))  # bare digits are refused only for the child at hand
    try:
        read_reference(text)
    except InvalidRequest:
        assert reference_error(text) is not None


@given(SYNTHETIC, st.text("abc._-", max_size=10), st.text("abc._-", max_size=10))
def test_a_reference_that_contains_a_number_written_3_3_4_is_never_sent(number: str, before: str, after: str) -> None:
    groups = number[:3], number[3:6], number[6:]
    for written in ("-".join(groups), ".".join(groups), "_".join(groups), "._-".join(groups)):
        assert reference_error(f"{before}{written}{after}") is not None


@given(SYNTHETIC, st.text("01ab._-", max_size=10), st.text("01ab._-", max_size=10), st.sampled_from(["", "-", "._"]))
def test_a_reference_that_contains_the_number_of_its_own_child_is_never_sent(
    number: str, before: str, after: str, between: str
) -> None:
    for written in (number, between.join(number), number[:4] + between + number[4:]):
        assert reference_error(f"{before}{written}{after}", number) is not None


@pytest.mark.parametrize(
    "text",
    ["20260529191751", "1780082271123", "9990000018", "case-9990000018-2", "123-4567890", "2026-05-29.19990000018"],
)
def test_bare_digits_that_pass_the_check_digit_by_chance_are_sent(text: str) -> None:
    assert reference_error(text) is None
    assert reference_error(text, "9990033064") is None
    assert reference_error(text, None) is None


@pytest.mark.parametrize(
    ("digits", "nation"),
    [
        ("0101010003", "Scotland"),
        ("2912991239", "Scotland"),
        ("3112991234", "Scotland"),
        ("3200000000", "Northern Ireland"),
        ("3987654321", "Northern Ireland"),
        ("4010232137", None),
        ("7000000000", None),
        ("9990000018", None),
    ],
)
def test_the_first_digits_name_the_nation_of_a_number(digits: str, nation: str | None) -> None:
    assert issued_in(digits) == nation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9.98E+09", "format the column as Text"),
        ("1.23e+9", "format the column as Text"),
        ("1E+10", "format the column as Text"),
        ("9990000019", "last digit does not fit"),
        ("0000000000", "last digit does not fit"),
        ("", "ten digits"),
        ("999000001", "ten digits"),
        ("99900000188", "ten digits"),
        ("9990000018.0", "ten digits"),
        ("９９９０００００１８", "ten digits"),
        ("99 9000 0018", "ten digits"),
    ],
)
def test_an_invalid_number_is_refused_with_its_reason_and_not_repeated(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        read_nhs_number(text)
    assert not text or text not in str(raised.value)


@given(SYNTHETIC, st.sampled_from(["{0}{1}{2}", "{0} {1} {2}", "{0}-{1}-{2}x", "a{0}.{1}{2}", "'{0}  {1}  {2}'"]))
def test_a_number_is_masked_in_every_spelling_even_if_mistyped(number: str, form: str) -> None:
    for mistyped in (number, number[:-1], number + "1", number[:-1] + "0"):
        assert masked(form.format(mistyped[:3], mistyped[3:6], mistyped[6:])).strip("ax'") == "(digits)"


@pytest.mark.parametrize("text", ["E09000014 Haringey", "feed-2026-11-27.csv", "020 7946", "100 of 150 rows"])
def test_text_that_cannot_be_an_nhs_number_is_not_masked(text: str) -> None:
    assert masked(text) == text

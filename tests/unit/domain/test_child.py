"""Which NHS numbers are accepted, and that none is ever shown."""

import pytest
from nhs_number.validate import is_valid

from chalicelib.domain.child import NhsNumber, holds_nhs_number, read_nhs_number
from chalicelib.domain.errors import InvalidRequest

SYNTHETIC = "9990000018"
ISSUED = "4857773457"

NOT_NUMBERS = {
    "nothing": "",
    "a wrong check digit": "9990000019",
    "a check digit that no number has": "9990000280",
    "all digits the same": "9999999999",
    "all ones, whose check digit is right": "1111111111",
    "all zeros, whose check digit is right": "0000000000",
    "spaces": "999 000 0018",
    "hyphens": "999-000-0018",
    "a space before": " 9990000018",
    "a space after": "9990000018 ",
    "a newline after": "9990000018\n",
    "full-width digits": "９９９００００００１８",
    "full-width digits, exactly ten": "９９９０００００１８",
    "Arabic-Indic digits": "٩٩٩٠٠٠٠٠١٨",
    "one Arabic-Indic digit": "999000001٨",
    "superscript digits": "999000001⁸",
    "a zero-width space": "99900\u200b00018",
    "a zero-width joiner at the end": "9990000018\u200d",
    "a byte order mark": "\ufeff9990000018",
    "a leading zero more": "09990000018",
    "a digit less": "999000001",
    "a sign": "+999000001",
    "a NUL": "9990000018\x00",
    "letters": "ABCDEFGHIJ",
}


def test_a_synthetic_number_is_accepted_outside_production() -> None:
    assert read_nhs_number(SYNTHETIC, production=False) == NhsNumber(SYNTHETIC)


def test_an_issued_number_is_accepted_in_production() -> None:
    assert read_nhs_number(ISSUED, production=True) == NhsNumber(ISSUED)


@pytest.mark.parametrize("production", [True, False])
@pytest.mark.parametrize("text", NOT_NUMBERS.values(), ids=NOT_NUMBERS.keys())
def test_anything_but_ten_ascii_digits_with_a_correct_check_digit_is_refused(text: str, production: bool) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(text, production=production)
    [error] = refused.value.errors
    assert error.field == "nhs_number"
    assert error.problem.startswith("is not a valid NHS number")


def test_a_synthetic_number_is_refused_in_production() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(SYNTHETIC, production=True)
    assert refused.value.errors[0].problem.startswith("is not accepted on this stage")


OTHER_RANGES = {
    "England": ISSUED,
    "England, leading seven": "7000000023",
    "Scotland": "0101010028",
    "Northern Ireland": "3200000007",
    "Ireland": "8000000008",
    "never issued": "5000000005",
    "test range other than 999": "9000000009",
    "leading zeros": "0000000051",
}


@pytest.mark.parametrize("text", OTHER_RANGES.values(), ids=OTHER_RANGES.keys())
def test_outside_production_only_synthetic_numbers_are_accepted(text: str) -> None:
    assert is_valid(text), "the example must be a valid number, or the test proves nothing"
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(text, production=False)
    assert refused.value.errors[0].problem.startswith("is not accepted on this stage")


@pytest.mark.parametrize("name", sorted(OTHER_RANGES.keys() - {"England", "England, leading seven"}))
def test_production_accepts_only_the_ranges_issued_in_england(name: str) -> None:
    with pytest.raises(InvalidRequest):
        read_nhs_number(OTHER_RANGES[name], production=True)


def test_an_error_never_quotes_the_number() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number("9990000019", production=False)
    assert "9990000019" not in repr(refused.value.errors) + str(refused.value) + repr(refused.value)


def test_the_text_form_of_a_number_hides_its_digits() -> None:
    number = NhsNumber(SYNTHETIC)
    assert SYNTHETIC not in f"{number} {number!r} {number!s} {[number]}"


HOLDING = {
    "bare": ISSUED,
    "bare synthetic": SYNTHETIC,
    "inside letters": f"case{ISSUED}x",
    "inside more digits": f"12{ISSUED}34",
    "at the end of more digits": f"1{ISSUED}",
    "hyphenated": "485-777-3457",
    "dotted": "485.777.3457",
    "underscored": "485_777_3457",
    "grouped with mixed separators": "485.777-3457",
    "grouped inside a longer one": "case-2026-485-777-3457-x",
    "after another run": f"0000000002-a-{ISSUED}",
    "hyphenated synthetic": "999-000-0018",
    "as it is printed": "about 485 777 3457",
    "after another number": "ticket 12 485 777 3457.",
    "with no-break spaces": "485\u00a0777\u00a03457",
    "with thin spaces": "485\u2009777\u20093457",
    "with zero-width spaces": "485\u200b777\u200b3457",
    "over two lines": "485 777\n 3457",
    "with slashes": "485/777/3457",
    "with dashes between spaces": "485 - 777 - 3457",
    "with en dashes": "485\u2013777\u20133457",
    "in brackets": "(485) (777) (3457)",
    "in full-width digits": "".join(chr(ord(digit) + 0xFEE0) for digit in ISSUED),
    "in Arabic-Indic digits, grouped": "٤٨٥ ٧٧٧ ٣٤٥٧",
}


@pytest.mark.parametrize("text", HOLDING.values(), ids=HOLDING.keys())
def test_an_nhs_number_is_found_bare_or_grouped(text: str) -> None:
    assert holds_nhs_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "case-1",
        "485777345",
        "4857773456",
        "485-777-3456",
        "48577a73457",
        "2026-03-10",
        "0101010028",
        "8000000008",
        "ring 020 7946 0018",
    ],
)
def test_a_text_without_an_nhs_number_is_not_mistaken_for_one(text: str) -> None:
    assert not holds_nhs_number(text)

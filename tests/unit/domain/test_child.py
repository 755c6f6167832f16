"""Which NHS numbers are accepted, and that none is ever shown."""

import pytest
from nhs_number.validate import is_valid

from chalicelib.domain.child import AcceptedNumbers, NhsNumber, read_nhs_number
from chalicelib.domain.errors import InvalidRequest
from tests.support.examples import PRODUCTION, TEST_STAGE

SYNTHETIC = "9990000018"
ISSUED = "4857773457"

NOT_NUMBERS = {
    "nothing": "",
    "a wrong check digit": "9990000019",
    "a check digit that no number has": "9990000280",
    "all digits the same": "9999999999",
    "all ones, whose check digit is right": "1111111111",
    "all zeros, whose check digit is right": "0000000000",
    "groups of other lengths": "9990 00 0018",
    "one group only": "999 0000018",
    "two spaces": "999  000 0018",
    "dots": "999.000.0018",
    "underscores": "999_000_0018",
    "dashes": "999\u2013000\u20130018",
    "thin spaces": "999\u2009000\u20090018",
    "a line break": "999\n000 0018",
    "a wrong check digit in groups": "999 000 0019",
    "grouped full-width digits": "９９９ ０００ ００１８",
    "all ones in groups": "111 111 1111",
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
    assert read_nhs_number(SYNTHETIC, TEST_STAGE) == NhsNumber(SYNTHETIC)


def test_an_issued_number_is_accepted_in_production() -> None:
    assert read_nhs_number(ISSUED, PRODUCTION) == NhsNumber(ISSUED)


@pytest.mark.parametrize("text", ["999 000 0018", "999-000-0018", "999 000-0018", "999\u00a0000\u00a00018"])
def test_a_number_in_groups_is_the_same_number(text: str) -> None:
    assert read_nhs_number(text, TEST_STAGE) == NhsNumber(SYNTHETIC)


@pytest.mark.parametrize("stage", [PRODUCTION, TEST_STAGE], ids=["production", "another stage"])
@pytest.mark.parametrize("text", NOT_NUMBERS.values(), ids=NOT_NUMBERS.keys())
def test_anything_but_ten_ascii_digits_with_a_correct_check_digit_is_refused(text: str, stage: AcceptedNumbers) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(text, stage)
    [error] = refused.value.errors
    assert error.field == "nhs_number"
    assert error.problem.startswith("is not a valid NHS number")


def test_a_synthetic_number_is_refused_in_production() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(SYNTHETIC, PRODUCTION)
    assert refused.value.errors[0].problem.startswith("is not accepted on this stage")


ISSUED_NUMBERS = {"a leading four": ISSUED, "a leading six": "6000000006", "a leading seven": "7000000023"}
NEVER_ISSUED = {
    "999": SYNTHETIC,
    "the first": "9000000009",
    "PDS test data": "9449305552",
    "a leading 96": "9691234505",
}
REGISTERED_ELSEWHERE = {
    "0101010028": "a Scottish CHI number",
    "3112991230": "a Scottish CHI number",
    "3200000007": "a Health and Care number of Northern Ireland",
    "8000000008": "an Irish Individual Health Identifier",
}
GIVEN_TO_NOBODY = {"reserved": "5000000005", "unallocated": "0000000051", "unallocated too": "3113000009"}


@pytest.mark.parametrize("text", NEVER_ISSUED.values(), ids=NEVER_ISSUED.keys())
def test_every_stage_but_production_takes_every_valid_number_that_begins_with_9(text: str) -> None:
    assert read_nhs_number(text, TEST_STAGE).digits == text
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(text, PRODUCTION)
    assert refused.value.errors[0].problem.startswith("is not accepted on this stage")


@pytest.mark.parametrize("text", ISSUED_NUMBERS.values(), ids=ISSUED_NUMBERS.keys())
def test_production_alone_takes_issued_numbers(text: str) -> None:
    assert read_nhs_number(text, PRODUCTION).digits == text
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(text, TEST_STAGE)
    assert refused.value.errors[0].problem.startswith("is not accepted on this stage")


@pytest.mark.parametrize("stage", [PRODUCTION, TEST_STAGE], ids=["production", "another stage"])
@pytest.mark.parametrize(("text", "what"), REGISTERED_ELSEWHERE.items(), ids=REGISTERED_ELSEWHERE.keys())
def test_a_number_of_another_register_is_named_for_what_it_is(text: str, what: str, stage: AcceptedNumbers) -> None:
    assert is_valid(text), "the example must be a valid number, or the test proves nothing"
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(text, stage, "old_nhs_number")
    [error] = refused.value.errors
    assert error.field == "old_nhs_number"
    assert error.problem == f"is {what}, and not an NHS number: trace the child's NHS number, and send that"


@pytest.mark.parametrize("stage", [PRODUCTION, TEST_STAGE], ids=["production", "another stage"])
@pytest.mark.parametrize("text", GIVEN_TO_NOBODY.values(), ids=GIVEN_TO_NOBODY.keys())
def test_no_stage_takes_a_number_of_a_range_that_is_not_used(text: str, stage: AcceptedNumbers) -> None:
    assert is_valid(text), "the example must be a valid number, or the test proves nothing"
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number(text, stage)
    assert refused.value.errors[0].problem.startswith("is not accepted on this stage")


def test_production_takes_the_one_number_of_the_smoke_test_beside_issued_ones() -> None:
    stage = AcceptedNumbers(production=True, smoke_test=NhsNumber("9449305552"))
    assert read_nhs_number("9449305552", stage).digits == "9449305552"
    assert read_nhs_number(ISSUED, stage).digits == ISSUED
    with pytest.raises(InvalidRequest):
        read_nhs_number(SYNTHETIC, stage)


def test_the_number_of_the_smoke_test_makes_no_difference_to_another_stage() -> None:
    stage = AcceptedNumbers(production=False, smoke_test=NhsNumber("9449305552"))
    assert read_nhs_number(SYNTHETIC, stage).digits == SYNTHETIC
    with pytest.raises(InvalidRequest):
        read_nhs_number(ISSUED, stage)


def test_an_error_never_quotes_the_number() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_nhs_number("9990000019", TEST_STAGE)
    assert "9990000019" not in repr(refused.value.errors) + str(refused.value) + repr(refused.value)


def test_the_text_form_of_a_number_hides_its_digits() -> None:
    number = NhsNumber(SYNTHETIC)
    assert SYNTHETIC not in f"{number} {number!r} {number!s} {[number]}"

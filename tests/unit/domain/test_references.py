"""References appear in URLs and table keys, so few characters are allowed, and never an NHS number."""

import pytest

from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.references import read_case_reference, read_reference


@pytest.mark.parametrize("text", ["a", "A-1_b.c", "x" * 64, "...", "-", "2026.03.10", "0"])
def test_a_reference_is_1_to_64_plain_characters(text: str) -> None:
    assert read_reference(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 65,
        ".",
        "..",
        "a b",
        "a/b",
        "a#b",
        "a%2Fb",
        "a\n",
        "\na",
        "é",
        "１２３",
        "a\u200b",
        "a\x00",
        "٣",
        "a:b",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_reference(text)
    assert refused.value.errors[0].problem.startswith("must be 1 to 64 of the characters")


@pytest.mark.parametrize("text", ["case-485-777-3457", "485.777.3457", "999-000-0018", "a_943_476_5919_b"])
def test_a_reference_may_not_contain_an_nhs_number(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_reference(text)
    assert refused.value.errors[0].problem.startswith("may not hold an NHS number")


@pytest.mark.parametrize("text", ["a b", "485-777-3457"])
def test_the_error_names_the_field_and_never_quotes_its_value(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_reference(text, "hold")
    [error] = refused.value.errors
    assert error.field == "hold"
    assert text not in error.problem


@pytest.mark.parametrize("text", ["20260529191751", "1780082271000", "4857773457", "9990000018", "x4857773457x"])
def test_bare_digits_are_never_refused_by_chance(text: str) -> None:
    assert read_reference(text) == text
    assert read_case_reference(text) == text


@pytest.mark.parametrize(
    "text", ["case-17", "LAC/2026/004", "CP: 12 #3", "a", "#1", "..", "x" * 64, "MASH 2026/05/29 19:17", "EHCP_1.2"]
)
def test_a_case_reference_is_what_the_askers_own_system_calls_a_case(text: str) -> None:
    assert read_case_reference(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", " a", "a ", "x" * 65, "a\tb", "a\n", "\na", "é", "a,b", "a\\b", "=1+1", "a\u00a0b", "a\u200bb", "１２"],
)
def test_no_other_case_reference_is_taken(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_case_reference(text)
    [error] = refused.value.errors
    assert error.field == "case_reference"
    assert error.problem.startswith("must be 1 to 64 of the characters A-Z a-z 0-9 . _ - / : # and spaces")


@pytest.mark.parametrize("text", ["485 777 3457", "case 485/777/3457", "485: 777: 3457", "#999 000 0018"])
def test_a_case_reference_may_not_hold_a_number_in_three_groups(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_case_reference(text)
    assert refused.value.errors[0].problem == "may not hold an NHS number"

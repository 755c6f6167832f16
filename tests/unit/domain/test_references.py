"""References appear in URLs and table keys, so few characters are allowed, and never an NHS number."""

import pytest

from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.references import read_reference


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


@pytest.mark.parametrize("text", ["4857773457", "9990000018", "case-485-777-3457", "x4857773457x", "485.777.3457"])
def test_a_reference_may_not_contain_an_nhs_number(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_reference(text)
    assert refused.value.errors[0].problem.startswith("may not be or contain an NHS number")


@pytest.mark.parametrize("text", ["a b", "4857773457"])
def test_the_error_names_the_field_and_never_quotes_its_value(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_reference(text, "case_reference")
    [error] = refused.value.errors
    assert error.field == "case_reference"
    assert text not in error.problem

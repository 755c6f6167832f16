"""Which texts hold an NHS number for certain, and which characters cannot be seen."""

import pytest

from chalicelib.domain.child import NhsNumber
from chalicelib.domain.texts import holds_grouped_number, holds_number, is_readable, number_errors

ISSUED = "4857773457"
NUMBER = NhsNumber(ISSUED)

GROUPED = {
    "hyphenated": "485-777-3457",
    "dotted": "485.777.3457",
    "underscored": "485_777_3457",
    "grouped with mixed separators": "485.777-3457",
    "grouped inside a longer one": "case-2026-485-777-3457-x",
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
    "in Arabic-Indic digits": "٤٨٥ ٧٧٧ ٣٤٥٧",
}
OTHERWISE = {
    "bare": ISSUED,
    "inside letters": f"case{ISSUED}x",
    "inside more digits": f"12{ISSUED}34",
    "at the end of more digits": f"1{ISSUED}",
    "in pairs": "48 57 77 34 57",
    "digit by digit": "4-8-5-7-7-7-3-4-5-7",
    "digit by digit, spaced out": "4 - 8 - 5 - 7 - 7 - 7 - 3 - 4 - 5 - 7",
    "in one gap": "485 7773457",
    "six and four": "485777/3457",
    "in full-width digits": "".join(chr(ord(digit) + 0xFEE0) for digit in ISSUED),
    "in digits of two scripts": "48577७3457",
    "grouped inside a longer run": "2026-05-4857-773457-29",
}


@pytest.mark.parametrize("text", [*GROUPED.values(), *OTHERWISE.values()], ids=[*GROUPED, *OTHERWISE])
def test_the_number_at_hand_is_found_in_any_grouping(text: str) -> None:
    assert holds_number(text, NUMBER)


@pytest.mark.parametrize("text", GROUPED.values(), ids=GROUPED.keys())
def test_any_number_is_found_if_it_is_written_in_three_groups(text: str) -> None:
    assert holds_grouped_number(text)


@pytest.mark.parametrize("text", OTHERWISE.values(), ids=OTHERWISE.keys())
def test_a_number_that_is_not_written_in_three_groups_passes_unless_it_is_at_hand(text: str) -> None:
    assert not holds_grouped_number(text)


@pytest.mark.parametrize("text", ["943-476-5919", "999 000 0018", "900.000.0009", "320 000 0007", "010 101 0028"])
def test_a_number_that_is_never_issued_or_of_another_register_is_found_too(text: str) -> None:
    assert holds_grouped_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "case-1",
        "485-777-3456",
        "20260529191751",
        "1780082271000",
        "4010232137",
        "9434765919",
        "4010232137-9434765919",
        "000 000 0000",
        "485----777-3457",
        "485 abc 777 3457",
        "1943 476 5919",
        "943 476 59191",
        "2026-03-10 1917",
        "ring 020 7946 0018",
        "LAC/2026/004-12",
    ],
)
def test_a_text_without_a_certain_number_passes(text: str) -> None:
    assert not holds_grouped_number(text)
    assert not holds_number(text, NUMBER)


@pytest.mark.parametrize("text", ["4857773456", "48577a73457", "485 ---- 7773457", "7543777584", "485777345"])
def test_another_number_than_that_at_hand_is_not_mistaken_for_it(text: str) -> None:
    assert not holds_number(text, NUMBER)


def test_each_text_that_holds_a_number_is_named_once_and_never_quoted() -> None:
    texts = {"a": "485-777-3457", "b": None, "c": "x4857773457", "d": "20260529191751"}
    errors = number_errors(texts, [NUMBER])
    assert [error.field for error in errors] == ["a", "c"]
    assert {error.problem for error in errors} == {"may not hold an NHS number"}
    assert [error.field for error in number_errors(texts)] == ["a"]
    assert [error.field for error in number_errors({"phone": "943 476 5919"}, [NUMBER], grouped=False)] == []


UNSEEN = [
    *"\x00\t\n\r\x1b\x7f\x85\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e",
    *"\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2064\u2066\u206f",
    *"\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\ufff0\ufff9\ufffb\U0001d173\U000e0001\U000e0041\U000e01ef\U000e0fff",
]


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_a_text_may_not_have_a_character_that_cannot_be_seen(unseen: str) -> None:
    for text in (unseen, f"Ada{unseen}", f"{unseen}Ada", f"A{unseen}da"):
        assert not is_readable(text)


@pytest.mark.parametrize("text", ["", " ", "\u00a0", " \u3000 "])
def test_a_text_may_not_be_blank(text: str) -> None:
    assert not is_readable(text)


@pytest.mark.parametrize(
    "text",
    ["Ada", "Zoë Łukasz", "O\u2019Neill", "李 小龍", "محمد", "Nguyễn", "e\u0301", "Team 7 – north", "\U0001f600"],
)
def test_names_of_every_script_are_readable(text: str) -> None:
    assert is_readable(text)

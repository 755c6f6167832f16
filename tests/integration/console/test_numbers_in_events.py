"""What an operator types is kept in clear for years, so it may hold no NHS number; other digits pass."""

from typing import Any

import pytest

from tests.support.console import operate
from tests.support.stage import HARINGEY, Stage


def written(number: str) -> list[str]:
    return [f"see {number}", f"x{number}y", f"{number[:5]} {number[5:]}", "-".join(number)]


def assert_refused(answer: dict[str, Any], field: str) -> None:
    assert answer["code"] == "invalid_request"
    assert answer["answer"] == f"Refused. {field} may not hold an NHS number."


@pytest.mark.parametrize("field", ["requested_by", "reason"])
@pytest.mark.parametrize("function", ["subject_access_report", "erase_child", "unshield_child"])
def test_who_and_why_may_not_hold_the_number_of_the_event(stage: Stage, function: str, field: str) -> None:
    child = stage.new_child()
    for text in written(child):
        assert_refused(operate(function, nhs_number=child, **{field: text}), field)
    assert_refused(operate(function, nhs_number=child, **{field: "about 943 476 5919"}), field)


@pytest.mark.parametrize("text", ["ticket 20260529191751", "4010232137", "INC1780082271000"])
def test_other_digits_pass(stage: Stage, text: str) -> None:
    assert operate("subject_access_report", nhs_number=stage.new_child(), reason=text, requested_by=text)["done"]


def test_a_hold_may_not_hold_the_number_of_the_child(stage: Stage) -> None:
    child = stage.new_child()
    until = stage.today.replace(year=stage.today.year + 1).isoformat()
    assert_refused(operate("hold_child", nhs_number=child, hold=f"inquiry-{child}", until=until), "hold")
    assert operate("hold_child", nhs_number=stage.new_child(), hold=f"inquiry-{child}", until=until)["done"]
    assert_refused(operate("release_hold", nhs_number=child, hold=f"inquiry-{child}"), "hold")


def test_a_reference_may_not_hold_the_number_of_the_child(stage: Stage) -> None:
    child = stage.new_child()
    event = {"authority": HARINGEY, "disputed": True, "nhs_number": child}
    assert_refused(operate("dispute_record", reference=f"x{child}", **event), "reference")


def test_a_number_that_is_not_valid_makes_no_other_text_wrong(stage: Stage) -> None:
    answer = operate("erase_child", nhs_number="1", reason="ticket 12")
    assert answer["answer"].startswith("Refused. nhs_number is not a valid NHS number")


@pytest.mark.parametrize(
    ("number", "what"),
    [("0101010028", "a Scottish CHI number"), ("3200000007", "a Health and Care number of Northern Ireland")],
)
def test_a_number_of_another_register_is_named(stage: Stage, number: str, what: str) -> None:
    answer = operate("erase_child", nhs_number=number)["answer"]
    assert answer.startswith(f"Refused. nhs_number is {what}, and not an NHS number: trace")


@pytest.mark.parametrize("text", ["Jo\u200b", "\ufeffJo", "J\u00ado"])
def test_who_asks_may_have_no_character_that_cannot_be_seen(stage: Stage, text: str) -> None:
    answer = operate("erase_child", nhs_number=stage.new_child(), requested_by=text)["answer"]
    assert answer.startswith("Refused. requested_by has characters that cannot be seen")

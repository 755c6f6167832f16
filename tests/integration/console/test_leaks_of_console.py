"""Nothing that an operator types in is kept: a canary goes through every function, and no log, metric, table or answer
holds it."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import console
from infra.local.console import EVENTS, FUNCTIONS
from tests.routes.test_leaks import NAME, PHONE, everything_logged, leaks, raising
from tests.support.console import operate
from tests.support.log_lines import written
from tests.support.rows import Rows, as_text
from tests.support.stage import EALING, HARINGEY, Stage, at_work

NOBODY = "E96000001"
MAY_NAME_PEOPLE = {"broker", "subject_access_report"}


def canary_event(function: str, stage: Stage, child: str) -> dict[str, Any]:
    """The ready-made event about the canary, for an authority that no other test uses."""
    event = json.loads((EVENTS / f"{function}.json").read_text())
    other = stage.new_child()
    numbers = {name: child if index == 0 else other for index, name in enumerate(_number_fields(event))}
    codes = {"authority": NOBODY} if "authority" in event else {}
    return {**event, **numbers, **codes, **({"sector": "canaries"} if "sector" in event else {})}


def _number_fields(event: dict[str, Any]) -> list[str]:
    return [name for name in event if name.endswith("nhs_number")]


def spend_a_day(stage: Stage, child: str) -> dict[str, list[dict[str, Any]]]:
    """Runs every function with a correct event, with wrong ones, and with an error that quotes everything."""
    people: dict[str, Any] = {
        "practitioner": {"id": "sw-9", "name": NAME, "role": "Social worker", "phone": PHONE},
        "team": {"name": f"Team of {NAME}", "phone": PHONE},
    }
    stage.register(child, token=stage.token(EALING), **people)
    lookup = stage.look_up(child).json["lookup_id"]
    answers: dict[str, list[dict[str, Any]]] = {}
    # Functions that read come first, because an erased child has nothing to read.
    for function in sorted(FUNCTIONS, key=lambda name: name not in MAY_NAME_PEOPLE):
        event = canary_event(function, stage, child)
        if function == "broker":
            event |= {"authority": HARINGEY, "lookup_id": lookup}
        grouped = f"{child[:3]} {child[3:6]} {child[6:]}"
        # Ten bare digits prove nothing, unless they are the number that the event is about.
        slips = [
            {**event, "reason": f"about {child if _number_fields(event) else grouped}"},
            {**event, "requested_by": grouped},
            {**event, child: NAME},
            {**event, "authority": child},
            {**event, **{name: int(child) for name in _number_fields(event)}, "surprise": PHONE},
        ]
        answers[function] = [operate(function, **one) for one in (event, *slips)]
        with raising(stage, lambda: ValueError(f"cannot digest {child}, {NAME}, {PHONE}")):
            answers[function].append(operate(function, **event))
        answers[function].append(getattr(console, function)(f"{child} {NAME}", None))
    return answers


@dataclass(frozen=True)
class Day:
    child: str
    answers: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def day(fresh_stage: Stage) -> Day:
    """Shared by all tests that only look at the answers."""
    with at_work(fresh_stage):
        child = fresh_stage.new_child()
        return Day(child, spend_a_day(fresh_stage, child))


def secrets(child: str) -> dict[str, str]:
    return {"NHS number": child, "name": NAME, "phone": PHONE}


def test_no_log_metric_or_table_holds_what_an_operator_typed_in(
    stage: Stage, capfd: pytest.CaptureFixture[str], rows: Rows
) -> None:
    child = stage.new_child()
    with everything_logged() as collected, written() as output:
        answers = spend_a_day(stage, child)
    printed = capfd.readouterr()
    assert len(output.getvalue().splitlines()) >= sum(map(len, answers.values()))
    for text in (output.getvalue(), "\n".join(collected.lines), printed.out, printed.err):
        assert leaks(text, secrets(child)) == []
    for table, items in rows.everything().items():
        assert leaks(as_text(items), secrets(child)) == [], table


def test_no_answer_holds_the_number_and_only_the_desk_and_the_subject_see_names(day: Day) -> None:
    assert set(day.answers) == set(FUNCTIONS)
    for function, answers in day.answers.items():
        plain, *others = ({what for what, _ in leaks(json.dumps(one), secrets(day.child))} for one in answers)
        assert plain <= ({"name", "phone"} if function in MAY_NAME_PEOPLE else set()), function
        assert set().union(*others) == set(), function
    assert NAME in json.dumps(day.answers["broker"][0])


def test_each_function_refuses_a_number_in_its_reason_and_an_unknown_field(day: Day) -> None:
    for function, (_, *slips) in day.answers.items():
        assert {slip["code"] for slip in slips[:5]} == {"invalid_request"}, function
        assert slips[-1]["code"] == "invalid_request", function

"""Operators shield and unshield a child, on real tables and keys."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.access_records import Operator
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.errors import Refused
from chalicelib.wiring import console as console_wiring
from tests.support.console import operate, proposal, propose, run
from tests.support.faults import Faults
from tests.support.rows import Rows
from tests.support.stage import EALING, Stage


def in_days(stage: Stage, days: int) -> str:
    return (stage.today + timedelta(days=days)).isoformat()


def shield_of(rows: Rows, child: str) -> dict[str, Any] | None:
    return next((row for row in rows.of_child(child) if row["sk"]["S"] == "S#"), None)


def review_of(rows: Rows, child: str) -> str:
    shield = shield_of(rows, child)
    assert shield is not None
    return str(shield["review_on"]["S"])


def test_a_shielded_child_is_known_and_shows_no_place(stage: Stage, rows: Rows) -> None:
    child, review_on = stage.new_child(), in_days(stage, 30)
    stage.register(child)
    answer = operate("shield_child", nhs_number=child, review_on=review_on)
    assert answer["answer"] == (
        f"The child is shielded from now on. Review the shield on {review_on}. If nobody does, it stays."
    )
    looked_up = stage.look_up(child).json
    assert (looked_up["known"], looked_up["shielded"], looked_up["involvements"]) == (True, True, [])
    assert rows.acts(child)[:2] == ["registered", "shielded"]


def test_a_missed_review_keeps_the_shield(stage: Stage) -> None:
    child = stage.new_child()
    operate("shield_child", nhs_number=child, review_on=in_days(stage, 1))
    stage.clock.advance(days=400)
    assert stage.look_up(child).json["shielded"] is True


def test_shielding_again_sets_the_day_of_review_and_nothing_else(stage: Stage, rows: Rows) -> None:
    child, later = stage.new_child(), in_days(stage, 300)
    stage.shield(child, days=5)
    answer = operate("shield_child", nhs_number=child, review_on=later)
    assert answer["answer"] == f"The child was shielded already, and still is. The review is on {later}."
    assert review_of(rows, child) == later
    assert rows.acts(child) == ["shielded", "shielded"]
    assert operate("shield_child", nhs_number=child, review_on=later) == answer
    assert review_of(rows, child) == later
    sooner = in_days(stage, 3)
    assert sooner in operate("shield_child", nhs_number=child, review_on=sooner)["answer"]
    assert review_of(rows, child) == sooner
    assert rows.acts(child)[-1] == "shield_reviewed"


def test_a_lifted_shield_shows_the_involvements_again(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.shield(child)
    answer = operate("unshield_child", nhs_number=child)
    assert answer["answer"] == "The shield is lifted. From now on a lookup shows the child's involvements."
    looked_up = stage.look_up(child).json
    assert (looked_up["shielded"], len(looked_up["involvements"])) == (False, 1)
    assert [act for act in rows.acts(child) if "shield" in act] == ["shielded", "unshielded"]
    again = operate("unshield_child", nhs_number=child)
    assert again["answer"] == "Refused. The child has no shield. Nothing was changed."
    assert rows.acts(child).count("unshielded") == 1


def test_a_proposal_names_who_has_asked_and_lifts_nothing(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.shield(child)
    operate("unshield_child", nhs_number=child)
    stage.clock.advance(days=1)
    operate("shield_child", nhs_number=child, review_on=in_days(stage, 30))
    body = {"nhs_number": child, "reason": "threats", "review_on": in_days(stage, 60)}
    assert stage.call("POST", "/v1/shields", body, token=stage.token(EALING)).status == 200
    answer = propose("unshield_child", nhs_number=child)
    assert answer["done"] is True
    asked = f"The shield was requested by: an operator on {stage.today}, {EALING} on {stage.today}."
    assert asked in answer["answer"]
    assert stage.look_up(child).json["shielded"] is True


def test_a_shield_asked_for_between_the_two_halves_stays(stage: Stage) -> None:
    child = stage.new_child()
    stage.shield(child)
    code = proposal("unshield_child", nhs_number=child)
    body = {"nhs_number": child, "reason": "threats", "review_on": in_days(stage, 60)}
    stage.call("POST", "/v1/shields", body, token=stage.token(EALING))
    assert "has changed since" in run("unshield_child", nhs_number=child, proposal=code)["answer"]
    assert stage.look_up(child).json["shielded"] is True


def test_a_shield_asked_for_while_it_is_lifted_stays(stage: Stage, faults: Faults) -> None:
    child = stage.new_child()
    stage.shield(child)
    code = proposal("unshield_child", nhs_number=child)
    use_case = console_wiring.functions().unshield_child
    reached, release = faults.hold("TransactWriteItems", times=1)
    with ThreadPoolExecutor(1) as beside:
        lifting = beside.submit(use_case, NhsNumber(child), code, Operator("j.doe", "ticket 12"))
        assert reached.wait(5)
        assert stage.shield(child).status == 200
        release.set()
        with pytest.raises(Refused):
            lifting.result()
    assert stage.look_up(child).json["shielded"] is True


def test_the_answer_that_there_is_no_shield_is_recorded(stage: Stage, rows: Rows, faults: Faults) -> None:
    child = stage.new_child()
    assert operate("unshield_child", nhs_number=child)["code"] == "refused"
    assert rows.acts(child) == ["found_unchanged"]
    faults.throttle("PutItem")
    assert operate("unshield_child", nhs_number=child)["code"] == "unavailable"


@pytest.mark.parametrize("value", [{"review_on": {"N": "1"}}, {"sealed": {"S": "x"}}, {"version": {"NULL": True}}])
def test_a_damaged_shield_holds_until_it_is_lifted(stage: Stage, rows: Rows, value: dict[str, Any]) -> None:
    child = stage.new_child()
    stage.shield(child)
    shield = shield_of(rows, child)
    assert shield is not None
    rows.put({**shield, **value})
    assert operate("shield_child", nhs_number=child, review_on=in_days(stage, 9))["done"] is True
    assert stage.look_up(child).json["shielded"] is True
    assert operate("unshield_child", nhs_number=child)["answer"].startswith("The shield is lifted.")
    assert stage.look_up(child).json["shielded"] is False


@pytest.mark.parametrize("function", ["shield_child", "unshield_child"])
def test_all_or_nothing(stage: Stage, rows: Rows, faults: Faults, function: str) -> None:
    child = stage.new_child()
    stage.shield(child)
    before = shield_of(rows, child)
    faults.break_down("TransactWriteItems")
    more = {"review_on": in_days(stage, 30)} if function == "shield_child" else {}
    answer = operate(function, nhs_number=child, **more)
    assert (answer["done"], answer["code"]) == (False, "unavailable")
    assert shield_of(rows, child) == before
    assert rows.acts(child) == ["shielded"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nhs_number": "9990000019"}, "nhs_number"),
        ({"nhs_number": "4010232137"}, "nhs_number"),
        ({"nhs_number": 9990000018}, "nhs_number"),
        ({"nhs_number": None}, "nhs_number"),
        ({"review_on": "soon"}, "review_on"),
        ({"review_on": "2020-01-01"}, "review_on"),
        ({"review_on": "2999-01-01"}, "review_on"),
        ({"reason": "about 999.000.0018"}, "reason"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(stage: Stage, change: dict[str, Any], field: str) -> None:
    event = {"nhs_number": stage.new_child(), "review_on": in_days(stage, 30), **change}
    answer = operate("shield_child", **event)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"].startswith(f"Refused. {field} ")
    assert str(event["nhs_number"]) not in json.dumps(answer)

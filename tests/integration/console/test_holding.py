"""An inquiry hold keeps copies of rows for a while after they end, and changes nothing else."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import HELD
from tests.support.console import operate, pair, proposal, propose, run
from tests.support.faults import Faults, Killed
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.stage import EALING, Stage

NOTHING = "Nothing is on record about this child, so nothing is held. Nothing was changed."


def hold(stage: Stage, child: str, name: str, days: int = 365, **more: Any) -> dict[str, Any]:
    until = (stage.today + timedelta(days=days)).isoformat()
    return operate("hold_child", **{"nhs_number": child, "hold": name, "until": until, **more})


def held(rows: Rows, name: str) -> list[Row]:
    return rows.of(f"H#{name}", HELD)


def test_a_hold_shows_the_opened_details_and_its_end(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child, "held-1")
    stage.shield(child)
    answer = hold(stage, child, "inquiry-1")
    assert answer["answer"].startswith("2 rows are held until ")
    involvement, shield = held(rows, "inquiry-1")
    details = json.loads(involvement["details"]["S"])
    assert (details["practitioner_name"], details["team_phone"]) == ("Ada Okafor", "020 7946 0002")
    assert (involvement["authority"]["S"], involvement["reference"]["S"]) == ("E09000014", "held-1")
    assert "|S#|" in shield["sk"]["S"]
    for row in (involvement, shield):
        assert timedelta(days=364) < timedelta(seconds=int(row["ttl"]["N"]) - stage.clock().timestamp())
    assert [act for act in rows.acts(child) if act == "held"] == ["held"]


def test_the_rows_themselves_are_as_they_were(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    before = rows.of_child(child)
    hold(stage, child, "inquiry-2")
    assert rows.of_child(child) == before


def test_it_outlives_erasure_and_a_lookup_does_not_see_it(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    hold(stage, child, "inquiry-3")
    operate("erase_child", nhs_number=child)
    assert len(held(rows, "inquiry-3")) == 1
    assert not stage.look_up(child, stage.token(EALING)).json["known"]


def test_holding_again_adds_new_rows_and_extends_every_end(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    stage.register(child, "held-later-gone")
    hold(stage, child, "inquiry-4", days=30)
    first = {row["sk"]["S"]: row for row in held(rows, "inquiry-4")}
    stage.register(child, reference, lead_professional=True)
    stage.call("DELETE", "/v1/involvements/held-later-gone")
    assert hold(stage, child, "inquiry-4", days=400)["answer"].startswith("3 rows are held")
    now = {row["sk"]["S"]: row for row in held(rows, "inquiry-4")}
    assert first.keys() < now.keys()
    assert len({row["ttl"]["N"] for row in now.values()}) == 1
    for sort_key, row in first.items():
        assert row["details"] == now[sort_key]["details"]


def test_an_expired_record_is_not_held(stage: Stage, rows: Rows) -> None:
    """Even if TTL has not deleted it yet."""
    child = stage.new_child()
    stage.register(child, service_type="school", ended_on=stage.today.isoformat())
    stage.clock.advance(days=370)
    assert len(rows.of_child(child)) == 1
    assert hold(stage, child, "inquiry-late")["answer"] == NOTHING
    assert held(rows, "inquiry-late") == []


def test_every_number_of_the_child_is_held(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    stage.register(old)
    stage.register(new)
    operate("supersede_nhs_number", pairs=pair(old, new))
    assert hold(stage, new, "inquiry-5")["answer"].startswith("2 rows are held")
    assert operate("release_hold", hold="inquiry-5", nhs_number=old)["answer"] == "2 held rows are deleted."


def test_a_row_that_does_not_open_is_held_as_it_is(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    rows.put({**rows.one_of(child), "sealed": {"B": b"damaged"}})
    hold(stage, child, "inquiry-6")
    [row] = held(rows, "inquiry-6")
    assert (row["sealed"]["B"], "details" in row) == (b"damaged", False)


def test_a_hold_is_released_for_one_child_or_for_all(stage: Stage, rows: Rows) -> None:
    one, other = stage.new_child(), stage.new_child()
    for child in (one, other):
        stage.register(child)
        hold(stage, child, "inquiry-7")
    assert operate("release_hold", hold="inquiry-7", nhs_number=one)["answer"] == "1 held rows are deleted."
    assert rows.key_of(other) in held(rows, "inquiry-7")[0]["sk"]["S"]
    assert "EVERY child that it holds (1)" in propose("release_hold", hold="inquiry-7")["answer"]
    assert operate("release_hold", hold="inquiry-7")["answer"] == "1 held rows are deleted."
    assert held(rows, "inquiry-7") == []
    again = operate("release_hold", hold="inquiry-7")
    assert again["answer"] == "Refused. The hold has no such copies. Nothing was changed."
    assert rows.acts(one)[-2:] == rows.acts(other)[-2:] == ["held", "hold_released"]


def test_a_number_left_out_releases_nobody_elses_hold(stage: Stage, rows: Rows) -> None:
    child, other, name = stage.new_child(), stage.new_child(), f"inquiry-{stage.new_reference()}"
    for one in (child, other):
        stage.register(one)
        hold(stage, one, name)
    for proposed, sent in (({"nhs_number": child}, {}), ({}, {"nhs_number": child})):
        code = proposal("release_hold", hold=name, **proposed)
        answer = run("release_hold", hold=name, **sent, proposal=code)
        assert (answer["done"], answer["code"]) == (False, "refused")
    assert len(held(rows, name)) == 2


def test_a_hold_is_not_shortened_by_a_slip(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    hold(stage, child, "inquiry-11", days=365)
    before = held(rows, "inquiry-11")
    answer = hold(stage, child, "inquiry-11", days=2)
    until = stage.today + timedelta(days=365)
    assert answer["answer"].startswith(
        f"Refused. The child is held until {until} already, and a hold cannot be shortened."
    )
    assert held(rows, "inquiry-11") == before


def test_nothing_is_recorded_as_held_or_released_unless_it_was(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    assert hold(stage, child, "inquiry-12")["answer"] == NOTHING
    operate("release_hold", hold="inquiry-12", nhs_number=child)
    assert rows.acts(child) == ["found_unchanged", "found_unchanged"]


def test_a_hold_raises_an_alarm(stage: Stage, metrics: Metrics) -> None:
    child = stage.new_child()
    assert hold(stage, child, "inquiry-8")["answer"] == NOTHING
    assert metrics.count("ChildrenHeld") == 0
    stage.register(child)
    assert hold(stage, child, "inquiry-8")["done"]
    assert metrics.count("ChildrenHeld") == 1
    assert child not in str(metrics.lines)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("after", [3, 4, 5, 6])
def test_killed_anywhere_the_same_again_finishes_it(
    stage: Stage, rows: Rows, faults: Faults, after: int, done: bool
) -> None:
    child, name = stage.new_child(), f"inquiry-killed-{after}-{done}"
    stage.register(child)
    faults.kill(after=after, times=1, done=done)
    with suppress(Killed):
        hold(stage, child, name)
    faults.clear()
    assert len(held(rows, name)) <= rows.acts(child).count("held")
    hold(stage, child, name)
    assert len(held(rows, name)) == 1


def test_the_operator_is_asked_to_repeat_if_aws_does_not_answer(stage: Stage, faults: Faults) -> None:
    child = stage.new_child()
    stage.register(child)
    faults.throttle("TransactWriteItems")
    assert hold(stage, child, "inquiry-9")["code"] == "unavailable"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"until": "2020-01-01"}, "until"),
        ({"until": "2199-01-01"}, "until"),
        ({"hold": "an inquiry"}, "hold"),
        ({"hold": "999-000-0018"}, "hold"),
        ({"nhs_number": "1"}, "nhs_number"),
        ({"reason": None}, "reason"),
    ],
)
def test_nonsense_is_refused(stage: Stage, change: dict[str, Any], field: str) -> None:
    answer = hold(stage, stage.new_child(), "inquiry-10", **change)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"].startswith(f"Refused. {field} ")

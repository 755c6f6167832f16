"""A disputed record shows as disputed in every answer until the dispute is cleared."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.console import operate, pair
from tests.support.faults import Faults
from tests.support.rows import Rows
from tests.support.stage import EALING, HARINGEY, Stage

MARKED = "The record is marked as disputed from now on. Every answer that shows it says so."
GONE = "Refused. There is no such record"


def dispute(reference: str, disputed: bool = True, authority: str = HARINGEY, **more: Any) -> dict[str, Any]:
    return operate("dispute_record", authority=authority, reference=reference, disputed=disputed, **more)


def is_disputed(stage: Stage, child: str) -> bool:
    [one] = stage.look_up(child, stage.token(EALING)).json["involvements"]
    return bool(one["disputed"])


def registered(stage: Stage) -> tuple[str, str]:
    child, reference = stage.new_child(), stage.new_reference()
    assert stage.register(child, reference).status == 201
    return child, reference


def test_a_record_shows_as_disputed_until_the_dispute_is_cleared(stage: Stage, rows: Rows) -> None:
    child, reference = registered(stage)
    assert dispute(reference)["answer"] == MARKED
    assert is_disputed(stage, child)
    assert stage.call("GET", f"/v1/involvements/{reference}").json["disputed"]
    assert dispute(reference, False)["done"]
    assert not is_disputed(stage, child)
    assert [act for act in rows.acts(child) if "disput" in act] == ["disputed", "dispute_cleared"]


def test_a_dispute_survives_whatever_the_owner_sends(stage: Stage) -> None:
    child, reference = registered(stage)
    dispute(reference)
    version = stage.call("GET", f"/v1/involvements/{reference}").json["version"]
    assert stage.register(child, reference).json["version"] == version
    assert stage.register(child, reference, lead_professional=True).status == 200
    assert stage.call("PATCH", f"/v1/involvements/{reference}", {"lead_professional": False}).status == 200
    stage.clock.advance(days=29)
    assert stage.register(child, reference).status == 200
    assert is_disputed(stage, child)


def test_a_dispute_does_not_extend_the_record(stage: Stage) -> None:
    _, reference = registered(stage)
    path = f"/v1/involvements/{reference}"
    before = stage.call("GET", path).json
    stage.clock.advance(days=1)
    dispute(reference)
    after = stage.call("GET", path).json
    assert {**before, "version": "", "disputed": True} == {**after, "version": ""}


def test_repeating_it_changes_nothing(stage: Stage, rows: Rows) -> None:
    child, reference = registered(stage)
    for disputed in (True, False):
        dispute(reference, disputed)
        before = rows.of_child(child)
        again = dispute(reference, disputed)
        assert (again["done"], "already" in again["answer"]) == (True, True)
        assert rows.of_child(child) == before


def test_an_answer_without_a_change_is_recorded_too(stage: Stage, rows: Rows) -> None:
    """Otherwise an operator could try out unseen, child by child, whose record it is."""
    child, reference = registered(stage)
    other = stage.new_child()
    assert "already" in dispute(reference, False, nhs_number=child)["answer"]
    assert "another child" in dispute(reference, False, nhs_number=other)["answer"]
    assert rows.acts(child) == ["registered", "found_unchanged"]
    assert rows.acts(other) == ["found_unchanged"]


def test_no_answer_is_given_that_cannot_be_recorded(stage: Stage, faults: Faults) -> None:
    child, reference = registered(stage)
    faults.throttle("PutItem")
    for number in (child, stage.new_child()):
        assert dispute(reference, False, nhs_number=number)["code"] == "unavailable"


def test_a_record_that_is_not_there_is_refused(stage: Stage) -> None:
    child, reference = registered(stage)
    assert dispute(stage.new_reference())["answer"].startswith(GONE)
    assert dispute(reference, authority=EALING)["answer"].startswith(GONE)
    operate("erase_child", nhs_number=child)
    assert dispute(reference)["answer"].startswith(GONE)
    _, expired = registered(stage)
    stage.clock.now += timedelta(days=800)
    assert dispute(expired)["answer"].startswith(GONE)


def test_a_named_child_is_checked_under_any_of_its_numbers(stage: Stage) -> None:
    child, reference = registered(stage)
    new = stage.new_child()
    refused = dispute(reference, nhs_number=new)
    assert refused["answer"] == "Refused. That record is about another child. Nothing was changed."
    operate("supersede_nhs_number", pairs=pair(child, new))
    assert dispute(reference, nhs_number=new)["answer"] == MARKED


def test_a_damaged_record_is_refused_with_what_to_do(stage: Stage, rows: Rows) -> None:
    child, reference = registered(stage)
    rows.put({**rows.one_of(child), "sealed": {"B": b"damaged"}})
    assert dispute(reference)["answer"].startswith("Refused. The record is unreadable: ask its owner")


@pytest.mark.parametrize(
    "change", [{"reference": "999-000-0018"}, {"disputed": "yes"}, {"authority": "x"}, {"nhs_number": "1"}]
)
def test_nonsense_is_refused(stage: Stage, change: dict[str, Any]) -> None:
    event = {"authority": HARINGEY, "reference": "r", "disputed": True, **change}
    assert operate("dispute_record", **event)["code"] == "invalid_request"


def test_an_owner_who_writes_at_the_same_moment_loses_nothing(stage: Stage, faults: Faults) -> None:
    child, reference = registered(stage)
    faults.cancel("ConditionalCheckFailed", times=1)
    assert dispute(reference)["answer"] == MARKED
    assert is_disputed(stage, child)

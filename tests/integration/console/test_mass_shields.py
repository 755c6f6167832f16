"""One token shields hundreds of children: it is marked and reported early and refused late, the custodian lists the
shields, and two people lift exactly those. On real tables and keys."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import console
from chalicelib.adapters.console import event_bodies
from chalicelib.adapters.console.boundary import read_event
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.application.console.list_shields import ListShields, WantedShields
from chalicelib.domain.access_records import Operator
from chalicelib.domain.values import replace
from chalicelib.wiring import console as wiring
from infra.local.authorities import LocalAuthority
from tests.support.console import operate, propose, run
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.stage import EALING, Reply, Stage

pytestmark = pytest.mark.system


@pytest.fixture
def thief(stage: Stage) -> str:
    """An authority whose key was stolen, and whose counters are empty."""
    stage.clock.advance(minutes=2)
    authority = LocalAuthority(stage.new_code(), "Stolen", "local_authority")
    entered(stage, authority)
    return authority.code


def shield(stage: Stage, child: str, code: str, days: int = 30) -> Reply:
    review_on = (stage.today + timedelta(days=days)).isoformat()
    body = {"nhs_number": child, "reason": "threats", "review_on": review_on}
    return stage.call("POST", "/v1/shields", body, token=stage.token(code))


def shields(stage: Stage, child: str) -> bool:
    return bool(stage.look_up(child).json["shielded"])


def span(stage: Stage, since: Any) -> dict[str, str]:
    """From then until now. The clock goes on a little, so that nothing else is in it."""
    stage.clock.advance(seconds=2)
    return {"since": f"{since:%FT%TZ}", "before": f"{stage.clock() - timedelta(seconds=1):%FT%TZ}"}


def listed(**event: Any) -> list[Any]:
    answer = run("list_shields", **event)
    assert answer["done"], answer
    found: list[Any] = answer["shields"]
    return found


def acts(rows: Rows, code: str) -> list[str]:
    """The acts that concern the authority itself."""
    return [rows.opened(record)["act"]["S"] for record in rows.of(f"A#{code}", ACCESS)]


def standing(stage: Stage, children: list[str]) -> list[str]:
    """Those of the children who have a shield."""
    rows = Rows(stage)
    return [child for child in children if any(row["sk"]["S"] == "S#" for row in rows.of_child(child))]


def test_one_token_shields_three_hundred_children_and_two_people_lift_exactly_those(
    stage: Stage, thief: str, metrics: Metrics
) -> None:
    stood_before, also_by_another, lifted_and_again = (stage.new_child() for _ in range(3))
    shield(stage, stood_before, thief)
    shield(stage, lifted_and_again, EALING)
    operate("unshield_child", nhs_number=lifted_and_again)
    stage.clock.advance(seconds=5)
    since = stage.clock()
    children = [stood_before, also_by_another, lifted_and_again, *(stage.new_child() for _ in range(297))]
    replies = [shield(stage, child, thief) for child in children]
    shield(stage, also_by_another, EALING)
    assert [reply.status for reply in replies] == [200] * 100 + [429] * 200
    assert {reply.code for reply in replies[100:]} == {"too_many_shields"}
    assert all("020 7946 0100" in reply.json["detail"] for reply in replies[100:])
    assert metrics.count("ShieldLimitPassed") == 290
    when = span(stage, since)
    found = listed(authority=thief, **when)
    assert [one["over_soft_limit"] for one in sorted(found, key=lambda one: one["id"])] == [False] * 9 + [True] * 90
    assert {one["authority"] for one in found} == {thief}
    answer = propose("lift_shields", authority=thief, **when)
    assert (answer["shields"], answer["left"]) == (98, 1)
    taken = children[:101]
    assert standing(stage, taken) == children[:100]
    lifted = run("lift_shields", authority=thief, **when, proposal=answer["proposal"])
    assert (lifted["done"], lifted["lifted"], lifted["left"]) == (True, 98, 1)
    assert standing(stage, taken) == [stood_before, also_by_another]
    again = run("lift_shields", authority=thief, **when, proposal=answer["proposal"])
    assert "already been carried out" in again["answer"]


def test_nothing_is_lifted_without_a_proposal_of_exactly_this_authority_and_time(stage: Stage, thief: str) -> None:
    child, since = stage.new_child(), stage.clock()
    shield(stage, child, thief)
    when = span(stage, since)
    code = propose("lift_shields", authority=thief, **when)["proposal"]
    assert run("lift_shields", authority=thief, **when)["code"] == "invalid_request"
    longer = {**when, "since": f"{since - timedelta(days=1):%FT%TZ}"}
    assert run("lift_shields", authority=thief, **longer, proposal=code)["code"] == "refused"
    assert run("lift_shields", authority=EALING, **when, proposal=code)["code"] == "refused"
    assert shields(stage, child)


def test_if_there_is_nothing_to_lift_nothing_is_proposed_and_the_question_is_recorded(
    stage: Stage, thief: str, rows: Rows
) -> None:
    when = span(stage, stage.clock() - timedelta(hours=1))
    answer = propose("lift_shields", authority=thief, **when)
    assert answer["answer"].startswith("Refused. There is nothing to lift.")
    assert acts(rows, thief)[-1] == "found_unchanged"
    ahead = f"{stage.clock() + timedelta(hours=1):%FT%TZ}"
    assert propose("lift_shields", authority=thief, **{**when, "before": ahead})["code"] == "refused"


def test_a_run_that_is_out_of_time_goes_on_with_the_same_event(stage: Stage, thief: str) -> None:
    children, since = [stage.new_child() for _ in range(5)], stage.clock()
    for child in children:
        shield(stage, child, thief)
    when = span(stage, since)
    event = {"authority": thief, **when, "requested_by": "j.doe", "reason": "ticket 12"}
    event["proposal"] = propose("lift_shields", authority=thief, **when)["proposal"]
    first = console.lift_shields(event, _context(900_000, 900_000, 0))
    assert (first["done"], first["code"], first["lifted"]) == (False, "unavailable", 2)
    assert "run the same event again" in first["answer"]
    assert len(standing(stage, children)) == 3
    second = console.lift_shields(event, _context(*[900_000] * 9))
    assert (second["done"], second["lifted"]) == (True, 3)
    assert standing(stage, children) == []


def _context(*left: int) -> Any:
    remaining: Iterator[int] = chain(left, repeat(left[-1]))
    return SimpleNamespace(aws_request_id="request", get_remaining_time_in_millis=lambda: next(remaining))


def test_a_shield_asked_for_at_the_moment_of_lifting_stays(stage: Stage, thief: str, faults: Faults) -> None:
    child, since = stage.new_child(), stage.clock()
    shield(stage, child, thief)
    when = span(stage, since)
    code = propose("lift_shields", authority=thief, **when)["proposal"]
    functions = wiring.functions().lift_shields
    asked_again = _AsksAgain(functions.history, lambda: shield(stage, child, EALING))
    read, _ = read_event(
        {"authority": thief, **when, "requested_by": "j.doe", "reason": "ticket 12"}, event_bodies.LiftShieldsEvent
    )
    mass = event_bodies.mass_shield(read)
    result = replace(functions, history=asked_again)(mass, code, lambda: True, Operator("j.doe", "ticket 12"))
    assert (result.lifted, result.left) == (0, 1)
    assert shields(stage, child)


class _AsksAgain:
    """Reads a child's acts, and then somebody asks for the shield again."""

    def __init__(self, history: Any, ask: Any) -> None:
        self._history, self._ask = history, ask

    def acts_of(self, child: Any) -> Any:
        acts = self._history.acts_of(child)
        self._ask()
        return acts


def test_the_list_is_by_review_by_authority_and_by_time_and_names_no_child(
    stage: Stage, thief: str, rows: Rows
) -> None:
    soon, late, since = stage.new_child(), stage.new_child(), stage.clock()
    shield(stage, late, thief, days=300)
    shield(stage, soon, thief, days=3)
    by = (stage.today + timedelta(days=3)).isoformat()
    assert [one["review_on"] for one in listed(authority=thief)] == [
        by,
        (stage.today + timedelta(days=300)).isoformat(),
    ]
    assert len(listed(authority=thief, review_by=by)) == 1
    assert listed(authority=thief, before=f"{since - timedelta(seconds=1):%FT%TZ}") == []
    stage.clock.advance(days=4)
    due = [one for one in listed() if one["authority"] == thief]
    assert [one["review_on"] for one in due] == [by]
    [row] = [row for row in rows.of_child(soon) if row["sk"]["S"] == "S#"]
    assert due[0]["id"] == row["version"]["S"]
    assert not any(text in str(due) for text in (soon, row["pk"]["S"], "threats"))


def test_every_list_is_recorded_and_none_is_given_unrecorded(
    stage: Stage, thief: str, rows: Rows, faults: Faults
) -> None:
    listed(authority=thief)
    assert acts(rows, thief) == ["shields_listed"]
    faults.throttle("PutItem")
    assert run("list_shields", authority=thief)["code"] == "unavailable"


def test_the_list_comes_in_pages_that_miss_no_shield(stage: Stage, thief: str, rows: Rows) -> None:
    children = [stage.new_child() for _ in range(5)]
    for child, days in zip(children, (3, 3, 300, 40, 3), strict=True):
        shield(stage, child, thief, days=days)
    [edited] = [row for row in rows.of_child(children[1]) if row["sk"]["S"] == "S#"]
    rows.put({**edited, "review_on": {"N": "1"}})
    made = wiring.functions().list_shields
    small = ListShields(standing=made.standing, recorder=made.recorder, clock=made.clock, page_size=2)
    wanted, who = WantedShields(authority_code=thief), Operator("j.doe", "ticket 12")
    pages = [small(wanted, None, who)]
    while pages[-1].next_after is not None:
        pages.append(small(wanted, pages[-1].next_after, who))
    ids = [one.id for page in pages for one in page.shields]
    assert [len(page.shields) for page in pages] == [2, 2, 1]
    assert ids == [one["id"] for one in listed(authority=thief)]
    assert ids[2:] == [one["id"] for one in listed(authority=thief, after=pages[0].next_after)]


def test_a_shield_whose_request_cannot_be_read_is_in_every_list_and_is_never_lifted(
    stage: Stage, thief: str, rows: Rows
) -> None:
    child, since = stage.new_child(), stage.clock()
    shield(stage, child, thief)
    [row] = [row for row in rows.of_child(child) if row["sk"]["S"] == "S#"]
    rows.put({**row, "version": {"S": "01M8PZTZ6828T5CY4GNF6YY4HM"}})
    [found] = [one for one in listed(authority=EALING) if not one["genuine"]]
    assert (found["authority"], found["asked_at"]) == (None, None)
    assert propose("lift_shields", authority=thief, **span(stage, since))["code"] == "refused"
    operate("unshield_child", nhs_number=child)

"""How many calls to AWS each request makes, and in how many network steps one after the other."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.notices import about_to_lapse
from chalicelib.wiring import api, parts
from chalicelib.wiring.parts import USER_AGENT
from tests.support.console import operate, pair
from tests.support.faults import Faults, steps_in_series
from tests.support.rows import Rows
from tests.support.stage import EALING, HARINGEY, Stage, warm

LATENCY = 0.1  # seconds; far more than this machine needs between two calls

LOOKUP = ["GenerateMac", "PutItem", "Query", "UpdateItem"]


@dataclass(frozen=True)
class Cost:
    calls: list[str]
    steps: int


def cost(faults: Faults) -> Cost:
    calls = list(faults.calls)
    return Cost(sorted(call.operation for call in calls), steps_in_series(calls))


@pytest.fixture
def wire(stage: Stage, faults: Faults) -> Faults:
    """A warm container on a slow network. Its lookups are counted, and it has sent this hour's heartbeat."""
    stage.register(stage.new_child())
    for code in (HARINGEY, EALING):
        stage.services.look_up.usage.settle(code)
    faults.clear()
    faults.latency = LATENCY
    return faults


def measured(wire: Faults) -> None:
    wire.clear()
    wire.latency = LATENCY


@pytest.mark.parametrize("involvements", [0, 1, 5, 50])
def test_a_lookup_is_four_calls_in_three_steps_however_much_is_known(
    stage: Stage, wire: Faults, involvements: int
) -> None:
    child = stage.new_child()
    wire.latency = 0.0
    for _ in range(involvements):
        stage.register(child)
    measured(wire)
    assert len(stage.look_up(child, token=stage.token(EALING)).json["involvements"]) == involvements
    assert cost(wire) == Cost(LOOKUP, 3)


def test_a_shielded_lookup_costs_the_same(stage: Stage, wire: Faults) -> None:
    child = stage.new_child()
    assert stage.shield(child).status == 200
    assert cost(wire) == Cost(["GenerateMac", "GetItem", "TransactWriteItems", "UpdateItem", "UpdateItem"], 5)
    measured(wire)
    assert stage.look_up(child).json["shielded"] is True
    assert cost(wire) == Cost(LOOKUP, 3)


def test_a_cold_lookup_pays_one_step_for_the_registry(stage: Stage, wire: Faults) -> None:
    stage.clock.advance(minutes=6)
    assert stage.look_up(stage.new_child()).status == 200
    made = cost(wire)
    assert made.steps == 4
    assert made.calls == sorted([*LOOKUP, "Decrypt", "Decrypt", "GetItem", "Query", "Scan", "Scan"])


def test_a_new_container_pays_one_step_more_to_verify_what_is_granted(stage: Stage, wire: Faults) -> None:
    new = parts.make_parts(stage.settings, stage.clients, stage.clock, stage.services.parts.new_id)
    api.install(api.build(new))
    try:
        assert stage.look_up(stage.new_child()).status == 200
        made = cost(wire)
        measured(wire)
        stage.clock.advance(seconds=45)
        assert stage.look_up(stage.new_child()).status == 200
        refreshing = cost(wire)
    finally:
        api.install(stage.services)
    assert made.steps == 5
    assert made.calls == sorted([*LOOKUP, "Decrypt", "Decrypt", "GetItem", "Query", "Scan", "Scan"])
    assert refreshing.steps == 3
    assert "Decrypt" not in refreshing.calls


NEW = ["GenerateMac", "GetItem", "Query", "TransactWriteItems"]


def test_a_new_record_is_four_calls_one_of_which_counts_the_authoritys_records_of_the_child(
    stage: Stage, wire: Faults
) -> None:
    child = stage.new_child()
    for _ in range(3):
        measured(wire)
        assert stage.register(child).status == 201
        assert cost(wire) == Cost(NEW, 4)


def test_a_record_that_has_ended_counts_for_no_limit_and_costs_no_query(stage: Stage, wire: Faults) -> None:
    assert stage.register(stage.new_child(), ended_on=stage.today.isoformat()).status == 201
    assert cost(wire) == Cost(["GenerateMac", "GetItem", "TransactWriteItems"], 3)


def test_taking_back_the_end_of_a_record_costs_the_query_of_a_new_one(stage: Stage, wire: Faults) -> None:
    reference = stage.new_reference()
    stage.register(stage.new_child(), reference, ended_on=stage.today.isoformat())
    measured(wire)
    assert stage.call("PATCH", f"/v1/involvements/{reference}", {"ended_on": None}).status == 200
    assert cost(wire) == Cost(["GetItem", "GetItem", "Query", "TransactWriteItems"], 4)


def test_an_unchanged_record_is_two_reads(stage: Stage, wire: Faults) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    measured(wire)
    assert stage.register(child, reference).status == 200
    assert cost(wire) == Cost(["GetItem", "GetItem"], 2)


def test_a_replaced_record_is_five_calls(stage: Stage, wire: Faults) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    measured(wire)
    assert stage.register(child, reference, lead_professional=True).status == 200
    assert cost(wire) == Cost(["GenerateMac", "GetItem", "GetItem", "GetItem", "TransactWriteItems"], 5)


def test_a_put_of_another_child_is_six_calls(stage: Stage, wire: Faults) -> None:
    reference, other = stage.new_reference(), stage.new_child()
    stage.register(stage.new_child(), reference)
    reads = ["GenerateMac", *["GetItem"] * 4]
    for expected in (Cost([*reads, "TransactWriteItems"], 6), Cost(sorted([*reads, "PutItem"]), 6)):
        measured(wire)
        assert stage.register(other, reference).code == "another_child"
        assert cost(wire) == expected


def test_a_lookup_under_a_superseded_number_reads_twice_and_one_under_the_present_number_thrice(
    stage: Stage, wire: Faults
) -> None:
    old, new = stage.new_child(), stage.new_child()
    operate("supersede_nhs_number", pairs=pair(old, new))
    measured(wire)
    assert stage.look_up(old).status == 200
    assert cost(wire) == Cost(sorted([*LOOKUP, "Query"]), 4)
    measured(wire)
    assert stage.look_up(new).status == 200
    assert cost(wire) == Cost(sorted([*LOOKUP, "Query", "Query"]), 5)


def test_a_batch_costs_what_its_rows_cost_and_takes_a_quarter_of_the_time(stage: Stage, wire: Faults) -> None:
    rows = [{"reference": stage.new_reference(), **stage.body(stage.new_child())} for _ in range(8)]
    assert stage.call("POST", "/v1/involvement-batches", {"involvements": rows}).status == 200
    assert cost(wire).calls == sorted(NEW * 8)
    began, ended = min(call.began for call in wire.calls), max(call.ended for call in wire.calls)
    in_series = sum(call.ended - call.began for call in wire.calls)
    assert in_series / (ended - began) > 2


@pytest.mark.parametrize(
    ("method", "body", "calls"),
    [
        ("PATCH", {"lead_professional": True}, ["GetItem", "GetItem", "TransactWriteItems"]),
        ("GET", None, ["GetItem", "GetItem", "PutItem"]),
        ("GET /accesses", None, ["GetItem"] * 4 + ["PutItem", "Query", "Query"]),
        ("DELETE", None, ["GetItem", "GetItem", "TransactWriteItems"]),
    ],
)
def test_the_other_calls_on_a_record(
    stage: Stage, wire: Faults, method: str, body: dict[str, object] | None, calls: list[str]
) -> None:
    reference = stage.new_reference()
    stage.register(stage.new_child(), reference)
    measured(wire)
    method, _, part = method.partition(" ")
    assert stage.call(method, f"/v1/involvements/{reference}{part}", body).status < 300
    assert cost(wire) == Cost(calls, len(calls))


def test_a_page_of_notices_reads_each_of_its_children_once(stage: Stage, wire: Faults, rows: Rows) -> None:
    parts, children = stage.services.parts, [stage.new_child(), stage.new_child()]
    after = parts.notices.page(HARINGEY, 0, 1).given
    for child in children:
        key, reference = rows.key_of(child), stage.new_reference()
        stage.register(child, reference)
        for days in (90, 30):
            end = stage.clock() + timedelta(days=days)
            parts.notices.post(about_to_lapse(HARINGEY, reference, key, end, days=days, at=stage.clock()))
    measured(wire)
    for query, calls in (
        ({"after": [str(after)]}, ["GetItem", "PutItem", "Query", "Query", "Query"]),
        ({"after": [str(after + 4)]}, ["GetItem", "PutItem", "Query"]),
        ({"after": [str(after + 3)]}, ["GetItem", "PutItem", "Query", "Query"]),
    ):
        wire.calls.clear()
        assert stage.call("GET", "/v1/notices", query=query).status == 200
        assert cost(wire) == Cost(calls, len(calls))


def test_a_page_of_the_register_is_two_calls(stage: Stage, wire: Faults) -> None:
    assert stage.call("GET", "/v1/involvements", query={"limit": ["1000"]}).status == 200
    assert cost(wire) == Cost(["PutItem", "Query"], 2)


def test_a_refused_request_costs_no_call(stage: Stage, wire: Faults) -> None:
    assert stage.look_up("1234567890").status == 400
    assert stage.look_up(stage.new_child(), token="x").status == 401
    assert stage.look_up(stage.new_child(), token=stage.token(sub="system:feed")).status == 403
    assert stage.call("PATCH", "/v1/involvements/r", {}).status == 400
    assert cost(wire) == Cost([], 0)


def test_steps_in_series_are_told_apart_from_parallel_calls(stage: Stage, wire: Faults) -> None:
    assert stage.look_up(stage.new_child()).status == 200
    first, second = sorted(wire.calls, key=lambda call: call.began)[:2]
    assert second.began < first.ended
    assert min(call.ended - call.began for call in wire.calls) >= LATENCY


def test_a_lookup_that_refreshes_the_registry_and_the_checkpoint_takes_no_extra_step(
    stage: Stage, wire: Faults
) -> None:
    stage.clock.advance(seconds=31)
    assert stage.look_up(stage.new_child()).status == 200
    assert cost(wire) == Cost(sorted([*LOOKUP, "GetItem", "Query", "Scan", "Scan"]), 3)


def test_every_tenth_lookup_also_writes_its_authoritys_counter_in_no_extra_step(stage: Stage, wire: Faults) -> None:
    child = stage.new_child()
    made = []
    for number in range(1, 12):
        wire.clear()
        wire.latency = LATENCY if number == 10 else 0.0
        assert stage.look_up(child).status == 200
        made.append(cost(wire))
    tenth = Cost(sorted([*LOOKUP, "UpdateItem"]), 3)
    assert [one.calls for one in made] == [*[LOOKUP] * 9, tenth.calls, LOOKUP]
    assert made[9] == tenth


def test_reads_that_decide_an_answer_are_strongly_consistent(stage: Stage) -> None:
    """Otherwise a "none" could be a second old. The emulator always reads consistently, so look at the requests."""
    seen: list[tuple[str, bool]] = []

    def look(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in {"GetItem", "Query", "Scan"} and "IndexName" not in params:
            seen.append((model.name, params.get("ConsistentRead", False)))

    events = [client.meta.events for client in (stage.clients.connection.client, stage.clients.dynamodb_once)]
    warm(stage)
    stage.clock.advance(seconds=61)
    for each in events:
        each.register("provide-client-params.dynamodb.*", look)
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    assert stage.look_up(child, token=stage.token(EALING)).json["known"]
    for path in (f"/v1/involvements/{reference}/accesses", "/v1/notices", "/v1/involvements"):
        assert stage.call("GET", path).status == 200
    for each in events:
        each.unregister("provide-client-params.dynamodb.*", look)
    assert {*seen} == {("GetItem", True), ("Query", True), ("Scan", True)}


def test_every_request_carries_the_user_agent_built_at_start_up(stage: Stage) -> None:
    seen: set[str] = set()

    def look(request: Any, **_: Any) -> None:
        agent = request.headers["User-Agent"]
        seen.add(agent.decode() if isinstance(agent, bytes) else agent)

    events = [one.meta.events for one in (stage.clients.connection.client, stage.clients.dynamodb_once)]
    for each in events:
        each.register("before-send.dynamodb.*", look)
    assert stage.look_up(stage.new_child()).status == 200
    for each in events:
        each.unregister("before-send.dynamodb.*", look)
    # powertools and chalice add their own words.
    [agent] = seen
    assert agent.startswith(USER_AGENT)

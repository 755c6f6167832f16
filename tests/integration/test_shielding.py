"""Shields that authorities ask for, on real tables: one answer for all, and limits that mark first and refuse late."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.shield_limits import ShieldLimits
from chalicelib.domain.values import replace
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import EALING, Reply, Stage


def shield(stage: Stage, child: str, days: int = 30, **claims: Any) -> Reply:
    review_on = (stage.today + timedelta(days=days)).isoformat()
    body = {"nhs_number": child, "reason": "threats", "review_on": review_on}
    return stage.call("POST", "/v1/shields", body, token=stage.token(**claims))


def told(reply: Reply) -> tuple[int, str, list[tuple[str, str]]]:
    """What a caller can see, but for the id of the request."""
    headers = sorted((name, value) for name, value in reply.headers.items() if name != "X-Correlation-ID")
    return reply.status, reply.body, headers


def test_a_shielded_child_gets_the_same_answer_as_a_new_one_byte_for_byte(stage: Stage) -> None:
    new, shielded, by_another = stage.new_child(), stage.new_child(), stage.new_child()
    stage.shield(shielded, days=400)
    shield(stage, by_another, days=500, authority=EALING)
    assert told(shield(stage, shielded)) == told(shield(stage, by_another)) == told(shield(stage, new))


def test_shielding_takes_the_same_calls_whether_or_not_the_child_was_shielded(stage: Stage, faults: Faults) -> None:
    child = stage.new_child()
    shield(stage, stage.new_child())  # warm
    faults.clear()
    shield(stage, child, authority=EALING)
    first = faults.operations
    faults.clear()
    shield(stage, child)
    assert faults.operations == first


def test_the_later_review_counts_although_no_answer_says_so(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    shield(stage, child, days=400)
    assert shield(stage, child, days=5).json["review_on"] == (stage.today + timedelta(days=5)).isoformat()
    [row] = [row for row in rows.of_child(child) if row["sk"]["S"] == "S#"]
    assert row["review_on"]["S"] == (stage.today + timedelta(days=400)).isoformat()


def test_a_feed_may_not_shield(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reply = shield(stage, child, sub="system:nightly")
    assert (reply.status, reply.code) == (403, "system_may_not_shield")
    assert rows.of_child(child) == []


@pytest.fixture
def limited(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage with low limits, so that the test is short."""
    limits = ShieldLimits(practitioner_soft=2, practitioner_hard=4, authority_soft=5, authority_hard=6)
    services = replace(stage.services, shield=replace(stage.services.shield, limits=limits))
    monkeypatch.setattr("chalicelib.wiring.api._installed", services)
    stage.clock.advance(days=3)
    return stage


def test_the_counters_are_sets_of_children_that_take_no_more_than_the_hard_limit(
    limited: Stage, metrics: Metrics
) -> None:
    children = [limited.new_child() for _ in range(6)]
    replies = [shield(limited, child) for child in children]
    assert [reply.status for reply in replies] == [200] * 4 + [429] * 2
    assert "020 7946 0100" in replies[-1].json["detail"]
    assert int(replies[-1].headers["Retry-After"]) <= 86_400
    assert [shield(limited, child).status for child in children[:4]] == [200] * 4
    assert metrics.count("ShieldLimitPassed") >= 2
    others = [shield(limited, limited.new_child(), sub=f"other-{n}").status for n in range(3)]
    assert others == [200, 200, 429]


def test_the_practitioners_limit_holds_if_the_authoritys_counter_cannot_be_written(
    limited: Stage, faults: Faults
) -> None:
    faults.break_down("UpdateItem", about="A#")
    assert [shield(limited, limited.new_child()).status for _ in range(5)] == [200] * 4 + [429]


def test_a_counter_that_cannot_be_written_refuses_no_shield(limited: Stage, faults: Faults, metrics: Metrics) -> None:
    faults.break_down("UpdateItem")
    assert [shield(limited, limited.new_child()).status for _ in range(6)] == [200] * 6
    assert metrics.count("UsageFailures") == 6

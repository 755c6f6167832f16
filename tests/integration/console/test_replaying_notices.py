"""What an outage lost is posted again from the access records, and nobody gets a notice twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import console, unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, REGISTRY
from tests.support.console import operate
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import EALING, HARINGEY, Stage
from tests.support.streams import changed, deliver


def replay(stage: Stage, hours: float = 1, **changes: Any) -> dict[str, Any]:
    """Replays the last hours. The clock goes on first, so that what was just done is in the past."""
    stage.clock.advance(seconds=1)
    since, before = stage.clock() - timedelta(hours=hours), stage.clock()
    return operate("replay_notices", **{"since": text(since), "before": text(before), **changes})


def text(at: datetime) -> str:
    return f"{at:%FT%TZ}"


def given(stage: Stage) -> int:
    return stage.services.parts.notices.page(HARINGEY, 0, 1).given


def kinds(stage: Stage, after: int) -> list[str]:
    return [str(one.notice.kind) for one in stage.services.parts.notices.page(HARINGEY, after, 50).waiting]


def known_child(stage: Stage) -> str:
    child = stage.new_child()
    assert stage.register(child).status == 201
    return child


def test_a_lookup_whose_stream_record_was_lost_is_told_to_the_owner(stage: Stage) -> None:
    child, before = known_child(stage), given(stage)
    stage.look_up(child, stage.token(EALING))
    answer = replay(stage)
    assert answer["done"] is True
    assert answer["next_after"] is None
    assert "looked_up" in kinds(stage, before)


def test_an_authority_hears_of_a_change_of_its_registry_item_whose_stream_record_was_lost(
    stage: Stage, rows: Rows
) -> None:
    replay(stage)  # of what other tests left
    [item] = [one for one in rows.all(REGISTRY) if one["authority"]["S"] == HARINGEY]
    record = changed(item, {**item, "name": {"S": "Another"}}, stage.clock())
    assert deliver(unattended.watch_registry, record) == []
    before = given(stage)
    replay(stage)
    assert kinds(stage, before) == ["registry_changed"]


def test_nobody_gets_a_notice_twice(stage: Stage, rows: Rows) -> None:
    child = known_child(stage)
    stage.look_up(child, stage.token(EALING))
    posted = [changed(None, row, stage.clock()) for row in rows.access_records(child)]
    assert deliver(unattended.post_notices, *posted) == []
    replay(stage)
    before = given(stage)
    assert replay(stage)["records"] >= len(posted)
    assert kinds(stage, before) == []


def test_what_was_outside_the_stretch_is_left_alone(stage: Stage) -> None:
    child = known_child(stage)
    replay(stage)
    stage.clock.advance(hours=3)
    before = given(stage)
    stage.look_up(child, stage.token(EALING))
    stage.clock.advance(hours=3)
    assert replay(stage, hours=1)["done"] is True
    assert kinds(stage, before) == []
    assert replay(stage, hours=4)["done"] is True
    assert kinds(stage, before) == ["looked_up"]


def test_a_lost_outcome_is_counted_once_though_its_lookup_is_days_older(stage: Stage, metrics: Metrics) -> None:
    child = known_child(stage)
    lookup_id = stage.look_up(child, stage.token(EALING)).json["lookup_id"]
    stage.clock.advance(days=6)
    outcome = {"entry": 1, "outcome": "no_answer"}
    reply = stage.call("POST", f"/v1/lookups/{lookup_id}/outcomes", outcome, token=stage.token(EALING))
    assert reply.status == 201
    replay(stage)
    assert metrics.count("OutcomesCounted") == 1
    replay(stage)
    assert metrics.count("OutcomesCounted") == 1


def test_nobody_hears_of_a_child_who_was_erased_meanwhile(stage: Stage) -> None:
    replay(stage)  # of what other tests left
    child = known_child(stage)
    stage.look_up(child, stage.token(EALING))
    assert operate("erase_child", nhs_number=child)["done"]
    before = given(stage)
    replay(stage)
    assert "looked_up" not in kinds(stage, before)


def test_it_goes_on_in_another_run_and_the_cursor_names_no_child(
    stage: Stage, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    child, before = known_child(stage), given(stage)
    stage.look_up(child, stage.token(EALING))
    stage.clock.advance(seconds=1)
    event = {"since": text(stage.clock() - timedelta(hours=1)), "before": text(stage.clock())}
    monkeypatch.setattr("chalicelib.adapters.console.records_of_time._ITEMS_A_PAGE", 3)
    monkeypatch.setattr(console, "has_time", lambda _: lambda: False)
    runs, after = 0, None
    while runs == 0 or after is not None:
        answer = operate("replay_notices", **event, after=after) if after else operate("replay_notices", **event)
        assert answer["done"] is True
        runs, after = runs + 1, answer["next_after"]
        assert after is None or rows.key_of(child) not in after
    assert runs > 1
    assert kinds(stage, before).count("looked_up") == 1


def test_a_cursor_of_another_stretch_is_refused(stage: Stage) -> None:
    answer = replay(stage, after="AAAA")
    assert (answer["done"], answer["code"]) == (False, "invalid_request")


@pytest.mark.parametrize(("since", "before"), [(-15 * 24, 0), (-1, 1), (1, 2), (-1, -2), (-1, -1)])
def test_a_stretch_that_makes_no_sense_is_refused(stage: Stage, since: int, before: int) -> None:
    now = stage.clock()
    event = {"since": text(now + timedelta(hours=since)), "before": text(now + timedelta(hours=before))}
    answer = operate("replay_notices", **event)
    assert (answer["done"], answer["code"]) == (False, "refused")


def test_each_run_leaves_an_access_record_of_who_asked(stage: Stage, rows: Rows) -> None:
    before = len(rows.of("O#", ACCESS))
    replay(stage)
    record = rows.of("O#", ACCESS)[-1]
    assert len(rows.of("O#", ACCESS)) == before + 1
    assert record["act"]["S"] == "notices_replayed"
    assert record["requested_by"]["S"]


def test_an_access_record_that_cannot_be_read_stops_nothing(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, before = known_child(stage), given(stage)
    stage.look_up(child, stage.token(EALING))
    [lookup] = rows.access_records(child, "L#")
    rows.reseal({**lookup, "sk": {"S": lookup["sk"]["S"][:-1] + "0"}}, purpose="odd")
    answer = replay(stage)
    assert answer["unreadable"] >= 1
    assert "looked_up" in kinds(stage, before)
    assert metrics.count("UnreadableRows") >= 1

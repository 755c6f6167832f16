"""An authority's standing reaches every container within a minute, and coverage always shows it as it is."""

from typing import Any

import pytest

from infra.local.authorities import LocalAuthority
from tests.support.faults import Faults
from tests.support.rows import Rows
from tests.support.stage import HARINGEY, Stage


def is_standing(stage: Stage, authority: LocalAuthority, standing: str) -> None:
    stage.enter(authority, standing={"S": standing})


def known_to(stage: Stage, authority: LocalAuthority) -> str:
    child = stage.new_child()
    assert stage.register(child, token=stage.token(authority.code)).status == 201
    return child


def sector(answer: Any) -> Any:
    [found] = [sector for sector in answer["coverage"] if sector["sector"] == "newcomers"]
    return found


def test_a_suspended_authority_cannot_call_a_minute_later_and_its_records_are_still_served(
    stage: Stage, newcomer: LocalAuthority
) -> None:
    child = known_to(stage, newcomer)
    is_standing(stage, newcomer, "suspended")
    stage.clock.advance(seconds=61)
    reply = stage.look_up(child, token=stage.token(newcomer.code))
    assert (reply.status, reply.code) == (403, "authority_suspended")
    assert stage.register(stage.new_child(), token=stage.token(newcomer.code)).status == 403
    assert stage.look_up(child).json["known"] is True


def test_a_suspension_that_cannot_be_read_within_a_minute_stops_everyone(
    stage: Stage, newcomer: LocalAuthority, faults: Faults
) -> None:
    child = known_to(stage, newcomer)
    is_standing(stage, newcomer, "suspended")
    stage.clock.advance(seconds=61)
    faults.throttle("Scan")
    assert stage.look_up(child, token=stage.token(newcomer.code)).status == 503


def test_the_rows_of_a_removed_authority_are_skipped_and_coverage_says_so(
    stage: Stage, newcomer: LocalAuthority, rows: Rows
) -> None:
    child = known_to(stage, newcomer)
    is_standing(stage, newcomer, "removed")
    stage.clock.advance(seconds=61)
    answer = stage.look_up(child).json
    assert (answer["known"], answer["complete"]) == (False, True)
    assert sector(answer)["removed"] >= 1
    assert "Not every authority reports" in answer["statement"]
    assert len(rows.of_child(child)) == 1
    assert stage.look_up(child, token=stage.token(newcomer.code)).status == 401


def test_a_removed_authority_does_not_spoil_an_answer_with_rows_that_no_longer_open(
    stage: Stage, newcomer: LocalAuthority, rows: Rows
) -> None:
    child = known_to(stage, newcomer)
    rows.put({**rows.one_of(child), "sealed": {"B": b"shredded"}})
    is_standing(stage, newcomer, "removed")
    stage.clock.advance(seconds=61)
    answer = stage.look_up(child, token=stage.token(HARINGEY)).json
    assert (answer["known"], answer["complete"]) == (False, True)


@pytest.mark.parametrize(("before", "after"), [("active", "removed"), ("removed", "active")])
def test_rows_and_coverage_of_one_answer_come_from_the_same_registry(
    stage: Stage, newcomer: LocalAuthority, before: str, after: str
) -> None:
    """The registry is refreshed while the Query runs. The answer may use the old one or the new one, never both."""
    child = known_to(stage, newcomer)
    removed = sector(stage.look_up(stage.new_child()).json)["removed"]
    is_standing(stage, newcomer, before)
    stage.clock.advance(seconds=61)
    stage.look_up(stage.new_child())
    is_standing(stage, newcomer, after)
    stage.clock.advance(seconds=31)
    answer = stage.look_up(child).json
    skipped = sector(answer)["removed"] - removed == 1
    assert answer["known"] is not skipped


def test_an_expired_row_of_an_authority_gone_from_the_registry_does_not_block_an_answer(
    stage: Stage, newcomer: LocalAuthority
) -> None:
    child = stage.new_child()
    ended_on = stage.today.isoformat()
    token = stage.token(newcomer.code)
    assert stage.register(child, token=token, service_type="school", ended_on=ended_on).status == 201
    stage.dynamodb.delete_item(TableName="knownto-test-registry", Key={"authority": {"S": newcomer.code}})
    stage.clock.advance(days=367)
    assert stage.look_up(child).json["known"] is False


def test_a_suspended_authority_counts_as_silent_and_reports_again_once_reinstated(
    stage: Stage, newcomer: LocalAuthority
) -> None:
    known_to(stage, newcomer)
    child = stage.new_child()
    is_standing(stage, newcomer, "suspended")
    stage.clock.advance(seconds=61)
    answer = stage.look_up(child).json
    assert newcomer.code in silent(answer)
    assert "Not every authority reports: see coverage." in answer["statement"]
    is_standing(stage, newcomer, "active")
    stage.clock.advance(seconds=61)
    assert newcomer.code not in silent(stage.look_up(child).json)


def silent(answer: Any) -> list[str]:
    return [one["code"] for one in sector(answer)["silent"]]


@pytest.mark.parametrize("feed", ["PUT", "batch"])
def test_a_feed_with_nothing_changed_keeps_its_authority_reporting(
    stage: Stage, newcomer: LocalAuthority, feed: str
) -> None:
    stage.enter(newcomer, reports_every_days={"N": "2"})
    stage.clock.advance(seconds=61)
    reference, body = stage.new_reference(), stage.body(stage.new_child())

    def send_again() -> int:
        token = stage.token(newcomer.code, "system:feed", scope="register")
        if feed == "PUT":
            return stage.call("PUT", f"/v1/involvements/{reference}", body, token=token).status
        rows = {"involvements": [{"reference": reference, **body}]}
        return int(stage.call("POST", "/v1/involvement-batches", rows, token=token).json["results"][0]["status"])

    assert send_again() == 201
    for _ in range(4):
        stage.clock.advance(days=2)
        assert send_again() == 200
        stage.clock.advance(seconds=61)
        assert newcomer.code not in silent(stage.look_up(stage.new_child()).json)
    stage.clock.advance(days=2)
    assert newcomer.code in silent(stage.look_up(stage.new_child()).json)


def test_reads_lookups_and_refused_requests_do_not_count_as_reports(stage: Stage, newcomer: LocalAuthority) -> None:
    known_to(stage, newcomer)
    stage.clock.advance(days=8)
    token = stage.token(newcomer.code)
    assert stage.call("GET", "/v1/involvements", token=token).status == 200
    assert stage.call("GET", "/v1/notices", token=token).status == 200
    assert stage.look_up(stage.new_child(), token=token).status == 200
    assert stage.register(stage.new_child(), token=token, basis="hearsay").status == 400
    stage.clock.advance(seconds=61)
    assert newcomer.code in silent(stage.look_up(stage.new_child()).json)

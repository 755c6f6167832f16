"""The hourly function against real tables. tests/unit/application/test_sweep.py has its rules."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import INVOLVEMENTS, NOTICES
from chalicelib.adapters.unattended.schedules import NotDone, on_schedule
from chalicelib.application.ports import HasTime
from chalicelib.wiring import unattended as unattended_wiring
from tests.support.faults import Faults
from tests.support.log_lines import Metrics, counted
from tests.support.rows import Row, Rows
from tests.support.schedules import Context, brief_sweep, sweep
from tests.support.stage import BRENT, HARINGEY, Stage
from tests.support.streams import changed, deliver

CANARY = {"pk": {"S": "CANARY"}, "sk": {"S": "CANARY"}}


@pytest.fixture
def quiet(rows: Rows) -> Iterator[None]:
    """No entry of an earlier test is due, and a later test finds no canary."""
    rows.empty(INVOLVEMENTS)
    yield
    rows.delete(CANARY)


@pytest.fixture
def metrics(quiet: None) -> Iterator[Metrics]:
    with counted() as metrics:
        yield metrics


def end_of_a_record_made_now(stage: Stage) -> datetime:
    today = stage.clock()
    return datetime(today.year + 2, today.month, min(today.day, 28), tzinfo=UTC)


def check_ttl() -> None:
    """Runs only the last part of a sweep."""

    def work(_: HasTime) -> bool:
        unattended_wiring.functions().check_ttl()
        return True

    on_schedule(Context(), "sweep", work)


def registered(stage: Stage, rows: Rows) -> tuple[str, str, datetime]:
    """Child, reference and end."""
    child, reference = stage.new_child(), stage.new_reference()
    assert stage.register(child, reference).status == 201
    return child, reference, datetime.fromtimestamp(int(rows.one_of(child)["expires_at"]["N"]), UTC)


def registered_and_notified(stage: Stage, rows: Rows) -> tuple[str, str, datetime]:
    """Child, reference and end of a record whose owner has had both notices, so it is due on the day of its end."""
    child, reference, end = registered(stage, rows)
    entry = rows.entry(reference)
    assert entry is not None
    rows.put({**entry, "due": {"S": f"{end:%F}#2"}})
    return child, reference, end


def test_an_ended_record_is_gone_within_the_hour(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference, end = registered(stage, rows)
    row, entry = rows.one_of(child), rows.entry(reference)
    stage.clock.now = end - timedelta(seconds=1)
    sweep()
    assert rows.of_child(child) == [row]
    stage.clock.now = end
    assert stage.look_up(child).json["known"] is False
    sweep()
    assert (rows.of_child(child), rows.entry(reference)) == ([], None)
    assert sorted(rows.acts(child)) == ["expired", "looked_up", "registered"]
    gone = [changed(row, None, end), changed(entry, None, end)]
    assert deliver(unattended.watch_involvements, *gone) == []
    assert metrics.count("RowsRemovedUnexplained") == 0
    assert metrics.count("Expired") == 1
    assert len(rows.of("CANARY")) == 1, "a run ends with the check of TTL"


def test_the_owner_is_notified_ninety_days_before_the_end(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    _, reference, end = registered(stage, rows)
    stage.clock.now = end - timedelta(days=90)
    brief_sweep()
    brief_sweep()
    assert metrics.count("LapseNotices") == 1
    entry = rows.entry(reference)
    assert entry is not None
    assert entry["due"]["S"].partition("#")[0] == f"{end - timedelta(days=30):%F}"
    notice = stage.services.parts.notices.page(HARINGEY, 0, 1000).waiting[-1].notice
    assert (notice.reference, notice.expires_at) == (reference, end)
    assert stage.call("PATCH", f"/v1/involvements/{reference}", {"confirmed_on": f"{stage.today}"}).status == 200
    renewed = rows.entry(reference)
    assert renewed is not None
    assert int(renewed["expires_at"]["N"]) > end.timestamp()
    assert renewed["due"]["S"] > entry["due"]["S"]


def test_a_row_renewed_between_reading_and_deleting_survives(
    stage: Stage, rows: Rows, faults: Faults, quiet: None
) -> None:
    child, reference, end = registered_and_notified(stage, rows)
    stage.clock.now = end
    body = stage.body(child, lead_professional=True)
    token = stage.token()

    def renew_first(send: Any) -> Any:
        assert stage.call("PUT", f"/v1/involvements/{reference}", body, token=token).status == 201
        return send()

    faults.add("TransactWriteItems", renew_first, times=1)
    brief_sweep()
    assert len(rows.of_child(child)) == 1
    assert "expired" not in rows.acts(child)


def test_if_ttl_was_quicker_one_access_record_and_no_entry_is_left(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference, end = registered_and_notified(stage, rows)
    row = rows.one_of(child)
    stage.clock.now = end
    rows.delete(row)
    deliver(unattended.watch_involvements, changed(row, None, end, by_ttl=True))
    brief_sweep()
    assert rows.entry(reference) is None
    assert sorted(rows.acts(child)) == ["expired", "registered"]


@pytest.mark.parametrize(
    "damage",
    [
        {"expires_at": {"S": "2031"}},
        {"expires_at": None},
        {"version": {"N": "7"}},
        {"child": {"N": "7"}},
        {"confirmed_on": {"S": "yesterday"}},
    ],
    ids=str,
)
def test_a_damaged_entry_is_left_for_an_operator_and_comes_up_again_tomorrow(
    stage: Stage, rows: Rows, metrics: Metrics, damage: dict[str, Any]
) -> None:
    child, reference, end = registered(stage, rows)
    entry = rows.entry(reference)
    assert entry is not None
    due = {"due": {"S": f"{end:%F}#2"}}
    rows.put({name: value for name, value in {**entry, **due, **damage}.items() if value is not None})
    stage.clock.now = end
    brief_sweep()
    brief_sweep()
    assert metrics.count("SweepLeft") == 1
    left = rows.entry(reference)
    assert left is not None
    assert left["due"] == {"S": f"{end + timedelta(days=1):%F}#2"}
    assert len(rows.of_child(child)) == 1
    rows.delete(left)


@pytest.mark.parametrize("due", [{"S": "some day"}, {"S": "2031-02-30#9"}, {"S": ""}, {"N": "1"}, None], ids=str)
def test_a_due_value_that_no_sweep_finds_is_reported_when_it_is_written(
    stage: Stage, rows: Rows, metrics: Metrics, due: Row | None
) -> None:
    """The row and entry still expire, because TTL reads other attributes."""
    _, reference, _ = registered(stage, rows)
    entry = rows.entry(reference)
    assert entry is not None
    edited = {name: value for name, value in {**entry, "due": due}.items() if value is not None}
    deliver(unattended.watch_involvements, changed(entry, edited, stage.clock()))
    assert metrics.count("RowsEditedByHand") == 1


def test_a_malformed_ttl_is_counted_and_does_not_stop_the_expiry(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference, end = registered_and_notified(stage, rows)
    entry = rows.entry(reference)
    assert entry is not None
    rows.put({**entry, "ttl": {"S": "never"}})
    rows.put({**rows.one_of(child), "ttl": {"S": "never"}})
    stage.clock.now = end
    brief_sweep()
    assert metrics.count("MalformedTtl") >= 1
    assert (rows.of_child(child), rows.entry(reference)) == ([], None)


def test_a_row_whose_end_is_damaged_goes_with_its_entry(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference, end = registered_and_notified(stage, rows)
    rows.put({**rows.one_of(child), "expires_at": {"S": "never"}, "ttl": {"S": "never"}})
    stage.clock.now = end
    brief_sweep()
    assert (rows.of_child(child), rows.entry(reference)) == ([], None)


def test_work_left_when_time_runs_out_is_done_an_hour_later(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    made = [registered_and_notified(stage, rows) for _ in range(4)]
    stage.clock.now = made[0][2]
    brief_sweep(60_000, 60_000, 29_000)
    assert sum(len(rows.of_child(child)) for child, *_ in made) == 2
    assert (metrics.count("SweepsUnfinished"), metrics.count("Sweeps")) == (1, 0)
    brief_sweep()
    assert sum(len(rows.of_child(child)) for child, *_ in made) == 0
    assert metrics.count("Sweeps") == 1


def test_a_notice_head_damaged_by_hand_delays_no_other_authoritys_expiry(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    end = end_of_a_record_made_now(stage)
    for _ in range(6):
        assert stage.register(stage.new_child(), token=stage.token(BRENT)).status == 201
    stage.clock.now = end - timedelta(days=370)
    child = stage.new_child()
    begun, ended = (f"{stage.today - timedelta(days):%F}" for days in (110, 80))
    assert stage.register(child, service_type="school", started_on=begun, ended_on=ended).status == 201
    row = rows.one_of(child)
    head = {"pk": {"S": f"N#{BRENT}"}, "sk": {"S": "HEAD"}}
    before = next((item for item in rows.of(f"N#{BRENT}", NOTICES) if item["sk"] == head["sk"]), None)
    rows.put({**head, "last": {"S": "many"}}, NOTICES)
    stage.clock.now = datetime.fromtimestamp(int(row["expires_at"]["N"]), UTC) + timedelta(hours=1)
    try:
        sweep()
    finally:
        rows.put(before, NOTICES) if before else rows.delete(head, NOTICES)
    assert rows.of_child(child) == []
    assert (metrics.count("SweepFailures"), metrics.count("LapseNotices")) == (1, 0)
    brief_sweep()
    assert metrics.count("LapseNotices") == 6


def test_the_delay_of_a_sweep_is_metered_in_hours(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    _, _, end = registered_and_notified(stage, rows)
    stage.clock.now = end + timedelta(hours=49, minutes=59)
    brief_sweep()
    assert metrics.count("OldestOverdueHours") == 49


def test_a_canary_that_ttl_does_not_delete_grows_old(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    stage.clock.advance(days=30)
    check_ttl()
    assert metrics.count("TtlCanaryHours") == 0
    stage.clock.advance(hours=72)
    check_ttl()
    assert metrics.count("TtlCanaryHours") == 72
    rows.delete(CANARY)
    check_ttl()
    assert metrics.count("TtlCanaryHours") == 72
    [canary] = rows.of("CANARY")
    assert canary["ttl"] == canary["expires_at"] == {"N": str(int(stage.clock().timestamp()))}
    assert deliver(unattended.watch_involvements, changed(canary, None, stage.clock(), by_ttl=True)) == []
    assert metrics.count("RowsRemovedUnexplained") == 0


def test_a_canary_that_was_edited_by_hand_is_replaced(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    stage.clock.advance(days=30)
    rows.put({**CANARY, "expires_at": {"S": "soon"}})
    brief_sweep()
    [canary] = rows.of("CANARY")
    assert canary["ttl"] == {"N": str(int(stage.clock().timestamp()))}


def test_a_sweep_that_cannot_work_fails_and_is_not_counted_as_one(stage: Stage, faults: Faults, quiet: None) -> None:
    faults.throttle("Query")
    with counted() as metrics, pytest.raises(NotDone):
        brief_sweep()
    assert metrics.count("Sweeps") == 0
    assert metrics.count("Unavailable") == 1


def test_no_line_of_the_sweep_names_anybody(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference, end = registered(stage, rows)
    pk = rows.one_of(child)["pk"]["S"]
    for days in (90, 30, 0):
        stage.clock.now = end - timedelta(days=days)
        brief_sweep()
    assert (metrics.count("LapseNotices"), metrics.count("Expired")) == (2, 1)
    lines = json.dumps([line for line in metrics.lines if line["message"] == "schedule"], default=str)
    assert [name for name in (child, pk, reference, HARINGEY) if name in lines] == []

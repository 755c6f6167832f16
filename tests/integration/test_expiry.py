"""The promises of docs/expiry.md from beginning to end, with a clock that the test sets."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.adapters.ids import ulid_of
from tests.support.log_lines import counted
from tests.support.rows import Row, Rows
from tests.support.schedules import sweep
from tests.support.stage import EALING, HARINGEY, Stage
from tests.support.streams import changed, deliver

ONE_SECOND = timedelta(seconds=1)


def registered(stage: Stage, rows: Rows, **changes: Any) -> tuple[str, str, datetime]:
    child, reference = stage.new_child(), stage.new_reference()
    assert stage.register(child, reference, **changes).status == 201
    return child, reference, datetime.fromtimestamp(int(rows.one_of(child)["expires_at"]["N"]), UTC)


@pytest.mark.parametrize("service_type", ["social_care", "school", "sexual_health"])
def test_a_record_is_unreadable_for_everybody_at_its_end_to_the_second(
    stage: Stage, rows: Rows, service_type: str
) -> None:
    child, reference, end = registered(stage, rows, service_type=service_type, basis="consent")
    path = f"/v1/involvements/{reference}"
    stage.clock.now = end - ONE_SECOND
    assert stage.look_up(child, stage.token(EALING)).json["known"] is True
    assert stage.call("GET", path).status == 200
    stage.clock.now = end
    for authority in (EALING, "E09000014"):
        assert stage.look_up(child, stage.token(authority)).json["known"] is False
    assert stage.call("GET", path).status == 404
    assert stage.call("PATCH", path, {"confirmed_on": f"{stage.today}"}).status == 404
    assert rows.one_of(child)["ttl"] == {"N": str(int(end.timestamp()))}


def test_a_record_is_gone_within_72_hours_with_ttl_off_and_a_day_without_a_sweep(stage: Stage, rows: Rows) -> None:
    child, reference, end = registered(stage, rows)
    stage.clock.now = end + timedelta(hours=26)  # the alarm for missing sweeps has been raised by now
    sweep()
    assert (rows.of_child(child), rows.entry(reference)) == ([], None)
    assert stage.clock() - end < timedelta(hours=72)


def test_an_access_record_outlives_its_involvement_and_expires_after_six_years(stage: Stage, rows: Rows) -> None:
    child, _, end = registered(stage, rows)
    stage.clock.now = end
    row = rows.one_of(child)
    sweep()
    deliver(unattended.watch_involvements, changed(row, None, end))
    for record in rows.of(rows.key_of(child), ACCESS):
        kept = datetime.fromtimestamp(int(record["ttl"]["N"]), UTC)
        assert kept.year - datetime.fromtimestamp(int(record["at"]["N"]), UTC).year == 6


def by_ttl(stage: Stage, rows: Rows, child: str, end: datetime) -> Row:
    """TTL deletes the row and the watcher sees it. Returns the row."""
    row = rows.one_of(child)
    stage.clock.now = end
    rows.delete(row)
    assert deliver(unattended.watch_involvements, changed(row, None, end, by_ttl=True)) == []
    return row


def test_nobody_without_the_key_can_work_out_where_the_record_of_an_expiry_will_be(stage: Stage, rows: Rows) -> None:
    """Otherwise an item that is put there beforehand would keep it out."""
    child, reference, end = registered(stage, rows)
    words = (rows.key_of(child), HARINGEY, reference, rows.one_of(child)["version"]["S"])
    for separator in ("\n", ""):
        readable = sha256(separator.join(("expired", *words)).encode()).digest()[:10]
        id = ulid_of(int(end.timestamp()) * 1000, int.from_bytes(readable))
        rows.put({"pk": {"S": rows.key_of(child)}, "sk": {"S": f"E#{id}"}}, ACCESS)
    by_ttl(stage, rows, child, end)
    assert "expired" in [row.get("act", {}).get("S") for row in rows.access_records(child)]


def test_a_record_of_an_expiry_that_was_overwritten_raises_an_alarm_and_holds_nothing_up(
    stage: Stage, rows: Rows
) -> None:
    child, reference, end = registered(stage, rows)
    row = by_ttl(stage, rows, child, end)
    [record] = [one for one in rows.access_records(child) if one["act"]["S"] == "expired"]
    rows.put({**rows.as_stored(record), "sealed": {"B": b"made up"}}, ACCESS)
    with counted() as metrics:
        assert deliver(unattended.watch_involvements, changed(row, None, end, by_ttl=True)) == []
        assert metrics.count("AccessRecordsTampered") == 1
        sweep()
        assert metrics.count("AccessRecordsTampered") == 2
    assert rows.entry(reference) is None

"""The promises of docs/expiry.md from beginning to end, with a clock that the test sets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS
from tests.support.rows import Rows
from tests.support.schedules import sweep
from tests.support.stage import EALING, Stage
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

"""Pulses: every reader of a stream sees one each hour, and nothing else counts as one."""

import json
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, REGISTRY, STREAMS
from chalicelib.adapters.dynamodb.stream_readers import PULSE, READERS
from chalicelib.adapters.unattended.schedules import NotDone
from infra.local.stream_mappings import matches
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.schedules import run_schedule
from tests.support.stage import Stage
from tests.support.streams import Record, changed, deliver

PULSES = {name: reader.pulses for name, reader in READERS.items() if reader.pulses is not None}
"""By reader. The registry gets no pulses."""
each_reader = pytest.mark.parametrize("name", PULSES)
ALARMS = (
    "RowsRemovedUnexplained",
    "RowsEditedByHand",
    "AccessRecordsTampered",
    "NoticesTampered",
    "StreamRecordsPutAside",
)


def function_of(name: str) -> Any:
    return getattr(unattended, name)


@pytest.fixture
def pulses(rows: Rows) -> dict[str, Row]:
    """The newest pulse of each table."""
    run_schedule(unattended.send_pulses)
    return {table: rows.of(PULSE, table)[-1] for table in STREAMS if table != REGISTRY}


@each_reader
def test_a_reader_counts_the_pulse_that_the_stream_delivers(
    stage: Stage, pulses: dict[str, Row], metrics: Metrics, name: str
) -> None:
    pulse = changed(None, pulses[READERS[name].table], stage.clock())
    assert deliver(function_of(name), pulse) == []
    assert metrics.count(PULSES[name]) == 1
    assert [metrics.count(alarm) for alarm in ALARMS] == [0] * len(ALARMS)


@each_reader
@pytest.mark.parametrize("by_ttl", [True, False])
def test_a_pulse_that_goes_is_neither_a_pulse_nor_a_hand_edit(
    stage: Stage, pulses: dict[str, Row], metrics: Metrics, name: str, by_ttl: bool
) -> None:
    pulse = pulses[READERS[name].table]
    gone = changed(pulse, None, stage.clock(), by_ttl=by_ttl)
    edited = changed(pulse, {**pulse, "ttl": {"N": "1"}}, stage.clock())
    assert deliver(function_of(name), gone, edited) == []
    assert metrics.count(PULSES[name]) == 0
    assert [metrics.count(alarm) for alarm in ALARMS] == [0] * len(ALARMS)


def test_a_pulse_written_into_the_table_counts_for_nobody_whose_stream_is_off(
    rows: Rows, pulses: dict[str, Row], metrics: Metrics
) -> None:
    """A forged pulse hides no blinded reader: only what the stream delivers is counted."""
    rows.put({**pulses[INVOLVEMENTS], "sk": {"S": "forged"}})
    assert [metrics.count(pulses) for pulses in PULSES.values()] == [0] * len(PULSES)


def test_nothing_beside_the_partition_of_the_pulses_counts_as_one(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child = stage.new_child()
    stage.register(child)
    row = rows.one_of(child)
    near = {**row, "pk": {"S": f"{PULSE}#1"}}
    deliver(unattended.watch_involvements, changed(row, None, stage.clock()), changed(None, near, stage.clock()))
    assert metrics.count("WatchInvolvementsPulses") == 0
    assert metrics.count("RowsRemovedUnexplained") == 1


def test_a_pulse_lasts_a_day_and_is_no_access_record(stage: Stage, pulses: dict[str, Row]) -> None:
    tomorrow = int(stage.clock().timestamp()) + 24 * 3600
    assert all(tomorrow - 60 <= int(pulse["ttl"]["N"]) <= tomorrow for pulse in pulses.values())
    assert {frozenset(pulse) for pulse in pulses.values()} == {frozenset({"pk", "sk", "ttl"})}


@each_reader
def test_the_filter_of_each_stream_mapping_lets_pulses_through(stage: Stage, pulses: dict[str, Row], name: str) -> None:
    def handed_over(record: Record) -> bool:
        patterns = [json.loads(pattern) for pattern in READERS[name].patterns]
        return not patterns or any(matches(pattern, record) for pattern in patterns)

    assert handed_over(changed(None, pulses[READERS[name].table], stage.clock()))


def test_if_one_table_is_away_the_other_still_gets_its_pulse(rows: Rows, faults: Faults) -> None:
    before = len(rows.of(PULSE, ACCESS))
    faults.throttle("PutItem", about="-involvements")
    with pytest.raises(NotDone):
        run_schedule(unattended.send_pulses)
    assert len(rows.of(PULSE, ACCESS)) == before + 1

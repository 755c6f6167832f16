"""The tables' streams against real tables: every removal leaves an access record or raises an alarm."""

import itertools
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.domain.values import replace
from chalicelib.wiring import parts
from chalicelib.wiring import unattended as unattended_wiring
from tests.support.console import operate, pair
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.stage import HARINGEY, Stage
from tests.support.streams import Letters, Record, changed, deliver, number_of

ALARMS = ("RowsRemovedUnexplained", "RowsEditedByHand", "AccessRecordsTampered", "MalformedTtl")


def alarms(metrics: Metrics) -> dict[str, float]:
    return {name: count for name in ALARMS if (count := metrics.count(name))}


def end_of(row: Row) -> datetime:
    return datetime.fromtimestamp(int(row["expires_at"]["N"]), UTC)


@pytest.fixture
def row(stage: Stage, rows: Rows) -> Row:
    """The stored row of a new involvement."""
    child = stage.new_child()
    assert stage.register(child, stage.new_reference()).status == 201
    return rows.one_of(child)


def records(rows: Rows, row: Row, act: str) -> list[Row]:
    return [record for record in rows.of(row["pk"]["S"], ACCESS) if record["act"]["S"] == act]


def expired_at(row: Row, **after: float) -> Record:
    return changed(row, None, end_of(row) + timedelta(**after), by_ttl=True)


def test_a_removal_by_ttl_leaves_an_access_record_of_the_expiry(row: Row, rows: Rows, metrics: Metrics) -> None:
    assert deliver(unattended.watch_involvements, expired_at(row, hours=30)) == []
    [record] = records(rows, row, "expired")
    assert record["at"] == row["expires_at"]
    assert (record["authority"]["S"], record["version"]) == (HARINGEY, row["version"])
    assert f"I#{HARINGEY}#{record['reference']['S']}" == row["sk"]["S"]
    assert not {"practitioner", "requested_by"} & record.keys()
    assert alarms(metrics) == {}
    assert metrics.count("ExpiredByTtl") == 1


def test_the_same_removal_delivered_again_makes_no_second_access_record(row: Row, rows: Rows) -> None:
    for _ in range(3):
        assert deliver(unattended.watch_involvements, expired_at(row), expired_at(row, hours=1)) == []
    assert len(records(rows, row, "expired")) == 1


def test_a_removal_by_ttl_before_the_end_raises_an_alarm(row: Row, rows: Rows, metrics: Metrics) -> None:
    """For example because `ttl` was edited by hand."""
    deliver(unattended.watch_involvements, changed(row, None, end_of(row) - timedelta(seconds=1), by_ttl=True))
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}
    assert records(rows, row, "expired") == []


@pytest.mark.parametrize("ttl", [{"N": "9999999999"}, {"S": "1"}, None])
def test_a_removal_by_ttl_of_a_row_whose_own_ttl_has_not_passed_raises_an_alarm(
    row: Row, metrics: Metrics, ttl: dict[str, str] | None
) -> None:
    """TTL was pointed at another attribute, such as `expires_at`."""
    edited = {name: value for name, value in {**row, "ttl": ttl}.items() if value is not None}
    deliver(unattended.watch_involvements, changed(edited, None, end_of(row), by_ttl=True))
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}


def test_a_removal_by_hand_raises_an_alarm(stage: Stage, row: Row, rows: Rows, metrics: Metrics) -> None:
    rows.delete(row)
    deliver(unattended.watch_involvements, changed(row, None, stage.clock()))
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}


@pytest.mark.parametrize(
    "identity",
    [
        {"type": "Service", "principalId": "somebody"},
        {"type": "User", "principalId": "dynamodb.amazonaws.com"},
        {},
        None,
    ],
)
def test_only_the_service_itself_expires_rows(row: Row, metrics: Metrics, identity: dict[str, str] | None) -> None:
    record = {**changed(row, None, end_of(row)), "userIdentity": identity}
    deliver(unattended.watch_involvements, record)
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}


def test_a_withdrawal_explains_the_removal_of_row_and_register_entry(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    row, entry = rows.one_of(child), rows.entry(reference)
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    gone = [changed(row, None, stage.clock()), changed(entry, None, stage.clock())]
    assert deliver(unattended.watch_involvements, *gone) == []
    assert alarms(metrics) == {}


def test_an_older_withdrawal_does_not_explain_a_later_removal(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    stage.call("DELETE", f"/v1/involvements/{reference}")
    stage.register(child, reference)
    deliver(unattended.watch_involvements, changed(rows.one_of(child), None, stage.clock()))
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}


def test_a_record_that_goes_to_the_present_number_explains_the_row_that_goes(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    row = rows.one_of(old)
    operate("supersede_nhs_number", pairs=pair(old, new))
    stage.register(new, reference)
    deliver(unattended.watch_involvements, changed(row, None, stage.clock()))
    assert alarms(metrics) == {}


def test_a_refused_put_and_the_sweep_after_it_are_no_hand_edits(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    states = [rows.entry(reference)]
    assert stage.register(stage.new_child(), reference).code == "another_child"
    states.append(rows.entry(reference))
    unattended_wiring.functions().sweep(lambda: True)
    states.append(rows.entry(reference))
    assert states[0] != states[1] != states[2]
    for before, after in pairwise(states):
        deliver(unattended.watch_involvements, changed(before, after, stage.clock()))
    assert alarms(metrics) == {}


def test_a_mark_made_or_removed_by_hand_raises_an_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    reference = stage.new_reference()
    stage.register(stage.new_child(), reference)
    stage.register(stage.new_child(), reference)
    entry = rows.entry(reference)
    assert entry is not None
    without = {name: value for name, value in entry.items() if name != "undecided_on"}
    deliver(unattended.watch_involvements, changed(entry, without, stage.clock()))
    deliver(unattended.watch_involvements, changed(entry, {**entry, "undecided_on": {"N": "1"}}, stage.clock()))
    assert alarms(metrics) == {"RowsEditedByHand": 2}


def test_an_expired_row_that_gives_way_to_another_child_has_its_record(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    """TTL is late and the authority uses the reference again: the same transaction deletes the old row."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    row = rows.one_of(child)
    stage.clock.now = end_of(row)
    assert stage.register(stage.new_child(), reference).status == 201
    deliver(unattended.watch_involvements, changed(row, None, stage.clock()), expired_at(row))
    assert alarms(metrics) == {}
    assert len(records(rows, row, "expired")) == 1


def test_a_shield_removed_by_hand_raises_an_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child = stage.new_child()
    stage.shield(child)
    deliver(unattended.watch_involvements, changed(rows.one_of(child), None, stage.clock()))
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}


def test_an_erasure_explains_the_removal_of_every_row_and_of_the_shield(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.register(child)
    stage.shield(child)
    gone = [changed(row, None, stage.clock()) for row in rows.of_child(child)]
    assert operate("erase_child", nhs_number=child)["done"]
    assert deliver(unattended.watch_involvements, *gone) == []
    assert len(gone) == 3
    assert alarms(metrics) == {}


def test_lifting_a_shield_explains_the_removal_of_the_shield_and_nothing_else(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.shield(child)
    gone = [changed(row, None, stage.clock()) for row in rows.of_child(child)]
    assert operate("unshield_child", nhs_number=child)["done"]
    deliver(unattended.watch_involvements, *gone)
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}


def test_a_change_that_the_service_never_makes_raises_an_alarm(stage: Stage, row: Row, metrics: Metrics) -> None:
    later = {**row, "expires_at": {"N": "9999999999"}, "ttl": {"N": "9999999999"}}
    deliver(unattended.watch_involvements, changed(row, later, stage.clock()))
    assert alarms(metrics) == {"RowsEditedByHand": 1}


def test_an_older_row_put_back_by_hand_raises_an_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    """It opens, because it was sealed for this key. Only the time of its version gives it away."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    old_row, old_entry = rows.one_of(child), rows.entry(reference)
    stage.clock.advance(minutes=1)
    stage.register(child, reference, lead_professional=True)
    new_row, new_entry = rows.one_of(child), rows.entry(reference)
    deliver(
        unattended.watch_involvements,
        *(changed(*back, stage.clock()) for back in ((new_row, old_row), (new_entry, old_entry))),
    )
    assert alarms(metrics) == {"RowsEditedByHand": 2}


@pytest.mark.parametrize("kind", ["row", "entry", "shield"])
def test_an_erased_row_put_back_by_hand_raises_an_alarm(stage: Stage, rows: Rows, metrics: Metrics, kind: str) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    stage.shield(child)
    row, shield = rows.of_child(child)
    gone = {"row": row, "entry": rows.entry(reference), "shield": shield}[kind]
    assert operate("erase_child", nhs_number=child)["done"]
    stage.clock.advance(minutes=16)
    deliver(unattended.watch_involvements, changed(None, gone, stage.clock()))
    assert alarms(metrics) == {"RowsEditedByHand": 1}


@pytest.mark.parametrize("version", [{"S": ""}, {"S": "z" * 26}, {"S": "7" + "Z" * 25}, {"N": "1"}, None])
def test_a_row_without_a_version_of_ours_raises_an_alarm(
    stage: Stage, row: Row, metrics: Metrics, version: dict[str, str] | None
) -> None:
    edited = {name: value for name, value in {**row, "version": version}.items() if value is not None}
    deliver(unattended.watch_involvements, changed(None, edited, stage.clock()))
    assert alarms(metrics) == {"RowsEditedByHand": 1}


def test_a_tombstone_made_by_hand_raises_an_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    reference = stage.new_reference()
    stage.register(stage.new_child(), reference)
    entry = rows.entry(reference)
    assert entry is not None
    deliver(unattended.watch_involvements, changed(entry, {**entry, "erased_at": {"N": "1"}}, stage.clock()))
    assert alarms(metrics) == {"RowsEditedByHand": 1}


@pytest.mark.parametrize(
    "due", ["9999-12-31#0", "2031-02-31#0", "2026-1-1#0", "20310101#0", "2001-01-01#0", "2031-01-01#4", ""]
)
def test_a_due_day_on_which_no_sweep_finds_the_entry_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, due: str
) -> None:
    reference = stage.new_reference()
    stage.register(stage.new_child(), reference)
    entry = rows.entry(reference)
    assert entry is not None
    is_due = {**entry, "due": {"S": f"{stage.today}#0"}}
    deliver(unattended.watch_involvements, changed(is_due, {**entry, "due": {"S": due}}, stage.clock()))
    assert alarms(metrics) == {"RowsEditedByHand": 1}


def test_a_shield_removed_by_hand_raises_an_alarm_whatever_else_was_just_done_to_the_child(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    child = stage.new_child()
    stage.shield(child)
    [shield] = rows.of_child(child)
    assert operate("supersede_nhs_number", pairs=pair(stage.new_child(), child))["done"]
    deliver(unattended.watch_involvements, changed(shield, None, stage.clock()))
    assert alarms(metrics) == {"RowsRemovedUnexplained": 1}


def test_the_services_own_writes_raise_no_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    row, entry = rows.one_of(child), rows.entry(reference)
    stage.register(child, reference, lead_professional=True)
    after = (rows.one_of(child), rows.entry(reference))
    assert entry is not None
    due, last_day = ({**entry, "due": {"S": f"{day}#0"}} for day in (stage.today, end_of(row).date()))
    writes = [(None, row), (None, entry), (row, after[0]), (entry, after[1]), (due, last_day)]
    assert deliver(unattended.watch_involvements, *(changed(*write, stage.clock()) for write in writes)) == []
    assert alarms(metrics) == {}


@pytest.mark.parametrize("ttl", [{"S": "1900000000"}, {"N": "1"}, {"N": "1900000000000"}, None])
def test_a_ttl_that_deletes_never_or_too_early_is_counted(
    stage: Stage, row: Row, metrics: Metrics, ttl: dict[str, str] | None
) -> None:
    edited = {name: value for name, value in {**row, "ttl": ttl}.items() if value is not None}
    deliver(unattended.watch_involvements, changed(row, edited, stage.clock()))
    assert alarms(metrics) == {"MalformedTtl": 1, "RowsEditedByHand": 1}


def test_a_poison_record_is_put_aside_alone_and_at_once(
    stage: Stage, rows: Rows, metrics: Metrics, letters: Letters
) -> None:
    batch = []
    for _ in range(10):
        child = stage.new_child()
        stage.register(child)
        batch.append(expired_at(rows.one_of(child)))
    del batch[4]["dynamodb"]["ApproximateCreationDateTime"]
    batch[4]["eventSourceARN"] = "arn:aws:dynamodb:eu-west-2:1:table/knownto-test-involvements/stream/1"
    assert deliver(unattended.watch_involvements, *batch) == []
    assert metrics.count("ExpiredByTtl") == 9
    assert (metrics.count("StreamRecordsPutAside"), metrics.count("StreamRecordsFailed")) == (1, 0)
    assert letters() == [
        {
            "function": "watch_involvements",
            "stream": batch[4]["eventSourceARN"],
            "sequence_number": number_of(batch[4]),
            "error_type": "Unreadable",
        }
    ]


def test_a_poison_record_is_tried_again_if_it_cannot_be_put_aside(row: Row, stage: Stage, metrics: Metrics) -> None:
    record = expired_at(row)
    del record["dynamodb"]["ApproximateCreationDateTime"]
    whole = stage.services.parts
    parts.install(replace(whole, settings=replace(whole.settings, dead_letters="http://127.0.0.1:9/no/queue")))
    assert deliver(unattended.watch_involvements, record) == [number_of(record)]
    parts.install(replace(whole, settings=replace(whole.settings, dead_letters=None)))
    assert deliver(unattended.watch_involvements, record) == [number_of(record)]
    assert metrics.count("StreamRecordsFailed") == 2


def test_a_removal_is_delivered_again_if_its_access_record_cannot_be_written(
    faults: Faults, row: Row, rows: Rows, metrics: Metrics
) -> None:
    record = expired_at(row)
    faults.throttle("PutItem")
    assert deliver(unattended.watch_involvements, record) == [number_of(record)]
    faults.clear()
    assert records(rows, row, "expired") == []
    assert deliver(unattended.watch_involvements, record) == []
    assert len(records(rows, row, "expired")) == 1


def test_no_removal_counts_as_explained_while_access_records_cannot_be_read(
    faults: Faults, row: Row, metrics: Metrics
) -> None:
    record = changed(row, None, datetime.now(UTC))
    faults.throttle("Query")
    assert deliver(unattended.watch_involvements, record) == [number_of(record)]
    assert alarms(metrics) == {}


def test_any_order_and_any_repeats_leave_the_same_access_records(stage: Stage, rows: Rows) -> None:
    def history(child: str, reference: str) -> list[Record]:
        stage.register(child, reference)
        first = rows.one_of(child)
        stage.call("DELETE", f"/v1/involvements/{reference}")
        stage.register(child, reference)
        second = rows.one_of(child)
        now = stage.clock()
        return [changed(None, first, now), changed(first, None, now), changed(None, second, now), expired_at(second)]

    chance = random.Random(4)  # noqa: S311
    left = set()
    for _ in range(6):
        child = stage.new_child()
        records = history(child, stage.new_reference())
        for record in chance.sample([*records, *records], 8):
            assert deliver(unattended.watch_involvements, record) == []
        left.add(tuple(sorted(rows.acts(child))))
    assert left == {("expired", "registered", "registered", "withdrawn")}


def _kept(row: Row) -> Record:
    return changed(None, row, datetime.now(UTC))


def _edited(row: Row) -> Record:
    return changed(row, {**row, "act": {"S": "read"}}, datetime.now(UTC))


def _removed(row: Row) -> Record:
    return changed(row, None, datetime.now(UTC))


def _removed_by_ttl(row: Row) -> Record:
    return changed(row, None, datetime.fromtimestamp(int(row["ttl"]["N"]), UTC), by_ttl=True)


def _removed_by_ttl_early(row: Row) -> Record:
    """TTL was pointed at the attribute `at`, which has passed."""
    return changed(row, None, datetime.now(UTC), by_ttl=True)


def _of_no_id_removed_by_ttl(row: Row) -> Record:
    return _removed_by_ttl({**row, "sk": {"S": "E#1"}})


@pytest.mark.parametrize(
    ("happens", "tampered"),
    [
        (_kept, 0),
        (_edited, 1),
        (_removed, 1),
        (_removed_by_ttl, 0),
        (_removed_by_ttl_early, 1),
        (_of_no_id_removed_by_ttl, 1),
    ],
)
def test_any_change_of_an_access_record_but_insertion_and_expiry_raises_an_alarm(
    row: Row, rows: Rows, metrics: Metrics, happens: Callable[[Row], Record], tampered: int
) -> None:
    [record] = records(rows, row, "registered")
    change = happens(record)
    for image in ("OldImage", "NewImage"):
        change["dynamodb"].pop(image, None)  # this stream holds keys only
    assert deliver(unattended.watch_access, change) == []
    assert metrics.count("AccessRecordsTampered") == tampered


def test_no_line_of_the_watchers_names_anybody(
    stage: Stage, row: Row, rows: Rows, metrics: Metrics, faults: Faults
) -> None:
    broken: dict[str, Any] = changed(row, None, stage.clock())
    broken["dynamodb"]["OldImage"]["pk"] = {"N": "1"}
    deliver(unattended.watch_involvements, expired_at(row), changed(row, None, stage.clock()), broken)
    lines = json.dumps(metrics.lines, default=str)
    assert len(metrics.lines) >= 2
    names = itertools.chain.from_iterable((row[part]["S"], row[part]["S"].rpartition("#")[2]) for part in ("pk", "sk"))
    assert [name for name in names if name in lines] == []

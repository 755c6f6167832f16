"""Somebody may write to every table, but has no key. Whatever he changes is noticed, and nothing that he forges is
believed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, KEYS, table_name
from chalicelib.adapters.ids import new_ulid
from chalicelib.adapters.sealing.audit_keys import AUDIT_KEY
from chalicelib.wiring.parts import install, make_clients, make_parts
from tests.support.console import operate, pair
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.schedules import sweep
from tests.support.stage import EALING, HARINGEY, STAGE, Stage
from tests.support.streams import changed, deliver, number_of

ALARMS = ("RowsRemovedUnexplained", "RowsEditedByHand", "AccessRecordsTampered", "MalformedTtl")
CHILD, REFERENCE = "child", "reference"


def alarms(metrics: Metrics) -> set[str]:
    return {name for name in ALARMS if metrics.count(name)}


@contextmanager
def watched(stage: Stage, rows: Rows) -> Iterator[None]:
    """Delivers what the block changed in the Involvements table to its watcher."""
    before = {(row["pk"]["S"], row["sk"]["S"]): row for row in rows.all(INVOLVEMENTS)}
    yield
    after = {(row["pk"]["S"], row["sk"]["S"]): row for row in rows.all(INVOLVEMENTS)}
    changes = [
        changed(before.get(key), after.get(key), stage.clock())
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    ]
    assert changes
    assert deliver(unattended.watch_involvements, *changes) == []


def forged(stage: Stage, pk: str, act: str, reference: str | None = None, version: str | None = None) -> Row:
    """An access record as somebody without the audit key can make it: the fields as readable attributes."""
    named = {} if reference is None else {"authority": {"S": HARINGEY}, "reference": {"S": reference}}
    return {
        "pk": {"S": pk},
        "sk": {"S": f"E#{stage.services.parts.new_id()}"},
        "ttl": {"N": "1985385600"},
        "at": {"N": str(int(stage.clock().timestamp()))},
        "act": {"S": act},
        "sealed": {"B": b"\1\1" + bytes(100)},
        **named,
        **({} if version is None else {"version": {"S": version}}),
    }


@pytest.fixture
def record(stage: Stage) -> tuple[str, str]:
    """A child with one record, and its reference."""
    child, reference = stage.new_child(), stage.new_reference()
    assert stage.register(child, reference).status == 201
    return child, reference


@pytest.mark.parametrize("act", ["withdrawn", "erased", "expired", "renumbered"])
def test_a_forged_ending_explains_no_removal(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str], act: str
) -> None:
    child, reference = record
    row, entry = rows.one_of(child), rows.entry(reference)
    assert entry is not None
    fake = forged(stage, row["pk"]["S"], act, reference, row["version"]["S"])
    rows.put(fake, ACCESS)
    with watched(stage, rows):
        rows.delete(row)
        rows.delete(entry)
    assert metrics.count("RowsRemovedUnexplained") == 2
    deliver(unattended.gather_leaves, changed(None, fake, stage.clock()))
    assert metrics.count("AccessRecordsTampered") >= 1


def test_a_genuine_ending_of_another_child_explains_no_removal(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str]
) -> None:
    """Copied under this child's key, it does not open."""
    other, theirs = stage.new_child(), stage.new_reference()
    stage.register(other, theirs)
    assert stage.call("DELETE", f"/v1/involvements/{theirs}").status == 204
    [withdrawn] = [act for act in rows.access_records(other) if act["act"]["S"] == "withdrawn"]
    row = rows.one_of(record[0])
    rows.put({**rows.as_stored(withdrawn), "pk": row["pk"]}, ACCESS)
    with watched(stage, rows):
        rows.delete(row)
    assert alarms(metrics) == {"RowsRemovedUnexplained", "AccessRecordsTampered"}


def test_a_forged_lifting_explains_no_missing_shield(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    child = stage.new_child()
    stage.shield(child)
    shield = rows.one_of(child)
    rows.put(forged(stage, shield["pk"]["S"], "unshielded", version=shield["version"]["S"]), ACCESS)
    with watched(stage, rows):
        rows.delete(shield)
    assert metrics.count("RowsRemovedUnexplained") == 1


@pytest.mark.parametrize("act", ["superseded", "supersede_undone", "erased"])
@pytest.mark.parametrize("kind", ["M#", "F#"])
def test_a_forged_act_explains_no_missing_link_of_two_numbers(
    *, stage: Stage, rows: Rows, metrics: Metrics, kind: str, act: str
) -> None:
    old, new = stage.new_child(), stage.new_child()
    assert operate("supersede_nhs_number", pairs=pair(old, new))["done"]
    [item] = [row for child in (old, new) for row in rows.of_child(child) if row["sk"]["S"] == kind]
    rows.put(forged(stage, item["pk"]["S"], act, version=item["version"]["S"]), ACCESS)
    with watched(stage, rows):
        rows.delete(item)
    assert metrics.count("RowsRemovedUnexplained") == 1


def test_a_genuine_supersede_just_before_explains_no_missing_link(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    """Its access record names no version that was removed."""
    old, new = stage.new_child(), stage.new_child()
    assert operate("supersede_nhs_number", pairs=pair(old, new))["done"]
    with watched(stage, rows):
        for child in (old, new):
            rows.delete(rows.one_of(child))
    assert metrics.count("RowsRemovedUnexplained") == 2


def garbage(row: Row, stage: Stage) -> Row:
    """The item with other contents under a fresh version, as only the time of a version could give away."""
    return {**row, "version": {"S": stage.services.parts.new_id()}, "sealed": {"B": b"garbage"}}


Attack = Callable[[Stage, Rows, str, str], None]


def _garbage_in_place_of_the_row(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    rows.put(garbage(rows.one_of(child), stage))


def _a_garbage_shield(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    rows.put({**garbage(rows.one_of(child), stage), "sk": {"S": "S#"}, "review_on": {"S": "2099-01-01"}})


def _a_garbage_pointer(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    rows.put({**garbage(rows.one_of(child), stage), "sk": {"S": "M#"}})


def _a_garbage_list_of_former_keys(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    rows.put({**garbage(rows.one_of(child), stage), "sk": {"S": "F#"}})


def _an_unknown_item(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    rows.put({**garbage(rows.one_of(child), stage), "sk": {"S": "X#"}})


def _a_record_of_another_reference(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    rows.put({**rows.one_of(child), "sk": {"S": f"I#{HARINGEY}#{reference}-2"}})


def _a_record_of_another_authority(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    rows.put({**rows.one_of(child), "sk": {"S": f"I#{EALING}#{reference}"}})


def _an_entry_that_leads_to_another_child(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    entry = rows.entry(reference)
    assert entry is not None
    other = {"S": rows.key_of(stage.new_child())}
    rows.put({**entry, "child": other, "version": {"S": stage.services.parts.new_id()}})


def _a_tombstone_over_the_entry(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    entry = rows.entry(reference)
    assert entry is not None
    now = {"N": str(int(stage.clock().timestamp()))}
    version = {"S": stage.services.parts.new_id()}
    rows.put({**entry, "child": {"S": "C#0#erased"}, "version": version, "erased_at": now})


def _a_version_that_names_another_act(stage: Stage, rows: Rows, child: str, reference: str) -> None:
    """A genuine access record of this record, made just now, but not of a write."""
    assert stage.call("GET", f"/v1/involvements/{reference}").status == 200
    [read] = [act for act in rows.access_records(child) if act["act"]["S"] == "read"]
    rows.put({**garbage(rows.one_of(child), stage), "version": {"S": read["sk"]["S"].removeprefix("E#")}})


@pytest.mark.parametrize(
    "attack",
    [
        _garbage_in_place_of_the_row,
        _a_garbage_shield,
        _a_garbage_pointer,
        _a_garbage_list_of_former_keys,
        _an_unknown_item,
        _a_record_of_another_reference,
        _a_record_of_another_authority,
        _an_entry_that_leads_to_another_child,
        _a_tombstone_over_the_entry,
        _a_version_that_names_another_act,
    ],
    ids=lambda attack: attack.__name__.strip("_"),
)
def test_what_no_access_record_explains_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str], attack: Attack
) -> None:
    with watched(stage, rows):
        attack(stage, rows, *record)
    assert alarms(metrics) == {"RowsEditedByHand"}


@pytest.mark.parametrize("erased", [True, False], ids=["an entry over a tombstone", "a tombstone that is gone"])
def test_a_tombstone_that_is_overwritten_or_removed_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str], erased: bool
) -> None:
    child, reference = record
    entry = rows.entry(reference)
    assert entry is not None
    assert operate("erase_child", nhs_number=child)["done"]
    tombstone = rows.entry(reference)
    assert tombstone is not None
    with watched(stage, rows):
        if erased:
            rows.put({**entry, "version": {"S": stage.services.parts.new_id()}})
        else:
            rows.delete(tombstone)
    assert alarms(metrics) == {"RowsEditedByHand" if erased else "RowsRemovedUnexplained"}


@pytest.mark.parametrize("kind", ["row", "entry"])
def test_a_row_put_back_six_seconds_after_its_withdrawal_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str], kind: str
) -> None:
    """Its version is genuine and was made just now. Only the later access record gives it away."""
    child, reference = record
    old = rows.one_of(child) if kind == "row" else rows.entry(reference)
    assert old is not None
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    stage.clock.advance(seconds=6)
    with watched(stage, rows):
        rows.put(old)
    assert alarms(metrics) == {"RowsEditedByHand"}


def test_an_older_list_of_former_keys_put_back_raises_an_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    """It would hide the records of the number that joined last."""
    first, second, present = (stage.new_child() for _ in range(3))
    operate("supersede_nhs_number", pairs=pair(first, present))
    older = rows.one_of(present)
    stage.clock.advance(seconds=6)
    operate("supersede_nhs_number", pairs=pair(second, present))
    stage.clock.advance(seconds=6)
    with watched(stage, rows):
        rows.put(older)
    assert alarms(metrics) == {"RowsEditedByHand"}


@pytest.mark.parametrize("first_list", [True, False])
def test_an_older_list_of_former_keys_put_back_at_once_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, *, first_list: bool
) -> None:
    """Two numbers of one list are superseded within a second, so only the order of the lists gives it away."""
    numbers, present = [stage.new_child() for _ in range(2 if first_list else 3)], stage.new_child()
    lists = []
    for number in numbers:
        assert operate("supersede_nhs_number", pairs=pair(number, present))["done"]
        lists.append(rows.one_of(present))
    with watched(stage, rows):
        rows.put(lists[-2])
    assert alarms(metrics) == {"RowsEditedByHand"}


def test_a_due_that_is_put_off_before_its_day_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str]
) -> None:
    """Its owner would not hear that the record lapses."""
    entry = rows.entry(record[1])
    assert entry is not None
    end = datetime.fromtimestamp(int(entry["expires_at"]["N"]), UTC).date()
    with watched(stage, rows):
        rows.put({**entry, "due": {"S": f"{end}#{entry['due']['S'].rpartition('#')[2]}"}})
    assert alarms(metrics) == {"RowsEditedByHand"}


def test_a_mark_removed_by_hand_just_after_its_number_was_superseded_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str]
) -> None:
    """Its owner would not trace the number anew."""
    assert operate("supersede_nhs_number", pairs=pair(record[0], stage.new_child()))["done"]
    entry = rows.entry(record[1])
    assert entry is not None
    with watched(stage, rows):
        rows.put({name: value for name, value in entry.items() if name != "trace_number_on"})
    assert alarms(metrics) == {"RowsEditedByHand"}


def test_a_mark_to_trace_the_number_set_by_hand_just_after_a_refusal_raises_an_alarm(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str]
) -> None:
    assert stage.register(stage.new_child(), record[1]).code == "another_child"
    entry = rows.entry(record[1])
    assert entry is not None
    with watched(stage, rows):
        rows.put({**entry, "trace_number_on": {"S": stage.today.isoformat()}})
    assert alarms(metrics) == {"RowsEditedByHand"}


@pytest.mark.parametrize("version", [0, 2, 255])
def test_a_forged_key_of_another_version_hides_no_tampering(
    *, stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str], version: int
) -> None:
    """KMS cannot unwrap it. That must not look like an outage, after which the watchers try again for a day."""
    child, reference = record
    row = rows.one_of(child)
    key = {"key": {"S": f"{AUDIT_KEY}{version}"}, "secret": {"B": b"garbage"}}
    stage.dynamodb.put_item(TableName=table_name(STAGE, KEYS), Item=key)
    fake = {**forged(stage, row["pk"]["S"], "withdrawn", reference), "sealed": {"B": bytes((1, version)) + bytes(100)}}
    rows.put(fake, ACCESS)
    with watched(stage, rows):
        rows.delete(row)
    assert deliver(unattended.gather_leaves, changed(None, fake, stage.clock())) == []
    assert alarms(metrics) == {"RowsRemovedUnexplained", "AccessRecordsTampered"}


@pytest.mark.parametrize("secret", [None, b"garbage"], ids=["missing", "garbage"])
def test_without_the_audit_key_every_stream_record_waits(
    *, stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str], secret: bytes | None
) -> None:
    """Nothing is called forged that only cannot be verified now, and no notice and no leaf is lost."""
    stage.look_up(record[0], stage.token(EALING))
    added = [changed(None, rows.as_stored(row), stage.clock()) for row in rows.access_records(record[0])]
    table, name = table_name(STAGE, KEYS), {"key": {"S": f"{AUDIT_KEY}1"}}
    key = stage.dynamodb.get_item(TableName=table, Key=name)["Item"]
    made = stage.services.parts
    cold = make_parts(stage.settings, make_clients(), stage.clock, made.new_id)
    if secret is None:
        stage.dynamodb.delete_item(TableName=table, Key=name)
    else:
        stage.dynamodb.put_item(TableName=table, Item={**name, "secret": {"B": secret}})
    install(cold)
    readers = (unattended.gather_leaves, unattended.post_notices)
    try:
        for function in readers:
            assert deliver(function, *added) == [number_of(one) for one in added]
        assert alarms(metrics) == set()
        assert metrics.count("MissingKeys" if secret is None else "KMSFailures") > 0
        stage.dynamodb.put_item(TableName=table, Item=key)
        for function in readers:
            assert deliver(function, *added) == []
    finally:
        stage.dynamodb.put_item(TableName=table, Item=key)
        install(made)


def test_a_lookup_forged_in_a_nurses_name_is_noticed_and_believed_nowhere(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str]
) -> None:
    child, reference = record
    assert stage.look_up(child, stage.token(EALING, "nurse-1")).status == 200
    [genuine] = rows.access_records(child, "L#")
    id_ = new_ulid(int(stage.clock().timestamp() * 1000) + 500)
    fake = {**rows.as_stored(genuine), "sk": {"S": f"L#{id_}"}}
    rows.put(fake, ACCESS)
    assert deliver(unattended.gather_leaves, changed(None, fake, stage.clock())) == []
    assert metrics.count("AccessRecordsTampered") == 1
    listed = stage.call("GET", f"/v1/involvements/{reference}/accesses").json
    assert ([one["lookup_id"] for one in listed["accesses"]], listed["complete"]) == (
        [genuine["sk"]["S"].removeprefix("L#")],
        False,
    )
    before = stage.call("GET", "/v1/notices").json["notices"]
    assert deliver(unattended.post_notices, changed(None, fake, stage.clock())) == []
    assert stage.call("GET", "/v1/notices").json["notices"] == before
    report = operate("access_report", authority=EALING, day=stage.today.isoformat())
    [shown] = [one for one in report["lookups"] if one["lookup_id"] == id_]
    assert (shown["at"], shown["practitioner"]) == (None, None)


def test_a_genuine_access_record_sets_off_nothing(
    stage: Stage, rows: Rows, metrics: Metrics, record: tuple[str, str]
) -> None:
    stage.look_up(record[0], stage.token(EALING))
    added = [changed(None, rows.as_stored(row), stage.clock()) for row in rows.access_records(record[0])]
    assert deliver(unattended.gather_leaves, *added) == []
    assert alarms(metrics) == set()


def service_writes(stage: Stage) -> dict[str, Callable[[], Any]]:
    """Every write that the service makes to the Involvements table, in an order in which each is possible."""
    old, new, third, retired = (stage.new_child() for _ in range(4))
    one, two, three = (stage.new_reference() for _ in range(3))
    today = stage.today.isoformat()
    return {
        "a new record": lambda: stage.register(old, one),
        "a record of another authority": lambda: stage.register(old, three, token=stage.token(EALING)),
        "the same record with other details": lambda: stage.register(old, one, lead_professional=True),
        "a confirmation": lambda: stage.call(
            "PATCH", f"/v1/involvements/{one}", {"confirmed_on": (stage.today + timedelta(days=1)).isoformat()}
        ),
        "another child refused": lambda: stage.register(third, one),
        "a dispute": lambda: operate("dispute_record", authority=HARINGEY, reference=one, disputed=True),
        "a dispute that is over": lambda: operate("dispute_record", authority=HARINGEY, reference=one, disputed=False),
        "a shield": lambda: stage.shield(old),
        "a shield asked for again": lambda: stage.shield(old, days=400),
        "a shield reviewed": lambda: operate("shield_child", nhs_number=old, review_on="2027-06-01"),
        "a number superseded": lambda: operate("supersede_nhs_number", pairs=pair(old, new)),
        "a record that goes to the present number": lambda: stage.register(new, one),
        "a present number superseded": lambda: operate("supersede_nhs_number", pairs=pair(new, third)),
        "a record of the third number": lambda: stage.register(third, two),
        "a shield lifted": lambda: operate("unshield_child", nhs_number=old),
        "a number retired": lambda: operate("retire_nhs_number", nhs_number=retired),
        "a retired number superseded": lambda: operate("supersede_nhs_number", pairs=pair(retired, third)),
        "a supersede undone": lambda: operate("undo_supersede", old_nhs_number=retired, new_nhs_number=third),
        "a record that ends": lambda: stage.call("PATCH", f"/v1/involvements/{two}", {"ended_on": today}),
        "a withdrawal": lambda: stage.call("DELETE", f"/v1/involvements/{two}"),
        "an erasure": lambda: operate("erase_child", nhs_number=third),
    }


def test_no_write_of_the_service_raises_an_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    for name, step in service_writes(stage).items():
        stage.clock.advance(seconds=10)
        with watched(stage, rows):
            step()
        assert (name, alarms(metrics)) == (name, set())


def test_the_sweep_raises_no_alarm(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    rows.empty(INVOLVEMENTS, ACCESS)
    child = stage.new_child()
    stage.register(child)
    ends = int(rows.one_of(child)["expires_at"]["N"])
    stage.clock.advance(seconds=ends - stage.clock().timestamp())
    with watched(stage, rows):
        sweep()
    assert rows.of_child(child) == []
    assert alarms(metrics) == set()

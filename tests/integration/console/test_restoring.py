"""The drill: a restored backup shows what has ended since. After the gate it no longer does."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import console, unattended
from chalicelib.adapters.dynamodb.involvement_store import DynamoInvolvementStore
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, table_name, table_schema
from chalicelib.adapters.dynamodb.supersession import DynamoSupersession
from chalicelib.domain.access_records import Operator
from chalicelib.domain.disclosure import ChildRecords
from chalicelib.domain.errors import Unavailable
from chalicelib.wiring import console as console_wiring
from tests.support.console import operate, pair
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.stage import EALING, STAGE, Stage
from tests.support.streams import changed, deliver

pytestmark = pytest.mark.system

RESTORED = table_name(STAGE, "involvements-restored")


@dataclass
class Drill:
    """A backup, and what a lookup would read if the restored table served it."""

    stage: Stage
    rows: Rows
    backup: list[Row]
    backup_at: str = ""

    def back_up(self) -> None:
        self.backup = self.rows.all(INVOLVEMENTS)
        self.backup_at = f"{self.stage.clock():%Y-%m-%dT%H:%M:%SZ}"

    def restore(self) -> None:
        """As DynamoDB does: to a second table, without TTL, stream, backups, protection and tags."""
        self.stage.dynamodb.create_table(
            TableName=RESTORED, BillingMode="PAY_PER_REQUEST", **table_schema(INVOLVEMENTS)
        )
        for row in self.backup:
            self.stage.dynamodb.put_item(TableName=RESTORED, Item=row)

    def drop(self) -> None:
        self.stage.dynamodb.update_table(TableName=RESTORED, DeletionProtectionEnabled=False)
        self.stage.dynamodb.delete_table(TableName=RESTORED)

    def read(self, child: str) -> ChildRecords:
        parts = self.stage.services.parts
        tables = parts.tables.beside(RESTORED)
        supersession = DynamoSupersession(tables, parts.sealer, parts.access_log)
        store = DynamoInvolvementStore(tables, parts.sealer, parts.access_log, supersession)
        return store.of_child(self.rows.key_of(child), frozenset())

    def take_the_place(self, child: str, reference: str) -> None:
        """Copies the child's row and its entry from the restored table into the stage's own."""
        key = {"pk": {"S": self.rows.key_of(child)}, "sk": {"S": f"I#E09000014#{reference}"}}
        entry = self.entry(reference)
        assert entry is not None
        self.rows.put(self.stage.dynamodb.get_item(TableName=RESTORED, Key=key)["Item"])
        self.rows.put(entry)

    def live(self, child: str) -> list[str]:
        now = self.stage.clock()
        return sorted(row.reference for row in self.read(child).involvements if row.is_live(now))

    def entry(self, reference: str) -> Row | None:
        key = {"pk": {"S": "A#E09000014"}, "sk": {"S": f"R#{reference}"}}
        found: Row | None = self.stage.dynamodb.get_item(TableName=RESTORED, Key=key).get("Item")
        return found

    def gate(self, **more: Any) -> dict[str, Any]:
        return operate("restore_gate", table="involvements-restored", backup_at=self.backup_at, **more)


@pytest.fixture
def drill(stage: Stage, rows: Rows) -> Iterator[Drill]:
    rows.empty(INVOLVEMENTS, ACCESS)
    drill = Drill(stage, rows, [])
    yield drill
    if RESTORED in stage.dynamodb.list_tables()["TableNames"]:
        drill.drop()


def test_nothing_that_has_ended_since_the_backup_can_be_read_after_the_gate(stage: Stage, drill: Drill) -> None:
    kept, erased, withdrawn, anew, expired, lifted, shielded, old = (stage.new_child() for _ in range(8))
    present, new_home = stage.new_child(), stage.new_child()
    for child, reference in ((kept, "dr-kept"), (erased, "dr-erased"), (withdrawn, "dr-withdrawn"), (old, "dr-old")):
        stage.register(child, reference)
    stage.register(anew, "dr-anew")
    stage.register(shielded, "dr-shielded")
    stage.register(present, "dr-present")
    stage.register(expired, "dr-expired", ended_on=stage.today.isoformat(), service_type="school")
    stage.shield(lifted)
    drill.back_up()

    operate("erase_child", nhs_number=erased)
    stage.call("DELETE", "/v1/involvements/dr-withdrawn")
    stage.call("DELETE", "/v1/involvements/dr-anew")
    stage.register(new_home, "dr-anew")
    stage.shield(shielded)
    operate("unshield_child", nhs_number=lifted)
    operate("supersede_nhs_number", pairs=pair(old, present))
    stage.clock.advance(days=370)
    drill.restore()

    assert drill.live(erased) == ["dr-erased"]
    assert drill.live(withdrawn) == ["dr-withdrawn"]
    assert drill.live(present) == ["dr-present"]
    assert not drill.read(shielded).shielded
    answer = drill.gate()
    assert answer["answer"].startswith("Safe for traffic: ")
    assert answer["safe_for_traffic"] is True
    assert (drill.live(erased), drill.live(withdrawn), drill.live(anew)) == ([], [], [])
    assert drill.read(expired).involvements == ()
    assert drill.read(shielded).shielded
    assert not drill.read(lifted).shielded
    assert drill.live(old) == drill.live(present) == ["dr-old", "dr-present"]
    assert drill.live(kept) == ["dr-kept"]
    tombstone = drill.entry("dr-erased")
    assert tombstone is not None
    assert "erased_at" in tombstone
    assert (drill.entry("dr-withdrawn"), drill.entry("dr-anew"), drill.entry("dr-expired")) == (None, None, None)


def test_the_last_act_about_a_number_holds_after_the_gate(stage: Stage, drill: Drill) -> None:
    old, new, changed, wrong, right, retired = (stage.new_child() for _ in range(6))
    for child, reference in ((old, "dr-1"), (new, "dr-2"), (changed, "dr-3"), (wrong, "dr-4"), (retired, "dr-5")):
        stage.register(child, reference)
    stage.clock.advance(days=1)
    operate("supersede_nhs_number", pairs=pair(old, new))
    operate("supersede_nhs_number", pairs=pair(changed, wrong))
    drill.back_up()
    for numbers in ((old, new), (changed, wrong)):
        assert operate("undo_supersede", old_nhs_number=numbers[0], new_nhs_number=numbers[1])["done"]
    operate("supersede_nhs_number", pairs=pair(changed, right))
    operate("retire_nhs_number", nhs_number=retired)
    drill.restore()
    assert drill.live(old) == drill.live(new) == ["dr-1", "dr-2"]
    assert drill.gate()["answer"].startswith("Safe for traffic: ")
    assert (drill.live(old), drill.live(new)) == (["dr-1"], ["dr-2"])
    assert (drill.live(changed), drill.live(right), drill.live(wrong)) == (["dr-3"], ["dr-3"], ["dr-4"])
    assert (drill.read(retired).trace_number, drill.live(retired)) == (True, ["dr-5"])
    assert not drill.read(old).trace_number


def test_a_record_that_went_to_the_present_number_is_never_answered_with_none(stage: Stage, drill: Drill) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    drill.back_up()
    stage.clock.advance(seconds=1)
    operate("supersede_nhs_number", pairs=pair(old, new))
    stage.register(new, reference, sensitive=True, basis="consent")
    drill.restore()
    assert drill.gate()["safe_for_traffic"] is True
    for number in (old, new):
        records = drill.read(number)
        assert (records.involvements, records.unreadable) == ((), 1)


def test_a_record_that_went_to_the_present_number_and_was_withdrawn_there_is_gone(stage: Stage, drill: Drill) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    drill.back_up()
    stage.clock.advance(seconds=1)
    operate("supersede_nhs_number", pairs=pair(old, new))
    stage.register(new, reference, lead_professional=True)
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    drill.restore()
    # Access records are read in no particular order, so the link of the numbers may come after the withdrawal.
    assert any(drill.gate()["safe_for_traffic"] for _ in range(2))
    for number in (old, new):
        records = drill.read(number)
        assert (records.involvements, records.unreadable) == ((), 0)
    assert drill.entry(reference) is None


def test_the_settings_that_a_restore_drops_are_back(stage: Stage, drill: Drill) -> None:
    live = stage.dynamodb.describe_table(TableName=table_name(STAGE, INVOLVEMENTS))["Table"]["TableArn"]
    stage.dynamodb.tag_resource(ResourceArn=live, Tags=[{"Key": "service", "Value": "known-to"}])
    drill.back_up()
    drill.restore()
    answer = drill.gate()["answer"]
    assert "Settings put right: TTL, backups, stream, deletion protection, tags." in answer
    table = stage.dynamodb.describe_table(TableName=RESTORED)["Table"]
    ttl = stage.dynamodb.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert table["DeletionProtectionEnabled"]
    again = drill.gate()
    assert "Settings" not in again["answer"]
    assert "Replayed 0, swept 0." in again["answer"]


def test_a_record_that_was_registered_again_after_its_withdrawal_stays(stage: Stage, drill: Drill) -> None:
    child = stage.new_child()
    stage.register(child, "dr-again")
    backup_at = f"{stage.clock():%Y-%m-%dT%H:%M:%SZ}"
    stage.call("DELETE", "/v1/involvements/dr-again")
    stage.register(child, "dr-again")
    drill.back_up()
    drill.restore()
    drill.backup_at = backup_at
    assert drill.gate()["safe_for_traffic"]
    assert drill.live(child) == ["dr-again"]


def test_a_row_written_by_a_fast_clock_still_ends(stage: Stage, drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    withdrawn, erased, lifted = (stage.new_child() for _ in range(3))
    right = time.time_ns
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time_ns", lambda: right() + 60 * 10**9)
        stage.register(withdrawn, "dr-ahead-1")
        stage.register(erased, "dr-ahead-2")
        stage.shield(lifted)
    drill.back_up()
    stage.call("DELETE", "/v1/involvements/dr-ahead-1")
    operate("erase_child", nhs_number=erased)
    operate("unshield_child", nhs_number=lifted)
    drill.restore()
    assert drill.gate()["safe_for_traffic"]
    assert (drill.live(withdrawn), drill.live(erased)) == ([], [])
    assert drill.entry("dr-ahead-1") is None
    assert "erased_at" in (drill.entry("dr-ahead-2") or {})
    assert not drill.read(lifted).shielded


@pytest.mark.parametrize("asked", ["again", "by an operator, with another day of review"])
def test_a_shield_put_while_the_one_before_is_lifted_stays(
    stage: Stage, rows: Rows, drill: Drill, faults: Faults, asked: str
) -> None:
    child = stage.new_child()
    stage.shield(child)
    drill.back_up()

    def lifted_first(send: Any) -> Any:
        assert operate("unshield_child", nhs_number=child)["done"]
        return send()

    if asked == "again":
        faults.add("TransactWriteItems", lifted_first, times=1)
        stage.shield(child)
    else:
        faults.add("TransactWriteItems", lifted_first, after=1, times=1)
        operate("shield_child", nhs_number=child, review_on=(stage.today + timedelta(days=9)).isoformat())
    assert stage.look_up(child, stage.token(EALING)).json["shielded"]
    drill.restore()
    assert drill.gate()["safe_for_traffic"]
    assert drill.read(child).shielded


@pytest.mark.parametrize("how", ["replaced", "amended"])
def test_a_record_changed_since_the_backup_is_not_shown_until_its_owner_sends_it_again(
    stage: Stage, rows: Rows, drill: Drill, how: str
) -> None:
    """It may have become sensitive. The answer still says "known", so the child is never called unknown."""
    child, reference = stage.new_child(), stage.new_reference()
    first = stage.register(child, reference, service_type="school", basis="consent", date_of_birth=stage.nearly_adult)
    drill.back_up()
    if how == "replaced":
        stage.register(child, reference, service_type="school", basis="consent", sensitive=True)
    else:
        stage.call("PATCH", f"/v1/involvements/{reference}", {"sensitive": True})
    entry = rows.entry(reference)
    assert entry is not None
    drill.restore()
    assert [row.details.work.sensitive for row in drill.read(child).involvements] == [False]
    assert drill.gate()["safe_for_traffic"]
    assert drill.read(child) == ChildRecords((), shielded=False, unreadable=1)
    assert "Replayed 0" in drill.gate()["answer"]
    assert (drill.entry(reference) or {})["version"] == entry["version"]

    drill.take_the_place(child, reference)
    assert stage.look_up(child, stage.token(EALING)).code == "cannot_answer"
    assert stage.call("GET", f"/v1/involvements/{reference}").code == "record_unreadable"
    again = stage.register(child, reference, service_type="school", basis="consent", sensitive=how == "replaced")
    assert (again.status, again.json["expires_at"]) == (200, first.json["expires_at"])
    assert stage.look_up(child, stage.token(EALING)).json["complete"]


def test_a_record_not_changed_since_the_backup_is_shown_as_before(stage: Stage, drill: Drill) -> None:
    changed, unchanged = stage.new_child(), stage.new_child()
    for child, reference in ((changed, "dr-changed"), (unchanged, "dr-unchanged")):
        stage.register(child, reference)
    stage.call("PATCH", "/v1/involvements/dr-changed", {"lead_professional": True})
    drill.back_up()
    stage.register(unchanged, "dr-unchanged")
    drill.restore()
    assert drill.gate()["safe_for_traffic"]
    assert (drill.live(changed), drill.live(unchanged)) == (["dr-changed"], ["dr-unchanged"])


def test_a_shield_that_was_asked_for_twice_and_lifted_stays_lifted(stage: Stage, drill: Drill) -> None:
    child = stage.new_child()
    stage.shield(child)
    drill.back_up()
    stage.shield(child)
    stage.clock.advance(minutes=16)
    operate("unshield_child", nhs_number=child)
    drill.restore()
    assert drill.gate()["safe_for_traffic"]
    assert not drill.read(child).shielded


@pytest.mark.parametrize("about", ["registered again", "renewed"])
def test_a_record_written_while_the_gate_reads_stays(
    stage: Stage, drill: Drill, rows: Rows, faults: Faults, about: str
) -> None:
    """The gate runs on the live table, though nobody should do that. It loses no record written while it reads."""
    child, reference = stage.new_child(), stage.new_reference()
    ended = stage.today.isoformat() if about == "renewed" else None
    stage.register(child, reference, service_type="school", ended_on=ended)
    row, entry = rows.one_of(child), rows.entry(reference)
    assert entry is not None
    drill.back_up()
    if about == "renewed":
        stage.clock.advance(days=370)
        drill.backup_at = f"{stage.clock():%Y-%m-%dT%H:%M:%SZ}"
    else:
        stage.call("DELETE", f"/v1/involvements/{reference}")
        rows.put(row)
        rows.put(entry)
    reached, release = faults.hold("TransactWriteItems", about=rows.key_of(child), times=1)
    pass_gate = console_wiring.functions().restore_gate
    live = table_name(STAGE, INVOLVEMENTS)
    with ThreadPoolExecutor(1) as beside:
        backup_at = datetime.fromisoformat(drill.backup_at)
        gate = beside.submit(pass_gate, live, backup_at, None, lambda: True, Operator("j.doe", "drill"))
        assert reached.wait(20)
        assert stage.register(child, reference).status in {200, 201}
        release.set()
        with pytest.raises(Unavailable):
            gate.result()
    assert stage.look_up(child, stage.token(EALING)).json["known"]
    assert operate("restore_gate", table="involvements", backup_at=drill.backup_at)["safe_for_traffic"]
    assert stage.look_up(child, stage.token(EALING)).json["known"]


def test_a_run_does_not_continue_with_another_backup_time(stage: Stage, drill: Drill) -> None:
    drill.back_up()
    drill.restore()
    hurried = SimpleNamespace(get_remaining_time_in_millis=lambda: 1, aws_request_id="id")
    event = {"requested_by": "j.doe", "reason": "drill", "table": "involvements-restored", "backup_at": drill.backup_at}
    after = console.restore_gate(event, hurried)["next_after"]
    later = f"{stage.clock() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    answer = console.restore_gate({**event, "backup_at": later, "after": after}, hurried)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")


def test_a_run_does_not_continue_in_another_table_of_the_same_name(stage: Stage, drill: Drill) -> None:
    child = stage.new_child()
    stage.register(child, "dr-twice")
    drill.back_up()
    operate("erase_child", nhs_number=child)
    drill.restore()
    hurried = SimpleNamespace(get_remaining_time_in_millis=lambda: 1, aws_request_id="id")
    event = {"requested_by": "j.doe", "reason": "drill", "table": "involvements-restored", "backup_at": drill.backup_at}
    after = console.restore_gate(event, hurried)["next_after"]
    drill.drop()
    drill.restore()
    answer = console.restore_gate({**event, "after": after}, hurried)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert drill.live(child) == ["dr-twice"]
    assert drill.gate()["safe_for_traffic"]
    assert drill.live(child) == []


def test_a_backup_time_later_than_that_of_the_rows_is_refused(stage: Stage, drill: Drill, faults: Faults) -> None:
    """Otherwise records that ended between the two times would not be ended again."""
    child = stage.new_child()
    stage.register(child, "dr-later")
    drill.back_up()
    operate("erase_child", nhs_number=child)
    restored_to = int(stage.clock().timestamp())
    stage.clock.advance(hours=1)
    drill.restore()

    def restored_earlier(reply: Any) -> Any:
        reply["Table"]["RestoreSummary"] = {"RestoreDateTime": restored_to, "RestoreInProgress": False}
        return reply

    faults.reword("DescribeTable", restored_earlier)
    right, drill.backup_at = drill.backup_at, f"{stage.clock():%Y-%m-%dT%H:%M:%SZ}"
    answer = drill.gate()
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert f"use {right}." in answer["answer"]
    assert drill.live(child) == ["dr-later"]
    drill.backup_at = right
    assert drill.gate()["safe_for_traffic"]
    assert drill.live(child) == []


def test_a_run_continues_after_time_ran_out(stage: Stage, drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.adapters.console.restored_table._ITEMS_A_PAGE", 40)
    for _ in range(25):
        stage.register(stage.new_child())
    child = stage.new_child()
    stage.register(child, "dr-paged")
    drill.back_up()
    operate("erase_child", nhs_number=child)
    drill.restore()
    event = {"requested_by": "j.doe", "reason": "drill", "table": "involvements-restored", "backup_at": drill.backup_at}
    hurried = SimpleNamespace(get_remaining_time_in_millis=lambda: 1, aws_request_id="id")
    runs = 0
    answer = console.restore_gate(event, hurried)
    while answer["next_after"] is not None:
        assert answer["answer"].startswith("Not finished, and NOT SAFE for traffic.")
        assert not answer["safe_for_traffic"]
        assert "C#1#" not in str(answer)
        runs += 1
        answer = console.restore_gate({**event, "after": answer["next_after"]}, hurried)
    assert answer["safe_for_traffic"]
    assert runs >= 5  # the sweep alone reads two pages, twice
    assert drill.live(child) == []


def test_a_row_that_comes_back_before_the_check_makes_the_table_unsafe(stage: Stage, drill: Drill, faults: Any) -> None:
    child = stage.new_child()
    stage.register(child, "dr-late")
    drill.back_up()
    operate("erase_child", nhs_number=child)
    drill.restore()
    hurried = SimpleNamespace(get_remaining_time_in_millis=lambda: 1, aws_request_id="id")
    event = {"requested_by": "j.doe", "reason": "drill", "table": "involvements-restored", "backup_at": drill.backup_at}
    answer = console.restore_gate(event, hurried)
    while answer["next_after"] is not None:
        for row in drill.backup:  # after each page, because the log may have several
            stage.dynamodb.put_item(TableName=RESTORED, Item=row)
        answer = console.restore_gate({**event, "after": answer["next_after"]}, hurried)
    assert answer["answer"].startswith("NOT SAFE for traffic.")
    assert not answer["safe_for_traffic"]
    assert drill.gate()["safe_for_traffic"]


def test_an_unreadable_access_record_makes_the_table_unsafe(stage: Stage, rows: Rows, drill: Drill) -> None:
    child = stage.new_child()
    stage.register(child, "dr-damaged")
    drill.back_up()
    stage.shield(child)
    operate("supersede_nhs_number", pairs=pair(child, stage.new_child()))
    [record] = [row for row in rows.of(rows.key_of(child), ACCESS) if row["act"]["S"] == "superseded"]
    rows.reseal(record, present=b"damaged")
    drill.restore()
    try:
        assert drill.gate()["answer"].startswith("NOT SAFE for traffic.")
    finally:
        rows.delete(record, ACCESS)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("act", {"S": "what nobody does"}),
        *itertools.product(("act", "at", "authority", "reference", "version"), (None, {"NULL": True}, {"M": {}})),
    ],
)
def test_a_damaged_access_record_never_brings_a_withdrawn_record_back(
    stage: Stage, rows: Rows, drill: Drill, attribute: str, value: dict[str, Any] | None
) -> None:
    """The gate calls the table unsafe, or removes the record all the same. It never overlooks the withdrawal."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    drill.back_up()
    stage.call("DELETE", f"/v1/involvements/{reference}")
    [record] = [row for row in rows.of(rows.key_of(child), ACCESS) if row["act"]["S"] == "withdrawn"]
    damaged = {name: held for name, held in {**record, attribute: value}.items() if held is not None}
    rows.put(damaged, ACCESS)
    drill.restore()
    try:
        assert not drill.gate()["safe_for_traffic"] or drill.live(child) == []
    finally:
        rows.delete(record, ACCESS)


def test_a_row_that_the_gate_ends_in_the_live_table_has_its_access_record(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    """The watcher of that table needs it to explain the removal."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference, service_type="school", ended_on=stage.today.isoformat())
    row, entry = rows.one_of(child), rows.entry(reference)
    stage.clock.advance(days=400)
    backup_at = f"{stage.clock() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    operate("restore_gate", table="involvements", backup_at=backup_at)
    assert rows.of_child(child) == []
    assert rows.acts(child) == ["registered", "expired"]
    deliver(unattended.watch_involvements, changed(row, None, stage.clock()), changed(entry, None, stage.clock()))
    assert metrics.count("RowsRemovedUnexplained") == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"table": "access"}, "invalid_request"),
        ({"backup_at": "yesterday"}, "invalid_request"),
        ({"backup_at": "2020-01-01T00:00:00"}, "invalid_request"),
        ({"backup_at": "2199-01-01T00:00:00Z"}, "refused"),
        ({"backup_at": "2020-01-01T00:00:00Z"}, "refused"),
        ({"backup_at": "0001-01-01T00:00:00Z"}, "refused"),
        ({"backup_at": "0001-01-01T00:00:00+14:00"}, "refused"),
        ({"after": "cGxhY2U="}, "invalid_request"),
        ({"reason": None}, "invalid_request"),
    ],
)
def test_nonsense_is_refused(stage: Stage, drill: Drill, change: dict[str, Any], code: str) -> None:
    drill.back_up()
    drill.restore()
    answer = operate("restore_gate", **{"table": "involvements-restored", "backup_at": drill.backup_at, **change})
    assert (answer["done"], answer["code"]) == (False, code)


def test_a_missing_table_is_reported(stage: Stage, drill: Drill) -> None:
    drill.back_up()
    answer = drill.gate()
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert answer["answer"].startswith("Refused. There is no such table.")

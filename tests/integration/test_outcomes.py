"""From the outcome of a call to the owner's notice, against real tables: stream, weekly counts, sweep."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, NOTICES
from chalicelib.adapters.unattended.schedules import NotDone, on_schedule
from chalicelib.application.ports import HasTime
from chalicelib.wiring import unattended as wiring
from infra.local.authorities import LocalAuthority
from tests.support.console import operate, pair
from tests.support.faults import Faults, Killed
from tests.support.log_lines import Metrics
from tests.support.registry import entered
from tests.support.rows import Row, Rows, as_text
from tests.support.schedules import Context
from tests.support.stage import EALING, HARINGEY, Stage
from tests.support.streams import Letters, Record, changed, deliver

PHONE = "020 7946 0001"


@pytest.fixture
def owner(stage: Stage) -> str:
    """An authority of this test's own."""
    authority = LocalAuthority(stage.new_code(), "Owner", "owners")
    entered(stage, authority)
    return authority.code


def report() -> None:
    """The end of a sweep, without all that comes before it."""

    def work(has_time: HasTime) -> bool:
        return wiring.functions().report_outcomes(has_time)

    on_schedule(Context(), "sweep", work)


def asked(stage: Stage, owner: str, **changes: Any) -> tuple[str, str]:
    """Child and lookup."""
    child = stage.new_child()
    assert stage.register(child, token=stage.token(owner), **changes).status == 201
    return child, str(stage.look_up(child, stage.token(EALING)).json["lookup_id"])


def recorded(stage: Stage, rows: Rows, child: str, lookup_id: str, outcome: str = "wrong_number") -> Record:
    """Records it, and returns what the stream delivers: keys alone."""
    body = {"entry": 1, "outcome": outcome}
    assert stage.call("POST", f"/v1/lookups/{lookup_id}/outcomes", body, token=stage.token(EALING)).status == 201
    [row] = [row for row in rows.access_records(child, "E#") if row["act"]["S"] == "outcome"]
    record = changed(None, row, stage.clock())
    record["dynamodb"].pop("NewImage")
    return record


def counts(rows: Rows, owner: str) -> list[Row]:
    return [row for row in rows.of(f"N#{owner}", NOTICES) if row["sk"]["S"].startswith("W#")]


def notices(stage: Stage, owner: str) -> list[Any]:
    found: list[Any] = stage.call("GET", "/v1/notices", token=stage.token(owner)).json["notices"]
    return found


def next_week(stage: Stage) -> None:
    stage.clock.advance(days=7 - stage.today.weekday())
    stage.clock.now = stage.clock.now.replace(hour=1, minute=0, second=0)
    stage.look_up(stage.new_child())  # reads the registry


def test_the_owner_reads_once_a_week_how_calls_to_a_contact_went(stage: Stage, rows: Rows, owner: str) -> None:
    records = [
        recorded(stage, rows, *asked(stage, owner), word)
        for word in ("reached", "wrong_number", "wrong_number", "left")
    ]
    other = asked(stage, owner, practitioner={"id": "sw-2", "name": "Bo", "role": "N", "phone": "020 7946 0003"})
    records.append(recorded(stage, rows, *other, "reached"))
    assert deliver(unattended.post_notices, *records) == []
    assert notices(stage, owner) == []
    next_week(stage)
    report()
    [notice] = notices(stage, owner)
    assert counts(rows, owner) == []
    assert {name: value for name, value in notice.items() if value is not None} == {
        "id": "1",
        "kind": "contact_outcomes",
        "at": f"{stage.today}T00:00:00Z",
        "practitioner_id": "sw-9",
        "phone": PHONE,
        "outcomes": {"reached": 1, "wrong_number": 2, "left": 1},
    }
    page = stage.call("GET", "/v1/quality", token=stage.token(owner), query={"cursor": ["notices.0"]}).json
    assert page["contacts_failed"] == [
        {"practitioner_id": "sw-9", "phone": PHONE, "outcomes": {"reached": 1, "wrong_number": 2, "left": 1}}
    ]


def test_other_askers_and_other_owners_see_nothing(stage: Stage, rows: Rows, owner: str) -> None:
    child, lookup_id = asked(stage, owner)
    reference = stage.new_reference()
    stage.register(child, reference)  # Haringey's own record of the child
    before = stage.look_up(child, stage.token(EALING)).json
    deliver(unattended.post_notices, recorded(stage, rows, child, lookup_id))
    next_week(stage)
    report()
    after = stage.look_up(child, stage.token(EALING)).json
    assert before["involvements"] == after["involvements"]
    accesses = stage.call("GET", f"/v1/involvements/{reference}/accesses").json["accesses"]
    assert {name for one in accesses for name in one} == {"lookup_id", "asked_at", "purpose", "authority", "role"}
    for code in (EALING, HARINGEY):
        assert counts(rows, code) == []
        assert "contact_outcomes" not in [one["kind"] for one in notices(stage, code)]


def test_what_is_stored_names_no_child_no_lookup_and_no_practitioner(stage: Stage, rows: Rows, owner: str) -> None:
    child, lookup_id = asked(stage, owner)
    record = recorded(stage, rows, child, lookup_id)
    deliver(unattended.post_notices, record)
    stored = as_text(rows.of(f"N#{owner}", NOTICES))
    act_id = record["dynamodb"]["Keys"]["sk"]["S"].removeprefix("E#")
    for name in (rows.key_of(child), child, lookup_id, act_id, "sw-9", "7946", EALING, stage.practitioner):
        assert name not in stored
    assert rows.of(rows.key_of(child), NOTICES) == []


@pytest.mark.parametrize("then", ["shielded", "changed", "withdrawn", "removed by hand"])
def test_nothing_is_counted_if_the_record_is_not_as_it_was_shown(
    stage: Stage, rows: Rows, owner: str, then: str
) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference, stage.token(owner))
    lookup_id = stage.look_up(child, stage.token(EALING)).json["lookup_id"]
    record = recorded(stage, rows, child, lookup_id)
    if then == "shielded":
        stage.shield(child)
    elif then == "changed":
        stage.register(child, reference, stage.token(owner), lead_professional=True)
    elif then == "withdrawn":
        stage.call("DELETE", f"/v1/involvements/{reference}", token=stage.token(owner))
    else:
        rows.delete(rows.one_of(child), INVOLVEMENTS)
    assert deliver(unattended.post_notices, record) == []
    assert counts(rows, owner) == []


def test_an_outcome_that_arrives_twice_is_counted_once(stage: Stage, rows: Rows, owner: str, metrics: Metrics) -> None:
    record = recorded(stage, rows, *asked(stage, owner))
    for _ in range(2):
        assert deliver(unattended.post_notices, record, record) == []
    [row] = counts(rows, owner)
    assert (row["wrong_number"], metrics.count("OutcomesCounted")) == ({"N": "1"}, 1)


@pytest.mark.parametrize("done", [False, True])
def test_an_outcome_is_counted_once_if_the_container_dies_while_counting(
    stage: Stage, rows: Rows, owner: str, faults: Faults, done: bool
) -> None:
    record = recorded(stage, rows, *asked(stage, owner))
    faults.kill("TransactWriteItems", done=done, times=1)
    with pytest.raises(Killed):
        deliver(unattended.post_notices, record)
    assert deliver(unattended.post_notices, record) == []
    [row] = counts(rows, owner)
    assert row["wrong_number"] == {"N": "1"}


def test_a_lost_reply_and_a_conflict_count_once(stage: Stage, rows: Rows, owner: str, faults: Faults) -> None:
    record = recorded(stage, rows, *asked(stage, owner))
    faults.cancel("TransactionConflict", times=1)
    faults.lose_reply("TransactWriteItems", times=1)
    assert deliver(unattended.post_notices, record) == []
    [row] = counts(rows, owner)
    assert row["wrong_number"] == {"N": "1"}


def test_a_lost_reply_while_recording_leaves_one_outcome(stage: Stage, rows: Rows, owner: str, faults: Faults) -> None:
    child, lookup_id = asked(stage, owner)
    faults.lose_reply("PutItem", times=1, about="-access")
    body = {"entry": 1, "outcome": "left"}
    assert stage.call("POST", f"/v1/lookups/{lookup_id}/outcomes", body, token=stage.token(EALING)).status == 200
    assert rows.acts(child).count("outcome") == 1


@pytest.mark.parametrize("operation", ["GetItem", "Query", "PutItem"])
def test_an_outcome_is_not_recorded_if_dynamodb_fails(
    stage: Stage, rows: Rows, owner: str, faults: Faults, operation: str
) -> None:
    child, lookup_id = asked(stage, owner)
    faults.break_down(operation)
    body = {"entry": 1, "outcome": "left"}
    reply = stage.call("POST", f"/v1/lookups/{lookup_id}/outcomes", body, token=stage.token(EALING))
    assert (reply.code, "outcome" in rows.acts(child)) == ("unavailable", False)


@pytest.fixture
def last_week(stage: Stage, rows: Rows, owner: str) -> Iterator[str]:
    """An owner with one count of a week that is over."""
    deliver(unattended.post_notices, recorded(stage, rows, *asked(stage, owner)))
    next_week(stage)
    yield owner
    rows.empty(NOTICES)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("operation", ["Query", "GetItem", "TransactWriteItems", "DeleteItem"])
def test_a_sweep_that_dies_anywhere_posts_one_notice_in_the_end(
    request: pytest.FixtureRequest, stage: Stage, rows: Rows, operation: str, done: bool
) -> None:
    owner, faults = request.getfixturevalue("last_week"), request.getfixturevalue("faults")
    faults.kill(operation, done=done, times=1, about=f"N#{owner}")
    with pytest.raises(Killed):
        report()
    report()
    report()
    assert (counts(rows, owner), len(notices(stage, owner))) == ([], 1)


def test_a_sweep_to_which_dynamodb_does_not_answer_is_repeated(
    stage: Stage, rows: Rows, last_week: str, faults: Faults
) -> None:
    owner = last_week
    faults.break_down("DeleteItem", about=f"N#{owner}")
    with pytest.raises(NotDone):
        report()
    faults.clear()
    report()
    assert (counts(rows, owner), len(notices(stage, owner))) == ([], 1)


@pytest.mark.parametrize(
    "damage",
    [
        {"wrong_number": {"S": "many"}},
        {"wrong_number": {"N": "-1"}},
        {"sealed": {"B": b"damaged"}},
        {"sealed": {"S": "damaged"}},
    ],
)
def test_counts_that_were_edited_by_hand_are_deleted_and_metered(
    stage: Stage, rows: Rows, last_week: str, metrics: Metrics, damage: dict[str, Any]
) -> None:
    owner = last_week
    [row] = counts(rows, owner)
    rows.put({**row, **damage}, NOTICES)
    report()
    assert (counts(rows, owner), notices(stage, owner)) == ([], [])
    assert metrics.count("UnreadableRows") >= 1


@pytest.mark.parametrize("key", ["W#", "W#2026-W54#x", "W#2026-W00#x", "W#x-Wyy#z"])
def test_a_count_under_a_key_of_nobodys_is_deleted(stage: Stage, rows: Rows, last_week: str, key: str) -> None:
    owner = last_week
    [row] = counts(rows, owner)
    rows.put({**row, "sk": {"S": key}}, NOTICES)
    report()
    assert counts(rows, owner) == []


def test_a_count_that_was_copied_to_another_authority_is_not_believed(stage: Stage, rows: Rows, last_week: str) -> None:
    [row] = counts(rows, last_week)
    rows.put({**row, "pk": {"S": f"N#{HARINGEY}"}}, NOTICES)
    report()
    assert counts(rows, HARINGEY) == []
    assert "contact_outcomes" not in [one["kind"] for one in notices(stage, HARINGEY)]


def test_the_counts_of_this_week_wait(stage: Stage, rows: Rows, owner: str) -> None:
    deliver(unattended.post_notices, recorded(stage, rows, *asked(stage, owner)))
    report()
    assert len(counts(rows, owner)) == 1


def test_a_page_of_notices_is_not_filled_by_counts(stage: Stage, rows: Rows, owner: str) -> None:
    for number in range(3):
        changes = {"practitioner": {"id": f"sw-{number}", "name": "Bo", "role": "Nurse", "phone": "020 7946 0003"}}
        deliver(unattended.post_notices, recorded(stage, rows, *asked(stage, owner, **changes)))
    page = stage.services.parts.notices.page(owner, 0, 1)
    assert (page.waiting, page.last, page.unreadable) == ((), 0, 0)


def test_the_outcome_of_a_lookup_that_is_gone_or_damaged(
    stage: Stage, rows: Rows, owner: str, letters: Letters
) -> None:
    child, lookup_id = asked(stage, owner)
    record = recorded(stage, rows, child, lookup_id)
    row = rows.lookups(child)[lookup_id]
    rows.reseal(row, shown=b"damaged")
    assert deliver(unattended.post_notices, record) == []
    assert [letter["error_type"] for letter in letters()] == ["Unreadable"]
    rows.delete(row, ACCESS)
    assert deliver(unattended.post_notices, record) == []
    assert counts(rows, owner) == []


def test_a_lookup_under_a_number_superseded_since_is_counted_too(stage: Stage, rows: Rows, owner: str) -> None:
    child, lookup_id = asked(stage, owner)
    record = recorded(stage, rows, child, lookup_id)
    assert operate("supersede_nhs_number", pairs=pair(child, stage.new_child()))["done"]
    assert deliver(unattended.post_notices, record) == []
    assert len(counts(rows, owner)) == 1


def test_an_outcome_costs_three_calls(stage: Stage, owner: str, faults: Faults) -> None:
    _, lookup_id = asked(stage, owner)
    faults.clear()
    body = {"entry": 1, "outcome": "left"}
    assert stage.call("POST", f"/v1/lookups/{lookup_id}/outcomes", body, token=stage.token(EALING)).status == 201
    assert faults.operations == ["Query", "GetItem", "PutItem"]


def test_a_page_of_quality_costs_what_a_page_of_the_register_does(stage: Stage, owner: str, faults: Faults) -> None:
    for _ in range(3):
        stage.register(stage.new_child(), token=stage.token(owner))
    faults.clear()
    assert stage.call("GET", "/v1/quality", token=stage.token(owner)).json["records"] == 3
    assert faults.operations == ["Query", "PutItem"]
    faults.clear()
    stage.call("GET", "/v1/quality", token=stage.token(owner), query={"cursor": ["notices.0"]})
    assert faults.operations == ["GetItem", "Query", "PutItem"]


def test_each_sweep_reports_the_coverage_of_each_sector(stage: Stage, metrics: Metrics) -> None:
    stage.clock.advance(seconds=61)
    stage.look_up(stage.new_child())
    metrics.lines.clear()

    def work(_: HasTime) -> bool:
        wiring.functions().report_coverage()
        return True

    on_schedule(Context(), "sweep", work)
    lines = {line["sector"]: line for line in metrics.lines if "sector" in line}
    assert {"local_authority", "health", "police"} <= lines.keys()
    police = lines["police"]
    assert (police["AuthoritiesInSector"], police["AuthoritiesSilent"]) == ([1.0], [0.0])
    [directive] = police["_aws"]["CloudWatchMetrics"]
    assert set(directive["Dimensions"][0]) == {"stage", "service", "sector"}

"""A reference never changes child. Nothing leads anybody from the child on record to the child that was sent."""

from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, NOTICES
from tests.support.console import operate
from tests.support.faults import Faults
from tests.support.log_lines import Metrics, counted
from tests.support.rows import Rows, as_text
from tests.support.schedules import brief_sweep as sweep
from tests.support.schedules import sweep as run_sweep
from tests.support.stage import BRENT, EALING, HARINGEY, Stage
from tests.support.streams import changed, deliver

pytestmark = pytest.mark.system


def sent_for_another(stage: Stage, **changes: Any) -> tuple[str, str, str]:
    """The child on record, the child that was sent and refused, and the reference."""
    birth, adopted, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    assert stage.register(birth, reference, **changes).status == 201
    refused = stage.register(adopted, reference, **changes)
    assert (refused.status, refused.code) == (409, "another_child")
    return birth, adopted, reference


def notices(stage: Stage, authority: str = HARINGEY) -> list[dict[str, Any]]:
    token, found, after = stage.token(authority), [], "0"
    while True:
        page = stage.call("GET", "/v1/notices", query={"after": [after]}, token=token).json
        found += page["notices"]
        if page["next_after"] == after:
            return found
        after = page["next_after"]


def of_reference(stage: Stage, reference: str) -> list[str]:
    return [notice["kind"] for notice in notices(stage) if notice["reference"] == reference]


def test_nobody_is_led_from_one_child_to_the_other(stage: Stage, rows: Rows) -> None:
    birth, adopted, reference = sent_for_another(stage)
    stage.register(birth, token=stage.token(EALING))
    stage.register(adopted, token=stage.token(BRENT))
    for child in (birth, adopted):
        for row in rows.of(rows.key_of(child), ACCESS):
            deliver(unattended.post_notices, changed(None, row, stage.clock()))
    sweep()
    lookup = stage.look_up(adopted, stage.token(EALING)).json
    assert [entry["authority"]["code"] for entry in lookup["involvements"]] == [BRENT]
    accesses = stage.call("GET", f"/v1/involvements/{reference}/accesses").json["accesses"]
    assert lookup["lookup_id"] not in [access["lookup_id"] for access in accesses]
    for authority in (EALING, BRENT, HARINGEY):
        for notice in notices(stage, authority):
            named = None if notice["authority"] is None else notice["authority"]["code"]
            assert (authority, named) not in {(BRENT, HARINGEY), (HARINGEY, BRENT), (BRENT, EALING), (EALING, BRENT)}
    keys = {birth: rows.key_of(birth), adopted: rows.key_of(adopted)}
    for child, other in ((birth, adopted), (adopted, birth)):
        told = str(operate("subject_access_report", nhs_number=child))
        assert other not in told
        assert keys[other] not in told
        assert "another NHS number" not in told
        assert keys[other] not in as_text([*rows.of(keys[child]), *rows.of(keys[child], ACCESS)])
    assert reference not in str(operate("subject_access_report", nhs_number=adopted))
    assert keys[adopted] not in as_text(rows.entry(reference))
    report = str(operate("access_report", authority=EALING, day=stage.today.isoformat()))
    assert reference not in report
    contacts = operate("broker", authority=EALING, lookup_id=lookup["lookup_id"])["contacts"]
    assert [contact["authority"] for contact in contacts] == [BRENT]


def test_after_withdrawing_and_registering_anew_the_old_child_shows_nothing_of_the_new(
    stage: Stage, rows: Rows
) -> None:
    birth, adopted, reference = sent_for_another(stage)
    asked = stage.look_up(birth, stage.token(EALING)).json["lookup_id"]
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    assert stage.register(adopted, reference).status == 201
    assert stage.look_up(birth, stage.token(EALING)).json["known"] is False
    [contact] = operate("broker", authority=EALING, lookup_id=asked)["contacts"]
    assert contact["record"].startswith("withdrawn, erased or expired")
    assert "practitioner" not in contact
    told = operate("subject_access_report", nhs_number=birth)
    assert [entry["act"] for entry in told["entries"] if entry["act"] != "looked_up"] == [
        "registered",
        "undecided",
        "withdrawn",
        "brokered",
    ]
    assert stage.call("GET", f"/v1/involvements/{reference}/accesses").json["accesses"] == []
    assert "undecided" not in rows.acts(adopted)


def test_the_owner_gets_one_notice_a_day_until_it_is_decided(stage: Stage, rows: Rows) -> None:
    birth, adopted, reference = sent_for_another(stage)
    for day in range(1, 4):
        for _ in range(3):
            sweep()
            assert stage.register(adopted, reference).code == "another_child"
        assert of_reference(stage, reference) == ["undecided"] * day
        stage.clock.advance(days=1)
    assert stage.register(birth, reference).status == 200
    sweep()
    assert of_reference(stage, reference) == []
    entry = rows.entry(reference)
    assert entry is not None
    assert "undecided_on" not in entry
    assert entry["due"]["S"] > stage.today.isoformat()


@pytest.mark.parametrize("how", ["withdrawn", "ended"])
def test_withdrawing_a_record_or_ending_its_work_decides(stage: Stage, how: str) -> None:
    _, _, reference = sent_for_another(stage)
    sweep()
    assert of_reference(stage, reference) == ["undecided"]
    path = f"/v1/involvements/{reference}"
    if how == "withdrawn":
        assert stage.call("DELETE", path).status == 204
    else:
        assert stage.call("PATCH", path, {"ended_on": stage.today.isoformat()}).status == 200
    stage.clock.advance(days=1)
    sweep()
    assert of_reference(stage, reference) == []


def test_a_feed_that_goes_on_under_the_reference_of_ended_work_is_notified(stage: Stage) -> None:
    """The row that is refused is of a child who would otherwise be found nowhere."""
    _, adopted, reference = sent_for_another(stage)
    path = f"/v1/involvements/{reference}"
    assert stage.call("PATCH", path, {"ended_on": stage.today.isoformat()}).status == 200
    assert stage.register(adopted, reference).code == "another_child"
    sweep()
    assert of_reference(stage, reference) == ["undecided"]


def test_every_refusal_is_recorded_under_the_child_on_record_alone(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    tried = [stage.new_child() for _ in range(3)]
    for other in tried:
        assert stage.register(other, reference).code == "another_child"
    assert rows.acts(child) == ["registered", "undecided", "undecided", "undecided"]
    assert [rows.acts(other) for other in tried] == [[], [], []]


def test_a_confirmation_or_a_dispute_decides_nothing(stage: Stage) -> None:
    _, _, reference = sent_for_another(stage)
    path = f"/v1/involvements/{reference}"
    assert operate("dispute_record", authority=HARINGEY, reference=reference, disputed=True)["done"]
    stage.clock.advance(days=1)
    assert stage.call("PATCH", path, {"confirmed_on": stage.today.isoformat()}).status == 200
    sweep()
    assert of_reference(stage, reference) == ["undecided"]
    stage.clock.advance(days=1)
    sweep()
    assert of_reference(stage, reference) == ["undecided"] * 2


def test_an_undecided_record_still_lapses_and_its_owner_still_hears_before(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    entry = rows.entry(reference)
    assert entry is not None
    ends = int(entry["expires_at"]["N"])

    def days_before_the_end(days: int) -> None:
        stage.clock.advance(seconds=ends - int(stage.clock().timestamp()) - days * 86_400 + 3600)

    days_before_the_end(92)
    assert stage.register(stage.new_child(), reference).code == "another_child"
    for days in (92, 91, 90, 89):
        days_before_the_end(days)
        sweep()
    assert of_reference(stage, reference) == ["undecided", "undecided", "undecided", "lapses", "undecided"]
    days_before_the_end(80)
    sweep()
    days_before_the_end(0)
    run_sweep()
    assert of_reference(stage, reference) == []
    assert rows.entry(reference) is None
    assert rows.of_child(child) == []


def test_refusals_and_notices_are_counted_without_a_name(stage: Stage, rows: Rows) -> None:
    with counted() as metrics:
        birth, adopted, reference = sent_for_another(stage)
        stage.register(adopted, reference)
        sweep()
    assert metrics.count("RecordsUndecided") == 2
    assert metrics.count("UndecidedNotices") >= 1
    lines = str(metrics.lines)
    for secret in (birth, adopted, rows.key_of(birth), rows.key_of(adopted), reference):
        assert secret not in lines


def test_a_notice_of_an_undecided_record_names_no_number(stage: Stage, rows: Rows) -> None:
    birth, adopted, reference = sent_for_another(stage)
    sweep()
    [notice] = [notice for notice in notices(stage) if notice["reference"] == reference]
    assert (notice["kind"], notice["authority"], notice["lookup_id"]) == ("undecided", None, None)
    assert not {birth, adopted} & {*str(notice).split("'")}
    stored = as_text(rows.all(NOTICES))
    assert rows.key_of(adopted) not in stored


@pytest.mark.parametrize("name", ["undecided_on", "trace_number_on"])
@pytest.mark.parametrize(
    "value", [{"S": "text"}, {"S": "20261130"}, {"S": ""}, {"N": "1"}, {"BOOL": True}, {"B": b"1"}]
)
def test_a_mark_damaged_by_hand_is_repaired_by_the_right_body(
    stage: Stage, rows: Rows, name: str, value: dict[str, Any]
) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    entry = rows.entry(reference)
    assert entry is not None
    rows.put({**entry, name: value})
    assert stage.register(stage.new_child(), reference).code == "another_child"
    assert stage.look_up(child, stage.token(EALING)).json["known"] is True
    assert stage.register(child, reference).status == 200
    repaired = rows.entry(reference)
    assert repaired is not None
    assert name not in repaired
    assert stage.call("GET", f"/v1/involvements/{reference}").status == 200


def test_an_entry_that_a_hand_leads_to_another_child_is_repaired_by_its_owner(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    child, other, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    entry = rows.entry(reference)
    assert entry is not None
    rows.put({**entry, "child": {"S": rows.key_of(other)}})
    assert stage.register(child, reference).status == 200
    repaired = rows.entry(reference)
    assert repaired is not None
    assert repaired["child"]["S"] == rows.key_of(child)
    assert (rows.of_child(other), rows.acts(other)) == ([], [])
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    assert rows.of_child(child) == []


def test_a_lost_row_is_repaired_with_the_right_number(stage: Stage, rows: Rows) -> None:
    child, other, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    rows.delete(rows.one_of(child))
    assert stage.register(other, reference).code == "another_child"
    assert stage.register(child, reference).status == 200
    assert len(rows.of_child(child)) == 1


def test_a_version_in_if_match_is_checked_first(stage: Stage) -> None:
    _, adopted, reference = sent_for_another(stage)
    path, body = f"/v1/involvements/{reference}", stage.body(adopted)
    assert stage.call("PUT", path, body, headers={"If-Match": '"01ARZ3NDEKTSV4RRFFQ69G5FAV"'}).status == 412
    assert stage.call("PUT", path, body, headers={"If-Match": "*"}).code == "another_child"


def test_a_refusal_that_cannot_be_recorded_is_no_refusal(stage: Stage, rows: Rows, faults: Faults) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    faults.throttle("TransactWriteItems")
    assert stage.register(stage.new_child(), reference).status == 503
    faults.clear()
    assert rows.acts(child) == ["registered"]


def test_a_record_whose_row_was_removed_by_hand_can_be_withdrawn_and_put_right(stage: Stage, rows: Rows) -> None:
    child, right, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    rows.delete(rows.one_of(child))
    assert stage.register(right, reference).code == "another_child"
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    assert stage.register(right, reference).status == 201


def test_an_entry_that_was_edited_to_lead_elsewhere_is_not_withdrawn(stage: Stage, rows: Rows) -> None:
    """Its row would stay under its child, where nobody could withdraw it."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    entry = rows.entry(reference)
    assert entry is not None
    rows.put({**entry, "child": {"S": rows.key_of(stage.new_child())}})
    assert stage.call("DELETE", f"/v1/involvements/{reference}").code == "record_unreadable"
    assert stage.register(child, reference).status in {200, 201}
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204

"""From what one authority does to the notices of another: access records, their stream and notices, on real tables."""

import itertools
import json
import random
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, NOTICES
from chalicelib.adapters.ids import new_ulid
from chalicelib.domain.limits import Limits
from chalicelib.domain.values import replace
from chalicelib.wiring import api
from tests.support.console import operate
from tests.support.faults import Faults, Killed
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.stage import BRENT, EALING, HARINGEY, HOSPITAL, Stage
from tests.support.streams import Letters, Record, changed, deliver, number_of


def added(stage: Stage, row: Row) -> Record:
    """The stream record of a new access record. It holds keys only."""
    record = changed(None, row, stage.clock())
    record["dynamodb"].pop("NewImage")
    return record


@pytest.fixture
def stream(stage: Stage, rows: Rows) -> Any:
    """The stream records of a child's access records, oldest first."""

    def stream_records_of(child: str) -> list[Record]:
        kept = sorted(rows.of(rows.key_of(child), ACCESS), key=lambda row: row["sk"]["S"].partition("#")[2])
        return [added(stage, row) for row in kept]

    return stream_records_of


def owned(stage: Stage, child: str, authority: str, **changes: Any) -> str:
    reference = stage.new_reference()
    assert stage.register(child, reference, stage.token(authority), **changes).status == 201
    return reference


def cursor(stage: Stage, authority: str) -> str:
    return str(stage.services.parts.notices.page(authority, 0, 1).given)


def notices(stage: Stage, authority: str, after: str) -> list[Any]:
    reply = stage.call("GET", "/v1/notices", token=stage.token(authority), query={"after": [after]})
    assert (reply.status, reply.json["complete"]) == (200, True)
    found: list[Any] = reply.json["notices"]
    return found


def kinds(stage: Stage, authority: str, after: str) -> list[tuple[str, str]]:
    return sorted((one["kind"], one["reference"]) for one in notices(stage, authority, after))


def posted(rows: Rows, child: str) -> list[str]:
    """The recipients of the notices about the child."""
    return sorted(row["authority"]["S"] for row in rows.of(rows.key_of(child), NOTICES))


def test_owners_are_notified_of_another_registration_and_social_care_of_a_lookup(stage: Stage, stream: Any) -> None:
    child = stage.new_child()
    since = {code: cursor(stage, code) for code in (HARINGEY, EALING, HOSPITAL)}
    mine = owned(stage, child, HARINGEY)
    theirs = owned(stage, child, HOSPITAL, service_type="hospital", practitioner={"id": "n", "name": "N", "role": "N"})
    asker = stage.token(EALING, "sw-of-this-test")  # others may have passed their soft limit by now
    asked = stage.look_up(child, asker).json["lookup_id"]
    assert deliver(unattended.post_notices, *stream(child)) == []
    assert kinds(stage, HARINGEY, since[HARINGEY]) == [("looked_up", mine), ("registered", mine)]
    assert kinds(stage, HOSPITAL, since[HOSPITAL]) == [("registered", theirs)]
    assert notices(stage, EALING, since[EALING]) == []
    by_kind = {one["kind"]: one for one in notices(stage, HARINGEY, since[HARINGEY])}
    assert by_kind["registered"]["authority"]["code"] == HOSPITAL
    assert (by_kind["looked_up"]["authority"]["code"], by_kind["looked_up"]["lookup_id"]) == (EALING, asked)


def test_a_snooper_who_withdraws_the_record_it_hid_behind_is_named_in_the_notice(stage: Stage, stream: Any) -> None:
    child, since = stage.new_child(), cursor(stage, HARINGEY)
    owned(stage, child, HARINGEY)
    person = {"id": "sw-snoops", "name": "Bo Lund", "role": "Nurse"}
    clinic = {"service_type": "sexual_health", "basis": "consent", "practitioner": person}
    theirs = owned(stage, child, BRENT, **clinic)
    stage.look_up(child, stage.token(BRENT, "sw-snoops"))
    assert deliver(unattended.post_notices, *stream(child)) == []
    [hidden] = notices(stage, HARINGEY, since)
    assert (hidden["kind"], hidden["authority"], hidden["purpose"]) == ("looked_up", None, None)
    assert stage.call("DELETE", f"/v1/involvements/{theirs}", token=stage.token(BRENT)).status == 204
    [named] = notices(stage, HARINGEY, since)
    assert (named["authority"]["code"], named["purpose"]) == (BRENT, "safeguarding")


def test_an_unchanged_or_replaced_record_notifies_nobody(stage: Stage, rows: Rows, stream: Any) -> None:
    child = stage.new_child()
    owned(stage, child, HARINGEY)
    reference = owned(stage, child, HOSPITAL, service_type="hospital")
    deliver(unattended.post_notices, *stream(child))
    before = posted(rows, child)
    for changes in ({}, {"lead_professional": True}):
        assert stage.register(child, reference, stage.token(HOSPITAL), service_type="hospital", **changes).status == 200
    stage.call("PATCH", f"/v1/involvements/{reference}", {"organisation": "X"}, token=stage.token(HOSPITAL))
    deliver(unattended.post_notices, *stream(child))
    assert posted(rows, child) == before


def test_a_record_registered_anew_under_the_right_child_is_told_there(stage: Stage, stream: Any) -> None:
    child, wrong = stage.new_child(), stage.new_child()
    mine, after = owned(stage, child, HARINGEY), cursor(stage, HARINGEY)
    reference = owned(stage, wrong, BRENT)
    assert stage.register(child, reference, stage.token(BRENT)).code == "another_child"
    deliver(unattended.post_notices, *stream(wrong), *stream(child))
    assert kinds(stage, HARINGEY, after) == []
    assert stage.call("DELETE", f"/v1/involvements/{reference}", token=stage.token(BRENT)).status == 204
    assert stage.register(child, reference, stage.token(BRENT)).status == 201
    deliver(unattended.post_notices, *stream(wrong), *stream(child))
    assert kinds(stage, HARINGEY, after) == [("registered", mine)]


def test_owners_hear_of_no_sensitive_service_and_of_a_shielded_child_only_that_it_is_shielded(
    stage: Stage, rows: Rows, stream: Any
) -> None:
    sensitive, shielded, after = stage.new_child(), stage.new_child(), cursor(stage, HARINGEY)
    owned(stage, sensitive, HARINGEY)
    own = owned(stage, shielded, HARINGEY)
    owned(stage, sensitive, HOSPITAL, service_type="sexual_health", basis="consent")
    stage.shield(shielded)
    owned(stage, shielded, HOSPITAL, service_type="hospital")
    stage.look_up(shielded, stage.token(EALING))
    assert deliver(unattended.post_notices, *stream(sensitive), *stream(shielded)) == []
    assert kinds(stage, HARINGEY, after) == [("shielded", own)]
    assert HARINGEY not in posted(rows, sensitive)


ADVISER = {"id": "dv-1", "name": "Beth Clarke", "role": "Domestic abuse adviser"}


def test_an_asker_whose_sensitive_record_is_gone_before_its_lookup_is_seen_stays_unnamed(
    stage: Stage, stream: Any
) -> None:
    child, after = stage.new_child(), cursor(stage, HARINGEY)
    owned(stage, child, HARINGEY)
    theirs = owned(stage, child, BRENT, service_type="domestic_abuse", basis="consent", practitioner=ADVISER)
    assert stage.look_up(child, stage.token(BRENT, "dv-1")).status == 200
    ends = {"ended_on": stage.today.isoformat()}
    assert stage.call("PATCH", f"/v1/involvements/{theirs}", ends, token=stage.token(BRENT)).status == 200
    assert deliver(unattended.post_notices, *stream(child)) == []
    [notice] = [one for one in notices(stage, HARINGEY, after) if one["kind"] == "looked_up"]
    assert (notice["authority"], notice["purpose"]) == (None, None)


def test_an_asker_stays_unnamed_if_its_sealed_answer_does_not_open(stage: Stage, rows: Rows, stream: Any) -> None:
    child, after = stage.new_child(), cursor(stage, HARINGEY)
    owned(stage, child, HARINGEY)
    asked = stage.look_up(child, stage.token(EALING)).json["lookup_id"]
    [row] = [one for one in rows.of(rows.key_of(child), ACCESS) if one["sk"]["S"] == f"L#{asked}"]
    rows.reseal(row, shown=b"damaged")
    assert deliver(unattended.post_notices, *stream(child)) == []
    [notice] = notices(stage, HARINGEY, after)
    assert (notice["authority"], notice["purpose"]) == (None, None)


def test_an_authority_is_notified_once_of_a_practitioner_beyond_a_soft_limit(
    stage: Stage, stream: Any, rows: Rows
) -> None:
    child, after, sub = stage.new_child(), cursor(stage, EALING), f"busy-{stage.new_reference()}"
    strict = replace(stage.services.look_up, limits=Limits(practitioner_hour=1))
    api.install(replace(stage.services, look_up=strict))
    for _ in range(4):
        assert stage.look_up(child, stage.token(EALING, sub)).status == 200
    deliver(unattended.post_notices, *stream(child))
    [notice] = notices(stage, EALING, after)
    assert (notice["kind"], notice["practitioner_id"], notice["reference"]) == ("soft_limit", sub, None)
    kept = json.dumps(rows.of(f"N#{EALING}", NOTICES), default=repr)
    assert sub not in kept


def test_records_delivered_twice_in_any_order_and_cut_short_leave_the_same_notices(
    stage: Stage, stream: Any, faults: Faults
) -> None:
    child, after = stage.new_child(), cursor(stage, HARINGEY)
    mine = [owned(stage, child, HARINGEY) for _ in range(2)]
    owned(stage, child, HOSPITAL, service_type="hospital", practitioner={"id": "n", "name": "N", "role": "N"})
    stage.look_up(child, stage.token(EALING))
    batch = stream(child)
    faults.kill("TransactWriteItems", about="-notices", done=True, after=1, times=1)
    with pytest.raises(Killed):
        deliver(unattended.post_notices, *batch)
    chance = random.Random(5)  # noqa: S311 - the same orders every time
    for _ in range(3):
        chance.shuffle(batch)
        assert deliver(unattended.post_notices, *batch, *batch) == []
    expected = itertools.product(("looked_up", "registered"), mine)
    assert kinds(stage, HARINGEY, after) == sorted(expected)


def test_a_poison_record_blocks_no_other_and_is_never_quoted(
    stage: Stage, rows: Rows, stream: Any, metrics: Metrics, letters: Letters
) -> None:
    child, after = stage.new_child(), cursor(stage, HARINGEY)
    mine = owned(stage, child, HARINGEY)
    stage.look_up(child, stage.token(EALING))
    row = next(row for row in rows.of(rows.key_of(child), ACCESS) if row["sk"]["S"].startswith("L#"))
    poisons: list[Record] = []
    changes: tuple[dict[str, Any], ...] = (
        {"purpose": "canary"},
        {"purpose": None},
        {"over_soft_limit": "canary"},
        {"practitioner": None},
    )
    for index, change in enumerate(changes):
        bad = {**row, "sk": {"S": f"L#{new_ulid(index)}"}}
        rows.reseal(bad, **change)
        poisons.append(added(stage, bad))
    poisons.append({**added(stage, row), "dynamodb": {"SequenceNumber": "777"}})
    batch = [*poisons[:3], added(stage, row), *poisons[3:]]
    for _ in range(2):
        assert deliver(unattended.post_notices, *batch) == []
    assert kinds(stage, HARINGEY, after) == [("looked_up", mine)]
    assert metrics.count("StreamRecordsPutAside") == 2 * len(poisons)
    sent = [letter for _ in range(2) for letter in letters()]
    assert sorted(letter["sequence_number"] for letter in sent) == sorted([number_of(one) for one in poisons] * 2)
    assert "canary" not in json.dumps([metrics.lines, sent], default=str)


def test_stream_records_wait_while_a_dependency_is_away_and_none_is_lost(
    stage: Stage, stream: Any, faults: Faults
) -> None:
    child, after = stage.new_child(), cursor(stage, HARINGEY)
    mine = owned(stage, child, HARINGEY)
    stage.look_up(child, stage.token(EALING))
    batch = stream(child)
    lookup = number_of(batch[-1])
    for operation, about in (("GetItem", "-access"), ("Query", "-involvements"), ("TransactWriteItems", "-notices")):
        faults.break_down(operation, about=about)
        assert lookup in deliver(unattended.post_notices, *batch)
        faults.clear()
    assert deliver(unattended.post_notices, *batch) == []
    assert kinds(stage, HARINGEY, after) == [("looked_up", mine)]


def test_reading_shielding_and_withdrawing_notify_nobody(stage: Stage, rows: Rows, stream: Any) -> None:
    child = stage.new_child()
    reference = owned(stage, child, HARINGEY)
    stage.call("GET", f"/v1/involvements/{reference}")
    stage.shield(child)
    stage.call("DELETE", f"/v1/involvements/{reference}")
    assert deliver(unattended.post_notices, *stream(child)) == []
    assert posted(rows, child) == []
    gone = added(stage, {"pk": {"S": rows.key_of(child)}, "sk": {"S": "E#gone"}})
    assert deliver(unattended.post_notices, gone) == []


def test_no_line_of_the_poster_names_anybody(stage: Stage, rows: Rows, stream: Any, metrics: Metrics) -> None:
    child = stage.new_child()
    reference = owned(stage, child, HARINGEY)
    stage.look_up(child, stage.token(EALING, "canary-sub"))
    metrics.lines.clear()
    deliver(unattended.post_notices, *stream(child))
    lines = json.dumps(metrics.lines, default=str)
    assert metrics.count("NoticesPosted") == 1
    assert [name for name in (child, rows.key_of(child), reference, "canary-sub") if name in lines] == []


def test_the_owner_is_notified_of_a_dispute_until_it_is_cleared(stage: Stage, stream: Any) -> None:
    child, after = stage.new_child(), cursor(stage, HARINGEY)
    mine = owned(stage, child, HARINGEY)
    event = {"authority": HARINGEY, "reference": mine}
    assert operate("dispute_record", **event, disputed=True)["done"]
    assert deliver(unattended.post_notices, *stream(child)) == []
    assert kinds(stage, HARINGEY, after) == [("disputed", mine)]
    assert operate("dispute_record", **event, disputed=False)["done"]
    assert kinds(stage, HARINGEY, after) == []

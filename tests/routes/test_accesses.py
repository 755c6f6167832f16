"""Owners of current social care see who looked the child up. Each reading applies the rules anew, and is recorded."""

from itertools import product
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import ACCESS
from infra.local.authorities import LocalAuthority
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, HOSPITAL, Reply, Stage


def owned(stage: Stage, child: str, authority: str = HARINGEY, **changes: Any) -> str:
    reference = stage.new_reference()
    assert stage.register(child, reference, stage.token(authority), **changes).status == 201
    return reference


def read(stage: Stage, reference: str, authority: str = HARINGEY, **claims: Any) -> Reply:
    return stage.call("GET", f"/v1/involvements/{reference}/accesses", token=stage.token(authority, **claims))


def accesses(stage: Stage, reference: str, authority: str = HARINGEY) -> list[Any]:
    reply = read(stage, reference, authority)
    assert reply.status == 200, reply.body
    assert reply.json["complete"] is True
    found: list[Any] = reply.json["accesses"]
    return found


def asked(stage: Stage, child: str, authority: str = EALING, sub: str = "sw-asks", **claims: Any) -> str:
    reply = stage.look_up(child, stage.token(authority, sub, **claims))
    assert reply.status == 200
    return str(reply.json["lookup_id"])


def withheld(reply: Reply) -> bool:
    return (reply.status, reply.code) == (403, "accesses_withheld")


def test_the_owner_sees_who_looked_when_and_why_and_whom_to_ring(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    assert accesses(stage, reference) == []
    first = asked(stage, child, EALING, role="Duty officer")
    second = asked(stage, child, HOSPITAL, role="Paediatric nurse")
    newest, oldest = accesses(stage, reference)
    assert (newest["lookup_id"], oldest["lookup_id"]) == (second, first)
    assert (newest["role"], oldest["role"]) == ("Paediatric nurse", "Duty officer")
    assert newest["purpose"] == "safeguarding"
    assert newest["asked_at"] == stage.clock().isoformat().replace("+00:00", "Z")
    assert (oldest["authority"]["code"], oldest["authority"]["name"]) == (EALING, "Ealing")
    assert oldest["authority"]["duty_contact"]["phone"]
    assert set(newest) == {"lookup_id", "asked_at", "purpose", "authority", "role"}


def test_only_the_last_25_lookups_are_shown(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    asked_ids = [asked(stage, child) for _ in range(27)]
    assert [one["lookup_id"] for one in accesses(stage, reference)] == sorted(asked_ids, reverse=True)[:25]


def test_lookups_before_the_day_of_registration_are_not_shown(stage: Stage) -> None:
    child = stage.new_child()
    asked(stage, child)
    stage.clock.advance(days=1)
    reference = owned(stage, child)
    later = asked(stage, child)
    assert [one["lookup_id"] for one in accesses(stage, reference)] == [later]


def test_lookups_of_another_child_are_not_shown(stage: Stage) -> None:
    reference = owned(stage, stage.new_child())
    asked(stage, stage.new_child())
    assert accesses(stage, reference) == []


def test_reading_the_list_is_recorded_before_it_is_answered(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    accesses(stage, reference)
    record = rows.access_records(child, "E#")[-1]
    assert (record["act"]["S"], record["reference"]["S"]) == ("accesses_read", reference)
    assert (record["authority"]["S"], record["practitioner"]["S"]) == (HARINGEY, stage.practitioner)
    assert record["version"] == rows.of_child(child)[0]["version"]


@pytest.mark.parametrize("scope", ["register", "lookup register notices shield", ""])
def test_reading_accesses_needs_its_own_scope(stage: Stage, scope: str) -> None:
    reply = read(stage, owned(stage, stage.new_child()), scope=scope)
    assert (reply.status, reply.code) == (403, "scope_not_granted")


def test_the_scope_alone_is_enough_and_a_feed_may_read_accesses(stage: Stage) -> None:
    reference = owned(stage, stage.new_child())
    assert read(stage, reference, sub="system:audit", scope="accesses").status == 200


def test_nobody_can_read_accesses_of_another_authoritys_record(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    assert read(stage, reference, EALING).status == 404
    assert read(stage, stage.new_reference()).status == 404


@pytest.mark.parametrize("service", ["early_help", "school", "gp", "police", "hospital", "other"])
def test_owners_of_records_of_other_services_are_shown_nothing(stage: Stage, service: str) -> None:
    assert withheld(read(stage, owned(stage, stage.new_child(), service_type=service)))


def test_from_the_day_on_which_work_ends_its_owner_is_shown_nothing(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    assert read(stage, reference).status == 200
    stage.call("PATCH", f"/v1/involvements/{reference}", {"ended_on": stage.today.isoformat()})
    assert withheld(read(stage, reference))


def test_an_authority_without_a_wide_purpose_is_shown_nothing(stage: Stage) -> None:
    """Otherwise it could register social care itself, and so learn of the police and of sensitive services."""
    child, code = stage.new_child(), stage.new_code()
    entered(stage, LocalAuthority(code, "A trust", "health"), purposes={"SS": ["health_care", "education_welfare"]})
    reference = owned(stage, child, code)
    assert withheld(read(stage, reference, code))
    entered(stage, LocalAuthority(code, "A trust", "health"), purposes={"SS": ["health_care", "safeguarding"]})
    assert accesses(stage, reference, code) == []


def test_an_expired_record_is_not_found(stage: Stage) -> None:
    reference = owned(stage, stage.new_child())
    stage.clock.advance(days=800)
    assert read(stage, reference).status == 404


def test_lookups_from_before_a_shield_stay_without_authority_role_and_purpose_and_later_ones_are_not_shown(
    stage: Stage,
) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    asked(stage, child)
    [before] = accesses(stage, reference)
    stage.clock.advance(minutes=1)
    stage.shield(child)
    for _ in range(30):
        stage.clock.advance(minutes=1)
        stage.look_up(child)
    stage.shield(child)
    [after] = accesses(stage, reference)
    unnamed = {"authority": None, "role": None, "purpose": None}
    assert after == {**before, **unnamed}


def test_an_unreadable_shield_hides_every_lookup(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    asked(stage, child)
    stage.clock.advance(minutes=1)
    stage.shield(child)
    [shield] = [row for row in rows.of_child(child) if row["sk"]["S"] == "S#"]
    for value in ({"since": {"N": "4000000000"}}, {"since": {"S": "x"}}, {"sealed": {"S": "x"}}):
        rows.put({**shield, **value})
        assert accesses(stage, reference) == []


def test_whether_accesses_are_withheld_does_not_depend_on_a_shield(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child, service_type="school")
    stage.shield(child)
    shielded, other = read(stage, reference), read(stage, owned(stage, stage.new_child(), service_type="school"))
    assert withheld(shielded)
    answer, other_answer = shielded.json, other.json
    assert answer.pop("correlation_id") != other_answer.pop("correlation_id")
    assert answer == other_answer
    assert {*shielded.headers} == {*other.headers}


def test_a_lookup_by_a_sensitive_service_is_shown_without_authority_and_role(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    adviser = {"id": "dv-1", "name": "Beth Clarke", "role": "Domestic abuse adviser"}
    owned(stage, child, BRENT, service_type="domestic_abuse", basis="consent", practitioner=adviser)
    asked(stage, child, BRENT, "dv-1", role="Domestic abuse adviser")
    asked(stage, child, EALING)
    reply = read(stage, reference)
    ealing, brent = reply.json["accesses"]
    assert ealing["authority"]["code"] == EALING
    assert (brent["authority"], brent["role"]) == (None, None)
    assert not any(word in reply.body for word in (BRENT, "Brent", "adviser", "dv-1"))


def test_a_sensitive_asker_stays_unnamed_after_its_record_of_the_child_is_gone(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    adviser = {"id": "dv-1", "name": "Beth Clarke", "role": "Domestic abuse adviser"}
    theirs = owned(stage, child, BRENT, service_type="domestic_abuse", basis="consent", practitioner=adviser)
    asked(stage, child, BRENT, "dv-1")
    ends = {"ended_on": stage.today.isoformat()}
    assert stage.call("PATCH", f"/v1/involvements/{theirs}", ends, token=stage.token(BRENT)).status == 200
    asked(stage, child, BRENT, "dv-1")
    later, then = accesses(stage, reference)
    assert later["authority"]["code"] == BRENT
    assert (then["authority"], then["role"], then["purpose"]) == (None, None, None)


def test_a_removed_authority_is_not_named(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    gone = LocalAuthority(stage.new_code(), "Nowhere", "local_authority")
    entered(stage, gone)
    asked(stage, child, gone.code)
    assert [one["authority"]["name"] for one in accesses(stage, reference)] == ["Nowhere"]
    entered(stage, gone, standing={"S": "removed"})
    assert [one["authority"] for one in accesses(stage, reference)] == [None]


def test_no_practitioner_and_no_case_reference_is_shown(stage: Stage) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    asked(stage, child, EALING, "sw-secret")
    body = read(stage, reference).body
    assert "sw-secret" not in body
    assert "case-1" not in body


ATTRIBUTES = ("sealed", "ttl")
ODD: tuple[dict[str, Any] | None, ...] = (None, {"N": "-1"}, {"BOOL": True}, {"L": []})


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        *product(ATTRIBUTES, ODD),
        ("sealed", {"B": b""}),
        ("sealed", {"B": b"\1\1" + bytes(60)}),
        ("sealed", {"B": b"\1\7" + bytes(60)}),
        ("ttl", {"N": "1900000000"}),
        ("day", {"S": "E09000009#2026-01-01"}),
        ("day", None),
    ],
)
def test_an_access_record_edited_by_hand_is_left_out_and_the_list_is_incomplete(
    stage: Stage, attribute: str, value: dict[str, Any] | None, rows: Rows
) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    asked(stage, child)
    [record] = rows.access_records(child, "L#")
    good = asked(stage, child)
    edited = {name: held for name, held in rows.as_stored(record).items() if name != attribute}
    rows.put(edited if value is None else {**edited, attribute: value}, ACCESS)
    reply = read(stage, reference)
    assert reply.status == 200
    assert reply.json["complete"] is False
    assert [one["lookup_id"] for one in reply.json["accesses"]] == [good]


def test_an_unreadable_row_of_the_child_hides_who_the_others_are(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    owned(stage, child, BRENT)
    asked(stage, child, EALING)
    [damaged] = [row for row in rows.of_child(child) if row["sk"]["S"].startswith(f"I#{BRENT}")]
    rows.put({**damaged, "sealed": {"B": b"damaged"}})
    assert [one["authority"] for one in accesses(stage, reference)] == [None]


@pytest.mark.parametrize("role", ["Ring Ben on 020 7946 0666", "Substance misuse nurse", "Social worker of Ada Okafor"])
def test_a_role_that_is_no_known_one_is_not_shown_to_others(stage: Stage, role: str, rows: Rows) -> None:
    child = stage.new_child()
    reference = owned(stage, child)
    asked(stage, child, EALING, role=role)
    reply = read(stage, reference)
    [access] = reply.json["accesses"]
    assert (access["authority"]["code"], access["role"]) == (EALING, None)
    assert role not in reply.body
    [record] = rows.access_records(child, "L#")
    assert record["role"]["S"] == role


def test_the_registry_may_add_roles_for_an_authority(stage: Stage) -> None:
    child, trust, other = stage.new_child(), stage.new_code(), stage.new_code()
    reference = owned(stage, child)
    entered(stage, LocalAuthority(trust, "A trust", "health"), roles={"SS": ["Practice lead"]})
    entered(stage, LocalAuthority(other, "Another trust", "health"))
    asked(stage, child, trust, role="practice lead")
    asked(stage, child, other, role="Practice lead")
    assert [one["role"] for one in accesses(stage, reference)] == [None, "Practice lead"]

"""The broker desk finds whom to ring from a lookup_id, on real tables and keys."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.domain.ringing_order import MAX_RECORDS_PER_AUTHORITY
from infra.local.authorities import LocalAuthority
from tests.support.console import operate, pair
from tests.support.faults import Faults
from tests.support.rows import Rows
from tests.support.stage import EALING, HARINGEY, HOSPITAL, Reply, Stage, warm


def lookup_id(reply: Reply) -> str:
    assert reply.status == 200
    return str(reply.json["lookup_id"])


def broker(lookup: str, authority: str = HARINGEY, **changes: Any) -> dict[str, Any]:
    return operate("broker", authority=authority, lookup_id=lookup, **changes)


def only_contact(answer: dict[str, Any]) -> dict[str, Any]:
    [contact] = answer["contacts"]
    assert isinstance(contact, dict)
    return contact


def test_the_desk_learns_whom_to_ring_about_a_shielded_child(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(EALING))
    stage.register(child, token=stage.token(HOSPITAL), service_type="hospital", organisation="Ward 7")
    stage.shield(child)
    looked_up = stage.look_up(child)
    assert looked_up.json["involvements"] == []
    answer = broker(lookup_id(looked_up))
    assert answer["answer"] == "That lookup drew on 2 of the child's records; 2 of them can still be opened."
    of_ealing, of_hospital = sorted(answer["contacts"], key=lambda one: str(one["authority"]))
    assert of_ealing == {
        "authority": EALING,
        "authority_name": "Ealing",
        "duty_contact": {"name": "Ealing duty team", "phone": "020 7946 0999"},
        "record": "as it was at the lookup",
        "shown_as": "shielded",
        "service_type": "social_care",
        "status": "current",
        "organisation": None,
        "practitioner": {
            **{"id": "sw-9", "name": "Ada Okafor", "role": "Social worker"},
            **{"phone": "020 7946 0001", "email": None},
        },
        "team": {"name": "Assessment team", "phone": "020 7946 0002"},
    }
    assert (of_hospital["authority"], of_hospital["organisation"]) == (HOSPITAL, "Ward 7")
    [record] = [row for row in rows.of(rows.key_of(child), ACCESS) if row["act"]["S"] == "brokered"]
    assert record["reference"]["S"] == lookup_id(looked_up)
    assert (record["requested_by"]["S"], record["reason"]["S"], record["authority"]["S"]) == (
        *("j.doe", "ticket 12"),
        HARINGEY,
    )


def test_a_sensitive_service_is_found_too(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(HOSPITAL), service_type="mental_health", basis="consent")
    looked_up = stage.look_up(child)
    assert "Ada Okafor" not in looked_up.body
    contact = only_contact(broker(lookup_id(looked_up)))
    assert (contact["shown_as"], contact["practitioner"]["name"]) == ("brokered", "Ada Okafor")


def test_previous_work_names_the_team_and_no_longer_the_person(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(EALING), ended_on=stage.today.isoformat())
    contact = only_contact(broker(lookup_id(stage.look_up(child))))
    assert (contact["status"], contact["practitioner"]) == ("previous", None)
    assert contact["team"]["name"] == "Assessment team"


def test_a_record_that_was_not_shown_is_not_brokered(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(HOSPITAL), service_type="sexual_health", basis="consent")
    answer = broker(lookup_id(stage.look_up(child, purpose="health_care")))
    assert (answer["answer"], answer["contacts"]) == ("That lookup listed no record.", [])


def test_a_change_of_a_record_since_the_lookup_is_stated(stage: Stage, rows: Rows) -> None:
    child, token = stage.new_child(), stage.token(EALING)
    references = [stage.new_reference() for _ in range(5)]
    _, changed, anew, withdrawn, damaged = references
    for reference in references:
        stage.register(child, reference, token)
    lookup = lookup_id(stage.look_up(child))
    stage.register(child, changed, token, practitioner={"id": "sw-2", "name": "Ben Ali", "role": "Social worker"})
    assert stage.call("DELETE", f"/v1/involvements/{anew}", token=token).status == 204
    other = stage.body(stage.new_child(), practitioner={"id": "sw-3", "name": "Cy Moore", "role": "Social worker"})
    assert stage.call("PUT", f"/v1/involvements/{anew}", other, token=token).status == 201
    assert stage.call("DELETE", f"/v1/involvements/{withdrawn}", token=token).status == 204
    [row] = [row for row in rows.of_child(child) if row["sk"]["S"].endswith(f"#{damaged}")]
    rows.put({**row, "sealed": {"B": b"damaged"}})
    answer = broker(lookup)
    assert answer["answer"] == "That lookup drew on 5 of the child's records; 2 of them can still be opened."
    contacts = {one["record"].split(";")[0]: one for one in answer["contacts"]}
    assert set(contacts) == {
        "as it was at the lookup",
        "changed since the lookup",
        "withdrawn, erased or expired since the lookup",
        "unreadable",
    }
    assert contacts["changed since the lookup"]["practitioner"]["name"] == "Ben Ali"
    assert "Cy Moore" not in str(answer)
    gone = [one for one in answer["contacts"] if one["record"].startswith("withdrawn, erased or expired")]
    assert gone[0] == gone[1]
    for finding in ("withdrawn, erased or expired since the lookup", "unreadable"):
        assert "practitioner" not in contacts[finding]
        assert contacts[finding]["duty_contact"]["phone"] == "020 7946 0999"


def test_a_record_that_followed_its_child_to_a_new_number_is_found(stage: Stage) -> None:
    old, new, reference, token = stage.new_child(), stage.new_child(), stage.new_reference(), stage.token(EALING)
    stage.register(old, reference, token)
    lookup = lookup_id(stage.look_up(old))
    assert operate("supersede_nhs_number", pairs=pair(old, new))["done"] is True
    assert only_contact(broker(lookup))["record"] == "as it was at the lookup"
    assert stage.register(new, reference, token, lead_professional=True).status == 200
    contact = only_contact(broker(lookup))
    assert contact["record"] == "changed since the lookup; these are its contacts now"
    assert contact["practitioner"]["name"] == "Ada Okafor"


def test_an_expired_record_is_not_opened_for_the_desk_either(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(EALING), service_type="school", ended_on=stage.today.isoformat())
    lookup = lookup_id(stage.look_up(child))
    stage.clock.advance(days=366)
    contact = only_contact(broker(lookup))
    assert contact["record"] == "expired since the lookup; ring the duty contact"
    assert "team" not in contact


def test_a_removed_authority_is_said_to_have_left(stage: Stage) -> None:
    authority = LocalAuthority("E98900001", "Leaver", "leavers")
    warm(stage)
    stage.enter(authority)
    stage.clock.advance(seconds=61)
    child = stage.new_child()
    stage.register(child, token=stage.token(authority.code))
    lookup = lookup_id(stage.look_up(child))
    operate("remove_authority", authority=authority.code, name="Leaver")
    stage.clock.advance(seconds=61)
    contact = only_contact(broker(lookup))
    assert contact["record"] == "cannot be read, because its authority has left the service"
    assert contact["duty_contact"]["name"] == "Leaver duty team"


def test_a_lookup_around_midnight_is_found(stage: Stage) -> None:
    """The access record has the day on which the lookup began. Its id may have the next."""
    child = stage.new_child()
    stage.register(child, token=stage.token(EALING))
    before_midnight = stage.clock.now
    stage.clock.now = before_midnight - timedelta(days=1)
    reply = stage.look_up(child)
    stage.clock.now = before_midnight
    assert only_contact(broker(lookup_id(reply)))["authority"] == EALING


def test_another_authoritys_lookup_is_not_found(stage: Stage) -> None:
    child = stage.new_child()
    lookup = lookup_id(stage.look_up(child))
    answer = broker(lookup, EALING)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert answer["answer"].startswith(f"Refused. {EALING} made no lookup of that lookup_id.")


def test_no_contact_leaves_without_its_access_record(stage: Stage, faults: Faults) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(EALING))
    lookup = lookup_id(stage.look_up(child))
    faults.break_down("PutItem")
    answer = broker(lookup)
    assert (answer["done"], answer["code"]) == (False, "unavailable")
    assert "Okafor" not in json.dumps(answer)


def test_an_access_record_that_does_not_open_never_becomes_an_empty_list(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(EALING))
    lookup = lookup_id(stage.look_up(child))
    rows.reseal(rows.lookups(child)[lookup], shown=b"damaged")
    answer = broker(lookup)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert "does not open" in answer["answer"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lookup_id": "01"}, "lookup_id"),
        ({"lookup_id": "7" + "Z" * 25}, "lookup_id"),
        ({"lookup_id": "0" + "I" * 25}, "lookup_id"),
        ({"authority": "A#B"}, "authority"),
        ({"authority": None}, "authority"),
        ({"requested_by": None}, "requested_by"),
        ({"nhs_number": "9990000018"}, "The event"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(stage: Stage, change: dict[str, Any], field: str) -> None:
    answer = operate("broker", **{"authority": HARINGEY, "lookup_id": "0" + "1" * 25, **change})
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"].startswith(f"Refused. {field} ")


def test_the_desk_learns_that_an_authority_has_more_records_than_a_lookup_lists(stage: Stage) -> None:
    """The answer about a shielded child does not show it."""
    child = stage.new_child()
    for _ in range(MAX_RECORDS_PER_AUTHORITY + 1):
        assert stage.register(child, token=stage.token(EALING)).status == 201
    stage.shield(child)
    looked_up = stage.look_up(child)
    assert looked_up.json["complete"] is True
    words = broker(lookup_id(looked_up))["answer"]
    assert words.startswith(f"That lookup drew on {MAX_RECORDS_PER_AUTHORITY} of the child's records")
    assert words.endswith("there are more of that authority.")

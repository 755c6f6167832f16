"""The rules of an answer, tested through the routes and the real stores."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.domain.access_records import Disclosed
from chalicelib.domain.calendar import add_months
from chalicelib.domain.hiding import NOTHING
from chalicelib.domain.involvement import ServiceType
from infra.local.authorities import LocalAuthority
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, HOSPITAL, POLICE, Reply, Stage

BROKER_DESK = {"name": "National broker desk", "phone": "020 7946 0100"}
WIDE = ("safeguarding", "child_protection")
NARROW = ("education_welfare", "health_care")
SENSITIVE = ("domestic_abuse", "mental_health", "sexual_health", "substance_misuse")
JUSTICE = ("police", "youth_justice")
OTHERS = tuple(sorted({*ServiceType} - {*SENSITIVE, *JUSTICE}))
NONE = "None registered. This does not mean unknown or safe."


def answer(reply: Reply) -> Any:
    assert reply.status == 200, reply.body
    return reply.json


def register(stage: Stage, child: str, authority: str = EALING, reference: str | None = None, **changes: Any) -> str:
    """Registers an involvement and returns its reference. A sensitive service gets the basis that it needs."""
    reference = reference or stage.new_reference()
    if changes.get("service_type") in SENSITIVE or changes.get("sensitive"):
        changes = {"basis": "significant_harm", **changes}
    reply = stage.register(child, reference, stage.token(authority), **changes)
    assert reply.status == 201, reply.body
    return reference


def shield(stage: Stage, child: str, days: int = 30, authority: str = BRENT) -> Reply:
    review_on = (stage.today + timedelta(days=days)).isoformat()
    body = {"nhs_number": child, "reason": "Placed at a protected address", "review_on": review_on}
    return stage.call("POST", "/v1/shields", body, token=stage.token(authority))


def test_an_unregistered_child_is_not_known_and_the_answer_says_how_far_to_trust_that(stage: Stage) -> None:
    reply = stage.look_up(stage.new_child())
    assert reply.status == 200
    assert reply.json["known"] is False
    assert reply.json["complete"] is True
    assert reply.json["involvements"] == []
    assert reply.json["statement"].startswith(NONE)
    assert {sector["sector"] for sector in reply.json["coverage"]} >= {"local_authority", "health", "police"}


def test_another_practitioner_is_shown_with_phone_numbers(stage: Stage) -> None:
    child = stage.new_child()
    assert stage.register(child, token=stage.token(EALING)).status == 201
    answer = stage.look_up(child, token=stage.token(HARINGEY)).json
    assert answer["known"] is True
    assert answer["complete"] is True
    [entry] = answer["involvements"]
    assert entry["practitioner"]["phone"] == "020 7946 0001"
    assert entry["authority"]["duty_contact"] == {"name": "Ealing duty team", "phone": "020 7946 0999"}
    assert entry["own"] is False


def test_the_answer_has_exactly_the_documented_fields(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, organisation="St Ann's family centre", lead_professional=True)
    got = answer(stage.look_up(child))
    assert set(got) == {
        *("lookup_id", "asked_at", "case_reference", "known", "complete", "shielded", "trace_number", "statement"),
        *("involvements", "withheld", "broker_desk", "coverage", "checkpoint"),
    }
    assert got["case_reference"] == "case-1"
    assert datetime.fromisoformat(got["asked_at"]) == stage.clock()
    assert got["asked_at"].endswith("Z")
    [entry] = got["involvements"]
    assert entry == {
        "form": "full",
        "entry": 1,
        "authority": {
            "code": EALING,
            "name": "Ealing",
            "duty_contact": {"name": "Ealing duty team", "phone": "020 7946 0999"},
        },
        "organisation": "St Ann's family centre",
        "service_type": "social_care",
        "status": "current",
        "lead_professional": True,
        "started_on": (stage.today - timedelta(days=30)).isoformat(),
        "ended_on": None,
        "confirmed_on": stage.today.isoformat(),
        "practitioner": {
            **{"id": "sw-9", "name": "Ada Okafor", "role": "Social worker"},
            **{"phone": "020 7946 0001", "email": None},
        },
        "team": {"name": "Assessment team", "phone": "020 7946 0002"},
        "own": False,
        "disputed": False,
    }


def test_the_answer_repeats_the_case_reference(stage: Stage) -> None:
    question = {"nhs_number": stage.new_child(), "purpose": "safeguarding", "case_reference": "A.b_c-99"}
    assert answer(stage.call("POST", "/v1/lookups", question))["case_reference"] == "A.b_c-99"


# Another practitioner


def test_the_askers_own_row_is_marked_and_does_not_make_the_child_known(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, HARINGEY)
    got = answer(stage.look_up(child, stage.token(HARINGEY, "sw-9")))
    assert got["known"] is False
    assert got["statement"].startswith("None registered but your own. This does not mean unknown or safe.")
    assert [entry["own"] for entry in got["involvements"]] == [True]


def test_a_colleague_of_the_same_authority_is_another_practitioner(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, HARINGEY)
    got = answer(stage.look_up(child, stage.token(HARINGEY, "sw-10")))
    assert got["known"] is True
    assert [entry["own"] for entry in got["involvements"]] == [False]


def test_the_same_practitioner_id_in_another_authority_is_another_practitioner(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, EALING)
    got = answer(stage.look_up(child, stage.token(HARINGEY, "sw-9")))
    assert got["known"] is True
    assert [entry["own"] for entry in got["involvements"]] == [False]


def test_own_and_other_rows_are_shown_together(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, HARINGEY)
    register(stage, child, EALING)
    got = answer(stage.look_up(child, stage.token(HARINGEY, "sw-9")))
    assert got["known"] is True
    assert {entry["authority"]["code"]: entry["own"] for entry in got["involvements"]} == {
        HARINGEY: True,
        EALING: False,
    }


# Status


def test_work_confirmed_six_months_ago_is_current_and_a_day_later_unconfirmed(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child)
    six_months = add_months(stage.today, 6) - stage.today
    stage.clock.advance(days=six_months.days)
    assert answer(stage.look_up(child))["involvements"][0]["status"] == "current"
    stage.clock.advance(days=1)
    got = answer(stage.look_up(child))
    assert got["known"] is True
    assert got["involvements"][0]["status"] == "unconfirmed"
    assert got["involvements"][0]["practitioner"]["name"] == "Ada Okafor"


def test_a_confirmation_makes_unconfirmed_work_current_again(stage: Stage) -> None:
    child = stage.new_child()
    reference = register(stage, child)
    stage.clock.advance(days=190)
    confirmation = {"confirmed_on": stage.today.isoformat()}
    token = stage.token(EALING)
    assert stage.call("PATCH", f"/v1/involvements/{reference}", confirmation, token=token).status == 200
    [entry] = answer(stage.look_up(child))["involvements"]
    assert (entry["status"], entry["confirmed_on"]) == ("current", stage.today.isoformat())


def test_previous_work_shows_the_team_but_not_the_practitioner(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, ended_on=stage.today.isoformat())
    reply = stage.look_up(child)
    got = answer(reply)
    assert got["known"] is True
    [entry] = got["involvements"]
    assert entry["status"] == "previous"
    assert entry["practitioner"] is None
    assert entry["team"] == {"name": "Assessment team", "phone": "020 7946 0002"}
    assert "Okafor" not in reply.body


def test_work_that_ends_tomorrow_is_still_current(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, ended_on=(stage.today + timedelta(days=1)).isoformat())
    assert answer(stage.look_up(child))["involvements"][0]["status"] == "current"


def test_an_expired_row_is_never_shown_even_if_it_is_still_in_the_table(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    register(stage, child)
    lapse = add_months(stage.today, 24)
    stage.clock.now = datetime.combine(lapse, datetime.min.time(), stage.clock().tzinfo) - timedelta(seconds=1)
    assert answer(stage.look_up(child))["known"] is True
    stage.clock.advance(seconds=1)
    got = answer(stage.look_up(child))
    assert got["known"] is False
    assert got["complete"] is True
    assert got["involvements"] == []
    assert len(rows.of_child(child)) == 1


# Order


def test_current_work_comes_first_then_one_lead_then_social_care_then_the_newest_confirmation(stage: Stage) -> None:
    """Of one authority. A further lead is in its place as if it were none."""
    child = stage.new_child()
    oldest = register(stage, child, service_type="housing", organisation="4 older")
    stage.clock.advance(days=2)
    register(stage, child, service_type="housing", organisation="3 newer")
    register(stage, child, ended_on=stage.today.isoformat(), lead_professional=True, organisation="5 previous")
    register(stage, child, service_type="school", lead_professional=True, organisation="3 second lead")
    register(stage, child, organisation="2 social care")
    register(stage, child, lead_professional=True, organisation="1 lead in social care")
    got = answer(stage.look_up(child))
    order = [entry["organisation"] for entry in got["involvements"]]
    assert order == sorted(order)
    assert oldest


# Disclosure: purpose x service type


@pytest.mark.parametrize("purpose", WIDE)
@pytest.mark.parametrize("service_type", [*OTHERS, *JUSTICE])
def test_for_safeguarding_and_child_protection_every_open_service_is_shown_in_full(
    stage: Stage, purpose: str, service_type: str
) -> None:
    child = stage.new_child()
    register(stage, child, service_type=service_type)
    got = answer(stage.look_up(child, stage.token(sub=f"sw-{purpose}"), purpose))
    [entry] = got["involvements"]
    assert (got["known"], entry["form"], entry["service_type"]) == (True, "full", service_type)
    assert got["withheld"] == {"brokered": 0, "never_shown": []}
    assert got["broker_desk"] is None


@pytest.mark.parametrize("purpose", NARROW)
@pytest.mark.parametrize("service_type", OTHERS)
def test_for_welfare_and_health_care_the_ordinary_services_are_shown_in_full(
    stage: Stage, purpose: str, service_type: str
) -> None:
    child = stage.new_child()
    register(stage, child, service_type=service_type)
    got = answer(stage.look_up(child, stage.token(sub=f"sw-{purpose}"), purpose))
    [entry] = got["involvements"]
    assert (got["known"], entry["form"], entry["service_type"]) == (True, "full", service_type)


@pytest.mark.parametrize("purpose", NARROW)
@pytest.mark.parametrize("service_type", JUSTICE)
def test_for_welfare_and_health_care_police_and_youth_justice_are_brokered(
    stage: Stage, purpose: str, service_type: str
) -> None:
    child = stage.new_child()
    reference = register(stage, child, POLICE, service_type=service_type, organisation="Tottenham station")
    reply = stage.look_up(child, purpose=purpose)
    got = answer(reply)
    assert got["known"] is True
    assert got["involvements"] == [
        {
            **{"form": "brokered", "description": service_type.replace("_", " "), "service_type": service_type},
            **{"contact": BROKER_DESK, "own": False},
        }
    ]
    assert got["withheld"]["brokered"] == 1
    assert got["broker_desk"] == BROKER_DESK
    shown_elsewhere = json.dumps({**got, "coverage": []})
    assert all(hidden not in shown_elsewhere for hidden in (POLICE, "Metropolitan", "Okafor", "Tottenham", reference))


@pytest.mark.parametrize("purpose", WIDE)
@pytest.mark.parametrize("service_type", SENSITIVE)
def test_a_sensitive_service_is_one_entry_without_dates_or_authority(
    stage: Stage, purpose: str, service_type: str
) -> None:
    child = stage.new_child()
    register(stage, child, HOSPITAL, service_type=service_type)
    got = answer(stage.look_up(child, purpose=purpose))
    assert got["known"] is True
    assert got["involvements"] == [
        {
            **{"form": "brokered", "description": "a sensitive service", "service_type": None},
            **{"contact": BROKER_DESK, "own": False},
        }
    ]
    assert HOSPITAL not in json.dumps(got["involvements"])
    assert service_type not in json.dumps({**got, "coverage": []})


@pytest.mark.parametrize("purpose", WIDE)
def test_all_sensitive_rows_of_a_child_become_one_entry(stage: Stage, purpose: str) -> None:
    child = stage.new_child()
    for service_type in SENSITIVE:
        register(stage, child, HOSPITAL, service_type=service_type)
    register(stage, child, BRENT, sensitive=True)
    register(stage, child, EALING)
    got = answer(stage.look_up(child, purpose=purpose))
    assert [entry["form"] for entry in got["involvements"]] == ["full", "brokered"]
    assert got["withheld"]["brokered"] == 1


@pytest.mark.parametrize("purpose", NARROW)
@pytest.mark.parametrize("service_type", [*SENSITIVE, "social_care"])
def test_for_welfare_and_health_care_a_sensitive_row_leaves_no_trace_in_the_answer(
    stage: Stage, purpose: str, service_type: str
) -> None:
    with_one, without = stage.new_child(), stage.new_child()
    register(stage, with_one, HOSPITAL, service_type=service_type, sensitive=True)
    token = stage.token()
    answers = [answer(stage.look_up(child, token, purpose)) for child in (with_one, without)]
    assert answers[0]["known"] is False
    assert answers[0]["involvements"] == []
    for got in answers:
        assert got["withheld"] == {"brokered": 0, "never_shown": list(SENSITIVE)}
        assert "Sensitive services are never shown for this purpose." in got["statement"]
        del got["lookup_id"]
    assert answers[0] == answers[1]


def test_any_row_marked_as_sensitive_is_treated_as_sensitive(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, service_type="school", sensitive=True)
    [entry] = answer(stage.look_up(child))["involvements"]
    assert (entry["form"], entry["description"], entry["service_type"]) == ("brokered", "a sensitive service", None)


def test_the_askers_own_sensitive_row_does_not_make_the_child_known(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, HARINGEY, service_type="mental_health")
    got = answer(stage.look_up(child, stage.token(HARINGEY, "sw-9")))
    assert got["known"] is False
    assert [entry["own"] for entry in got["involvements"]] == [True]


def test_a_sensitive_row_disappears_on_the_day_it_ends(stage: Stage) -> None:
    child = stage.new_child()
    reference = register(stage, child, service_type="mental_health")
    ending = {"ended_on": stage.today.isoformat()}
    token = stage.token(EALING)
    assert stage.call("PATCH", f"/v1/involvements/{reference}", ending, token=token).status == 200
    assert answer(stage.look_up(child))["known"] is False


# Shields


def test_a_shielded_child_is_known_and_no_details_are_shown(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, EALING)
    assert shield(stage, child).status == 200
    reply = stage.look_up(child)
    got = answer(reply)
    assert (got["known"], got["shielded"], got["complete"]) == (True, True, True)
    assert got["involvements"] == []
    assert got["broker_desk"] == BROKER_DESK
    assert got["statement"].startswith("Known. Details are protected for this child.")
    assert EALING not in json.dumps({**got, "coverage": []})


@pytest.mark.parametrize("purpose", [*WIDE, *NARROW])
def test_a_shielded_child_without_involvements_gets_the_same_answer(stage: Stage, purpose: str) -> None:
    empty, worked_with = stage.new_child(), stage.new_child()
    register(stage, worked_with, EALING)
    answers = []
    for child in (empty, worked_with):
        assert shield(stage, child).json == {
            "shielded": True,
            "review_on": (stage.today + timedelta(days=30)).isoformat(),
        }
        got = answer(stage.look_up(child, purpose=purpose))
        del got["lookup_id"]
        answers.append(got)
    assert answers[0] == answers[1]
    assert answers[0]["known"] is True


def test_even_the_owner_is_shown_nothing_of_a_shielded_child(stage: Stage) -> None:
    child = stage.new_child()
    register(stage, child, HARINGEY)
    shield(stage, child)
    got = answer(stage.look_up(child, stage.token(HARINGEY, "sw-9")))
    assert (got["known"], got["involvements"]) == (True, [])


def test_with_two_shields_the_later_review_date_counts(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    shield(stage, child, days=10)
    later = shield(stage, child, days=99, authority=EALING)
    shield(stage, child, days=10)
    assert later.status == 200
    [row] = [row for row in rows.of_child(child) if row["sk"]["S"] == "S#"]
    assert row["review_on"]["S"] == (stage.today + timedelta(days=99)).isoformat()
    acts = [(record["act"]["S"], record["authority"]["S"]) for record in rows.access_records(child)]
    assert acts == [("shielded", BRENT), ("shielded", EALING), ("shielded", BRENT)]


@pytest.mark.parametrize("damage", [{}, {"sealed": {"S": "no"}}, {"version": {"N": "1"}, "ttl": {"N": "1"}}])
def test_an_unreadable_shield_still_shields(stage: Stage, damage: Any, rows: Rows) -> None:
    child = stage.new_child()
    register(stage, child)
    shield(stage, child)
    [item] = [row for row in rows.of_child(child) if row["sk"]["S"] == "S#"]
    rows.put({"pk": item["pk"], "sk": item["sk"], **damage})
    got = answer(stage.look_up(child))
    assert (got["shielded"], got["involvements"]) == (True, [])


@pytest.mark.parametrize("days", [0, -1])
def test_the_review_of_a_shield_must_be_in_the_future(stage: Stage, days: int) -> None:
    reply = shield(stage, stage.new_child(), days=days)
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert reply.json["errors"][0]["field"] == "review_on"


# An honest no


def test_coverage_counts_reporting_authorities_by_sector_and_names_silent_ones(stage: Stage) -> None:
    sector = "coverage_test"
    for code in ("T01", "T02"):
        entered(stage, LocalAuthority(code, f"Body {code}", sector))
    register(stage, stage.new_child(), "T01")
    wrote_at = stage.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    stage.clock.advance(seconds=61)

    def coverage() -> Any:
        [found] = [one for one in answer(stage.look_up(stage.new_child()))["coverage"] if one["sector"] == sector]
        return found

    assert coverage() == {"sector": sector, "authorities": 2, "reporting": 1, "silent": [], "removed": 0}
    stage.clock.advance(days=8)
    silent = [{"code": "T01", "name": "Body T01", "last_write_at": wrote_at}]
    assert coverage() == {"sector": sector, "authorities": 2, "reporting": 0, "silent": silent, "removed": 0}
    assert "Not every authority reports: see coverage." in answer(stage.look_up(stage.new_child()))["statement"]
    entered(stage, LocalAuthority("T02", "Body T02", sector), standing={"S": "removed"})
    assert coverage() == {"sector": sector, "authorities": 1, "reporting": 0, "silent": silent, "removed": 1}


def test_rows_of_a_suspended_authority_are_shown_and_rows_of_a_removed_one_are_not(stage: Stage) -> None:
    body = LocalAuthority("T03", "Body T03", "standing_test")
    entered(stage, body)
    child = stage.new_child()
    register(stage, child, "T03")
    entered(stage, body, standing={"S": "suspended"})
    assert answer(stage.look_up(child))["known"] is True
    entered(stage, body, standing={"S": "removed"})
    got = answer(stage.look_up(child))
    assert (got["known"], got["complete"], got["involvements"]) == (False, True, [])
    [sector] = [one for one in got["coverage"] if one["sector"] == "standing_test"]
    assert sector["removed"] == 1


def _tamper(rows: Rows, child: str, reference: str) -> None:
    [row] = [row for row in rows.of_child(child) if row["sk"]["S"].endswith(f"#{reference}")]
    later = {"N": str(int(row["expires_at"]["N"]) + 1)}
    rows.put({**row, "expires_at": later, "ttl": later})


def test_the_answer_is_incomplete_if_some_rows_are_unreadable(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    register(stage, child, EALING)
    _tamper(rows, child, register(stage, child, BRENT))
    got = answer(stage.look_up(child))
    assert (got["known"], got["complete"]) == (True, False)
    assert [entry["authority"]["code"] for entry in got["involvements"]] == [EALING]
    assert "Not every record could be shown" in got["statement"]
    assert got["broker_desk"] == BROKER_DESK
    [record] = rows.access_records(child, "L#")
    disclosed = rows.disclosed(record)
    assert (disclosed.known, disclosed.complete) == (True, False)


@pytest.mark.parametrize("own_row_too", [False, True])
def test_the_service_cannot_answer_if_no_row_of_others_is_readable(stage: Stage, rows: Rows, own_row_too: bool) -> None:
    child = stage.new_child()
    _tamper(rows, child, register(stage, child, BRENT))
    if own_row_too:
        register(stage, child, HARINGEY)
    reply = stage.look_up(child, stage.token(HARINGEY, "sw-9"))
    assert (reply.status, reply.code) == (503, "cannot_answer")
    assert reply.json["title"] == "Could not check"
    assert reply.json["detail"] == "Treat as unknown; ring your duty team."
    assert "Retry-After" in reply.headers


# Who may ask


def test_a_purpose_that_the_registry_does_not_grant_is_refused(stage: Stage, rows: Rows) -> None:
    entered(stage, LocalAuthority("T04", "Body T04", "purpose_test"), purposes={"SS": ["health_care"]})
    child = stage.new_child()
    for purpose in (*WIDE, "education_welfare"):
        reply = stage.look_up(child, stage.token("T04"), purpose)
        assert (reply.status, reply.code) == (403, "purpose_not_granted")
    assert stage.look_up(child, stage.token("T04"), "health_care").status == 200
    assert len(rows.access_records(child)) == 1


@pytest.mark.parametrize("sub", ["system:feed", "system:"])
def test_a_system_may_register_but_may_not_look_up(stage: Stage, sub: str, rows: Rows) -> None:
    child = stage.new_child()
    assert stage.register(child, token=stage.token(sub=sub)).status == 201
    reply = stage.look_up(child, stage.token(sub=sub))
    assert (reply.status, reply.code) == (403, "system_may_not_look_up")
    assert rows.access_records(child, "L#") == []


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/lookups", "lookup"),
        ("PUT", "/v1/involvements/ref-scope", "register"),
        ("PATCH", "/v1/involvements/ref-scope", "register"),
        ("GET", "/v1/involvements/ref-scope", "register"),
        ("DELETE", "/v1/involvements/ref-scope", "register"),
        ("GET", "/v1/involvements", "register"),
        ("POST", "/v1/shields", "shield"),
    ],
)
def test_each_call_needs_its_own_scope(stage: Stage, method: str, path: str, scope: str, rows: Rows) -> None:
    others = " ".join({"lookup", "register", "notices", "accesses", "shield"} - {scope})
    child = stage.new_child()
    bodies = {
        "lookup": {"nhs_number": child, "purpose": "safeguarding", "case_reference": "c"},
        "register": stage.body(child) if method == "PUT" else {"lead_professional": True},
        "shield": {"nhs_number": child, "reason": "r", "review_on": (stage.today + timedelta(days=9)).isoformat()},
    }
    body = bodies[scope] if method in {"POST", "PUT", "PATCH"} else None
    reply = stage.call(method, path, body, token=stage.token(scope=others))
    assert (reply.status, reply.code) == (403, "scope_not_granted")
    assert stage.call(method, path, body, token=stage.token(scope=scope)).status not in {401, 403}
    assert rows.access_records(child, "L#") == [] or scope == "lookup"


# No answer without an access record


def test_every_answer_has_an_access_record_of_who_when_and_why(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    register(stage, child)
    token = stage.token(HARINGEY, "sw-77", role="Nurse", jti="token-7", organisation="St Ann's")
    question = {"nhs_number": child, "purpose": "child_protection", "case_reference": "case-77"}
    got = answer(stage.call("POST", "/v1/lookups", question, token=token))
    [record] = rows.access_records(child, "L#")
    assert {name: value for name, value in record.items() if name not in {"pk", "ttl", "sealed", "shown"}} == {
        "sk": {"S": f"L#{got['lookup_id']}"},
        "at": {"N": str(int(stage.clock().timestamp()))},
        "authority": {"S": HARINGEY},
        "practitioner": {"S": "sw-77"},
        "role": {"S": "Nurse"},
        "organisation": {"S": "St Ann's"},
        "token_id": {"S": "token-7"},
        "act": {"S": "looked_up"},
        "purpose": {"S": "child_protection"},
        "case_reference": {"S": "case-77"},
        "day": {"S": f"{HARINGEY}#{stage.today.isoformat()}"},
    }
    kept_days = (int(record["ttl"]["N"]) - stage.clock().timestamp()) / 86_400
    assert 6 * 365 <= kept_days <= 6 * 366


def test_the_access_record_seals_exactly_the_rows_that_were_shown_and_no_name(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    full = register(stage, child, EALING)
    brokered = register(stage, child, HOSPITAL, service_type="mental_health")
    answer(stage.look_up(child))
    [record] = rows.access_records(child, "L#")
    raw = record["shown"]["B"]
    assert not any(hidden in raw for hidden in (b"Okafor", EALING.encode(), full.encode(), b"brokered"))
    shown = {(row.authority_code, row.reference, row.form.value) for row in rows.disclosed(record).rows}
    assert shown == {(EALING, full, "full"), (HOSPITAL, brokered, "brokered")}
    versions = {row["sk"]["S"].rsplit("#", 1)[1]: row["version"]["S"] for row in rows.of_child(child)}
    assert all(row.version == versions[row.reference] for row in rows.disclosed(record).rows)


def test_the_access_record_of_a_none_says_none_and_lists_no_rows(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    answer(stage.look_up(child))
    [record] = rows.access_records(child)
    assert rows.disclosed(record) == Disclosed(known=False, complete=True, rows=(), behind=NOTHING)


def test_rows_that_were_not_shown_are_not_in_the_access_record(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    register(stage, child, HOSPITAL, service_type="mental_health")
    answer(stage.look_up(child, purpose="education_welfare"))
    [record] = rows.access_records(child, "L#")
    assert rows.disclosed(record) == Disclosed(known=False, complete=True, rows=(), behind=NOTHING)


def test_the_broker_desk_finds_the_owners_of_a_shielded_child_by_lookup_id(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reference = register(stage, child, EALING)
    shield(stage, child)
    got = answer(stage.look_up(child))
    [record] = rows.access_records(child, "L#")
    assert record["sk"] == {"S": f"L#{got['lookup_id']}"}
    [row] = rows.disclosed(record).rows
    assert (row.authority_code, row.reference, row.form.value) == (EALING, reference, "shielded")


def test_there_is_no_answer_if_the_access_record_cannot_be_written(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    register(stage, child)

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

    events = stage.clients.connection.client.meta.events
    events.register("before-call.dynamodb.PutItem", fail)
    try:
        reply = stage.look_up(child)
    finally:
        events.unregister("before-call.dynamodb.PutItem", fail)
    assert (reply.status, reply.code) == (503, "cannot_answer")
    assert "Okafor" not in reply.body
    assert rows.access_records(child, "L#") == []
    assert answer(stage.look_up(child))["known"] is True

"""Registering, amending, confirming, withdrawing and reading one's own records."""

from base64 import urlsafe_b64encode
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.attributes import seconds
from chalicelib.domain.calendar import add_months, add_years, midnight
from infra.local.authorities import LocalAuthority
from tests.support.registry import entered
from tests.support.rows import Rows, as_text
from tests.support.stage import EALING, HARINGEY, Reply, Stage

PATH = "/v1/involvements"


def put_body(stage: Stage, reference: str, body: Any, authority: str = HARINGEY, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return stage.call("PUT", f"{PATH}/{reference}", body, token=stage.token(authority), headers=named)


def patch(stage: Stage, reference: str, body: Any, authority: str = HARINGEY, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return stage.call("PATCH", f"{PATH}/{reference}", body, token=stage.token(authority), headers=named)


def get(stage: Stage, reference: str, authority: str = HARINGEY) -> Reply:
    return stage.call("GET", f"{PATH}/{reference}", token=stage.token(authority))


def delete(stage: Stage, reference: str, authority: str = HARINGEY, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return stage.call("DELETE", f"{PATH}/{reference}", token=stage.token(authority), headers=named)


def registered(stage: Stage, child: str | None = None, authority: str = HARINGEY, **changes: Any) -> str:
    reference = stage.new_reference()
    reply = put_body(stage, reference, stage.body(child or stage.new_child(), **changes), authority)
    assert reply.status == 201, reply.body
    return reference


def involved(stage: Stage, child: str) -> list[Any]:
    return list(stage.look_up(child, stage.token(sub="sw-asks")).json["involvements"])


def field_errors(reply: Reply) -> dict[str, str]:
    assert (reply.status, reply.code) == (400, "invalid_request"), reply.body
    return {error["field"]: error["problem"] for error in reply.json["errors"]}


# PUT


def test_a_number_in_groups_names_the_same_child_as_its_digits(stage: Stage) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    spaced, hyphened = (f"{child[:3]}{gap}{child[3:6]}{gap}{child[6:]}" for gap in " -")
    assert put_body(stage, reference, stage.body(spaced)).status == 201
    assert put_body(stage, reference, stage.body(child)).status == 200
    assert put_body(stage, reference, stage.body(hyphened)).status == 200
    assert [entry["own"] for entry in involved(stage, spaced)] == [False]
    assert involved(stage, child) == involved(stage, hyphened)


def test_a_number_in_groups_may_not_stand_in_a_text_of_its_own_request_either(stage: Stage) -> None:
    child = stage.new_child()
    spaced = f"{child[:3]} {child[3:6]} {child[6:]}"
    body = stage.body(spaced, organisation=f"School of {child}")
    assert field_errors(put_body(stage, stage.new_reference(), body)) == {"organisation": "may not hold an NHS number"}
    row = {**stage.body(spaced), "reference": f"r-{child}"}
    [result] = stage.call("POST", "/v1/involvement-batches", {"involvements": [row]}, token=stage.token(HARINGEY)).json[
        "results"
    ]
    assert (result["status"], result["reference"]) == (400, None)


def test_the_first_put_is_201_and_the_next_200(stage: Stage) -> None:
    reference, body = stage.new_reference(), stage.body(stage.new_child())
    first = put_body(stage, reference, body)
    second = put_body(stage, reference, {**body, "lead_professional": True})
    assert (first.status, second.status) == (201, 200)
    assert first.json["reference"] == second.json["reference"] == reference
    assert first.json["confirmed_on"] == stage.today.isoformat()


def test_the_etag_is_the_version_and_changes_with_every_write(stage: Stage) -> None:
    reference, body = stage.new_reference(), stage.body(stage.new_child())
    replies = [put_body(stage, reference, {**body, "organisation": f"Office {n}"}) for n in range(3)]
    assert len({reply.json["version"] for reply in replies}) == 3
    assert all(reply.headers["ETag"] == f'"{reply.json["version"]}"' for reply in replies)


def test_a_reference_reused_after_a_withdrawal_gets_a_new_version(stage: Stage) -> None:
    reference, body = stage.new_reference(), stage.body(stage.new_child())
    first = put_body(stage, reference, body)
    delete(stage, reference)
    again = put_body(stage, reference, body)
    assert again.status == 201
    assert again.json["version"] != first.json["version"]
    assert put_body(stage, reference, body, If_Match=first.headers["ETag"]).status == 412


def test_if_match_only_replaces_the_present_version(stage: Stage) -> None:
    reference, body = stage.new_reference(), stage.body(stage.new_child())
    first = put_body(stage, reference, body).headers["ETag"]
    lead = {**body, "lead_professional": True}
    assert put_body(stage, reference, lead, If_Match='"another"').code == "version_mismatch"
    second = put_body(stage, reference, lead, If_Match=first)
    assert second.status == 200
    assert put_body(stage, reference, body, If_Match=first).status == 412
    assert get(stage, reference).json["lead_professional"] is True
    assert put_body(stage, reference, body, If_Match="*").status == 200


@pytest.mark.parametrize("version", ["*", '"any"', ""])
def test_if_match_on_a_missing_record_is_412(stage: Stage, version: str) -> None:
    reference = stage.new_reference()
    headers = {"If-Match": version or " "}
    reply = stage.call("PUT", f"{PATH}/{reference}", stage.body(stage.new_child()), headers=headers)
    assert (reply.status, reply.code) == (412, "version_mismatch")
    assert get(stage, reference).status == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_if_match_also_guards_patch_and_delete(stage: Stage, method: str) -> None:
    reference = registered(stage)
    body = {"lead_professional": True} if method == "PATCH" else None
    reply = stage.call(method, f"{PATH}/{reference}", body, headers={"If-Match": '"another"'})
    assert (reply.status, reply.code) == (412, "version_mismatch")
    assert get(stage, reference).json["lead_professional"] is False


def test_an_unchanged_body_writes_nothing(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    first = put_body(stage, reference, stage.body(child))
    before = rows.of_child(child), rows.access_records(child)
    stage.clock.advance(days=28)
    body = {**stage.body(child), "started_on": (stage.today - timedelta(days=58)).isoformat()}
    again = put_body(stage, reference, body)
    assert again.status == 200
    assert again.json == first.json
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (rows.of_child(child), rows.access_records(child)) == before


def test_an_unchanged_body_confirms_a_record_last_confirmed_over_28_days_ago(stage: Stage) -> None:
    reference, body = stage.new_reference(), stage.body(stage.new_child())
    first = put_body(stage, reference, body).json
    stage.clock.advance(days=29)
    again = put_body(stage, reference, body).json
    assert again["version"] != first["version"]
    assert again["confirmed_on"] == stage.today.isoformat()


def test_the_order_of_the_fields_and_defaults_written_out_do_not_change_a_body(stage: Stage) -> None:
    reference, body = stage.new_reference(), stage.body(stage.new_child())
    first = put_body(stage, reference, body).json
    spelled_out = {
        **dict(reversed(body.items())),
        **{"ended_on": None, "lead_professional": False, "sensitive": False, "organisation": None},
    }
    assert put_body(stage, reference, spelled_out).json == first


def test_putting_the_old_body_again_undoes_a_patch(stage: Stage) -> None:
    reference, body = stage.new_reference(), stage.body(stage.new_child())
    put_body(stage, reference, body)
    patch(stage, reference, {"lead_professional": True})
    put_body(stage, reference, body)
    assert get(stage, reference).json["lead_professional"] is False


def test_another_nhs_number_under_a_known_reference_is_refused_and_changes_nothing(stage: Stage, rows: Rows) -> None:
    wrong, right, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    first = put_body(stage, reference, stage.body(wrong)).json
    before = rows.of_child(wrong)
    for _ in range(2):
        refused = put_body(stage, reference, stage.body(right))
        assert (refused.status, refused.code) == (409, "another_child")
        assert right not in str(refused)
    assert (rows.of_child(wrong), rows.of_child(right), rows.access_records(right)) == (before, [], [])
    assert get(stage, reference).json["version"] == first["version"]
    assert involved(stage, right) == []
    acts = [record["act"]["S"] for record in rows.access_records(wrong, "E#")]
    assert acts == ["registered", "undecided", "undecided", "read"]


def test_a_slip_is_put_right_by_withdrawing_and_registering_anew(stage: Stage, rows: Rows) -> None:
    wrong, right, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    put_body(stage, reference, stage.body(wrong))
    put_body(stage, reference, stage.body(right))
    assert delete(stage, reference).status == 204
    assert put_body(stage, reference, stage.body(right)).status == 201
    assert (involved(stage, wrong), len(involved(stage, right))) == ([], 1)
    assert rows.acts(right)[:1] == ["registered"]


def test_a_batch_row_of_another_child_is_refused_alone(stage: Stage) -> None:
    references = [stage.new_reference() for _ in range(3)]
    children = [stage.new_child() for _ in range(3)]
    bodies = [{"reference": one, **stage.body(child)} for one, child in zip(references, children, strict=True)]
    stage.call("POST", "/v1/involvement-batches", {"involvements": bodies})
    bodies[1]["nhs_number"] = stage.new_child()
    results = stage.call("POST", "/v1/involvement-batches", {"involvements": bodies}).json["results"]
    assert [row["status"] for row in results] == [200, 409, 200]
    assert results[1]["problem"]["code"] == "another_child"
    assert (results[0]["receipt"]["trace_number"], "receipt" in results[1]) == (False, False)


def test_the_same_reference_in_two_authorities_is_two_records(stage: Stage) -> None:
    reference, ours, theirs = stage.new_reference(), stage.new_child(), stage.new_child()
    assert put_body(stage, reference, stage.body(ours)).status == 201
    assert put_body(stage, reference, stage.body(theirs, service_type="housing"), EALING).status == 201
    assert delete(stage, reference, EALING).status == 204
    assert get(stage, reference).json["service_type"] == "social_care"
    assert get(stage, reference, EALING).status == 404
    assert len(involved(stage, ours)) == 1


def test_another_authoritys_record_can_be_neither_read_nor_changed(stage: Stage) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    assert (get(stage, reference, EALING).status, get(stage, reference, EALING).code) == (404, "not_found")
    assert patch(stage, reference, {"lead_professional": True}, EALING).status == 404
    assert delete(stage, reference, EALING).status == 204
    [entry] = involved(stage, child)
    assert entry["lead_professional"] is False


# expires_at


def expires_on(stage: Stage, body: Any) -> date:
    reference = stage.new_reference()
    reply = put_body(stage, reference, body)
    assert reply.status == 201, reply.body
    expires_at = str(reply.json["expires_at"])
    assert expires_at.endswith("T00:00:00Z")
    return date.fromisoformat(expires_at[:10])


def test_current_work_lapses_24_months_after_its_confirmation(stage: Stage) -> None:
    assert expires_on(stage, stage.body(stage.new_child())) == add_months(stage.today, 24)


@pytest.mark.parametrize(
    ("service_type", "basis", "years"),
    [
        *[(kept_long, "statutory", 6) for kept_long in ("social_care", "police", "youth_justice")],
        *[(service, "concern", 1) for service in ("school", "housing", "gp", "hospital", "early_help", "other")],
    ],
)
def test_ended_work_stays_for_its_own_period(stage: Stage, service_type: str, basis: str, years: int) -> None:
    ended_on = stage.today - timedelta(days=5)
    body = stage.body(stage.new_child(), service_type=service_type, basis=basis, ended_on=ended_on.isoformat())
    assert expires_on(stage, body) == add_years(ended_on, years)


@pytest.mark.parametrize("changes", [{"service_type": "mental_health"}, {"sensitive": True}])
def test_ended_sensitive_work_is_not_stored_at_all(stage: Stage, changes: Any, rows: Rows) -> None:
    child, ended_on = stage.new_child(), stage.today.isoformat()
    body = stage.body(child, basis="consent", ended_on=ended_on, **changes)
    reply = put_body(stage, stage.new_reference(), body)
    assert (reply.status, reply.code) == (422, "already_expired")
    assert rows.of_child(child) == []


def test_sensitive_work_that_ends_tomorrow_stays_until_then(stage: Stage) -> None:
    tomorrow = stage.today + timedelta(days=1)
    body = stage.body(stage.new_child(), basis="consent", sensitive=True, ended_on=tomorrow.isoformat())
    assert expires_on(stage, body) == tomorrow


def test_no_record_outlives_the_month_of_the_eighteenth_birthday(stage: Stage) -> None:
    eighteen_in_five_months = add_years(add_months(stage.today, 5), -18)
    birthday_month = add_months(stage.today, 5).replace(day=1)
    body = stage.body(stage.new_child(), date_of_birth=eighteen_in_five_months.isoformat())
    assert expires_on(stage, body) == add_months(birthday_month, 1)


def test_social_care_by_consent_may_go_on_to_the_twenty_fifth_birthday(stage: Stage) -> None:
    nineteen = add_years(stage.today, -19).isoformat()
    body = stage.body(stage.new_child(), basis="consent", date_of_birth=nineteen)
    assert expires_on(stage, body) == add_months(stage.today, 24)
    turns_25 = add_months(stage.today, 3)
    body = stage.body(stage.new_child(), basis="consent", date_of_birth=add_years(turns_25, -25).isoformat())
    assert expires_on(stage, body) == add_months(turns_25.replace(day=1), 1)


@pytest.mark.parametrize("service_type", ["social_care", "housing", "school", "voluntary", "hospital"])
def test_a_care_leaver_may_stay_on_record_to_the_twenty_fifth_birthday(stage: Stage, service_type: str) -> None:
    turns_25 = add_months(stage.today, 3)
    born_on = add_years(turns_25, -25).isoformat()
    body = stage.body(stage.new_child(), service_type=service_type, basis="leaving_care", date_of_birth=born_on)
    assert expires_on(stage, body) == add_months(turns_25.replace(day=1), 1)


@pytest.mark.parametrize(
    ("service_type", "basis", "sentence"),
    [
        ("social_care", "statutory", "needs the basis consent or leaving_care."),
        ("social_care", "duty_to_share", "needs the basis consent or leaving_care."),
        ("school", "consent", "needs the basis leaving_care."),
        ("police", "concern", "needs the basis leaving_care."),
        ("mental_health", "duty_to_share", "needs the basis leaving_care."),
    ],
)
def test_a_record_of_an_adult_is_refused_with_the_basis_that_would_carry_it(
    stage: Stage, service_type: str, basis: str, sentence: str, rows: Rows
) -> None:
    child, nineteen = stage.new_child(), add_years(stage.today, -19).isoformat()
    body = stage.body(child, service_type=service_type, basis=basis, date_of_birth=nineteen)
    reply = put_body(stage, stage.new_reference(), body)
    assert (reply.status, reply.code) == (422, "no_basis_after_18")
    assert sentence in reply.json["detail"]
    assert rows.of_child(child) == []


@pytest.mark.parametrize("changes", [{"ended": 800}, {"age": 26}])
def test_a_record_that_no_basis_would_carry_has_simply_expired(stage: Stage, changes: dict[str, int]) -> None:
    born_on = add_years(stage.today, -changes.get("age", 19))
    ended_on = stage.today - timedelta(days=changes["ended"]) if "ended" in changes else None
    body = stage.body(
        stage.new_child(),
        service_type="school",
        started_on=(stage.today - timedelta(days=900)).isoformat(),
        ended_on=ended_on and ended_on.isoformat(),
        date_of_birth=born_on.isoformat(),
    )
    reply = put_body(stage, stage.new_reference(), body)
    assert (reply.status, reply.code) == (422, "already_expired")


@pytest.mark.parametrize("write", [put_body, patch])
def test_a_body_that_ends_a_live_record_of_an_adult_is_accepted(stage: Stage, write: Any) -> None:
    child, nineteen = stage.new_child(), add_years(stage.today, -19).isoformat()
    reference = registered(stage, child, basis="leaving_care", date_of_birth=nineteen)
    change = {"basis": "statutory", "date_of_birth": nineteen}
    reply = write(stage, reference, change if write is patch else stage.body(child, **change))
    assert reply.status == 200
    assert get(stage, reference).status == 404
    again = put_body(stage, reference, stage.body(child, **change))
    assert (again.status, again.code) == (422, "no_basis_after_18")


def test_work_for_an_unborn_child_is_registered_after_the_birth(stage: Stage) -> None:
    born_on, started_on = stage.today - timedelta(days=3), stage.today - timedelta(days=303)
    registered(stage, started_on=started_on.isoformat(), date_of_birth=born_on.isoformat())


def test_a_put_without_a_birth_date_keeps_the_cap_and_a_later_one_only_lowers_it(stage: Stage) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    in_six, in_three = (add_months(stage.today, months) for months in (6, 3))

    def end_after(**changes: Any) -> str:
        return str(put_body(stage, reference, stage.body(child, **changes)).json["expires_at"][:10])

    def cap(birthday: date) -> str:
        return add_months(birthday.replace(day=1), 1).isoformat()

    assert end_after(date_of_birth=add_years(in_six, -18).isoformat()) == cap(in_six)
    assert end_after(organisation="No birth date sent") == cap(in_six)
    assert end_after(date_of_birth=add_years(in_three, -18).isoformat()) == cap(in_three)
    assert end_after(date_of_birth=add_years(in_six, -18).isoformat()) == cap(in_three)


def test_a_body_whose_retention_ended_long_ago_ends_the_record_now(stage: Stage) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    long_ago = stage.today - timedelta(days=900)
    body = stage.body(child, service_type="school", started_on=long_ago.isoformat())
    assert put_body(stage, reference, body).status == 201
    ended = put_body(stage, reference, {**body, "ended_on": (long_ago + timedelta(days=30)).isoformat()})
    assert ended.status == 200
    assert involved(stage, child) == []
    assert get(stage, reference).status == 404


def test_expires_at_and_ttl_are_the_same_second_in_row_and_register(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    expires = {"N": str(seconds(midnight(add_months(stage.today, 24))))}
    [row] = rows.of_child(child)
    entry = rows.entry(reference)
    assert entry is not None
    assert row["expires_at"] == row["ttl"] == entry["expires_at"] == entry["ttl"] == expires


def test_the_birth_date_is_dropped(stage: Stage, rows: Rows) -> None:
    born_on = add_years(stage.today, -7) - timedelta(days=3)
    reference = registered(stage, date_of_birth=born_on.isoformat())
    assert born_on.isoformat() not in get(stage, reference).body
    assert born_on.isoformat() not in as_text(rows.everything())


# Contradictions


@pytest.mark.parametrize("basis", ["statutory", "targeted_support", "concern"])
@pytest.mark.parametrize(
    "changes",
    [
        {"sensitive": True},
        *({"service_type": s} for s in ("sexual_health", "mental_health", "substance_misuse", "domestic_abuse")),
    ],
)
def test_a_sensitive_row_needs_a_basis_for_it(stage: Stage, basis: str, changes: Any, rows: Rows) -> None:
    child = stage.new_child()
    reply = put_body(stage, stage.new_reference(), stage.body(child, basis=basis, **changes))
    problem = "must be consent, duty_to_share, leaving_care or significant_harm for a sensitive service"
    assert field_errors(reply) == {"basis": problem}
    assert rows.of_child(child) == []


@pytest.mark.parametrize("basis", ["consent", "significant_harm", "duty_to_share"])
def test_a_sensitive_row_is_registered_on_these_bases(stage: Stage, basis: str) -> None:
    registered(stage, service_type="sexual_health", basis=basis)


def test_a_patch_may_not_make_a_row_sensitive_on_another_basis(stage: Stage) -> None:
    reference = registered(stage)
    assert "basis" in field_errors(patch(stage, reference, {"sensitive": True}))
    assert patch(stage, reference, {"sensitive": True, "basis": "consent"}).status == 200


def test_all_errors_in_the_dates_are_reported_at_once(stage: Stage) -> None:
    day = stage.today + timedelta(days=2)
    body = stage.body(stage.new_child(), started_on=day.isoformat(), ended_on=(day - timedelta(days=9)).isoformat())
    assert set(field_errors(put_body(stage, stage.new_reference(), body))) == {"started_on", "ended_on"}


# Tombstones


def test_an_erased_reference_may_not_come_back(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    entry = rows.entry(reference)
    assert entry is not None
    rows.put({**entry, "erased_at": {"N": str(seconds(stage.clock()))}})
    reply = put_body(stage, reference, stage.body(child))
    assert (reply.status, reply.code) == (409, "erased")
    assert get(stage, reference).status == 404
    assert patch(stage, reference, {"lead_professional": True}).status == 404
    assert delete(stage, reference).status == 204
    assert put_body(stage, reference, stage.body(child)).status == 409


# PATCH


def test_a_patch_changes_only_the_fields_that_it_names(stage: Stage) -> None:
    reference = registered(stage, organisation="St Ann's")
    before = get(stage, reference).json
    reply = patch(stage, reference, {"lead_professional": True, "service_type": "early_help"})
    assert reply.status == 200
    after = get(stage, reference).json
    assert after.pop("version") == reply.json["version"] != before.pop("version")
    assert after == {**before, "lead_professional": True, "service_type": "early_help"}


def test_a_patch_can_change_fields_of_practitioner_and_team(stage: Stage) -> None:
    reference = registered(stage)
    before = get(stage, reference).json
    change = {"practitioner": {"name": "Bea Clarke", "email": "bea@authority.example"}, "team": {"name": "Duty"}}
    assert patch(stage, reference, change).status == 200
    after = get(stage, reference).json
    assert after["practitioner"] == {**before["practitioner"], "name": "Bea Clarke", "email": "bea@authority.example"}
    assert after["team"] == {**before["team"], "name": "Duty"}


def test_null_removes_an_optional_field(stage: Stage) -> None:
    ended_on = stage.today.isoformat()
    reference = registered(stage, organisation="St Ann's", ended_on=ended_on)
    nothing = {"organisation": None, "ended_on": None, "practitioner": {"phone": None}}
    assert patch(stage, reference, nothing).status == 200
    after = get(stage, reference).json
    assert (after["organisation"], after["ended_on"], after["practitioner"]["phone"]) == (None, None, None)
    assert after["status"] == "current"


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("service_type", "basis", "practitioner", "team", "started_on")),
        *({name: None} for name in ("lead_professional", "sensitive", "confirmed_on", "date_of_birth")),
        *({"practitioner": {name: None}} for name in ("id", "name", "role")),
        *({"team": {name: None}} for name in ("name", "phone")),
    ],
)
def test_null_is_refused_for_a_required_field(stage: Stage, change: Any) -> None:
    reference = registered(stage)
    before = get(stage, reference).json
    field_errors(patch(stage, reference, change))
    assert get(stage, reference).json == before


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
def test_both_media_types_of_a_patch_are_accepted(stage: Stage, media_type: str) -> None:
    reference = registered(stage)
    assert patch(stage, reference, {"lead_professional": True}, Content_Type=media_type).status == 200


def test_an_empty_patch_is_refused(stage: Stage) -> None:
    reply = patch(stage, registered(stage), {})
    assert (reply.status, reply.code) == (400, "nothing_to_change")


@pytest.mark.parametrize("change", [{"service_type": "social_care", "sensitive": False}, {"practitioner": {}}])
def test_a_patch_that_changes_nothing_writes_nothing(stage: Stage, change: Any, rows: Rows) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    before = rows.of_child(child), rows.access_records(child)
    assert patch(stage, reference, {**change, "confirmed_on": stage.today.isoformat()}).status == 200
    assert (rows.of_child(child), rows.access_records(child)) == before


def test_a_patch_may_not_change_the_nhs_number(stage: Stage) -> None:
    other = stage.new_child()
    reply = patch(stage, registered(stage), {"nhs_number": other})
    assert list(field_errors(reply)) == [""]
    assert other not in reply.body


@pytest.mark.parametrize("change", [{"lead_professional": True}, {"confirmed_on": "2020-01-01"}])
def test_a_patch_of_a_missing_record_is_404(stage: Stage, change: Any) -> None:
    assert patch(stage, stage.new_reference(), change).code == "not_found"


def test_a_confirmation_postpones_the_lapse(stage: Stage) -> None:
    reference = registered(stage)
    stage.clock.advance(days=100)
    reply = patch(stage, reference, {"confirmed_on": stage.today.isoformat()})
    assert reply.json["confirmed_on"] == stage.today.isoformat()
    assert reply.json["expires_at"][:10] == add_months(stage.today, 24).isoformat()


def test_a_confirmation_never_moves_back(stage: Stage) -> None:
    reference = registered(stage)
    old = (stage.today - timedelta(days=60)).isoformat()
    assert patch(stage, reference, {"confirmed_on": old}).json["confirmed_on"] == stage.today.isoformat()


@pytest.mark.parametrize(("days", "status"), [(0, 200), (1, 200), (2, 400), (400, 400)])
def test_a_confirmation_may_be_dated_up_to_tomorrow(stage: Stage, days: int, status: int) -> None:
    change = {"confirmed_on": (stage.today + timedelta(days=days)).isoformat()}
    assert patch(stage, registered(stage), change).status == status


def test_work_confirmed_with_tomorrows_date_is_shown_as_current(stage: Stage) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    patch(stage, reference, {"confirmed_on": (stage.today + timedelta(days=1)).isoformat()})
    assert involved(stage, child)[0]["status"] == "current"


def test_a_birth_date_sent_later_lowers_the_cap(stage: Stage) -> None:
    reference = registered(stage)
    eighteen = add_months(stage.today, 2)
    reply = patch(stage, reference, {"date_of_birth": add_years(eighteen, -18).isoformat()})
    assert reply.json["expires_at"][:10] == add_months(eighteen.replace(day=1), 1).isoformat()


def test_an_expired_record_does_not_exist_for_its_owner_either(stage: Stage) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    stage.clock.advance(days=24 * 31)
    assert get(stage, reference).status == 404
    assert patch(stage, reference, {"lead_professional": True}).status == 404
    assert put_body(stage, reference, stage.body(child)).status == 201


def test_an_expired_record_puts_no_cap_on_another_child_under_its_reference(stage: Stage) -> None:
    nearly_eighteen = add_years(add_months(stage.today, 2), -18)
    reference = registered(stage, date_of_birth=nearly_eighteen.isoformat())
    stage.clock.advance(days=120)
    reply = put_body(stage, reference, stage.body(stage.new_child()))
    assert reply.status == 201, reply.body
    assert reply.json["expires_at"][:10] == add_months(stage.today, 24).isoformat()


def test_a_record_registered_anew_does_not_inherit_the_cap_of_the_wrong_child(stage: Stage) -> None:
    nearly_eighteen, three = add_years(add_months(stage.today, 2), -18), add_years(stage.today, -3)
    reference = registered(stage, date_of_birth=nearly_eighteen.isoformat())
    assert delete(stage, reference).status == 204
    right = stage.body(stage.new_child(), date_of_birth=three.isoformat())
    expires_at = put_body(stage, reference, right).json["expires_at"]
    assert expires_at[:10] == add_months(stage.today, 24).isoformat()


# GET


def test_an_owner_reads_its_record_without_nhs_number_or_birth_date(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    born_on = add_years(stage.today, -3).isoformat()
    reference = registered(stage, child, date_of_birth=born_on)
    reply = get(stage, reference)
    assert reply.status == 200
    sent = stage.body(child)
    got = reply.json
    assert {name: got[name] for name in ("service_type", "basis", "team", "started_on")} == {
        name: sent[name] for name in ("service_type", "basis", "team", "started_on")
    }
    assert got["practitioner"] == {**sent["practitioner"], "email": None}
    assert got["first_registered_on"] == stage.today.isoformat()
    assert reply.headers["ETag"] == f'"{got["version"]}"'
    assert child not in reply.body
    assert not {"nhs_number", "date_of_birth"} & set(got)
    assert rows.access_records(child, "E#")[-1]["act"] == {"S": "read"}


def test_a_replaced_record_keeps_the_day_of_its_first_registration(stage: Stage) -> None:
    child = stage.new_child()
    first_day = stage.today
    reference = registered(stage, child)
    stage.clock.advance(days=40)
    put_body(stage, reference, stage.body(child, lead_professional=True))
    got = get(stage, reference).json
    assert (got["first_registered_on"], got["confirmed_on"]) == (first_day.isoformat(), stage.today.isoformat())


# The register, page by page


@pytest.fixture
def register_of_five(stage: Stage) -> str:
    """An authority made for these tests, with exactly five records: ref a to e."""
    code = stage.new_code()
    entered(stage, LocalAuthority(code, "Body of five", "register_test"))
    for name in "abcde":
        assert put_body(stage, name, stage.body(stage.new_child()), code).status == 201
    return code


def page(stage: Stage, authority: str, **query: str) -> Reply:
    values = {name: [value] for name, value in query.items()}
    return stage.call("GET", PATH, token=stage.token(authority), query=values or None)


def test_an_authority_reads_its_whole_register_page_by_page(stage: Stage, register_of_five: str) -> None:
    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    for _ in range(4):
        reply = page(stage, register_of_five, **query).json
        assert len(reply["involvements"]) <= 2
        seen += [entry["reference"] for entry in reply["involvements"]]
        if reply["next_cursor"] is None:
            break
        query["cursor"] = reply["next_cursor"]
    assert seen == ["a", "b", "c", "d", "e"]


def test_an_entry_of_the_register_equals_the_receipt(stage: Stage, register_of_five: str) -> None:
    reply = page(stage, register_of_five)
    assert reply.json["next_cursor"] is None
    own = get(stage, "c", register_of_five).json
    wanted = {name: own[name] for name in ("reference", "version", "confirmed_on", "expires_at")}
    assert reply.json["involvements"][2] == wanted


def test_reading_the_register_is_recorded(stage: Stage, register_of_five: str, rows: Rows) -> None:
    page(stage, register_of_five)
    [record] = rows.of(f"A#{register_of_five}", "access")
    assert (record["act"], record["practitioner"]) == ({"S": "listed"}, {"S": stage.practitioner})


def test_the_register_leaves_out_withdrawn_and_expired_records(stage: Stage, register_of_five: str) -> None:
    delete(stage, "b", register_of_five)
    references = [entry["reference"] for entry in page(stage, register_of_five).json["involvements"]]
    assert references == ["a", "c", "d", "e"]
    stage.clock.advance(days=24 * 31)
    assert page(stage, register_of_five).json == {"involvements": [], "next_cursor": None}


@pytest.mark.parametrize("limit", ["1", "1000", "0007"])
def test_limits_within_bounds_are_accepted(stage: Stage, limit: str) -> None:
    assert page(stage, HARINGEY, limit=limit).status == 200


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "", "ten", "1.0", "1e2", "+1", " 1", "٣", "²", "9" * 5000])
def test_limits_out_of_bounds_are_refused(stage: Stage, limit: str) -> None:
    assert field_errors(page(stage, HARINGEY, limit=limit)) == {"limit": "must be a whole number from 1 to 1000"}


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "!", "a", "é", "A" * 5000, "=", "===="),
        urlsafe_b64encode(b"../other").decode(),
        urlsafe_b64encode(b"\xff\xfe").decode(),
        urlsafe_b64encode(b"999-000-0042").decode(),
        urlsafe_b64encode(b"x" * 65).decode(),
    ],
)
def test_a_foreign_cursor_is_refused(stage: Stage, cursor: str) -> None:
    assert list(field_errors(page(stage, HARINGEY, cursor=cursor))) == ["cursor"]


# DELETE


def test_a_withdrawal_is_204_and_can_be_repeated(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    replies = [delete(stage, reference) for _ in range(3)]
    assert [(reply.status, reply.body) for reply in replies] == [(204, "")] * 3
    assert involved(stage, child) == []
    assert rows.of_child(child) == []
    assert [row["act"]["S"] for row in rows.access_records(child, "E#")] == ["registered", "withdrawn"]


def test_withdrawing_an_unknown_reference_is_204(stage: Stage) -> None:
    assert delete(stage, stage.new_reference()).status == 204


def test_a_withdrawal_leaves_the_other_rows_of_the_child_alone(stage: Stage) -> None:
    child = stage.new_child()
    reference = registered(stage, child)
    registered(stage, child, EALING)
    delete(stage, reference)
    assert [entry["authority"]["code"] for entry in involved(stage, child)] == [EALING]

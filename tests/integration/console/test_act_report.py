"""The auditor learns who did what to an authority, the whole service or a child, on real tables."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import console
from chalicelib.adapters.console.operator_answers import reported_act
from chalicelib.adapters.console.past_acts import PAGE, DynamoPastActs
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.adapters.ids import new_ulid
from chalicelib.application.console.ports import ReportedAct
from chalicelib.domain.access_records import Act, Unattended
from chalicelib.domain.child import ChildKey
from infra.local.authorities import LocalAuthority
from tests.support.console import operate, propose
from tests.support.faults import Faults
from tests.support.rows import Row, Rows
from tests.support.stage import HARINGEY, Stage

LARGEST_ANSWER = 6 * 1024 * 1024  # Lambda's limit
ONE_OF_THEM = "authority or nhs_number or whole_service must be there, and only one of them."


def report(newcomer: LocalAuthority, **changes: Any) -> dict[str, Any]:
    return operate("act_report", **{"authority": newcomer.code, **changes})


def about(child: str, **changes: Any) -> dict[str, Any]:
    return operate("act_report", nhs_number=child, **changes)


def forged(row: Row, id_: str) -> Row:
    return {**row, "sk": {"S": f"E#{id_}"}}


def suspensions(newcomer: LocalAuthority, times: int) -> None:
    for _ in range(times):
        operate("suspend_authority", authority=newcomer.code)
        operate("reinstate_authority", authority=newcomer.code)


def test_the_report_says_what_an_operator_did_when_and_under_which_request_id(
    stage: Stage, rows: Rows, newcomer: LocalAuthority
) -> None:
    event = {"requested_by": "a.bell", "reason": "ticket 7", "authority": newcomer.code}
    console.suspend_authority(event, SimpleNamespace(aws_request_id="invocation-1"))
    [record] = rows.of(f"A#{newcomer.code}", ACCESS)
    answer = report(newcomer)
    since = stage.today - timedelta(days=28)
    assert answer["answer"] == f"Acts that concern {newcomer.code} since {since}: 1 of them are on this page."
    assert answer["next_after"] is None
    assert answer["acts"] == [
        {
            "id": record["sk"]["S"].removeprefix("E#"),
            **{"genuine": True, "at": f"{stage.clock():%FT%TZ}", "act": "suspended"},
            **{"reference": None, "changed": []},
            "who": {"requested_by": "a.bell", "reason": "ticket 7", "request_id": "invocation-1"},
        }
    ]


def test_the_report_says_which_practitioner_acted_and_under_which_token(stage: Stage, newcomer: LocalAuthority) -> None:
    token = stage.token(newcomer.code, "sw-1", organisation="Ward 7", jti="sign-in-1")
    assert stage.call("GET", "/v1/involvements", token=token).status == 200
    [act] = report(newcomer)["acts"]
    who = {"practitioner": "sw-1", "role": "Social worker", "organisation": "Ward 7", "token_id": "sign-in-1"}
    assert (act["act"], act["who"]) == ("listed", who)


def test_an_act_of_the_service_itself_is_reported_with_the_fields_that_changed(
    stage: Stage, rows: Rows, newcomer: LocalAuthority
) -> None:
    made = stage.services.parts.recorder.make(Act.NOTICE_ERASED, Unattended.SERVICE, authority_code=newcomer.code)
    stage.services.parts.recorder.access_log.append_act(made)
    [row] = rows.of(f"A#{newcomer.code}", ACCESS)
    changes = {"act": "registry_changed", "changed": "jwks scopes", "reference": made.id}
    rows.reseal(row, **changes)
    [act] = report(newcomer)["acts"]
    assert (act["act"], act["changed"], act["reference"]) == ("registry_changed", ["jwks", "scopes"], made.id)
    assert act["who"] == "the service itself"


def test_both_halves_of_work_of_two_people_are_reported(stage: Stage, newcomer: LocalAuthority) -> None:
    assert operate("remove_authority", authority=newcomer.code, name="Newcomer", requested_by="a.bell")["done"]
    acts = report(newcomer)["acts"]
    assert {act["act"]: act["who"]["requested_by"] for act in acts} == {
        "proposed": "a.bell",
        "removed": "j.doe",
        "carried_out": "j.doe",
    }


def test_acts_on_the_whole_service_are_reported(stage: Stage, rows: Rows) -> None:
    rows.empty(ACCESS)
    proposed = propose("switch_off", stage=stage.settings.stage)["proposal"]
    answer = operate("act_report", whole_service=True)
    assert answer["answer"].startswith("Acts that concern the whole service since ")
    assert [(act["id"], act["act"]) for act in answer["acts"]] == [(proposed, "proposed")]


def test_each_report_is_recorded_and_the_next_one_shows_it(stage: Stage, rows: Rows, newcomer: LocalAuthority) -> None:
    rows.empty(ACCESS)
    since = (stage.today - timedelta(days=3)).isoformat()
    for whose in ({"authority": newcomer.code}, {"whole_service": True}):
        assert operate("act_report", **whose, since=since)["acts"] == []
        [act] = operate("act_report", **whose, since=since)["acts"]
        assert (act["act"], act["reference"], act["who"]["reason"]) == ("acts_reported", since, "ticket 12")


def test_a_record_that_is_not_genuine_is_listed_by_its_id_alone_and_counted(
    stage: Stage, rows: Rows, newcomer: LocalAuthority
) -> None:
    operate("suspend_authority", authority=newcomer.code)
    [genuine] = rows.of(f"A#{newcomer.code}", ACCESS)
    id_ = new_ulid(int(stage.clock().timestamp() * 1000) + 500)
    rows.put(forged(rows.as_stored(genuine), id_), ACCESS)
    answer = report(newcomer)
    assert answer["acts"][1] == {"id": id_, "genuine": False}
    assert "2 of them are on this page. 1 of these are not genuine" in answer["answer"]


def test_nothing_of_a_child_and_no_lookup_is_reported(stage: Stage, rows: Rows, newcomer: LocalAuthority) -> None:
    rows.empty(ACCESS)
    child, other = stage.new_child(), stage.new_child()
    for number in (child, other):
        stage.register(number, token=stage.token(newcomer.code))
    looked_up = stage.look_up(child, token=stage.token(newcomer.code)).json["lookup_id"]
    pairs = [{"old_nhs_number": child, "new_nhs_number": other}]
    assert operate("supersede_nhs_number", pairs=pairs)["done"]
    answers = json.dumps([report(newcomer), operate("act_report", whole_service=True)])
    for secret in (child, other, looked_up, *(rows.key_of(number)[4:] for number in (child, other))):
        assert secret not in answers


def test_the_report_about_a_child_says_who_of_the_staff_did_what_and_under_which_request_id(
    stage: Stage, rows: Rows
) -> None:
    child, review_on = stage.new_child(), (stage.today + timedelta(days=90)).isoformat()
    stage.register(child)
    event = {"requested_by": "a.bell", "reason": "ticket 7", "nhs_number": child, "review_on": review_on}
    console.shield_child(event, SimpleNamespace(aws_request_id="invocation-1"))
    assert operate("hold_child", nhs_number=child, hold="inquiry-1", until=review_on)["done"]
    assert operate("unshield_child", nhs_number=child)["done"]
    answer = about(child)
    since = stage.today - timedelta(days=28)
    assert answer["answer"] == f"Acts of staff that concern the child since {since}: 5 of them are on this page."
    acts = {act["act"]: act for act in answer["acts"]}
    assert {act: reported["who"]["requested_by"] for act, reported in acts.items()} == {
        "shielded": "a.bell",
        "held": "j.doe",
        "proposed": "a.bell",
        "carried_out": "j.doe",
        "unshielded": "j.doe",
    }
    assert acts["shielded"]["who"]["request_id"] == "invocation-1"
    assert acts["held"]["reference"] == "inquiry-1"


def test_the_report_about_a_child_shows_both_people_of_an_erasure_and_no_record(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child, "work-of-nine")
    assert operate("erase_child", nhs_number=child)["done"]
    acts = about(child)["acts"]
    who = [(act["act"], act["who"]["requested_by"]) for act in acts]
    assert sorted(who) == [("carried_out", "j.doe"), ("erased", "j.doe"), ("proposed", "a.bell")]
    assert "work-of-nine" not in json.dumps(acts)


def test_the_report_about_a_child_shows_no_lookup_and_nobody_of_an_authority(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child, "work-of-ten", stage.token(HARINGEY, "sw-77", jti="sign-in-77"))
    looked_up = stage.look_up(child, token=stage.token(HARINGEY, "sw-78", jti="sign-in-78")).json["lookup_id"]
    assert stage.call("GET", "/v1/involvements/work-of-ten").status == 200
    assert operate("dispute_record", authority=HARINGEY, reference="work-of-ten", disputed=True)["done"]
    assert operate("broker", authority=HARINGEY, lookup_id=looked_up)["done"]
    answer = about(child)
    assert [act["act"] for act in answer["acts"]] == ["disputed", "brokered"]
    hidden = (child, rows.key_of(child)[4:], "work-of-ten", looked_up, "sw-77", "sw-78", "sign-in", HARINGEY)
    for secret in hidden:
        assert secret not in json.dumps(answer)


def test_each_report_about_a_child_is_recorded_under_the_child(stage: Stage, rows: Rows) -> None:
    child, since = stage.new_child(), (stage.today - timedelta(days=3)).isoformat()
    empty = about(child, since=since)
    assert (
        empty["answer"]
        == f"No acts of staff that concern the child are on record since {since}. Is it the right number?"
    )
    [act] = about(child, since=since)["acts"]
    assert (act["act"], act["reference"], act["who"]["reason"]) == ("acts_reported", since, "ticket 12")
    assert rows.acts(child) == ["acts_reported"] * 2
    entries = operate("subject_access_report", nhs_number=child)["entries"]
    assert sum("The auditor looked at" in json.dumps(entry) for entry in entries) == 2


def test_a_record_of_a_child_that_is_not_genuine_is_listed_by_its_id_alone(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    [genuine] = [row for row in rows.of(rows.key_of(child), ACCESS) if row["sk"]["S"].startswith("E#")]
    id_ = new_ulid(int(stage.clock().timestamp() * 1000) + 500)
    rows.put(forged(rows.as_stored(genuine), id_), ACCESS)
    answer = about(child)
    assert answer["acts"] == [{"id": id_, "genuine": False}]
    assert "1 of these are not genuine" in answer["answer"]


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_pages_about_a_child_hold_every_act_of_staff_once(stage: Stage, rows: Rows, page_size: int) -> None:
    child = stage.new_child()
    for reference in (stage.new_reference() for _ in range(3)):
        stage.register(child, reference)
        operate("dispute_record", authority=HARINGEY, reference=reference, disputed=True)
        stage.clock.advance(seconds=1)
    parts = stage.services.parts
    past = DynamoPastActs(parts.tables, parts.records, page_size)
    after, acts = None, list[str | None]()
    while True:
        page = past.page(ChildKey(rows.key_of(child)), None, stage.today, after)
        acts += [act.act for act in page.acts]
        if (after := page.next_id) is None:
            break
    assert acts == ["disputed"] * 3


def test_a_report_begins_with_the_day_that_it_is_asked_for(stage: Stage, newcomer: LocalAuthority) -> None:
    operate("suspend_authority", authority=newcomer.code)
    first = stage.today
    stage.clock.advance(days=29)
    operate("reinstate_authority", authority=newcomer.code)
    assert [act["act"] for act in report(newcomer)["acts"]] == ["reinstated"]
    since_then = report(newcomer, since=first.isoformat())["acts"]
    assert [act["act"] for act in since_then] == ["suspended", "reinstated", "acts_reported"]


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 5])
def test_pages_hold_every_act_once(stage: Stage, newcomer: LocalAuthority, page_size: int) -> None:
    suspensions(newcomer, 2)
    parts = stage.services.parts
    past = DynamoPastActs(parts.tables, parts.records, page_size)
    pages: list[list[str | None]] = []
    after = None
    for _ in range(5):
        page = past.page(None, newcomer.code, stage.today, after)
        pages.append([act.act for act in page.acts])
        after = page.next_id
        if after is None:
            break
    assert [act for page in pages for act in page] == ["suspended", "reinstated"] * 2
    assert [len(page) for page in pages[:-1]] == [page_size] * (len(pages) - 1)
    assert len(pages) == -(-4 // page_size)


def test_a_report_continues_after_a_forged_record_of_any_id(stage: Stage, rows: Rows, newcomer: LocalAuthority) -> None:
    suspensions(newcomer, 1)
    strange = "not an id,\n" + "x" * 1000
    rows.put(forged(rows.as_stored(rows.of(f"A#{newcomer.code}", ACCESS)[0]), strange), ACCESS)
    acts = report(newcomer)["acts"]
    assert acts[-1] == {"id": strange, "genuine": False}
    assert report(newcomer, after=acts[0]["id"])["acts"][0] == acts[1]
    assert report(newcomer, after=strange)["acts"] == []


def test_the_fullest_page_of_the_longest_words_fits_into_an_answer() -> None:
    """An event's texts have up to 200 characters, its reason 1000, of up to 4 bytes each: Lambda writes UTF-8."""
    wide, at = "\U0001f9d2", "2026-01-01T00:00:00Z"
    changed = ("entered", "deleted", "name", "sector", "standing", "duty_contact", "scopes", "purposes", "jwks")
    operator = ReportedAct(
        id="0" + "1" * 25,
        at=at,  # type: ignore[arg-type]
        act="switch_off_begun",
        reference="supersede_nhs_number " + "f" * 64,
        requested_by=wide * 200,
        reason=wide * 1000,
        request_id="1" * 36,
        changed=changed * 2,
    )
    caller = ReportedAct(
        id=operator.id,
        at=operator.at,
        practitioner_id=wide * 128,
        role=wide * 128,
        organisation=wide * 128,
        token_id=wide * 128,
    )
    for act in (operator, caller, ReportedAct(id="\n" * 1022)):
        assert len(json.dumps(reported_act(act), ensure_ascii=False).encode()) * PAGE < LARGEST_ANSWER


def test_an_authority_that_nobody_knows_has_no_acts(stage: Stage) -> None:
    since = stage.today - timedelta(days=28)
    answer = operate("act_report", authority=stage.new_code())
    assert answer["done"] is True
    assert answer["acts"] == []
    assert answer["answer"].endswith(f" are on record since {since}. Is it the right code?")


def test_no_report_leaves_without_its_access_record(stage: Stage, newcomer: LocalAuthority, faults: Faults) -> None:
    operate("suspend_authority", authority=newcomer.code)
    faults.break_down("PutItem")
    answer = report(newcomer)
    assert (answer["done"], answer["code"], "acts" in answer) == (False, "unavailable", False)


def test_a_report_that_cannot_be_completed_is_not_given(stage: Stage, newcomer: LocalAuthority, faults: Faults) -> None:
    faults.throttle("Query")
    assert report(newcomer)["code"] == "unavailable"


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"since": "2999-01-01"}, "2999-01-01 is in the future."),
        ({"since": "today"}, "since is not a date"),
        ({"authority": None}, ONE_OF_THEM),
        ({"whole_service": True}, ONE_OF_THEM),
        ({"nhs_number": "9990000018"}, ONE_OF_THEM),
        ({"authority": None, "nhs_number": "9990000018", "whole_service": True}, ONE_OF_THEM),
        ({"authority": None, "nhs_number": "9990000010"}, "nhs_number "),
        ({"authority": None, "whole_service": "yes"}, "whole_service must be true or false"),
        ({"after": ""}, "after must be next_after"),
        ({"reason": None}, "reason is missing"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(
    stage: Stage, newcomer: LocalAuthority, change: dict[str, Any], begins: str
) -> None:
    answer = report(newcomer, **change)
    assert answer["done"] is False
    assert answer["answer"].startswith(f"Refused. {begins}")

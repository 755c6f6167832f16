"""A subject access report states all held data, page by page, and says what it withholds and why."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.console import subject_report
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.application.console import subject_access_report
from chalicelib.domain.access_records import Act
from tests.support.console import operate, pair
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import EALING, HOSPITAL, POLICE, Stage


def report(child: str, **more: Any) -> dict[str, Any]:
    return operate("subject_access_report", nhs_number=child, **more)


def whole(child: str) -> list[dict[str, Any]]:
    """Returns every entry of every page."""
    page = report(child)
    entries: list[dict[str, Any]] = page["entries"]
    while page["next_after"] is not None:
        page = report(child, after=page["next_after"])
        entries += page["entries"]
    return entries


def kinds(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["kind"] for entry in entries]


def test_everything_is_stated_in_json_and_in_words(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.look_up(child, stage.token(EALING, "sw-7"))
    answer = report(child)
    assert answer["done"]
    assert answer["answer"].startswith("On this page: 1 involvements, 2 access records.")
    assert answer["release"] == subject_report.NOT_RELEASED
    involvement, looked_up, registered = answer["entries"][0], answer["entries"][2], answer["entries"][1]
    assert "Haringey says that Ada Okafor, Social worker, of Assessment team, works" in involvement["in_words"]
    assert involvement["work"]["practitioner"]["phone"] == "020 7946 0001"
    accesses = {entry["act"]: entry for entry in (looked_up, registered)}
    assert "Haringey registered a record." in accesses["registered"]["in_words"]
    words = accesses["looked_up"]["in_words"]
    assert "somebody at Ealing (Social worker) asked whether the child is known, for safeguarding." in words
    assert "The answer was that the child is known." in words
    assert accesses["looked_up"]["told"]["rows"][0]["form"] == "full"


def test_it_is_complete_over_every_page_and_number(stage: Stage, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject_access_report, "ROWS_ON_A_PAGE", 3)
    old, new = stage.new_child(), stage.new_child()
    for child in (old, new):
        for _ in range(4):
            stage.register(child)
        stage.shield(child)
        stage.look_up(child)
    operate("supersede_nhs_number", pairs=pair(old, new))
    for asked in (old, new):
        held = [row for child in (old, new) for row in rows.of(rows.key_of(child), ACCESS)]
        entries = whole(asked)
        assert kinds(entries).count("involvement") == 8
        assert kinds(entries).count("shield") == 2
        assert kinds(entries).count("access") >= len(held)
        assert {entry["act"] for entry in entries if entry["kind"] == "access"} >= {row["act"]["S"] for row in held}


def test_a_number_superseded_between_two_pages_loses_no_row(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject_access_report, "ROWS_ON_A_PAGE", 3)
    old, new = stage.new_child(), stage.new_child()
    for child in (old, old, new, new):
        stage.register(child)
    first = report(old)
    operate("supersede_nhs_number", pairs=pair(old, new))
    following = report(old, after=first["next_after"])
    assert (following["done"], following["code"]) == (False, "invalid_request")
    assert "start again without it" in following["answer"]
    assert kinds(whole(old)).count("involvement") == 4


@pytest.mark.parametrize("rows_on_a_page", [2, 3])
def test_no_sort_key_stops_a_report(
    stage: Stage, rows: Rows, monkeypatch: pytest.MonkeyPatch, rows_on_a_page: int
) -> None:
    monkeypatch.setattr(subject_access_report, "ROWS_ON_A_PAGE", rows_on_a_page)
    child = stage.new_child()
    stage.register(child)
    odd = [" ", "I#E09000014#z z", "I#E09000014#\n:", "Z" * 1024, "\N{GRINNING FACE}" * 256]
    for sort_key in odd:
        rows.put({"pk": {"S": rows.key_of(child)}, "sk": {"S": sort_key}})
    entries = whole(child)
    assert kinds(entries).count("damaged") == len(odd)
    assert kinds(entries).count("involvement") == 1


def test_a_cursor_of_one_childs_report_is_refused_in_anothers(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject_access_report, "ROWS_ON_A_PAGE", 1)
    child, other = stage.new_child(), stage.new_child()
    for one in (child, other):
        stage.register(one)
    assert report(other, after=report(child)["next_after"])["code"] == "invalid_request"


def test_copies_for_an_inquiry_are_named_as_withheld(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child, service_type="school", ended_on=stage.today.isoformat())
    until = stage.today.replace(year=stage.today.year + 1, day=1)
    operate("hold_child", nhs_number=child, hold="inquiry-sar", until=f"{until}")
    stage.clock.advance(days=400)
    answer = report(child)
    assert kinds(answer["entries"]) == ["access", "access"]
    [copies] = [one for one in answer["withheld"] if one["what"] == "held_copies"]
    assert copies["times"] == 1
    assert "inquiry-sar" in [entry.get("reference") for entry in answer["entries"]]


def test_notices_are_named_as_withheld(stage: Stage) -> None:
    answer = report(stage.new_child())
    [notices] = answer["withheld"]
    assert (notices["what"], "times" in notices) == ("notices", False)


def test_an_expired_record_is_not_stated(stage: Stage, rows: Rows) -> None:
    """Even if TTL has not deleted it yet. Its access records show that it was there."""
    child = stage.new_child()
    stage.register(child, service_type="school", ended_on=stage.today.isoformat())
    stage.clock.advance(days=370)
    assert len(rows.of_child(child)) == 1
    assert [entry.get("act", entry["kind"]) for entry in whole(child)] == ["registered"]


def test_each_page_is_recorded(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    report(child)
    report(child)
    assert rows.acts(child) == ["subject_access_reported"] * 2


def test_the_report_says_what_it_leaves_out_and_why(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.shield(child)
    stage.look_up(child, stage.token(EALING, "the-askers-id", jti="sign-in-1"))
    operate("unshield_child", nhs_number=stage.new_child())
    answer = report(child)
    text = json.dumps(answer["entries"])
    for kept_back in ("the-askers-id", "sign-in-1", "case-1", "threats"):
        assert kept_back not in text
    withheld = {one["what"] for one in answer["withheld"]}
    assert {"practitioner", "token_id", "case_reference", "shield_reason"} <= withheld
    assert all(one["why"] for one in answer["withheld"])


def test_entries_that_need_a_decision_are_marked(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child, service_type="mental_health", basis="consent", token=stage.token(HOSPITAL))
    stage.register(child, service_type="police", token=stage.token(POLICE))
    stage.register(child)
    stage.shield(child)
    answer = report(child)
    assert [one[:10] for one in answer["consider"]] == ["The child "]
    considered = {e["work"]["service_type"]: e["consider"] for e in answer["entries"] if e["kind"] == "involvement"}
    assert [len(considered[kind]) for kind in ("mental_health", "police", "social_care")] == [1, 1, 0]


def test_a_lookup_from_a_sensitive_service_needs_a_decision_even_when_its_record_is_gone(stage: Stage) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    adviser = {"id": "dv-1", "name": "Beth Clarke", "role": "Domestic abuse adviser"}
    token = stage.token(EALING, "dv-1")
    stage.register(child, reference, token, service_type="domestic_abuse", basis="consent", practitioner=adviser)
    stage.look_up(child, token)
    stage.call("DELETE", f"/v1/involvements/{reference}", token=token)
    stage.look_up(child, token)
    first, second = [entry for entry in report(child)["entries"] if entry["act"] == "looked_up"]
    assert [one[:19] for one in first["consider"]] == ["A sensitive service"]
    assert second["consider"] == []
    assert {*first["told"]} == {"known", "complete", "rows"}


def test_acts_of_the_services_own_staff_are_stated_as_theirs(stage: Stage) -> None:
    child = stage.new_child()
    review_on = (stage.today + timedelta(days=365)).isoformat()
    assert operate("shield_child", nhs_number=child, review_on=review_on)["done"]
    said = [entry["in_words"] for entry in report(child)["entries"]]
    assert any(words.endswith("UTC the service's staff had the child shielded.") for words in said)


def test_work_that_has_ended_is_not_kept_by_confirming_it(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.register(child, ended_on=stage.today.isoformat())
    current, ended = sorted(
        (entry for entry in report(child)["entries"] if entry["kind"] == "involvement"), key=lambda one: one["status"]
    )
    assert "; confirming it again may put that off." in current["in_words"]
    assert f"It is deleted on {ended['expires_at'][:10]}." in ended["in_words"]


def test_a_row_that_does_not_open_is_stated_as_damaged(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child, "sar-damaged")
    stage.look_up(child)
    rows.put({**rows.one_of(child), "sealed": {"B": b"damaged"}})
    [lookup] = rows.lookups(child).values()
    rows.put({**rows.as_stored(lookup), "sealed": {"B": b"damaged"}}, ACCESS)
    answer = report(child)
    assert "1 unreadable rows" in answer["answer"]
    assert {"kind": "damaged", "reference": "sar-damaged"}.items() <= answer["entries"][0].items()
    [lookup] = [one for one in answer["entries"] if one["in_words"].startswith("At an unreadable time somebody")]
    assert lookup["in_words"].endswith("The answer can no longer be read.")
    assert len(lookup["consider"]) == 1


def test_a_child_without_any_records_has_an_empty_report(stage: Stage) -> None:
    answer = report(stage.new_child())
    assert (answer["done"], answer["entries"], answer["next_after"]) == (True, [], None)


def test_every_act_about_a_child_has_its_words() -> None:
    about_no_child = {
        *(
            Act.LISTED,
            Act.FINDINGS_READ,
            Act.SERVICE_KEY_MADE,
            Act.ONBOARDED,
            Act.SUSPENDED,
            Act.REINSTATED,
            Act.KEYS_REPLACED,
            Act.GRANTS_CHANGED,
            Act.REGISTRY_CHANGED,
            Act.NOTICE_ERASED,
            Act.PROOF_READ,
            Act.SHIELDS_LISTED,
        ),
        *(Act.AUDIT_EXPORTED, Act.NOTICES_REPLAYED),
        *(Act.QUALITY_READ, Act.REMOVED, Act.ACCESS_REPORTED, Act.RESTORED, Act.SWITCH_OFF_BEGUN, Act.SWITCHED_OFF),
    }
    assert set(Act) - about_no_child <= subject_report.ACTS_OF_SOMEBODY.keys() | subject_report.OTHER_ACTS.keys()


def test_the_longest_page_fits_into_the_answer_of_a_function(stage: Stage) -> None:
    child, long = stage.new_child(), "\N{GRINNING FACE}" * 200
    practitioner = {"id": long, "name": long, "role": long, "email": "a" * 240 + "@b.example"}
    body = stage.body(child, practitioner=practitioner, team={"name": long, "phone": "1" * 30}, organisation=long)
    sent = json.dumps(body, ensure_ascii=False)
    assert stage.call("PUT", f"/v1/involvements/{stage.new_reference()}", sent.encode()).status == 201
    [entry] = [one for one in report(child)["entries"] if one["kind"] == "involvement"]
    assert len(json.dumps(entry)) * subject_access_report.ROWS_ON_A_PAGE < 6_000_000


@pytest.mark.parametrize("after", ["x", "99:", "é", "AAAA", "0:" + "I#" * 1000])
def test_an_invalid_cursor_is_refused(stage: Stage, after: str) -> None:
    answer = report(stage.new_child(), after=after)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")


def test_the_log_holds_nothing_of_it(stage: Stage, metrics: Metrics) -> None:
    child = stage.new_child()
    stage.register(child)
    report(child)
    assert not any(word in str(metrics.lines) for word in (child, "Okafor", "Assessment"))

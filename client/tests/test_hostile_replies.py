"""A reply that a server should never send costs an error, never a wrong answer, and takes over no terminal."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.tests.command_line import ASK, KnownTo, tidy
from client.tests.fake_service import CHILD, RECEIPT, SETTINGS, FakeService, full_entry, lookup_answer
from client.tests.feeds import read_csv
from client.tests.service import Service
from client.tests.test_network import client_of
from client.tests.tls_servers import http, serving
from known_to import Caller, connect
from known_to.answers import FailedContact
from known_to.errors import KnownToError, Problem, UnreadableAnswer
from known_to.notice_pages import waiting_pages
from known_to.register_comparison import write_differences
from known_to.register_quality import Quality, write_quality
from known_to.strict_json import read_json
from tests.support.stage import Reply

NOW = datetime.now(UTC)
CALLER = Caller("sw-1", "Social worker")


def answer(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return lookup_answer(*entries, **changes)


def looked_up(reply: httpx.Response) -> bool:
    return FakeService(reply).client().look_up(CHILD, "safeguarding", "case-17").known


def test_an_answer_to_the_question_is_taken() -> None:
    assert looked_up(httpx.Response(200, json=answer(full_entry("Ada Okafor")))) is True
    assert looked_up(httpx.Response(200, json=answer(full_entry("Ada Okafor", own=True), known=False))) is False


@pytest.mark.parametrize(
    "changes",
    [
        {"case_reference": "case-18"},
        {"case_reference": "CASE-17"},
        {"case_reference": "case-17 "},
        {"case_reference": ""},
        {"asked_at": (NOW - timedelta(hours=1)).isoformat()},
        {"asked_at": (NOW + timedelta(hours=1)).isoformat()},
        {"asked_at": "2026-03-01T09:30:00"},
        {"asked_at": "0001-01-01T00:00:00+23:59"},
        {"asked_at": "9999-12-31T23:59:59-23:59"},
        {"shielded": True},
    ],
)
def test_an_answer_to_another_question_is_not_an_answer(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        looked_up(httpx.Response(200, json=answer(**changes)))


def test_an_answer_that_denies_the_people_it_lists_is_not_an_answer() -> None:
    with pytest.raises(UnreadableAnswer, match="contradicts itself"):
        looked_up(httpx.Response(200, json=answer(full_entry("Ada Okafor"), known=False)))


@pytest.mark.parametrize("repeated", ["", "no", "5e0f3a52-0f0c-4f0e-9a57-8c6f1d6f9f61"])
def test_an_earlier_answer_to_the_same_question_is_not_an_answer(repeated: str) -> None:
    kept = httpx.Response(200, json=answer(), headers={"X-Caller-Correlation-ID": repeated})
    service = FakeService(kept)
    with pytest.raises(UnreadableAnswer, match="does not repeat the id of this one"):
        service.client().look_up(CHILD, "safeguarding", "case-17")
    assert len({one.headers["X-Correlation-ID"] for one in service.requests}) == 1


def test_every_try_has_an_id_of_its_own() -> None:
    busy = httpx.Response(503, json={}, headers={"Retry-After": "0"})
    service = FakeService(busy, busy, httpx.Response(200, json=answer()))
    ids: list[str] = []
    seen = service.__call__

    def noting(request: httpx.Request) -> httpx.Response:
        ids.append(request.headers["X-Correlation-ID"])
        return seen(request)

    transport = httpx.MockTransport(noting)
    connect(SETTINGS, CALLER, transport=transport, sleep=lambda _: None).look_up(CHILD, "safeguarding", "case-17")
    assert len(set(ids)) == 3


def test_the_command_line_could_not_check_if_the_answer_is_to_another_case(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    other = service.stage.look_up(child)
    assert other.json["case_reference"] != "case-17"
    service.failures = [other]
    ended = known_to(*ASK, stdin=child)
    assert (ended.code, tidy(ended)) == (4, "")
    assert ended.err == (
        "COULD NOT CHECK. Treat as unknown; ring your duty team.\n"
        "The answer is to another question: it names another case.\n"
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.register("r-2", {}),
        lambda client: client.confirm("r-2"),
        lambda client: client.read_own("r-2"),
    ],
)
def test_a_receipt_for_another_record_is_not_an_answer(call: Callable[[Any], Any]) -> None:
    own = {
        **{"status": "current", "first_registered_on": "2026-03-01", "service_type": "social_care", "basis": "x"},
        **{"practitioner": {"id": "a", "name": "b", "role": "c"}, "team": {"name": "d", "phone": "e"}},
        **{"started_on": "2026-03-01", "lead_professional": False, "sensitive": False, "disputed": False},
    }
    with pytest.raises(UnreadableAnswer, match="names another record"):
        call(FakeService(httpx.Response(200, json={**RECEIPT, **own})).client())


@pytest.mark.parametrize(
    "said", [{"shielded": False, "review_on": "9999-01-01"}, {"shielded": True, "review_on": "2026-01-01"}]
)
def test_a_child_who_is_not_shielded_never_seems_to_be(said: dict[str, Any]) -> None:
    service = FakeService(httpx.Response(200, json=said))
    with pytest.raises(UnreadableAnswer, match="does not say that the child is shielded"):
        service.client().shield(CHILD, "reason", NOW.date())


def test_a_register_that_never_ends_is_left() -> None:
    service = FakeService(httpx.Response(200, json={"involvements": [RECEIPT], "next_cursor": "abc"}))
    with pytest.raises(UnreadableAnswer, match="does not end"):
        list(service.client().read_register())
    assert len(service.requests) == 2


GOOD = json.dumps(answer(full_entry("Ada Okafor")))
TWICE = f'{{"known": false, "involvements": [], {GOOD[1:]}'


@pytest.mark.parametrize(
    "content",
    [
        TWICE.encode(),
        GOOD[:-1].encode() + b', "known": false, "involvements": []}',
        GOOD.replace('"code":', '"code": "X", "code":').encode(),
        GOOD[:-1].encode() + b', "checkpoint": NaN}',
        GOOD[:-1].encode() + b', "checkpoint": [1e999]}',
        GOOD[:-1].encode() + b', "checkpoint": -Infinity}',
        GOOD[:-1].encode() + b', "checkpoint": ' + b"9" * 5000 + b"}",
        GOOD[:-1].encode() + b', "checkpoint": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        GOOD[:-1].encode() + b', "checkpoint": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        GOOD.replace("Ada", "\\ud800").encode(),
        GOOD.replace("Ada", "Ada\x00").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("utf-16"),
        GOOD.encode("utf-32"),
        GOOD.replace("Ada", "Ad\xe1").encode("latin-1"),
        GOOD.encode() + b" {}",
        GOOD[:-2].encode(),
        b"null",
        b"true",
        b"",
        b"<html>You are in the network of the Grand Hotel</html>",
    ],
)
def test_json_that_two_readers_may_read_differently_is_not_an_answer(content: bytes) -> None:
    reply = httpx.Response(200, content=content, headers={"Content-Type": "application/json"})
    with pytest.raises(UnreadableAnswer) as raised:
        looked_up(reply)
    assert "Ada" not in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/octet-stream", "", "application/jsonx"])
def test_what_is_not_said_to_be_json_is_not_an_answer(kind: str) -> None:
    reply = httpx.Response(200, content=GOOD.encode(), headers={"Content-Type": kind})
    with pytest.raises(UnreadableAnswer):
        looked_up(reply)
    reply.headers["Content-Type"] = "Application/JSON; charset=utf-8"
    assert looked_up(reply) is True


def test_ordinary_json_is_read_as_it_is() -> None:
    text = '{"a": [1, 2.5, -3e2, true, null, "\\u00e9\\ud83d\\ude00"], "b": {"a": {}}}'
    assert read_json(text.encode()) == json.loads(text)


ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\r\n\u202e\u200b\x08"


def test_no_reply_controls_the_terminal(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    told = {"code": f"x{ESCAPES}", "title": f"No{ESCAPES}", "detail": f"{ESCAPES}Come in.", "correlation_id": ESCAPES}
    errors = [{"field": ESCAPES, "problem": ESCAPES}]
    service.failures = [Reply(400, {}, json.dumps({**told, "errors": errors}))]
    ended = known_to(*ASK, stdin=child)
    tidy(ended)
    said = ended.out + ended.err
    assert said.startswith("COULD NOT CHECK")
    assert not set(ESCAPES) - set("[2J]0;title31m\n") & set(said)
    real = service.answer_to_ask(child).json
    service.failures = [Reply(200, {}, json.dumps({**real, "statement": ESCAPES, "lookup_id": f"a{ESCAPES}"}))]
    ended = known_to(*ASK, stdin=child)
    tidy(ended)
    assert not set(ESCAPES) - set("[2J]0;title31m\n") & set(ended.out + ended.err)


def test_a_long_problem_is_cut_short(service: Service, known_to: KnownTo) -> None:
    told: dict[str, Any] = dict.fromkeys(("code", "title", "detail", "correlation_id"), "all is well " * 10_000)
    told["errors"] = [{"field": "x" * 10_000, "problem": "none registered " * 1000}] * 100
    service.failures = [Reply(400, {}, json.dumps(told))]
    ended = known_to(*ASK, stdin=service.stage.new_child())
    assert ended.code == 5
    assert ended.err.startswith("COULD NOT CHECK")
    assert len(ended.err.splitlines()) < 350


@pytest.mark.parametrize("odd", [{}, [], {"a": ESCAPES}, 7, None, True, "9" * 10_000])
@pytest.mark.parametrize("name", ["code", "title", "detail", "correlation_id", "errors"])
def test_an_odd_problem_is_still_an_error(name: str, odd: Any) -> None:
    told = {"code": "invalid_request", "title": "T", "detail": "D", "correlation_id": "c", "errors": [], name: odd}
    with pytest.raises(KnownToError) as raised:
        looked_up(httpx.Response(400, json=told))
    if isinstance(raised.value, Problem):
        assert all(isinstance(text, str) and len(text) <= 1000 for text in (raised.value.code, raised.value.detail))


def test_a_name_of_megabytes_delays_no_answer(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    real = service.answer_to_ask(child).json
    entries = [full_entry("x" * 3_000_000), full_entry("y " * 1_500_000)]
    service.failures = [Reply(200, {}, json.dumps({**real, "known": True, "involvements": entries}))]
    began = time.monotonic()
    ended = known_to(*ASK, stdin=child)
    assert time.monotonic() - began < 10
    assert (ended.code, ended.out.count("(cut")) == (0, 2)
    page = {"complete": True, "accesses": [], "next": None}
    one = {"lookup_id": "a", "asked_at": NOW.isoformat(), "purpose": "z" * 3_000_000, "role": None, "authority": None}
    service.failures = [Reply(200, {}, json.dumps({**page, "accesses": [one] * 2}))]
    assert len(known_to("accesses", "r-1").out) < 10_000


def test_cookies_are_not_kept() -> None:
    with serving(lambda one: one.sendall(http(json.dumps(RECEIPT).encode(), headers="Set-Cookie: a=b\r\n"))) as server:
        with client_of(server.address) as client:
            client.confirm("r-1")
            client.confirm("r-1")
        assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("pages", [["abc"], ["abc", "def", "abc"]])
def test_a_list_that_leads_back_to_an_earlier_page_is_left(pages: list[str]) -> None:
    replies = [httpx.Response(200, json={"involvements": [RECEIPT], "next_cursor": one}) for one in pages]
    with pytest.raises(UnreadableAnswer, match="does not end"):
        list(FakeService(*replies).client().read_register())
    notices = [
        httpx.Response(200, json={"notices": [], "next_after": one, "complete": True}) for one in ("1", "2", "1", "2")
    ]
    with pytest.raises(UnreadableAnswer, match="does not end"):
        list(waiting_pages(FakeService(*notices, *notices).client(), None))


@pytest.mark.parametrize(
    "content", [b"-----BEGIN KEY-----\nabc\n", b"export A=b\n" * 99, b"\xff", b"a b", b"x" * 501, b"\x1b[2J"]
)
def test_no_other_file_is_sent_as_a_cursor(service: Service, known_to: KnownTo, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cursor").write_bytes(content)
    ended = known_to("notices", "--cursor-file", "cursor")
    assert (ended.code, service.seen) == (5, [])
    assert (tmp_path / "cursor").read_bytes() == content


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'])
def test_no_file_that_we_write_runs_a_formula(tmp_path: Path, text: str) -> None:
    write_differences(tmp_path / "d.csv", [(text, "extra"), ("-1", "missing")])
    assert [row["reference"] for row in read_csv(tmp_path / "d.csv")] == [f"'{text}", "-1"]
    contact = FailedContact(practitioner_id=text, phone=None, outcomes={"reached": 1})
    write_quality(tmp_path / "q.csv", Quality(unconfirmed=[text], contacts_failed=[contact]))
    assert all(row["which"].startswith("'") for row in read_csv(tmp_path / "q.csv"))


def test_a_record_with_a_name_twice_or_without_end_is_not_sent(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    (tmp_path / "twice.json").write_text('{"nhs_number": "9990000018", "nhs_number": "9990000026"}')
    for file in ("twice.json", "/dev/zero"):
        ended = known_to("register", "r-1", "--file", file)
        assert (ended.code, service.seen) == (5, [])
        assert "9990000" not in ended.err


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-03-01T09:30:00"])
def test_a_time_beyond_all_calendars_breaks_no_list(service: Service, known_to: KnownTo, at: str) -> None:
    page = {
        "notices": [{"id": "1", "kind": "disputed", "at": at, "reference": "r-1"}],
        "next_after": "1",
        "complete": True,
    }
    for _ in range(2):
        service.failures.append(Reply(200, {}, json.dumps(page)))
    ended = known_to("notices")
    assert ended.code in (0, 4)
    assert "Traceback" not in ended.err

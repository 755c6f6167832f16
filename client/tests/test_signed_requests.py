"""What the client sends, and how it reads replies. No error shows what was sent."""

import json
import logging
import traceback
from dataclasses import replace

import httpx
import pytest

from chalicelib.adapters.http.problems import PROBLEMS
from client.tests.fake_service import CHILD, OK, RECEIPT, SETTINGS, FakeService, problem
from infra.local.authorities import make_signing_key
from known_to import Caller, RetryPolicy, connect
from known_to.errors import (
    BY_CODE,
    InvalidRequest,
    KnownToError,
    NotAllowed,
    Problem,
    SettingsError,
    Unavailable,
    UnreadableAnswer,
    problem_class,
)


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_code_of_the_service_has_a_class_of_its_own_kind(code: str) -> None:
    kind = problem_class(code, PROBLEMS[code].status)
    assert kind is not Problem
    assert issubclass(kind, Unavailable) == (PROBLEMS[code].status >= 500)
    assert issubclass(kind, NotAllowed) == (PROBLEMS[code].status == 403)


def test_the_client_lists_no_code_that_the_service_does_not_have() -> None:
    assert BY_CODE.keys() <= PROBLEMS.keys()


@pytest.mark.parametrize(
    ("status", "kind"), [(400, InvalidRequest), (403, NotAllowed), (503, Unavailable), (418, InvalidRequest)]
)
def test_an_unknown_code_is_classified_by_its_status(status: int, kind: type[Problem]) -> None:
    with pytest.raises(kind) as raised:
        FakeService(problem("brand_new", status)).client(retries=RetryPolicy(attempts=1)).confirm("r-1")
    assert raised.value.code == "brand_new"


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, text="<html>welcome</html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={**RECEIPT, "version": 7}),
        httpx.Response(200, json={**RECEIPT, "confirmed_on": "yesterday"}),
        httpx.Response(200, json={name: value for name, value in RECEIPT.items() if name != "version"}),
        httpx.Response(200),
        httpx.Response(302, headers={"Location": "https://elsewhere.test"}),
        httpx.Response(404, text="<html>not here</html>"),
        httpx.Response(403, json={"message": "Forbidden"}),
        httpx.Response(400, json="no"),
        httpx.Response(400, json={"code": "x", "title": "t", "detail": "d", "errors": [{"field": "x"}]}),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, content=b"[" * 100_000),
    ],
)
def test_a_reply_that_is_not_the_services_is_unreadable(reply: httpx.Response) -> None:
    with pytest.raises(UnreadableAnswer):
        FakeService(reply).client().confirm("r-1")


def test_a_field_that_a_newer_service_adds_is_ignored() -> None:
    assert (
        FakeService(httpx.Response(200, json={**RECEIPT, "colour": "blue"})).client().confirm("r-1").reference == "r-1"
    )


def test_a_reference_that_contains_an_nhs_number_is_never_part_of_an_address() -> None:
    service = FakeService(OK)
    for reference in ("999-000-0018", "child-999.000_0018", "a/b", "..", "", "é", "x" * 65):
        with pytest.raises(InvalidRequest) as raised:
            service.client().confirm(reference)
        assert "999" not in str(raised.value)
    for reference in (CHILD, f"1{CHILD}", "99-90000-018"):
        with pytest.raises(InvalidRequest) as raised:
            service.client().register(reference, {"nhs_number": CHILD})
        assert "999" not in str(raised.value)
    assert service.requests == []


def test_if_match_is_sent_only_with_a_version() -> None:
    service = FakeService(OK)
    service.client().register("r-1", {}, if_version="01ABC")
    service.client().register("r-1", {})
    assert service.requests[0].headers["If-Match"] == '"01ABC"'
    assert "If-Match" not in service.requests[1].headers


def test_text_is_sent_unescaped() -> None:
    service = FakeService(OK)
    service.client().register("r-1", {"practitioner": {"name": "Zoë Łukasz"}})
    assert "Zoë Łukasz" in service.requests[0].content.decode()
    assert json.loads(service.requests[0].content) == {"practitioner": {"name": "Zoë Łukasz"}}


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        problem("cannot_answer", 503),
        problem("invalid_request", 400),
        httpx.Response(200, text=f"echo {CHILD}"),
        httpx.Response(500, text=f"echo {CHILD}"),
        httpx.Response(200, json={"lookup_id": CHILD}),
    ],
)
def test_no_error_and_no_log_line_shows_the_child(
    reply: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(KnownToError) as raised:
        FakeService(reply).client().look_up(CHILD, "safeguarding", "c-1")
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + caplog.text
    assert CHILD not in shown
    # An error must not keep the request or the reply either, because a debugger or a logger may print its attributes.
    assert raised.value.__cause__ is None
    assert CHILD not in repr([vars(one) for one in (raised.value, raised.value.__context__) if one is not None])


@pytest.mark.parametrize("case", ["a\udcff", "\ud800"])
def test_text_that_json_cannot_express_is_refused_and_not_quoted(case: str) -> None:
    service = FakeService(OK)
    with pytest.raises(InvalidRequest) as raised:
        service.client().look_up(CHILD, "safeguarding", case)
    with pytest.raises(InvalidRequest):
        service.client().notices(case)
    with pytest.raises(InvalidRequest):
        service.client().withdraw("r-1", if_version=case)
    assert raised.value.__context__ is None
    assert service.requests == []


def test_an_impossible_base_url_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="base_url is not an address"):
        connect(replace(SETTINGS, base_url="https://999.999.1.1"), Caller("sw-1", "Nurse"))


def test_another_key_is_another_destination() -> None:
    other = replace(SETTINGS, private_key_pem=make_signing_key("E1", "ES256").private_key_pem)
    first, same, other_key = (connect(one, Caller("a", "b")).destination for one in (SETTINGS, SETTINGS, other))
    assert first == same != other_key
    assert first.startswith("https://known-to.test E1 ")


def test_settings_do_not_show_their_key() -> None:
    assert "PRIVATE" not in repr(SETTINGS)


def test_the_register_is_read_to_its_end() -> None:
    pages = [
        httpx.Response(200, json={"involvements": [RECEIPT], "next_cursor": "abc"}),
        httpx.Response(200, json={"involvements": [{**RECEIPT, "reference": "r-2"}], "next_cursor": None}),
    ]
    service = FakeService(*pages)
    assert [one.reference for one in service.client().read_register()] == ["r-1", "r-2"]
    assert [request.url.params.get("cursor") for request in service.requests] == [None, "abc"]


def test_notices_are_read_after_a_cursor() -> None:
    page = {"notices": [{"id": "7", "kind": "registered", "at": "2026-03-01T00:00:00Z"}], "next_after": "7"}
    service = FakeService(httpx.Response(200, json={**page, "complete": True}))
    read = service.client().notices("6")
    assert (read.notices[0].kind, read.next_after) == ("registered", "7")
    assert dict(service.requests[0].url.params) == {"after": "6"}
    service.client().notices()
    assert dict(service.requests[1].url.params) == {}


def test_a_batch_answer_must_list_every_row_in_order() -> None:
    rows = [{"reference": "a"}, {"reference": "b"}]
    taken = {"reference": "a", "status": 201, "receipt": RECEIPT}
    problem = {"code": "invalid_request", "title": "T", "detail": "D"}
    refused = {"reference": None, "status": 400, "problem": problem}
    results = FakeService(httpx.Response(200, json={"results": [taken, refused]})).client().register_many(rows)
    assert [one.status for one in results] == [201, 400]
    for wrong in ([taken], [refused, taken], [taken, taken], []):
        with pytest.raises(UnreadableAnswer):
            FakeService(httpx.Response(200, json={"results": wrong})).client().register_many(rows)

"""What the client makes of replies and of none: tries again where that helps, says clearly where it does not."""

import json
import logging
import traceback
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from chalicelib.adapters.http.problems import PROBLEMS
from infra.local.authorities import make_signing_key
from known_to import Caller, Client, Patience, Settings, connect
from known_to.errors import (
    BY_CODE,
    CannotAnswer,
    InvalidRequest,
    KnownToError,
    NotAllowed,
    NotSignedIn,
    Problem,
    SettingsError,
    TooMany,
    Unavailable,
    Unreachable,
    UnreadableAnswer,
    kind_of,
)
from known_to.patience import FOR_A_FEED

CHILD = "9990000018"
SETTINGS = Settings(
    base_url="https://known-to.test",
    audience="aud",
    authority="E1",
    kid="kid-1",
    private_key_pem=make_signing_key("E1", "ES256").private_key_pem,
)
RECEIPT = {
    "reference": "r-1",
    "version": "v-1",
    "confirmed_on": "2026-03-01",
    "expires_at": "2028-03-01T00:00:00Z",
}


def problem(code: str, status: int, **headers: str) -> httpx.Response:
    body = {"code": code, "title": "Title", "detail": "What to do.", "correlation_id": "c-1", "status": status}
    return httpx.Response(status, json=body, headers=headers)


class Service:
    """Answers one reply after another; the last one for good. An exception is raised instead."""

    def __init__(self, *replies: httpx.Response | Exception) -> None:
        self._replies = list(replies)
        self.requests: list[httpx.Request] = []
        self.tokens: list[str] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.tokens.append(request.headers["Authorization"])
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return (
            reply(request)
            if callable(reply)
            else httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)
        )

    def client(self, **changes: Any) -> Client:
        caller = Caller("sw-1", "Social worker")
        return connect(SETTINGS, caller, transport=httpx.MockTransport(self), sleep=self.slept.append, **changes)


OK = httpx.Response(200, json=RECEIPT)


@pytest.mark.parametrize("code", ["too_many_requests", "unavailable", "internal_error"])
def test_what_may_work_later_is_tried_again_until_it_works(code: str) -> None:
    busy = problem(code, PROBLEMS[code].status)
    service = Service(busy, busy, OK)
    assert service.client().register("r-1", {}).version == "v-1"
    assert len(service.requests) == 3
    assert len(service.slept) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateways_own_page_is_tried_again(status: int) -> None:
    service = Service(httpx.Response(status, text="<html>"), OK)
    assert service.client().confirm("r-1").version == "v-1"


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.PoolTimeout("busy"),
    ],
)
def test_a_fault_of_the_connection_is_tried_again(fault: Exception) -> None:
    service = Service(fault, OK)
    assert service.client().end("r-1", date(2026, 3, 1)).version == "v-1"


def test_patience_ends() -> None:
    service = Service(problem("unavailable", 503))
    with pytest.raises(Unavailable):
        service.client(patience=Patience(attempts=4)).confirm("r-1")
    assert len(service.requests) == 4
    service = Service(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable, match=r"\(ConnectError\), after 2 tries"):
        service.client(patience=Patience(attempts=2)).confirm("r-1")


def test_a_lookup_is_tried_less_often_since_somebody_waits() -> None:
    service = Service(problem("cannot_answer", 503, **{"Retry-After": "2"}))
    with pytest.raises(CannotAnswer):
        service.client().look_up(CHILD, "safeguarding", "c-1")
    assert len(service.requests) == 3
    assert sum(service.slept) < 8


def test_who_waits_for_a_lookup_hears_within_half_a_minute_that_it_hangs() -> None:
    service = Service(httpx.ReadTimeout("slow"))
    with pytest.raises(Unreachable):
        service.client().look_up(CHILD, "safeguarding", "c-1")
    waited = [request.extensions["timeout"]["read"] for request in service.requests]
    assert sum(waited) <= 30
    assert sum(service.slept) <= 2
    with pytest.raises(Unreachable):
        service.client(patience=Patience(attempts=1)).confirm("r-1")
    assert service.requests[-1].extensions["timeout"] == {"connect": 5, "read": 30, "write": 30, "pool": 30}


def test_retry_after_is_waited_for_and_a_little_more() -> None:
    service = Service(problem("too_many_requests", 429, **{"Retry-After": "7"}), OK)
    service.client().confirm("r-1")
    [slept] = service.slept
    assert 7 <= slept <= 7.5


def test_retry_after_may_be_a_time() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    service = Service(problem("too_many_requests", 429, **{"Retry-After": at}), OK)
    service.client().confirm("r-1")
    assert 10 < service.slept[0] < 21


@pytest.mark.parametrize("text", ["", "soon", "-1", "1e9", "²", "nan"])
def test_a_retry_after_that_makes_no_sense_is_as_none(text: str) -> None:
    service = Service(httpx.Response(503, headers=[(b"Retry-After", text.encode())]), OK)
    service.client().confirm("r-1")
    assert service.slept[0] <= 0.5


@pytest.mark.parametrize("text", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_is_at_most_a_day(text: str) -> None:
    service = Service(problem("too_many_lookups", 429, **{"Retry-After": text}))
    with pytest.raises(TooMany) as raised:
        service.client().confirm("r-1")
    assert raised.value.retry_after_seconds == 86_400


def test_a_long_retry_after_is_handed_to_the_caller_at_once() -> None:
    service = Service(problem("too_many_lookups", 429, **{"Retry-After": "1800"}))
    with pytest.raises(TooMany) as raised:
        service.client().look_up(CHILD, "safeguarding", "c-1")
    assert raised.value.retry_after_seconds == 1800
    assert service.slept == []


def test_waits_grow_and_are_never_the_same_for_all() -> None:
    patience = Patience()
    first = {patience.wait_seconds(1, None) for _ in range(50)}
    fifth = [patience.wait_seconds(5, None) or 0 for _ in range(200)]
    assert len(first) > 10
    assert max(one or 0 for one in first) <= 0.5
    assert 2 < max(fifth) <= 8
    assert patience.wait_seconds(6, None) is None


def test_a_feed_waits_minutes_before_it_gives_up_and_not_an_hour() -> None:
    service = Service(problem("unavailable", 503))
    with pytest.raises(Unavailable):
        service.client(patience=FOR_A_FEED).confirm("r-1")
    most = sum(min(FOR_A_FEED.longest_wait_seconds, 0.5 * 2**failures) for failures in range(FOR_A_FEED.attempts - 1))
    assert len(service.requests) == FOR_A_FEED.attempts
    assert sum(service.slept) <= most
    assert 300 < most < 900
    service = Service(problem("too_many_requests", 429, **{"Retry-After": "240"}), OK)
    service.client(patience=FOR_A_FEED).confirm("r-1")
    assert service.slept[0] >= 240


REFUSALS = sorted(code for code, one in PROBLEMS.items() if one.status < 500 and one.status != 429)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_not_tried_again(code: str) -> None:
    service = Service(problem(code, PROBLEMS[code].status))
    with pytest.raises(kind_of(code, PROBLEMS[code].status)) as raised:
        service.client().confirm("r-1")
    assert raised.value.code == code
    # A token that is no longer taken is signed anew, once.
    assert len(service.requests) == (2 if code == "not_signed_in" else 1)
    assert service.slept == []


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_code_of_the_service_has_a_class_that_says_what_to_do(code: str) -> None:
    kind = kind_of(code, PROBLEMS[code].status)
    assert kind is not Problem
    assert issubclass(kind, Unavailable) == (PROBLEMS[code].status >= 500)
    assert issubclass(kind, NotAllowed) == (PROBLEMS[code].status == 403)


def test_no_code_is_named_that_the_service_does_not_have() -> None:
    assert BY_CODE.keys() <= PROBLEMS.keys()


@pytest.mark.parametrize(
    ("status", "kind"), [(400, InvalidRequest), (403, NotAllowed), (503, Unavailable), (418, InvalidRequest)]
)
def test_a_code_that_is_newer_than_the_client_goes_by_its_status(status: int, kind: type[Problem]) -> None:
    with pytest.raises(kind) as raised:
        Service(problem("brand_new", status)).client(patience=Patience(attempts=1)).confirm("r-1")
    assert raised.value.code == "brand_new"


def test_a_token_that_is_refused_is_signed_anew_once() -> None:
    service = Service(problem("not_signed_in", 401), OK)
    assert service.client().confirm("r-1").version == "v-1"
    assert len(set(service.tokens)) == 2
    with pytest.raises(NotSignedIn):
        Service(problem("not_signed_in", 401)).client().confirm("r-1")


def test_every_try_has_a_token_that_still_lives() -> None:
    service = Service(problem("unavailable", 503), OK)
    service.client().confirm("r-1")
    assert all(request.headers["Authorization"].startswith("Bearer ey") for request in service.requests)


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
def test_what_is_no_answer_of_the_service_is_never_taken_for_one(reply: httpx.Response) -> None:
    with pytest.raises(UnreadableAnswer):
        Service(reply).client().confirm("r-1")


def test_what_a_newer_service_adds_is_passed_over() -> None:
    assert Service(httpx.Response(200, json={**RECEIPT, "colour": "blue"})).client().confirm("r-1").reference == "r-1"


def test_a_reference_that_holds_an_nhs_number_never_gets_into_an_address() -> None:
    service = Service(OK)
    for reference in (CHILD, f"child-{CHILD}", "999-000-0018", "a/b", "..", "", "é", "x" * 65):
        with pytest.raises(InvalidRequest) as raised:
            service.client().confirm(reference)
        assert CHILD not in str(raised.value)
    assert service.requests == []


def test_if_match_is_sent_where_a_version_is_named() -> None:
    service = Service(OK)
    service.client().register("r-1", {}, if_version="01ABC")
    service.client().register("r-1", {})
    assert service.requests[0].headers["If-Match"] == '"01ABC"'
    assert "If-Match" not in service.requests[1].headers


def test_text_goes_out_as_it_is() -> None:
    service = Service(OK)
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
        Service(reply).client().look_up(CHILD, "safeguarding", "c-1")
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + caplog.text
    assert CHILD not in told
    # Nor does an error keep hold of the request or the reply: whoever prints what it holds would show them.
    assert raised.value.__cause__ is None
    assert CHILD not in repr([vars(one) for one in (raised.value, raised.value.__context__) if one is not None])


@pytest.mark.parametrize("case", ["a\udcff", "\ud800"])
def test_what_cannot_be_written_is_refused_here_and_not_quoted(case: str) -> None:
    service = Service(OK)
    with pytest.raises(InvalidRequest) as raised:
        service.client().look_up(CHILD, "safeguarding", case)
    with pytest.raises(InvalidRequest):
        service.client().notices(case)
    with pytest.raises(InvalidRequest):
        service.client().withdraw("r-1", if_version=case)
    assert raised.value.__context__ is None
    assert service.requests == []


def test_an_address_that_cannot_be_one_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="base_url is no address"):
        connect(replace(SETTINGS, base_url="https://999.999.1.1"), Caller("sw-1", "Nurse"))


def test_a_key_of_its_own_is_a_destination_of_its_own() -> None:
    other = replace(SETTINGS, private_key_pem=make_signing_key("E1", "ES256").private_key_pem)
    first, again, second = (connect(one, Caller("a", "b")).destination for one in (SETTINGS, SETTINGS, other))
    assert first == again != second
    assert first.startswith("https://known-to.test E1 ")


def test_settings_do_not_show_their_key() -> None:
    assert "PRIVATE" not in repr(SETTINGS)


def test_a_register_is_read_to_its_end() -> None:
    pages = [
        httpx.Response(200, json={"involvements": [RECEIPT], "next_cursor": "abc"}),
        httpx.Response(200, json={"involvements": [{**RECEIPT, "reference": "r-2"}], "next_cursor": None}),
    ]
    service = Service(*pages)
    assert [one.reference for one in service.client().read_register()] == ["r-1", "r-2"]
    assert [request.url.params.get("cursor") for request in service.requests] == [None, "abc"]


def test_notices_are_asked_for_after_a_cursor() -> None:
    page = {"notices": [{"id": "7", "kind": "registered", "at": "2026-03-01T00:00:00Z"}], "next_after": "7"}
    service = Service(httpx.Response(200, json={**page, "complete": True}))
    read = service.client().notices("6")
    assert (read.notices[0].kind, read.next_after) == ("registered", "7")
    assert dict(service.requests[0].url.params) == {"after": "6"}
    service.client().notices()
    assert dict(service.requests[1].url.params) == {}


def test_a_batch_is_answered_row_by_row_or_not_at_all() -> None:
    rows = [{"reference": "a"}, {"reference": "b"}]
    taken = {"reference": "a", "status": 201, "receipt": RECEIPT}
    problem = {"code": "invalid_request", "title": "T", "detail": "D"}
    refused = {"reference": None, "status": 400, "problem": problem}
    results = Service(httpx.Response(200, json={"results": [taken, refused]})).client().register_many(rows)
    assert [one.status for one in results] == [201, 400]
    for wrong in ([taken], [refused, taken], [taken, taken], []):
        with pytest.raises(UnreadableAnswer):
            Service(httpx.Response(200, json={"results": wrong})).client().register_many(rows)

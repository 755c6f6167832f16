"""The client tries again if that may help, and waits for as long as the service asks."""

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from chalicelib.adapters.http.problems import PROBLEMS
from client.tests.fake_service import CHILD, OK, FakeService, problem
from known_to import RetryPolicy
from known_to.errors import (
    CannotAnswer,
    NotSignedIn,
    TooMany,
    Unavailable,
    Unreachable,
    problem_class,
)
from known_to.retries import FEED_RETRIES


@pytest.mark.parametrize("code", ["too_many_requests", "unavailable", "internal_error"])
def test_a_call_that_may_work_later_is_tried_until_it_works(code: str) -> None:
    busy = problem(code, PROBLEMS[code].status)
    service = FakeService(busy, busy, OK)
    assert service.client().register("r-1", {}).version == "v-1"
    assert len(service.requests) == 3
    assert len(service.slept) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_error_page_of_the_gateway_is_tried_again(status: int) -> None:
    service = FakeService(httpx.Response(status, text="<html>"), OK)
    assert service.client().confirm("r-1").version == "v-1"


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.PoolTimeout("busy"),
    ],
)
def test_a_connection_error_is_tried_again(error: Exception) -> None:
    service = FakeService(error, OK)
    assert service.client().end("r-1", date(2026, 3, 1)).version == "v-1"


def test_a_try_without_a_reply_waits_in_its_own_way() -> None:
    unreached: list[float] = []
    service = FakeService(httpx.ConnectError("refused"), problem("unavailable", 503), httpx.ReadTimeout("slow"), OK)
    service.client(sleep_unreached=unreached.append).confirm("r-1")
    assert (len(unreached), len(service.slept)) == (2, 1)


def test_the_client_gives_up_after_the_last_attempt() -> None:
    service = FakeService(problem("unavailable", 503))
    with pytest.raises(Unavailable):
        service.client(retries=RetryPolicy(attempts=4)).confirm("r-1")
    assert len(service.requests) == 4
    service = FakeService(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable, match=r"\(no connection\), after 2 tries"):
        service.client(retries=RetryPolicy(attempts=2)).confirm("r-1")


def test_a_lookup_is_tried_less_often_because_a_person_waits() -> None:
    service = FakeService(problem("cannot_answer", 503, **{"Retry-After": "2"}))
    with pytest.raises(CannotAnswer):
        service.client().look_up(CHILD, "safeguarding", "c-1")
    assert len(service.requests) == 3
    assert sum(service.slept) < 8


def test_a_hanging_lookup_fails_within_half_a_minute() -> None:
    service = FakeService(httpx.ReadTimeout("slow"))
    with pytest.raises(Unreachable):
        service.client().look_up(CHILD, "safeguarding", "c-1")
    waited = [request.extensions["timeout"]["read"] for request in service.requests]
    assert sum(waited) <= 30
    assert sum(service.slept) <= 2
    with pytest.raises(Unreachable):
        service.client(retries=RetryPolicy(attempts=1)).confirm("r-1")
    assert service.requests[-1].extensions["timeout"] == {"connect": 5, "read": 30, "write": 30, "pool": 30}


def test_the_client_waits_as_long_as_retry_after_asks_and_a_little_more() -> None:
    service = FakeService(problem("too_many_requests", 429, **{"Retry-After": "7"}), OK)
    service.client().confirm("r-1")
    [slept] = service.slept
    assert 7 <= slept <= 7.5


def test_retry_after_may_be_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    service = FakeService(problem("too_many_requests", 429, **{"Retry-After": at}), OK)
    service.client().confirm("r-1")
    assert 10 < service.slept[0] < 21


@pytest.mark.parametrize("text", ["", "soon", "-1", "1e9", "²", "nan"])
def test_an_unreadable_retry_after_is_ignored(text: str) -> None:
    service = FakeService(httpx.Response(503, headers=[(b"Retry-After", text.encode())]), OK)
    service.client().confirm("r-1")
    assert service.slept[0] <= 0.5


@pytest.mark.parametrize("text", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_counts_as_at_most_a_day(text: str) -> None:
    service = FakeService(problem("too_many_lookups", 429, **{"Retry-After": text}))
    with pytest.raises(TooMany) as raised:
        service.client().confirm("r-1")
    assert raised.value.retry_after_seconds == 86_400


def test_a_long_retry_after_is_raised_at_once() -> None:
    service = FakeService(problem("too_many_lookups", 429, **{"Retry-After": "1800"}))
    with pytest.raises(TooMany) as raised:
        service.client().look_up(CHILD, "safeguarding", "c-1")
    assert raised.value.retry_after_seconds == 1800
    assert service.slept == []


def test_waits_grow_and_are_random() -> None:
    policy = RetryPolicy()
    first = {policy.wait_seconds(1, None) for _ in range(50)}
    fifth = [policy.wait_seconds(5, None) or 0 for _ in range(200)]
    assert len(first) > 10
    assert max(one or 0 for one in first) <= 0.5
    assert 2 < max(fifth) <= 8
    assert policy.wait_seconds(6, None) is None


def test_a_feed_gives_up_after_minutes_and_not_after_an_hour() -> None:
    service = FakeService(problem("unavailable", 503))
    with pytest.raises(Unavailable):
        service.client(retries=FEED_RETRIES).confirm("r-1")
    most = sum(
        min(FEED_RETRIES.longest_wait_seconds, 0.5 * 2**failures) for failures in range(FEED_RETRIES.attempts - 1)
    )
    assert len(service.requests) == FEED_RETRIES.attempts
    assert sum(service.slept) <= most
    assert 300 < most < 900
    service = FakeService(problem("too_many_requests", 429, **{"Retry-After": "240"}), OK)
    service.client(retries=FEED_RETRIES).confirm("r-1")
    assert service.slept[0] >= 240


REFUSALS = sorted(code for code, one in PROBLEMS.items() if one.status < 500 and one.status != 429)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_not_tried_again(code: str) -> None:
    service = FakeService(problem(code, PROBLEMS[code].status))
    with pytest.raises(problem_class(code, PROBLEMS[code].status)) as raised:
        service.client().confirm("r-1")
    assert raised.value.code == code
    # A refused token is signed again, once.
    assert len(service.requests) == (2 if code == "not_signed_in" else 1)
    assert service.slept == []


def test_a_refused_token_is_signed_again_once() -> None:
    service = FakeService(problem("not_signed_in", 401), OK)
    assert service.client().confirm("r-1").version == "v-1"
    assert len(set(service.tokens)) == 2
    with pytest.raises(NotSignedIn):
        FakeService(problem("not_signed_in", 401)).client().confirm("r-1")


def test_every_attempt_is_signed() -> None:
    service = FakeService(problem("unavailable", 503), OK)
    service.client().confirm("r-1")
    assert all(request.headers["Authorization"].startswith("Bearer ey") for request in service.requests)

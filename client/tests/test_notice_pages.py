"""Following the notices reports every outage, goes on afterwards, and misses no notice."""

from contextlib import suppress
from typing import Any

import httpx
import pytest

from client.tests.fake_service import FakeService, problem
from known_to import RetryPolicy
from known_to.errors import KnownToError
from known_to.notice_pages import LONGEST_WAIT_SECONDS, follow_pages

ONE_ATTEMPT = RetryPolicy(attempts=1)


class CtrlC(BaseException):
    pass


def page(next_after: str, *ids: str) -> httpx.Response:
    notices = [{"id": one, "kind": "disputed", "at": "2026-03-01T00:00:00Z"} for one in ids]
    return httpx.Response(200, json={"notices": notices, "next_after": next_after, "complete": True})


class Follower:
    """Follows the notices until it has slept so many times, as if somebody then pressed Ctrl-C."""

    def __init__(self, service: FakeService, sleeps: int) -> None:
        self.seen: list[str] = []
        self.waits: list[float] = []
        self.slept: list[float] = []
        self._sleeps = sleeps
        pages = follow_pages(service.client(retries=ONE_ATTEMPT), "0", 60, self._record_outage, self._sleep)
        with suppress(CtrlC):
            for page_ in pages:
                self.seen += [notice.id for notice in page_.notices]

    def _record_outage(self, error: KnownToError, seconds: float) -> None:
        assert str(error)
        self.waits.append(seconds)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self._sleeps:
            raise CtrlC


@pytest.mark.parametrize(
    "outage",
    [
        problem("unavailable", 503),
        problem("too_many_requests", 429),
        problem("internal_error", 500),
        httpx.Response(502, text="<html>"),
        httpx.Response(429, text="<html>"),
        httpx.Response(302, headers={"Location": "https://portal.test"}),
        httpx.Response(200, text="<html>sign in to the wifi</html>"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_an_outage_is_waited_for_and_no_notice_is_missed(outage: Any) -> None:
    service = FakeService(page("1", "a"), outage, page("2", "b"), page("2"), outage, page("3", "c"), page("3"))
    follower = Follower(service, 4)
    assert follower.seen == ["a", "b", "c"]
    assert follower.waits == [5, 5]
    assert follower.slept == [5, 60, 5, 60]
    asked = [request.url.params["after"] for request in service.requests]
    assert asked == ["0", "1", "1", "2", "2", "2", "3"]


def test_waits_grow_to_five_minutes_and_following_never_ends() -> None:
    follower = Follower(FakeService(httpx.ConnectError("refused")), 2000)
    assert follower.waits[:7] == [5, 10, 20, 40, 80, 160, 300]
    assert set(follower.waits[6:]) == {LONGEST_WAIT_SECONDS}


def test_the_service_may_ask_for_a_longer_wait() -> None:
    service = FakeService(problem("too_many_requests", 429, **{"Retry-After": "900"}), page("0"))
    assert Follower(service, 2).slept == [900, 60]


@pytest.mark.parametrize(
    "reply",
    [
        problem("not_signed_in", 401),
        problem("authority_suspended", 403),
        httpx.Response(404, text="<html>"),
        httpx.Response(200, json={"notices": [{"id": 1}], "next_after": "1", "complete": True}),
    ],
)
def test_an_error_that_trying_again_cannot_solve_is_raised(reply: httpx.Response) -> None:
    with pytest.raises(KnownToError):
        list(follow_pages(FakeService(reply).client(), None, 60, lambda *_: None, lambda _: None))

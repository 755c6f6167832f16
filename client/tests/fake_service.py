"""A service that answers with prepared replies, and a client that talks to it without a socket."""

from typing import Any

import httpx

from infra.local.authorities import make_signing_key
from known_to import Caller, Client, Settings, connect

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
OK = httpx.Response(200, json=RECEIPT)


def problem(code: str, status: int, **headers: str) -> httpx.Response:
    body = {"code": code, "title": "Title", "detail": "What to do.", "correlation_id": "c-1", "status": status}
    return httpx.Response(status, json=body, headers=headers)


class FakeService:
    """Gives one reply after another, and the last one for ever. Raises a reply that is an exception."""

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

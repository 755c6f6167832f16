"""A service that answers with prepared replies, and a client that talks to it without a socket."""

from datetime import UTC, datetime
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
        repeated = [(b"X-Caller-Correlation-ID", request.headers["X-Correlation-ID"].encode())]
        own = [] if "X-Caller-Correlation-ID" in reply.headers else repeated
        return httpx.Response(reply.status_code, headers=[*reply.headers.raw, *own], content=reply.content)

    def client(self, **changes: Any) -> Client:
        caller = Caller("sw-1", "Social worker")
        return connect(SETTINGS, caller, transport=httpx.MockTransport(self), sleep=self.slept.append, **changes)


def quality_page(next_cursor: str | None = None, **found: Any) -> dict[str, Any]:
    """The body of a page of `GET /v1/quality`."""
    lists = ("unconfirmed", "lapsing", "undecided", "trace_number", "without_phone", "contacts_failed")
    return {"records": 0, **{name: [] for name in lists}, **found, "next_cursor": next_cursor}


def full_entry(name: str, **changes: Any) -> dict[str, Any]:
    """A `full` answer entry as the service sends it."""
    return {
        "form": "full",
        "entry": 1,
        "authority": {"code": "E09000009", "name": "Ealing", "duty_contact": None},
        "organisation": None,
        "service_type": "social_care",
        "status": "current",
        "lead_professional": False,
        "started_on": "2026-02-01",
        "ended_on": None,
        "confirmed_on": "2026-03-01",
        "practitioner": {"id": "sw-9", "name": name, "role": "Social worker", "phone": None, "email": None},
        "team": {"name": "Assessment team", "phone": "020 7946 0002"},
        "own": False,
        "disputed": False,
        **changes,
    }


def lookup_answer(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body of an answer to a lookup."""
    return {
        "lookup_id": "01KAPBXC7R2M5K0Q4T6V8X9YZA",
        "asked_at": datetime.now(UTC).isoformat(),
        "case_reference": "case-17",
        "known": bool(entries),
        "complete": True,
        "shielded": False,
        "trace_number": False,
        "broker_desk": None,
        "statement": "Known to another practitioner.",
        "involvements": list(entries),
        "withheld": {"brokered": 0, "never_shown": []},
        "coverage": [],
        **changes,
    }


def refused_row(reference: str, code: str, status: int = 409) -> dict[str, Any]:
    """The result of a batch row that the service refused."""
    problem = {"code": code, "title": "Title", "detail": "What to do.", "status": status, "correlation_id": "c-1"}
    return {"reference": reference, "status": status, "receipt": None, "problem": problem}


def taken_row(reference: str, status: int = 200, **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "status": status,
        "receipt": {**RECEIPT, "reference": reference, "trace_number": False, **changes},
        "problem": None,
    }

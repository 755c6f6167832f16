"""NHS numbers, names, phone numbers and tokens never leak, in any form, into any log, table or error."""

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.log_lines import Lines, metrics, only_line, written
from tests.support.rows import Rows, as_text
from tests.support.stage import EALING, HARINGEY, Reply, Stage, at_work, call

NAME, PHONE, REASON = "Canaria Vogelsang", "020 7946 0773", "Canary in danger at Finkenweg"
LOUD = ("botocore", "boto3", "pynamodb", "urllib3", "jwt", "chalice", "known-to", "aws_lambda_powertools")
Leak = tuple[str, str]


def forms(secret: str) -> dict[str, str]:
    """The forms in which a secret might turn up in the wrong place."""
    raw = secret.encode()
    spaced = f"{secret[:3]} {secret[3:6]} {secret[6:]}"
    return {
        "raw": secret,
        "spaced": spaced,
        "hyphenated": spaced.replace(" ", "-"),
        "URL-encoded": quote(secret, safe=""),
        "form-encoded": secret.replace(" ", "+"),
        "reversed": secret[::-1],
        "hex": raw.hex(),
        "escaped": json.dumps(secret)[1:-1],
        "SHA-256": hashlib.sha256(raw).hexdigest(),
        "SHA-256 in base64": base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("="),
        "SHA-1": hashlib.sha1(raw).hexdigest(),  # noqa: S324 - to find it, not to use it
        "MD5": hashlib.md5(raw).hexdigest(),  # noqa: S324
        **{f"base64 at {offset}": form for offset, form in enumerate(_base64_anywhere(raw))},
    }


def _base64_anywhere(raw: bytes) -> Iterator[str]:
    """The base64 of the secret at each offset in a longer text, without characters that depend on its neighbours."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        yield encoded[(0, 2, 3)[offset] : len(encoded) - 1]


def leaks(text: str, secrets: dict[str, str]) -> list[Leak]:
    lowered = text.lower()
    return [
        (name, form)
        for name, secret in secrets.items()
        for form, shape in forms(secret).items()
        if shape in text or (not form.startswith("base64") and shape.lower() in lowered)
    ]


@dataclass
class Night:
    """One run through the service with canaries in every field, and everything that it left behind."""

    child: str
    token: str
    replies: dict[str, Reply]

    @property
    def secrets(self) -> dict[str, str]:
        signature = self.token.rsplit(".", 1)[1]
        return {"NHS number": self.child, "name": NAME, "phone": PHONE, "reason": REASON, "token": signature}


class Collected(logging.Handler):
    """Collects every log record at any level as text, with its traceback and its extra attributes."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(record.__dict__))


@contextmanager
def everything_logged() -> Iterator[Collected]:
    """The root logger and every logger with its own level. Root is at DEBUG, as somebody debugging might set it."""
    collected, root = Collected(), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(collected)
    for name in LOUD:
        logging.getLogger(name).addHandler(collected)
    try:
        yield collected
    finally:
        root.setLevel(level)
        root.removeHandler(collected)
        for name in LOUD:
            logging.getLogger(name).removeHandler(collected)


@contextmanager
def raising(stage: Stage, error: Callable[[], Exception]) -> Iterator[None]:
    """Every AWS call fails with an unexpected error that quotes its parameters."""

    def fail(**_: Any) -> None:
        raise error()

    clients = (stage.clients.connection.client, stage.clients.dynamodb_once, stage.clients.kms)
    for client in clients:
        client.meta.events.register("before-call", fail)
    try:
        yield
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", fail)


def spend_a_night(stage: Stage) -> Night:
    child, reference = stage.new_child(), stage.new_reference()
    token = stage.token(HARINGEY, "sw-asks")
    people = {
        "practitioner": {"id": "sw-9", "name": NAME, "role": "Social worker", "phone": PHONE},
        "team": {"name": f"Team of {NAME}", "phone": PHONE},
    }
    body = stage.body(child, **people)
    path = f"/v1/involvements/{reference}"
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    batch = {
        "involvements": [
            {"reference": f"{reference}-b", **body},
            {"reference": child, **body},
            {"reference": "twice", **body},
            {"reference": "twice", NAME: child},
            {"reference": "bad", **body, "practitioner": [NAME, PHONE]},
            [child, NAME],
        ]
    }
    shield = {"nhs_number": child, "reason": REASON, "review_on": (stage.today + timedelta(days=5)).isoformat()}

    def send(method: str, path: str, body: Any = None, signed_with: str = token, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(method, path, body, token=signed_with, headers=named)

    replies = {
        "registered": send("PUT", path, body),
        "registered elsewhere": send("PUT", path, body, stage.token(EALING)),
        "unchanged": send("PUT", path, body),
        "replaced": send("PUT", path, {**body, "lead_professional": True}),
        "read": send("GET", path),
        "listed": send("GET", "/v1/involvements"),
        "amended": send("PATCH", path, {"practitioner": {"name": NAME, "phone": PHONE}, "organisation": NAME}),
        "looked up": send("POST", "/v1/lookups", question),
        "accesses": send("GET", f"{path}/accesses"),
        "notices": send("GET", "/v1/notices"),
        "quality": send("GET", "/v1/quality"),
        "number as lookup": send("POST", f"/v1/lookups/{child}/outcomes", {"entry": 1, "outcome": "left"}),
        "name as outcome": send("POST", f"/v1/lookups/{child}/outcomes", {"entry": 1, "outcome": NAME}),
        "number as after": call("GET", "/v1/notices", token=token, query={"after": [child]}),
        "shielded": send("POST", "/v1/shields", shield),
        "accesses of the shielded": send("GET", f"{path}/accesses"),
        "number as reference of accesses": send("GET", f"/v1/involvements/{child}/accesses"),
        "looked up shielded": send("POST", "/v1/lookups", question),
        "wrong type": send("PUT", path, {**body, "practitioner": [NAME, PHONE]}),
        "unknown field": send("PUT", path, {**body, NAME: child}),
        "batch": send("POST", "/v1/involvement-batches", batch),
        "unreadable batch": send("POST", "/v1/involvement-batches", json.dumps(batch)[:-1]),
        "unknown word": send("POST", "/v1/lookups", {**question, "purpose": NAME}),
        "bad number": send("POST", "/v1/lookups", {**question, "nhs_number": f" {child}"}),
        "number as number": send("POST", "/v1/lookups", {**question, "nhs_number": int(child)}),
        "bad reason": send("POST", "/v1/shields", {**shield, "reason": f"{REASON}\n"}),
        "number as reference": send("PUT", f"/v1/involvements/{child}", body),
        "number as case": send("POST", "/v1/lookups", {**question, "case_reference": f"c-{child}"}),
        "number as cursor": call("GET", "/v1/involvements", token=token, query={"cursor": [child], "limit": ["1"]}),
        "number as query": call("GET", "/v1/involvements", token=token, query={child: [NAME]}),
        "truncated": send("PUT", path, json.dumps(body)[:-1]),
        "media type": send("PUT", path, body, Content_Type=f"text/{child}; name={NAME}"),
        "method": send("OPTIONS", path, body),
        "version": send("PUT", path, body, If_Match=f'"{child}"'),
        "altered token": send("POST", "/v1/lookups", question, token[:-6] + "AAAAAA"),
        "token in the wrong place": send("POST", "/v1/lookups", {**question, "case_reference": token}),
    }  # fmt: skip
    with raising(stage, lambda: ValueError(f"cannot digest {child}, {NAME}, {PHONE}, {REASON}, {token}")):
        for name, method, where, sent in (
            ("unforeseen lookup", "POST", "/v1/lookups", question),
            ("unforeseen put", "PUT", path, {**body, "lead_professional": False}),
            ("unforeseen batch", "POST", "/v1/involvement-batches", {"involvements": batch["involvements"][:1]}),
            ("unforeseen patch", "PATCH", path, {"organisation": NAME}),
            ("unforeseen shield", "POST", "/v1/shields", shield),
            ("unforeseen accesses", "GET", f"{path}/accesses", None),
            ("unforeseen notices", "GET", "/v1/notices", None),
            ("unforeseen get", "GET", path, None),
            ("unforeseen delete", "DELETE", path, None),
            ("unforeseen list", "GET", "/v1/involvements", None),
        ):
            replies[name] = send(method, where, sent)
    return Night(child, token, replies)


@pytest.fixture(scope="module")
def night(fresh_stage: Stage) -> Night:
    """One run for all tests that only inspect what it left behind."""
    with at_work(fresh_stage):
        return spend_a_night(fresh_stage)


MAY_SHOW = {"read": {"name", "phone"}, "looked up": {"name", "phone"}}


def test_the_search_finds_every_form_that_it_looks_for(stage: Stage) -> None:
    for secret in (stage.new_child(), NAME, PHONE):
        for form, shape in forms(secret).items():
            assert (secret, form) in leaks(f"before {shape} after", {secret: secret})
        for before in ("", "x", "xy"):
            hidden = base64.b64encode(f"{before}{secret}behind".encode()).decode()
            assert leaks(hidden, {secret: secret}), before


def test_the_night_of_canaries_goes_as_planned(night: Night) -> None:
    """Otherwise the tests below could pass because nothing happened."""
    replies = night.replies
    statuses = {name: reply.status for name, reply in replies.items()}
    assert {name: status for name, status in statuses.items() if status < 400} == {
        **{"registered": 201, "registered elsewhere": 201, "unchanged": 200, "replaced": 200, "read": 200},
        **{"listed": 200, "amended": 200, "looked up": 200, "shielded": 200, "looked up shielded": 200},
        **{"batch": 200, "unforeseen batch": 200, "accesses": 200, "notices": 200, "quality": 200},
        **{"accesses of the shielded": 200},
    }
    assert [row["status"] for row in replies["batch"].json["results"]] == [201, 400, 400, 400, 400, 400]
    assert [row["status"] for row in replies["unforeseen batch"].json["results"]] == [500]
    assert statuses["unforeseen lookup"] == 503
    others = {name for name in statuses if "unforeseen" in name} - {"unforeseen lookup", "unforeseen batch"}
    assert {statuses[name] for name in others} == {500}
    assert NAME in replies["looked up"].body


def test_no_log_at_any_level_holds_a_secret_in_any_form(
    stage: Stage, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with everything_logged() as collected, written() as output:
        night = spend_a_night(stage)
    printed = capfd.readouterr()
    assert len(collected.lines) > len(night.replies)
    assert len(output.getvalue().splitlines()) == len(night.replies) + 10
    assert leaks(output.getvalue(), night.secrets) == []
    assert leaks("\n".join(collected.lines), night.secrets) == []
    assert leaks(printed.out, night.secrets) == []
    assert leaks(printed.err, night.secrets) == []
    assert leaks(caplog.text, night.secrets) == []


def test_no_table_holds_a_secret_in_any_form(stage: Stage, night: Night, rows: Rows) -> None:
    tables = rows.everything()
    for table, items in tables.items():
        assert leaks(as_text(items), night.secrets) == [], table
        assert leaks(repr(items), night.secrets) == [], table
    assert len(tables["access"]) > 5


def test_no_error_holds_a_secret_in_any_form(night: Night) -> None:
    for name, reply in night.replies.items():
        if reply.status >= 400:
            assert reply.headers["Content-Type"] == "application/problem+json", name
            assert leaks(reply.body + repr(reply.headers), night.secrets) == [], name


def test_only_answers_to_the_caller_hold_names_and_no_answer_holds_the_number_or_token(night: Night) -> None:
    for name, reply in night.replies.items():
        found = {secret for secret, _ in leaks(reply.body + repr(reply.headers), night.secrets)}
        assert found <= MAY_SHOW.get(name, set()), name


def test_every_reply_says_that_it_may_not_be_stored(night: Night) -> None:
    for name, reply in night.replies.items():
        assert reply.headers["Cache-Control"] == "no-store", name
        assert reply.headers["X-Content-Type-Options"] == "nosniff", name
        assert reply.headers["X-Correlation-ID"], name


# The log line


def test_a_lookup_writes_one_line_that_carries_its_metrics(stage: Stage, lines: Lines) -> None:
    child = stage.new_child()
    reply = stage.look_up(child)
    line = only_line(lines, reply)
    assert (line["route"], line["method"], line["authority"]) == ("/v1/lookups", "POST", HARINGEY)
    assert metrics(line)["LookupsNone"] == 1
    assert metrics(line)["GenerateMacLatency"] > 0
    stage.register(child, token=stage.token(EALING))
    assert metrics(lines()[0])["Registrations"] == 1
    assert metrics(only_line(lines, stage.look_up(child)))["LookupsKnown"] == 1


def test_a_refusal_writes_one_line_and_counts(stage: Stage, lines: Lines) -> None:
    for token, code in (("junk", "not_signed_in"), (stage.token(scope="none"), "scope_not_granted")):
        reply = stage.look_up(stage.new_child(), token)
        line = only_line(lines, reply)
        assert line["code"] == reply.code == code
        assert metrics(line)["Refusals"] == 1
        assert "LookupsNone" not in metrics(line)


def test_a_lookup_that_cannot_be_answered_is_counted_only_as_that(stage: Stage, lines: Lines) -> None:
    with raising(stage, lambda: ValueError("unforeseen")):
        reply = stage.look_up(stage.new_child())
    *_, line = lines()
    assert reply.code == "cannot_answer"
    assert metrics(line)["LookupsCannotAnswer"] == 1
    assert not {"LookupsNone", "LookupsKnown"} & set(metrics(line))


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("DELETE", 204), ("OPTIONS", 405), ("TRACE", 405)])
def test_every_request_writes_exactly_one_line(stage: Stage, lines: Lines, method: str, status: int) -> None:
    reply = stage.call(method, "/v1/involvements/ref-nowhere")
    assert reply.status == status
    assert only_line(lines, reply)["method"] == method


def test_an_unexpected_error_logs_its_location_but_not_its_text(stage: Stage, lines: Lines) -> None:
    with raising(stage, lambda: ValueError(NAME)):
        reply = stage.call("GET", "/v1/involvements/ref-nowhere")
    error, line = lines()
    assert (reply.status, reply.code) == (500, "internal_error")
    assert error["level"] == "ERROR"
    assert error["error_type"] == "ValueError"
    assert error["correlation_id"] == line["correlation_id"] == reply.headers["X-Correlation-ID"]
    assert any(place.startswith("tables.py:") for place in error["raised_at"])
    assert metrics(line)["InternalErrors"] == 1


def test_the_metrics_of_one_request_do_not_appear_in_the_next_line(stage: Stage, lines: Lines) -> None:
    stage.look_up(stage.new_child(), "junk")
    stage.look_up(stage.new_child())
    refused, answered = lines()
    assert "Refusals" in metrics(refused)
    assert "Refusals" not in metrics(answered)
    assert answered.get("code") is None


def test_a_health_check_writes_a_line_and_calls_no_aws_service(stage: Stage, lines: Lines) -> None:
    line = only_line(lines, call("GET", "/v1/health"))
    assert line["aws_calls"] == 0

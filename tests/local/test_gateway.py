"""The HTTP front of the local stage gives the same answers as API Gateway would, whatever comes through the socket."""

import io
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from infra.local.gateway import application
from infra.local.processes import LOOPBACK, free_port, is_taken, running
from tests.support.stage import EALING, Reply, Stage

CANARY = "canary7f3a"
INVOLVEMENTS = "/v1/involvements"


def over_http(method: str, uri: str, body: bytes = b"", *, token: str | None = None, **headers: str) -> Reply:
    """One WSGI call. `headers` as gunicorn names them: HTTP_IF_MATCH."""
    environ: dict[str, Any] = {
        "RAW_URI": uri,
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **({} if token is None else {"HTTP_AUTHORIZATION": f"Bearer {token}"}),
        **({"CONTENT_TYPE": "application/json"} if body else {}),
        **headers,
    }
    started: list[Any] = []
    raw = b"".join(application(environ, lambda *start: started.append(start)))
    [(status, sent)] = started
    named = dict(sent)
    assert len(named) == len(sent)
    assert method == "HEAD" or int(named["Content-Length"]) == len(raw)
    return Reply(int(status.split()[0]), named, raw.decode())


def assert_problem(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.code) == (status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert CANARY not in reply.body


def test_a_request_goes_in_and_its_answer_comes_out(stage: Stage) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    practitioner = {**stage.body(child)["practitioner"], "name": "Zoë Łukasz"}
    body = json.dumps(stage.body(child, practitioner=practitioner), ensure_ascii=False).encode()
    put = over_http("PUT", f"{INVOLVEMENTS}/{reference}", body, token=stage.token(EALING))
    assert put.status == 201
    question = json.dumps({"nhs_number": child, "purpose": "safeguarding", "case_reference": "c"}).encode()
    answer = over_http("POST", "/v1/lookups", question, token=stage.token())
    assert answer.json["involvements"][0]["practitioner"]["name"] == "Zoë Łukasz"
    again = over_http("PUT", f"{INVOLVEMENTS}/{reference}", body, token=stage.token(EALING), HTTP_IF_MATCH='"no"')
    assert_problem(again, 412, "version_mismatch")
    gone = over_http("DELETE", f"{INVOLVEMENTS}/{reference}", token=stage.token(EALING))
    assert (gone.status, gone.body) == (204, "")


@pytest.mark.parametrize(
    "uri",
    [
        *("", "/v1", "/v1/", f"/v1/{CANARY}", f"/{CANARY}", "/v2/lookups", "/V1/lookups", "//v1/lookups"),
        *("/v1/lookups/", "/v1/health/", f"{INVOLVEMENTS}/", f"{INVOLVEMENTS}/a/", f"{INVOLVEMENTS}/a/b", "*"),
        *(f"{INVOLVEMENTS}/../lookups", "/v1/../v1/health", f"/v1/lookups;{CANARY}", "/v1/health%00", "/v1%2Fhealth"),
        *(f"{INVOLVEMENTS}/{{reference}}/x", "/favicon.ico", "/.env", f"http://{CANARY}/v1/health"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address_is_404(stage: Stage, method: str, uri: str) -> None:
    assert_problem(over_http(method, uri, token=stage.token()), 404, "no_such_route")


def test_a_404_has_the_headers_of_every_other_answer(stage: Stage) -> None:
    reply = over_http("GET", f"/v1/{CANARY}", token=stage.token())
    assert reply.headers["X-Correlation-ID"] == reply.json["correlation_id"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "reference",
    ["..", "%2e%2e", "a%2Fb", "a%252Fb", "..%2Flookups", "%zz", "%ff", "%00", "a%0Ab", "%C3%A9", "a+b", "a%20b"],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_reference_that_tries_to_leave_its_path_is_refused(stage: Stage, method: str, reference: str) -> None:
    reply = over_http(method, f"{INVOLVEMENTS}/{reference}", token=stage.token())
    assert_problem(reply, 400, "invalid_request")
    assert reply.json["errors"][0]["field"] == "reference"


def test_a_percent_encoded_reference_is_the_same_reference(stage: Stage) -> None:
    reference = stage.new_reference()
    stage.register(stage.new_child(), reference)
    encoded = "".join(f"%{ord(character):02x}" for character in reference)
    assert over_http("GET", f"{INVOLVEMENTS}/{encoded}", token=stage.token()).json["reference"] == reference


@pytest.mark.parametrize(
    "query",
    ["limit=1&limit=2", "limit=", "limit", f"{CANARY}=1", "limit=1;limit=2", "cursor=%FF", "limit=%31%30%30%31"],
)
def test_a_query_is_read_as_strictly_as_behind_the_gateway(stage: Stage, query: str) -> None:
    reply = over_http("GET", f"{INVOLVEMENTS}?{query}", token=stage.token())
    assert_problem(reply, 400, "invalid_request")


def test_a_good_query_is_read(stage: Stage) -> None:
    assert over_http("GET", f"{INVOLVEMENTS}?limit={quote('7')}", token=stage.token()).status == 200
    assert over_http("GET", f"{INVOLVEMENTS}?", token=stage.token()).status == 200


def test_health_answers_without_token_or_query(stage: Stage) -> None:
    assert over_http("GET", "/v1/health").json == {"status": "ok"}
    assert over_http("GET", f"/v1/health?{CANARY}").json == {"status": "ok"}


def test_head_asks_for_health_without_a_body(stage: Stage) -> None:
    reply = over_http("HEAD", "/v1/health", token=stage.token())
    assert (reply.status, reply.body) == (200, "")


@pytest.mark.parametrize("uri", ["/v1/openapi.json", "/v1/lookups", f"{INVOLVEMENTS}/a"])
def test_head_is_405_and_has_no_body(stage: Stage, uri: str) -> None:
    reply = over_http("HEAD", uri, token=stage.token())
    assert (reply.status, reply.body) == (405, "")
    assert "HEAD" not in reply.headers["Allow"]


def test_a_body_that_is_too_large_is_413(stage: Stage) -> None:
    assert_problem(over_http("POST", "/v1/lookups", b"[" * 100_000, token=stage.token()), 413, "too_large")
    declared = {"CONTENT_LENGTH": str(11 * 1024 * 1024)}
    assert_problem(over_http("POST", "/v1/lookups", b"{}", token=stage.token(), **declared), 413, "too_large")


def test_two_authorization_headers_joined_by_the_server_are_refused(stage: Stage) -> None:
    token = stage.token()
    reply = over_http("GET", INVOLVEMENTS, HTTP_AUTHORIZATION=f"Bearer {token},Bearer {token}")
    assert_problem(reply, 401, "not_signed_in")


# Through a real socket


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="module")
def port(log: Path) -> Iterator[int]:
    chosen = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "infra.local.gateway:application", "--bind", f"{LOOPBACK}:{chosen}"),
        *("--worker-class", "infra.local.gateway.Worker", "--no-control-socket"),
    ]
    settings = {"STAGE": "test", "AUDIENCE": "a", "BROKER_DESK_NAME": "Desk", "BROKER_DESK_PHONE": "020 7946 0100"}
    keys = {
        "MAC_KEY": "alias/mac",
        "DATA_KEY": "alias/data",
        "AUDIT_KEY": "alias/audit",
        "HISTORY_KEY": "alias/history",
    }
    environ = {**os.environ, **{f"KNOWNTO_{name}": value for name, value in {**settings, **keys}.items()}}
    with running(command, {**environ, "AWS_REGION": "eu-west-2"}, log, lambda: is_taken(chosen)):
        yield chosen


def exchange(port: int, sent: bytes) -> tuple[str, str]:
    """Returns the head and the body of the reply."""
    with socket.create_connection((LOOPBACK, port), timeout=10) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(65_536), b""))
    head, _, body = received.decode().partition("\r\n\r\n")
    return head, body


GET = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        CANARY.encode() + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/health\r\n\r\n",
        b"GET /v1/health HTTP/9.9\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        GET + b"X-Canary: " + CANARY.encode() * 2000 + b"\r\n\r\n",
        GET + b"no colon " + CANARY.encode() + b"\r\n\r\n",
        GET + b"Bad Name: " + CANARY.encode() + b"\r\n\r\n",
        GET + b"Content-Length: " + CANARY.encode() + b"\r\n\r\n",
        GET + b"Content-Length: -1\r\n\r\n",
        GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        GET + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        GET + b"Transfer-Encoding: " + CANARY.encode() + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n",
    ],
)
def test_input_that_is_not_http_gets_a_problem_document_without_an_echo(port: int, sent: bytes) -> None:
    head, body = exchange(port, sent)
    assert head.startswith("HTTP/1.1 400 ")
    assert "Content-Type: application/problem+json" in head
    assert json.loads(body)["code"] == "invalid_request"
    assert CANARY not in head + body


def test_a_real_socket_gives_the_same_answers(port: int) -> None:
    head, body = exchange(port, GET + b"Connection: close\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK")
    assert json.loads(body) == {"status": "ok"}
    head, body = exchange(port, b"HEAD /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
    assert body == ""
    head, body = exchange(port, b"HEAD /v1/notices HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert head.startswith("HTTP/1.1 405 ")
    assert body == ""


def test_the_log_of_the_server_does_not_echo_either(port: int, log: Path) -> None:
    exchange(port, CANARY.encode() + b"\r\n\r\n")
    assert CANARY not in log.read_text()

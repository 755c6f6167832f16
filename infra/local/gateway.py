"""The HTTP front of the local stage. It does what API Gateway and Lambda do between a socket and `app.py`.

Each gunicorn sync worker is a process that serves one request at a time, like a Lambda container.
"""

import base64
import re
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote

from gunicorn.http.errors import ParseException
from gunicorn.util import write_nonblock
from gunicorn.workers.sync import SyncWorker

from app import app
from chalicelib.adapters.http.boundary import OUR_HEADERS
from chalicelib.adapters.http.problems import ProblemResponse, problem_response
from chalicelib.domain.errors import FieldError, InvalidRequest, KnownToError
from chalicelib.wiring import api

from . import sandbox
from .pages import has_page, page

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Environ = dict[str, Any]

_SLOWEST_CLIENT_SECONDS = 3
_LARGEST_BODY = 10 * 1024 * 1024  # as at API Gateway
_PLACEHOLDER = re.compile(r"\\\{([^}]+)\\\}")
_ROUTES = [
    (re.compile(_PLACEHOLDER.sub(r"(?P<\1>[^/]+)", re.escape(path))), path) for path in sorted(app.routes, key=len)
]


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI application. Hands each request to `app` as a REST API event."""
    path, _, query = str(environ["RAW_URI"]).partition("?")
    if has_page(environ["REQUEST_METHOD"], path):
        return _page(path, environ, start_response)
    route = _match(path)
    if route is None:
        return _problem("no_such_route", start_response)
    if int(environ.get("CONTENT_LENGTH") or 0) > _LARGEST_BODY:
        return _problem("too_large", start_response)
    resource, parameters = route
    reply = app(_event(environ, resource, parameters, query), None)
    headers = [(name, value) for name, value in reply["headers"].items()]
    body = reply["body"].encode()
    start_response(_status_line(reply["statusCode"]), [*headers, ("Content-Length", str(len(body)))])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def _page(path: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    try:
        body = environ["wsgi.input"].read(_LARGEST_BODY)
        made = page(path, environ.get("HTTP_HOST", ""), environ.get("CONTENT_TYPE", ""), body)
    except KnownToError as error:
        return _problem(error.code, start_response, error)
    headers = [*made.headers.items(), ("Content-Length", str(len(made.body)))]
    start_response(_status_line(HTTPStatus.OK), headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else made.body]


def _match(path: str) -> tuple[str, dict[str, str]] | None:
    for pattern, resource in _ROUTES:
        if found := pattern.fullmatch(path):
            return resource, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def _event(environ: Environ, resource: str, parameters: dict[str, str], query: str) -> dict[str, Any]:
    names = {name: name.removeprefix("HTTP_").replace("_", "-").title() for name in environ if name.startswith("HTTP_")}
    headers = {title: environ[name] for name, title in names.items()}
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    raw = environ["wsgi.input"].read(_LARGEST_BODY)
    return {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "body": base64.b64encode(raw).decode() if raw else None,
        "isBase64Encoded": bool(raw),
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": environ["REQUEST_METHOD"],
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": int(time.time() * 1000),
        },
    }


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _problem(code: str, start_response: StartResponse, error: KnownToError | None = None) -> Iterable[bytes]:
    problem, headers = _problem_and_headers(code, error)
    start_response(_status_line(problem.status), headers)
    return [problem.body]


def _problem_and_headers(code: str, error: KnownToError | None = None) -> tuple[ProblemResponse, list[tuple[str, str]]]:
    correlation_id = str(uuid.uuid4())
    problem = problem_response(code, correlation_id, error)
    ours = {**OUR_HEADERS, "X-Correlation-ID": correlation_id, "Content-Length": str(len(problem.body))}
    return problem, list({**problem.headers, **ours}.items())


class Worker(SyncWorker):  # type: ignore[misc]
    """Answers with a problem document even if a request is not HTTP, or fails before `app`. Never quotes it.

    The sandbox's faults are in front of its lookups.
    """

    def init_process(self) -> None:
        api.install(sandbox.installed(api.services()))
        super().init_process()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        client.settimeout(_SLOWEST_CLIENT_SECONDS)
        super().handle(listener, client, addr)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:  # noqa: ARG002 - gunicorn's signature
        if isinstance(exc, SystemExit | TimeoutError):
            self.log.warning("connection closed: %s", type(exc).__name__)
            return
        theirs = req is None or isinstance(exc, ParseException)
        error = InvalidRequest(FieldError("", "is not readable HTTP")) if theirs else None
        code = "invalid_request" if theirs else "internal_error"
        problem, headers = _problem_and_headers(code, error)
        lines = [
            f"HTTP/1.1 {_status_line(problem.status)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in headers),
        ]
        self.log.warning("%s: %s", code, type(exc).__name__)
        with suppress(OSError):  # the caller has closed the connection
            write_nonblock(client, "\r\n".join(lines).encode() + b"\r\n\r\n" + problem.body)

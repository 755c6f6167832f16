"""Between chalice and the use cases: reads requests strictly, and gives every answer one form."""

import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, ParamSpec

import msgspec
from chalice.app import Request, Response

from ...domain.errors import FieldError, KnownToError, TooLarge, Unavailable, UnreadableBody, UnsupportedMediaType
from .. import telemetry
from ..decoding import Body, decode
from .problems import ProblemBody, problem_body, problem_response

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
LARGEST_BODY = 8 * 1024
LARGEST_BATCH = 256 * 1024

OUR_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_FRAMEWORK_CODES = {
    400: "unreadable_body",
    404: "no_such_route",
    405: "method_not_allowed",
    415: "unsupported_media_type",
}
# RFC 9562: a version from 1 to 8, and the variant. An NHS number in a UUID of zeros has neither.
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_REFUSALS = frozenset({401, 403, 429})

P = ParamSpec("P")


def serve(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
    """The middleware of every route. It adds our headers, reshapes the framework's errors and writes the log line."""
    telemetry.begin(_correlation_id(request))
    callers_id = None if request is None else _callers_id(request)
    response: Response = get_response(request)
    if _is_framework_error(response):
        response = _reshaped(response)
    response.headers.update(OUR_HEADERS)
    response.headers["X-Correlation-ID"] = telemetry.correlation_id()
    if callers_id is not None:
        response.headers["X-Caller-Correlation-ID"] = callers_id
        telemetry.note(caller_correlation_id=callers_id)
    if request is not None:
        telemetry.note(route=request.path, method=request.method)
    telemetry.note(status=response.status_code)
    telemetry.emit("request")
    return response


def answers_problems(view: Callable[P, Response]) -> Callable[P, Response]:
    """Turns what a view raises into a problem document."""
    return _answering(view, {})


def cannot_answer_when_in_doubt(view: Callable[P, Response]) -> Callable[P, Response]:
    """Like `answers_problems`, for a lookup: any failure of the service means "could not check"."""
    return _answering(view, {"unavailable": "cannot_answer", "internal_error": "cannot_answer"})


def _answering(view: Callable[P, Response], instead: dict[str, str]) -> Callable[P, Response]:
    @wraps(view)
    def answering(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except KnownToError as error:
            return _problem(instead.get(error.code, error.code), error)
        except Exception as error:
            telemetry.report(error)
            return _problem(instead.get("internal_error", "internal_error"))

    return answering


def row_problem(error: Exception) -> ProblemBody:
    """The problem of one row of a batch. The other rows may be fine."""
    known = error if isinstance(error, KnownToError) else None
    if known is None:
        telemetry.report(error)
    code = "internal_error" if known is None else known.code
    problem = problem_body(code, telemetry.correlation_id(), known)
    telemetry.meter("BatchRowsRefused")
    _count(code, problem.status, known)
    return problem


def _problem(code: str, error: KnownToError | None = None) -> Response:
    problem = problem_response(code, telemetry.correlation_id(), error)
    telemetry.note(code=code)
    _count(code, problem.status, error)
    headers: dict[str, str | list[str]] = {**problem.headers}
    return Response(body=problem.body.decode(), status_code=problem.status, headers=headers)


def _count(code: str, status: int, error: KnownToError | None) -> None:
    if code == "cannot_answer":
        telemetry.meter("LookupsCannotAnswer")
    elif isinstance(error, Unavailable):
        telemetry.meter("Unavailable")
    elif status in _REFUSALS:
        telemetry.meter("Refusals")
    elif code == "internal_error":
        telemetry.meter("InternalErrors")


def _is_framework_error(response: Response) -> bool:
    return response.status_code >= HTTPStatus.BAD_REQUEST and isinstance(response.body, dict)


def _reshaped(response: Response) -> Response:
    problem = _problem(_FRAMEWORK_CODES.get(response.status_code, "internal_error"))
    if "Allow" in response.headers:
        problem.headers["Allow"] = response.headers["Allow"]
    return problem


def _correlation_id(request: Request | None) -> str:
    if request is None:
        return "unknown"
    return str(request.context.get("requestId") or getattr(request.lambda_context, "aws_request_id", "unknown"))


def _callers_id(request: Request) -> str | None:
    """The caller's own name for the request: None unless it sent exactly one UUID. Any other text could bring a name
    into the logs."""
    values = _header_values(request, "x-correlation-id")
    return values[0].lower() if len(values) == 1 and _UUID.fullmatch(values[0]) else None


def authorization(request: Request) -> str | None:
    """The Authorization header. None unless there is exactly one."""
    values = _header_values(request, "authorization")
    return values[0] if len(values) == 1 else None


def if_match(request: Request) -> str | None:
    """The version in If-Match, without quotes. `*` means any version."""
    values = _header_values(request, "if-match")
    if not values:
        return None
    # Several versions are joined, and then match none.
    return ",".join(values).strip().removeprefix('"').removesuffix('"')


def query(request: Request) -> dict[str, list[str]]:
    sent = request.query_params
    return {} if sent is None else {name: sent.getlist(name) for name in sent}


def read_body(request: Request, kind: type[Body], *media_types: str) -> Body:
    """Raises UnsupportedMediaType, TooLarge, UnreadableBody or InvalidRequest."""
    return decode(raw_body(request, *media_types), kind)


def raw_body(request: Request, *media_types: str, largest: int = LARGEST_BODY) -> bytes:
    """The body as it was sent, at most `largest` bytes. Raises UnsupportedMediaType, TooLarge or UnreadableBody."""
    _check_media_type(request, media_types or (JSON,))
    try:
        body = request.raw_body
    except ValueError:  # a lone surrogate, or invalid base64
        raise UnreadableBody(FieldError("", "is not JSON in UTF-8")) from None
    assert isinstance(body, bytes)
    if len(body) > largest:
        raise TooLarge
    return body


def _check_media_type(request: Request, accepted: tuple[str, ...]) -> None:
    types = _header_values(request, "content-type")
    encodings = [value for value in _header_values(request, "content-encoding") if value.lower() != "identity"]
    if len(types) != 1 or encodings:
        raise UnsupportedMediaType
    media_type, _, parameters = types[0].partition(";")
    parameters = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() not in accepted or parameters not in {"", "charset=utf-8"}:
        raise UnsupportedMediaType


def _header_values(request: Request, name: str) -> list[str]:
    multiple = request.to_original_event().get("multiValueHeaders") or {}
    values = [value for header, values in multiple.items() if header.lower() == name for value in values]
    return values or [value for header, value in request.headers.items() if header.lower() == name]


def ok_text(body: str) -> Response:
    """For a body that is JSON already."""
    return Response(body=body, status_code=int(HTTPStatus.OK), headers={"Content-Type": JSON})


def ok(body: object, status: int = HTTPStatus.OK, version: str | None = None) -> Response:
    headers: dict[str, str | list[str]] = {"Content-Type": JSON}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    return Response(body=msgspec.json.encode(body).decode(), status_code=int(status), headers=headers)


def without_body() -> Response:
    """The answer to HEAD: that of GET, without its body."""
    return Response(body="", status_code=int(HTTPStatus.OK), headers={"Content-Type": JSON})


def no_content() -> Response:
    return Response(body="", status_code=int(HTTPStatus.NO_CONTENT))

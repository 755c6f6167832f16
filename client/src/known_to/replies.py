"""Reads replies: the JSON of a success, or the problem of a refusal. Whatever else a server sends is unreadable."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from .errors import FieldError, Problem, UnreadableAnswer, problem_class
from .strict_json import read_json

LARGEST_REPLY = 8 * 1024 * 1024
"""Bytes. The service runs in Lambda, which sends 6 MB at most."""
_DAY_SECONDS = 86_400.0
_JSON = frozenset({"application/json", "application/problem+json"})
_LONGEST_TEXT = 500
_MOST_ERRORS = 100


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """`content` is None if the reply is larger than any of the service's, or compressed, which was not asked for."""

    status: int
    headers: Mapping[str, str]
    content: bytes | None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def read_all(reply: httpx.Response) -> Reply:
    """Reads the body, but no more than the service ever sends."""
    headers = dict(reply.headers)
    if headers.get("content-encoding", "identity") != "identity":
        return Reply(reply.status_code, headers, None)
    content = bytearray()
    for piece in reply.iter_bytes():
        content += piece
        if len(content) > LARGEST_REPLY:
            return Reply(reply.status_code, headers, None)
    return Reply(reply.status_code, headers, bytes(content))


def retry_after(reply: Reply) -> float | None:
    """Seconds, at most a day, from either form that HTTP allows. None if the header is absent or unreadable."""
    text = reply.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return min(_DAY_SECONDS, float(text))
    try:
        return min(_DAY_SECONDS, max(0.0, parsedate_to_datetime(text).timestamp() - time.time()))
    except (ValueError, OverflowError):
        return None


def result_of(reply: Reply) -> Any:
    """The JSON of a success, or None if it is empty. Raises Problem or UnreadableAnswer."""
    if reply.content is None:
        raise UnreadableAnswer(
            f"The reply ({reply.status}) is larger than this service ever sends, or compressed. Is base_url right?",
            None if reply.is_success else reply.status,
        )
    if not reply.is_success:
        raise _problem(reply)
    return _json(reply) if reply.content else None


def _document(reply: Reply) -> Any:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON:
        raise ValueError("the reply is not said to be JSON")
    return read_json(reply.content or b"")


def _json(reply: Reply) -> Any:
    # Raises outside an except block, because the suppressed error contains the whole reply.
    with suppress(ValueError, RecursionError):
        return _document(reply)
    raise UnreadableAnswer(f"The reply ({reply.status}) is not JSON. Is base_url right?")


def _problem(reply: Reply) -> Problem | UnreadableAnswer:
    try:
        document = _document(reply)
        code, title, detail = (_text(document[name]) for name in ("code", "title", "detail"))
        errors = tuple(_field_error(one) for one in (document.get("errors") or ())[:_MOST_ERRORS])
        correlation_id = document.get("correlation_id")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return UnreadableAnswer(
            f"The reply ({reply.status}) does not come from this service. Is base_url right?", reply.status
        )
    return problem_class(code, reply.status)(
        code,
        reply.status,
        title,
        detail,
        errors=errors,
        correlation_id=None if correlation_id is None else _text(correlation_id),
        retry_after_seconds=retry_after(reply),
    )


def _field_error(one: Any) -> FieldError:
    return FieldError(_text(one["field"]), _text(one["problem"]))


def _text(value: Any) -> str:
    """A text of the service is short. What is longer would fill the screen, and hide what was there."""
    return str(value)[:_LONGEST_TEXT]

"""Signs requests, sends them, tries again, and reads each reply as JSON or as a problem."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from .errors import FieldError, InvalidRequest, Problem, SettingsError, Unreachable, UnreadableAnswer, problem_class
from .retries import RetryPolicy
from .settings import NOT_AN_ADDRESS, Settings
from .signing import Caller

_CONNECT_SECONDS = 5
_DAY_SECONDS = 86_400.0
_UNSENDABLE = "It contains a value that JSON in UTF-8 cannot express, such as NaN or half a character."
_CONNECTIONS = httpx.Limits(max_connections=32, max_keepalive_connections=16)
_WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504})


class SignedRequests:
    def __init__(
        self,
        settings: Settings,
        retries: RetryPolicy,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._signer = settings.signer()
        # It includes the key, because a restarted local stage has forgotten everything and has a new key.
        self.destination = f"{settings.base_url} {settings.authority} {self._signer.thumbprint}"
        self._retries = retries
        self._sleep = sleep
        try:
            self._http = httpx.Client(base_url=settings.base_url.rstrip("/"), limits=_CONNECTIONS, transport=transport)
        except httpx.InvalidURL:
            raise SettingsError(NOT_AN_ADDRESS) from None

    def close(self) -> None:
        self._http.close()

    def send(
        self,
        caller: Caller,
        scope: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        if_version: str | None = None,
        query: Mapping[str, str] | None = None,
        retries: RetryPolicy | None = None,
    ) -> Any:
        """Returns the JSON of a successful reply, or None if it is empty.

        Raises Problem, Unreachable or UnreadableAnswer. Their `__cause__` is None, because an error of httpx contains
        the request, and with it a child's number.
        """
        headers = {} if body is None else {"Content-Type": "application/json"}
        if if_version is not None:
            headers["If-Match"] = f'"{if_version}"'
        retries = retries or self._retries
        timeout = httpx.Timeout(retries.reply_within_seconds, connect=_CONNECT_SECONDS)
        request = None
        # Raises outside an except block, because the suppressed error contains the whole body.
        with suppress(ValueError, RecursionError):
            content = None if body is None else _encoded(body)
            request = self._http.build_request(
                method, path, params=query, content=content, headers=headers, timeout=timeout
            )
        if request is None:
            raise InvalidRequest("invalid_request", 400, "Not sent", _UNSENDABLE)
        return self._sent(request, caller, scope, retries)

    def _sent(self, request: httpx.Request, caller: Caller, scope: str, retries: RetryPolicy) -> Any:
        failures = 0
        signed_again = False
        while True:
            request.headers["Authorization"] = f"Bearer {self._signer.token(caller, scope)}"
            reply, failure = self._once(request)
            if reply is not None and reply.status_code == httpx.codes.UNAUTHORIZED and not signed_again:
                self._signer.forget(caller, scope)
                signed_again = True
                continue
            if reply is not None and reply.status_code not in _WORTH_ANOTHER_TRY:
                return _read(reply)
            failures += 1
            wait = retries.wait_seconds(failures, None if reply is None else _retry_after(reply))
            if wait is None:
                if reply is None:
                    raise Unreachable(
                        f"The service could not be reached ({failure}), after {failures} tries. "
                        "Check base_url and the network."
                    )
                return _read(reply)
            self._sleep(wait)

    def _once(self, request: httpx.Request) -> tuple[httpx.Response | None, str]:
        try:
            return self._http.send(request), ""
        except httpx.TransportError as error:
            return None, type(error).__name__
        except httpx.DecodingError:
            return None, "unreadable reply"


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _retry_after(reply: httpx.Response) -> float | None:
    """Seconds, at most a day, from either form that HTTP allows. None if the header is absent or unreadable."""
    text = reply.headers.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return min(_DAY_SECONDS, float(text))
    try:
        return min(_DAY_SECONDS, max(0.0, parsedate_to_datetime(text).timestamp() - time.time()))
    except ValueError:
        return None


def _read(reply: httpx.Response) -> Any:
    if reply.is_success:
        return _json(reply) if reply.content else None
    raise _problem(reply)


def _json(reply: httpx.Response) -> Any:
    # Raises outside an except block, because the suppressed error contains the whole reply.
    with suppress(ValueError, RecursionError):
        return json.loads(reply.content)
    raise UnreadableAnswer(f"The reply ({reply.status_code}) is not JSON. Is base_url right?")


def _problem(reply: httpx.Response) -> Problem | UnreadableAnswer:
    try:
        document = json.loads(reply.content)
        code, title, detail = str(document["code"]), str(document["title"]), str(document["detail"])
        errors = tuple(FieldError(str(one["field"]), str(one["problem"])) for one in document.get("errors") or ())
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return UnreadableAnswer(
            f"The reply ({reply.status_code}) does not come from this service. Is base_url right?", reply.status_code
        )
    return problem_class(code, reply.status_code)(
        code,
        reply.status_code,
        title,
        detail,
        errors=errors,
        correlation_id=document.get("correlation_id"),
        retry_after_seconds=_retry_after(reply),
    )

"""Requests and replies: signed, sent, tried again, and read as JSON or as a problem."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from .errors import FieldError, InvalidRequest, Problem, SettingsError, Unreachable, UnreadableAnswer, kind_of
from .patience import Patience
from .settings import NO_ADDRESS, Settings
from .signing import Caller

_CONNECT_SECONDS = 5
_DAY_SECONDS = 86_400.0
_UNSENDABLE = "It holds what JSON in UTF-8 cannot say, such as NaN or half a character."
_CONNECTIONS = httpx.Limits(max_connections=32, max_keepalive_connections=16)
_WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504})


class Wire:
    def __init__(
        self,
        settings: Settings,
        patience: Patience,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._signer = settings.signer()
        # The key, since a local stage that was started anew has forgotten everything, and has a new one.
        self.destination = f"{settings.base_url} {settings.authority} {self._signer.thumbprint}"
        self._patience = patience
        self._sleep = sleep
        try:
            self._http = httpx.Client(base_url=settings.base_url.rstrip("/"), limits=_CONNECTIONS, transport=transport)
        except httpx.InvalidURL:
            raise SettingsError(NO_ADDRESS) from None

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
        patience: Patience | None = None,
    ) -> Any:
        """The JSON of a good reply, None for an empty one. Raises Problem, Unreachable or UnreadableAnswer.

        Errors name no cause: what httpx raises carries the request, and with it a child's number.
        """
        headers = {} if body is None else {"Content-Type": "application/json"}
        if if_version is not None:
            headers["If-Match"] = f'"{if_version}"'
        patience = patience or self._patience
        timeout = httpx.Timeout(patience.reply_within_seconds, connect=_CONNECT_SECONDS)
        request = None
        # Raised outside of an except, whose error holds the whole text.
        with suppress(ValueError, RecursionError):
            content = None if body is None else _written(body)
            request = self._http.build_request(
                method, path, params=query, content=content, headers=headers, timeout=timeout
            )
        if request is None:
            raise InvalidRequest("invalid_request", 400, "Not sent", _UNSENDABLE)
        return self._sent(request, caller, scope, patience)

    def _sent(self, request: httpx.Request, caller: Caller, scope: str, patience: Patience) -> Any:
        failures = 0
        signed_anew = False
        while True:
            request.headers["Authorization"] = f"Bearer {self._signer.token(caller, scope)}"
            reply, fault = self._once(request)
            if reply is not None and reply.status_code == httpx.codes.UNAUTHORIZED and not signed_anew:
                self._signer.forget(caller, scope)
                signed_anew = True
                continue
            if reply is not None and reply.status_code not in _WORTH_ANOTHER_TRY:
                return _read(reply)
            failures += 1
            wait = patience.wait_seconds(failures, None if reply is None else _retry_after(reply))
            if wait is None:
                if reply is None:
                    raise Unreachable(
                        f"The service could not be reached ({fault}), after {failures} tries. "
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


def _written(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _retry_after(reply: httpx.Response) -> float | None:
    """Seconds, at most a day, from either form that HTTP allows; None where there is none that can be read."""
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
    # Raised outside of the except, whose error holds the whole text.
    with suppress(ValueError, RecursionError):
        return json.loads(reply.content)
    raise UnreadableAnswer(f"The reply ({reply.status_code}) is not JSON. Is base_url right?")


def _problem(reply: httpx.Response) -> Problem | UnreadableAnswer:
    try:
        said = json.loads(reply.content)
        code, title, detail = str(said["code"]), str(said["title"]), str(said["detail"])
        errors = tuple(FieldError(str(one["field"]), str(one["problem"])) for one in said.get("errors") or ())
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return UnreadableAnswer(
            f"The reply ({reply.status_code}) is not one of this service. Is base_url right?", reply.status_code
        )
    return kind_of(code, reply.status_code)(
        code,
        reply.status_code,
        title,
        detail,
        errors=errors,
        correlation_id=said.get("correlation_id"),
        retry_after_seconds=_retry_after(reply),
    )

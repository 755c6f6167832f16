"""Signs requests, sends them, tries again, and gives up at a deadline."""

import json
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import Any
from uuid import uuid4

import httpcore
import httpx

from .errors import InvalidRequest, SettingsError, Unreachable, UnreadableAnswer
from .network import FAILURES, Transport, UnknownName, within
from .replies import Reply, read_all, result_of, retry_after
from .retries import RetryPolicy
from .settings import NOT_AN_ADDRESS, Settings
from .signing import Caller
from .tls import tls_context

_CONNECT_SECONDS = 5
_UNSENDABLE = "It contains a value that JSON in UTF-8 cannot express, such as NaN or half a character."
_UNTRUSTED = "its certificate is not trusted"
_REFUSED_BY_PROXY = "the proxy refused"
_WORDS = (
    (UnknownName, "its name is not known"),
    (httpcore.ProxyError, _REFUSED_BY_PROXY),
    ((httpcore.TimeoutException, httpx.TimeoutException), "no answer in time"),
    ((httpcore.ConnectError, httpx.ConnectError), "no connection"),
)
_ADVICE = {
    _UNTRUSTED: "If your network opens TLS, name its certificates in ca_bundle.",
    _REFUSED_BY_PROXY: "Check proxy in your settings, and ask those who run it.",
}
_CHECK = "Check base_url and the network. If your network needs a proxy, name it in your settings."
_WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504})


class SignedRequests:
    def __init__(
        self,
        settings: Settings,
        retries: RetryPolicy,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        sleep_unreached: Callable[[float], None] | None = None,
    ) -> None:
        self._signer = settings.signer()
        # It includes the key, because a restarted local stage has forgotten everything and has a new key.
        self.destination = f"{settings.base_url} {settings.authority} {self._signer.thumbprint}"
        self._retries = retries
        self._sleep = sleep
        self._sleep_unreached = sleep_unreached or sleep
        try:
            # Without trust_env=False, httpx would take a password from .netrc, and a proxy from a variable.
            self._http = httpx.Client(
                base_url=settings.base_url.rstrip("/"),
                transport=transport or Transport(tls_context(settings), settings.proxy),
                trust_env=False,
                follow_redirects=False,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            )
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
        must_repeat: bool = False,
    ) -> Any:
        """Returns the JSON of a successful reply, or None if it is empty.

        With `must_repeat`, the reply must repeat the random id of this very try. A reply that was kept from an earlier
        call, even to the same question, does not.

        Raises Problem, Unreachable or UnreadableAnswer. Their `__cause__` is None, because an error of httpx contains
        the request, and with it a child's number.
        """
        headers = {} if body is None else {"Content-Type": "application/json"}
        if if_version is not None:
            headers["If-Match"] = f'"{if_version}"'
        request = None
        # Raises outside an except block, because the suppressed error contains the whole body.
        with suppress(ValueError, RecursionError):
            content = None if body is None else _encoded(body)
            request = self._http.build_request(method, path, params=query, content=content, headers=headers)
        if request is None:
            raise InvalidRequest("invalid_request", 400, "Not sent", _UNSENDABLE)
        reply, sent_as = self._sent(request, caller, scope, retries or self._retries)
        if must_repeat and reply.is_success and reply.headers.get("x-caller-correlation-id") != sent_as:
            raise UnreadableAnswer("The answer is to another request: it does not repeat the id of this one.")
        return result_of(reply)

    def _sent(self, request: httpx.Request, caller: Caller, scope: str, retries: RetryPolicy) -> tuple[Reply, str]:
        """Returns the last reply, and the id of the try that it came to. Raises Unreachable."""
        ends_at = time.monotonic() + retries.done_within_seconds
        failures = 0
        signed_again = False
        while True:
            request.headers["Authorization"] = f"Bearer {self._signer.token(caller, scope)}"
            sent_as = request.headers["X-Correlation-ID"] = str(uuid4())
            left = ends_at - time.monotonic()
            reply, failure = self._once(request, min(left, retries.reply_within_seconds))
            if reply is not None and reply.status == httpx.codes.UNAUTHORIZED and not signed_again:
                self._signer.forget(caller, scope)
                signed_again = True
                continue
            if reply is not None and reply.status not in _WORTH_ANOTHER_TRY:
                return reply, sent_as
            failures += 1
            wait = retries.wait_seconds(failures, None if reply is None else retry_after(reply))
            if wait is None or time.monotonic() + wait >= ends_at:
                if reply is None:
                    raise Unreachable(_unreachable(failure, failures))
                return reply, sent_as
            (self._sleep_unreached if reply is None else self._sleep)(wait)

    def _once(self, request: httpx.Request, seconds: float) -> tuple[Reply | None, str]:
        """One try, which ends within the seconds. Returns the reply, or the name of what failed."""
        request.extensions["timeout"] = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)).as_dict()
        try:
            with within(seconds), closing(self._http.send(request, stream=True)) as reply:
                return read_all(reply), ""
        except FAILURES as error:
            return None, _in_words(error)


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _in_words(error: Exception) -> str:
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return _UNTRUSTED
    return next((words for kinds, words in _WORDS if isinstance(error, kinds)), "the connection broke off")


def _unreachable(failure: str, failures: int) -> str:
    tries = "1 try" if failures == 1 else f"{failures} tries"
    return f"The service could not be reached ({failure}), after {tries}. {_ADVICE.get(failure, _CHECK)}"

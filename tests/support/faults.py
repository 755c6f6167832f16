"""Faults between the service and AWS, through a botocore hook. The service meets them as errors of AWS."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.retries.quota import RetryQuota

from chalicelib.wiring.parts import Clients

Send = Callable[[], Any]
"""Sends the request to AWS and returns the reply."""

Act = Callable[[Send], Any]
"""Replaces `Send` for one request."""

ANY = ""


class Killed(BaseException):
    """The container ends here. Nothing in the service may catch this."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request on the wire. Times are seconds of a monotonic clock."""

    operation: str
    began: float
    ended: float


@dataclass(slots=True)
class _Rule:
    operation: str
    act: Act
    about: str
    skip: int
    times: float

    def applies_to(self, operation: str, body: str) -> bool:
        if self.operation not in (ANY, operation) or self.about not in body or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """Rules by operation name (`ANY` for all). `about`: a text that the request must contain, such as a table's name.
    The first `after` matching requests go through. Then the fault strikes `times` times, by default without end."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.pauses: list[float] = []
        self.latency = 0.0
        self._rules: list[_Rule] = []
        self._lock = Lock()

    def clear(self) -> None:
        """Removes all faults and forgets the calls seen so far."""
        self._rules.clear()
        self.calls.clear()
        self.pauses.clear()
        self.latency = 0.0

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]

    @property
    def armed(self) -> bool:
        return bool(self._rules)

    def add(self, operation: str, act: Act, *, about: str = "", after: int = 0, times: float = float("inf")) -> None:
        self._rules.append(_Rule(operation, act, about, after, times))

    def throttle(self, operation: str, **when: Any) -> None:
        self.add(operation, _answering("ThrottlingException"), **when)

    def refuse(self, operation: str, code: str, **when: Any) -> None:
        """Answers with an AWS error that nobody should retry."""
        self.add(operation, _answering(code), **when)

    def break_down(self, operation: str, **when: Any) -> None:
        """Answers 500."""
        self.add(operation, _answering("InternalServerError", status=500), **when)

    def cancel(self, reason: str, **when: Any) -> None:
        """Cancels a transaction: one item because of `reason`, the others without a reason."""
        reasons = [{"Code": "None"}, {"Code": reason, "Message": "injected"}]
        act = _answering("TransactionCanceledException", CancellationReasons=reasons)
        self.add("TransactWriteItems", act, **when)

    def reword(self, operation: str, change: Callable[[Any], Any], **when: Any) -> None:
        """AWS answers, and `change` rewrites the answer before the service reads it."""

        def reworded(send: Send) -> AWSResponse:
            return _response(json.dumps(change(json.loads(send().content))).encode(), 200)

        self.add(operation, reworded, **when)

    def lose_request(self, operation: str, **when: Any) -> None:
        self.add(operation, _lost_request, **when)

    def lose_reply(self, operation: str, **when: Any) -> None:
        """AWS does its work, but the reply is lost."""
        self.add(operation, _lost_reply, **when)

    def kill(self, operation: str = ANY, *, done: bool = False, **when: Any) -> None:
        """Ends the container before the request, or (`done`) after AWS did its work."""
        self.add(operation, partial(_killed, done), **when)

    def hold(self, operation: str, **when: Any) -> tuple[Event, Event]:
        """Holds a request back. The first event is set once it is held; the test sets the second to release it."""
        reached, released = Event(), Event()

        def held(send: Send) -> Any:
            reached.set()
            released.wait(timeout=5)
            return send()

        self.add(operation, held, **when)
        return reached, released

    def wait(self, operation: str, seconds: float, **when: Any) -> None:
        def late(send: Send) -> Any:
            time.sleep(seconds)
            return send()

        self.add(operation, late, **when)

    def meet(self, client: Any, request: Any, event_name: str) -> Any:
        operation = event_name.rsplit(".", 1)[-1]
        body = (request.body or b"").decode()
        with self._lock:
            act = next((rule.act for rule in self._rules if rule.applies_to(operation, body)), None)
        began = time.perf_counter()
        try:
            if self.latency:
                time.sleep(self.latency)
            send = partial(client._endpoint.http_session.send, request)
            return send() if act is None else act(send)
        finally:
            with self._lock:
                self.calls.append(Call(operation, began, time.perf_counter()))


def steps_in_series(calls: list[Call]) -> int:
    """The longest chain of calls of which each began only after the one before had ended."""
    chain: dict[Call, int] = {}
    for call in sorted(calls, key=lambda one: one.began):
        chain[call] = 1 + max((steps for one, steps in chain.items() if one.ended <= call.began), default=0)
    return max(chain.values(), default=0)


@contextmanager
def standing_between(clients: Clients) -> Iterator[Faults]:
    """Until the block ends, faults can strike. Retries neither wait nor run out of botocore's quota."""
    faults = Faults()
    every = (clients.connection.client, clients.dynamodb_once, clients.kms)
    hooks = [(client, _hook(faults, client)) for client in every]
    real_time, real_acquire = botocore.endpoint.time, RetryQuota.acquire
    botocore.endpoint.time = SimpleNamespace(sleep=faults.pauses.append)
    RetryQuota.acquire = lambda _self, _amount: True
    for client, hook in hooks:
        client.meta.events.register("before-send.*.*", hook)
    try:
        yield faults
    finally:
        for client, hook in hooks:
            client.meta.events.unregister("before-send.*.*", hook)
        botocore.endpoint.time, RetryQuota.acquire = real_time, real_acquire


def _hook(faults: Faults, client: Any) -> Callable[..., Any]:
    def before_send(request: Any, event_name: str, **_: Any) -> Any:
        return faults.meet(client, request, event_name)

    return before_send


def _answering(code: str, status: int = 400, **fields: Any) -> Act:
    body = json.dumps({"__type": code, "message": "injected", **fields}).encode()

    def answer(_send: Send) -> AWSResponse:
        return _response(body, status)

    return answer


def _response(body: bytes, status: int) -> AWSResponse:
    raw = SimpleNamespace(stream=lambda: iter((body,)))
    return AWSResponse("http://injected", status, {"x-amzn-RequestId": "injected"}, raw)


def _lost_request(_send: Send) -> Any:
    raise ConnectionClosedError(endpoint_url="http://injected")


def _lost_reply(send: Send) -> Any:
    send()
    raise ConnectionClosedError(endpoint_url="http://injected")


def _killed(done: bool, send: Send) -> Any:
    if done:
        send()
    raise Killed

"""The wire between botocore and AWS. It records ministack's answers and replays them later, so that only CPU is
measured."""

import io
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from botocore.awsrequest import AWSResponse

Message = dict[str, Any]


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterable[bytes]:
        return iter((self.getvalue(),))


class Wire:
    """Replaces the HTTP session of some clients. While `replaying`, it gives recorded answers after `seconds`.

    `calls`: the operations called, in order. `exchanges`: each operation with its request and answer, as JSON.
    """

    def __init__(self, clients: Iterable[Any]) -> None:
        self.replaying = False
        self.seconds = 0.0
        self.calls: list[str] = []
        self.exchanges: list[tuple[str, Message, Message]] = []
        self._known: dict[tuple[str, bytes, bool], tuple[int, dict[str, str], bytes]] = {}
        self._sessions = [_Session(client._endpoint, self) for client in clients]

    def send(self, real: Callable[[Any], AWSResponse], request: Any) -> AWSResponse:
        key = _key(request)
        operation = key[0].rpartition(".")[2]
        self.calls.append(operation)
        if self.replaying:
            if self.seconds:
                time.sleep(self.seconds)
            status, headers, content = self._known[key]
            return AWSResponse(request.url, status, headers, _Raw(content))
        reply = real(request)
        self.exchanges.append((operation, json.loads(request.body), json.loads(reply.content or b"{}")))
        self._known[key] = reply.status_code, dict(reply.headers), reply.content
        return reply

    def take_off(self) -> None:
        for session in self._sessions:
            session.take_off()


def _key(request: Any) -> tuple[str, bytes, bool]:
    """Identifies the call without parsing its JSON: the operation, the table, and whether it asks for one page."""
    target, body = request.headers["X-Amz-Target"], request.body
    table = body.partition(b'"TableName": "')[2].partition(b'"')[0]
    return target.decode() if isinstance(target, bytes) else target, table, b'"Limit"' in body


class _Session:
    def __init__(self, endpoint: Any, wire: Wire) -> None:
        self._endpoint = endpoint
        self._real = endpoint.http_session
        self._wire = wire
        endpoint.http_session = self

    def send(self, request: Any) -> AWSResponse:
        return self._wire.send(self._real.send, request)

    def take_off(self) -> None:
        self._endpoint.http_session = self._real

    def close(self) -> None:
        return

"""The wire between botocore and AWS: recorded once against ministack, then replayed, so that only CPU is left."""

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
    """Stands in for the HTTP session of some clients. `replaying`: answers from what it recorded, after `seconds`.

    `calls`: the operations asked for, in order. `exchanges`: each operation with what was sent and answered, as JSON.
    """

    def __init__(self, clients: Iterable[Any]) -> None:
        self.replaying = False
        self.seconds = 0.0
        self.calls: list[str] = []
        self.exchanges: list[tuple[str, Message, Message]] = []
        self._known: dict[tuple[str, str, bool], tuple[int, dict[str, str], bytes]] = {}
        for client in clients:
            endpoint = client._endpoint
            endpoint.http_session = _Session(endpoint.http_session.send, self)

    def send(self, real: Callable[[Any], AWSResponse], request: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        body = json.loads(request.body)
        # A page of a table is not asked for as all of a child is.
        key = target.decode() if isinstance(target, bytes) else target, str(body.get("TableName", "")), "Limit" in body
        operation = key[0].rpartition(".")[2]
        self.calls.append(operation)
        if self.replaying:
            time.sleep(self.seconds)
            status, headers, content = self._known[key]
            return AWSResponse(request.url, status, headers, _Raw(content))
        reply = real(request)
        self.exchanges.append((operation, body, json.loads(reply.content or b"{}")))
        self._known[key] = reply.status_code, dict(reply.headers), reply.content
        return reply


class _Session:
    def __init__(self, real: Callable[[Any], AWSResponse], wire: Wire) -> None:
        self._real = real
        self._wire = wire

    def send(self, request: Any) -> AWSResponse:
        return self._wire.send(self._real, request)

    def close(self) -> None:
        return

"""Connections that end in time, however slowly the other side sends.

httpx and httpcore limit each single read. A server that sends a byte now and then never reaches such a limit, so here
every operation gets what is left until one deadline: finding the address, connecting, TLS, sending and reading.
"""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from queue import Empty, Queue
from ssl import SSLContext
from threading import Thread
from typing import Any

import httpcore
import httpx

_ends_at: ContextVar[float] = ContextVar("ends_at")
_CONNECTIONS = 32
_KEPT_ALIVE = 16
_KEPT_SECONDS = 5.0
_THIS_MACHINE = {"localhost": ("127.0.0.1", "::1")}
"""Not looked up: whoever answers for names might name another machine."""
FAILURES = (
    httpx.TransportError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
)


class UnknownName(httpcore.ConnectError):
    """No name server knows the host."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything that this thread sends or reads in the block fails with a timeout once the time is over."""
    before = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(before)


def _left(timeout: float | None, error: type[httpcore.TimeoutException] = httpcore.ReadTimeout) -> float:
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise error("the deadline has passed")
    return left if timeout is None else min(timeout, left)


class Transport(httpx.BaseTransport):
    """Sends the requests of httpx over such connections, through `proxy` if there is one. Follows no redirect."""

    def __init__(self, tls: SSLContext | None, proxy: str | None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            proxy=None if proxy is None else _proxy(proxy),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_KEPT_ALIVE,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        reply = self._pool.handle_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        # httpx would keep cookies and send them back. The service has none.
        headers = [one for one in reply.headers if one[0].lower() != b"set-cookie"]
        return httpx.Response(reply.status, headers=headers, stream=_Body(reply))

    def close(self) -> None:
        self._pool.close()


def _proxy(address: str) -> httpcore.Proxy:
    parts = httpx.URL(address)
    auth = (parts.username, parts.password) if parts.username or parts.password else None
    return httpcore.Proxy(f"{parts.scheme}://{parts.netloc.decode()}", auth=auth)


class _Body(httpx.SyncByteStream):
    def __init__(self, reply: httpcore.Response) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        yield from self._reply.iter_stream()

    def close(self) -> None:
        self._reply.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no address")
        for address in _addresses(host, port):
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(self._inner.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def sleep(self, seconds: float) -> None:
        time.sleep(_left(seconds))


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The inner stream gives each of its many sends the whole time.
        rest = memoryview(buffer)
        connection: socket.socket = self._inner.get_extra_info("socket")
        try:
            while rest:
                connection.settimeout(_left(timeout, httpcore.WriteTimeout))
                rest = rest[connection.send(rest) :]
        except TimeoutError:
            raise httpcore.WriteTimeout from None
        except OSError:
            raise httpcore.WriteError from None

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()


def _addresses(host: str, port: int) -> Iterable[str]:
    """Looks the name up in a thread of its own, because the system's resolver cannot be stopped."""
    if host in _THIS_MACHINE:
        return _THIS_MACHINE[host]
    found: Queue[list[str] | None] = Queue()
    Thread(target=lambda: found.put(_looked_up(host, port)), daemon=True).start()
    try:
        addresses = found.get(timeout=_left(None, httpcore.ConnectTimeout))
    except Empty:
        raise httpcore.ConnectTimeout("the name was not found in time") from None
    if addresses is None:
        raise UnknownName
    return addresses


def _looked_up(host: str, port: int) -> list[str] | None:
    try:
        return [*dict.fromkeys(str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))]
    except (OSError, UnicodeError):
        return None

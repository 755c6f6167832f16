"""Slow, endless and hostile servers: a call ends in time, and sends nothing to anybody else."""

import gzip
import json
import socket as sockets
import time
from collections.abc import Callable
from pathlib import Path
from socket import socket

import pytest

from client.tests.fake_service import CHILD, RECEIPT, SETTINGS
from client.tests.tls_servers import WELL, Answer, http, serving
from known_to import Caller, Client, RetryPolicy, Settings, connect
from known_to.errors import Unreachable, UnreadableAnswer
from known_to.replies import LARGEST_REPLY

QUICK = RetryPolicy(attempts=2, first_wait_seconds=0.01, reply_within_seconds=0.4, done_within_seconds=0.7)


def client_of(address: str, retries: RetryPolicy = QUICK, **changes: str) -> Client:
    settings = Settings(
        base_url=address,
        audience="aud",
        authority="E1",
        kid="kid-1",
        private_key_pem=SETTINGS.private_key_pem,
        **changes,
    )
    return connect(settings, Caller("sw-1", "Social worker"), retries=retries)


def dripping(content: bytes, at_once: int = 0, every: float = 0.05) -> Answer:
    """Sends the first bytes at once, and then one now and then, so that no single read ever takes long."""

    def answer(connection: socket) -> None:
        connection.sendall(content[:at_once])
        for byte in content[at_once:]:
            connection.sendall(bytes((byte,)))
            time.sleep(every)

    return answer


def forever(piece: bytes, begins: bytes = b"", every: float = 0.0) -> Answer:
    def answer(connection: socket) -> None:
        connection.sendall(begins)
        while True:
            connection.sendall(piece)
            time.sleep(every)

    return answer


def silent(connection: socket) -> None:
    connection.recv(1)
    time.sleep(3)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SLOW: dict[str, Answer] = {
    "says nothing": silent,
    "drips its status": dripping(WELL),
    "drips its headers": dripping(WELL, 20),
    "drips its body": dripping(WELL, WELL.index(b"{")),
    "drips chunks": forever(b"1\r\n \r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n", 0.05),
    "drips headers for ever": forever(b"X: y\r\n", HEAD, 0.05),
    "says continue for ever": forever(b"HTTP/1.1 100 Continue\r\n\r\n", b"", 0.001),
    "drips an error": dripping(http(b"{}", "503 Later"), 20),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_whole_call_ends_at_its_deadline_however_slowly_a_server_sends(name: str) -> None:
    with serving(SLOW[name]) as server, client_of(server.address) as client:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="could not be reached"):
            client.confirm("r-1")
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("answer", [silent, forever(b"\x16", b"", 0.05), forever(b"\x16\x03\x03\x40\x00", b"", 0.05)])
def test_a_server_that_never_ends_its_tls_handshake_is_left(answer: Answer) -> None:
    with serving(answer, reads=False) as server, client_of(server.tls_address) as client:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client.confirm("r-1")
        assert time.monotonic() - began < 1.5


def test_a_server_that_hardly_reads_is_left() -> None:
    def sip(connection: socket) -> None:
        connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 1024)
        while connection.recv(100):
            time.sleep(0.01)

    with serving(sip, reads=False) as server, client_of(server.address) as client:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client.register("r-1", {"x": "y" * 8_000_000})
        assert time.monotonic() - began < 1.5


def test_a_proxy_that_drips_is_left() -> None:
    drip = dripping(b"HTTP/1.1 200 OK\r\n" * 9)
    with serving(drip, reads=False) as proxy, client_of("https://127.0.0.1:9", proxy=proxy.address) as client:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client.confirm("r-1")
        assert time.monotonic() - began < 1.5


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    with serving(lambda one: one.sendall(http(b"{}", "503 Later", headers="Retry-After: 25\r\n"))) as server:
        with client_of(server.address) as client, pytest.raises(UnreadableAnswer):
            client.confirm("r-1")
        assert len(server.requests) == 1


OVERSIZE: dict[str, Answer] = {
    "more than it may": forever(b" " * 65536, HEAD + b"Content-Length: 99999999999\r\n\r\n"),
    "endless chunks": forever(b"10000\r\n" + b" " * 65536 + b"\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "endless without a length": forever(b" " * 65536, HEAD + b"\r\n"),
    "an error without end": forever(b" " * 65536, HEAD.replace(b"200 OK", b"400 No") + b"\r\n"),
    "a compressed bomb": lambda one: one.sendall(
        http(gzip.compress(b" " * 50_000_000), headers="Content-Encoding: gzip\r\n")
    ),
    "a small compressed reply": lambda one: one.sendall(
        http(gzip.compress(json.dumps(RECEIPT).encode()), headers="Content-Encoding: gzip\r\n")
    ),
}


@pytest.mark.parametrize("name", OVERSIZE)
def test_a_reply_has_a_largest_size_and_is_never_unpacked(name: str) -> None:
    patient = RetryPolicy(attempts=1, reply_within_seconds=20, done_within_seconds=20)
    with serving(OVERSIZE[name]) as server, client_of(server.address, patient) as client:
        with pytest.raises(UnreadableAnswer, match="larger than this service ever sends, or compressed"):
            client.confirm("r-1")
        assert b"accept-encoding: identity" in server.requests[0].lower()


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_the_largest_reply_is_read_and_one_byte_more_is_not(more: int, fits: bool) -> None:
    reply = http(json.dumps(RECEIPT).encode().ljust(LARGEST_REPLY + more))

    def answer(connection: socket) -> None:
        connection.sendall(reply)

    with serving(answer) as server, client_of(server.address, RetryPolicy(attempts=1)) as client:
        if fits:
            assert client.confirm("r-1").reference == "r-1"
        else:
            with pytest.raises(UnreadableAnswer):
                client.confirm("r-1")


def test_headers_without_end_are_left_too() -> None:
    endless = forever(b"X: " + b"y" * 60000 + b"\r\n", HEAD)
    with serving(endless) as server, client_of(server.address) as client, pytest.raises(Unreachable):
        client.confirm("r-1")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_redirect_takes_a_token_or_a_number_elsewhere(status: str) -> None:
    with serving() as elsewhere:
        to = f"Location: {elsewhere.address}/v1/lookups\r\n"
        with serving(lambda one: one.sendall(http(b"", status, headers=to))) as server:
            with client_of(server.address) as client, pytest.raises(UnreadableAnswer):
                client.look_up(CHILD, "safeguarding", "case-17")
            assert len(server.requests) == 1
        assert elsewhere.requests == []


PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def test_no_variable_makes_a_proxy_of_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as thief, serving() as server:
        for name in PROXIES:
            monkeypatch.setenv(name, thief.address)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with client_of(server.address) as client:
            client.confirm("r-1")
        assert (len(server.requests), thief.requests) == (1, [])
        with client_of("https://127.0.0.1:9") as client, pytest.raises(Unreachable):
            client.confirm("r-1")
        assert thief.requests == []


def test_no_netrc_replaces_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\ndefault login a password b\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with serving() as server, client_of(server.address) as client:
        client.confirm("r-1")
        assert b"authorization: bearer ey" in server.requests[0].lower()


def test_localhost_is_this_machine_whatever_a_name_server_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server:
        monkeypatch.setattr(sockets, "getaddrinfo", _only_numbers(sockets.getaddrinfo))
        with client_of(f"http://localhost:{server.port}") as client:
            assert client.confirm("r-1").reference == "r-1"


def _only_numbers(real: Callable[..., object]) -> Callable[..., object]:
    def look_up(host: str, *rest: object, **named: object) -> object:
        assert host in ("127.0.0.1", "::1")
        return real(host, *rest, **named)

    return look_up


def test_a_resolver_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sockets.getaddrinfo

    def hang(host: str, *rest: object, **named: object) -> object:
        if host == "known-to.test":
            time.sleep(3)
        return real(host, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sockets, "getaddrinfo", hang)
    with client_of("https://known-to.test") as client:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client.confirm("r-1")
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b.invalid", f"{'x' * 64}.invalid"])
def test_a_name_that_does_not_exist_is_unreachable(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sockets.getaddrinfo

    def look_up(name: str, *rest: object, **named: object) -> object:
        if name == "nowhere.invalid":
            raise sockets.gaierror
        return real(name, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sockets, "getaddrinfo", look_up)
    said = r"\(its name is not known\), after 1 try\. Check base_url and the network"
    with client_of(f"https://{host}", RetryPolicy(attempts=1)) as client, pytest.raises(Unreachable, match=said):
        client.confirm("r-1")


def test_a_connection_is_used_again() -> None:
    opened: list[int] = []

    def several(connection: socket) -> None:
        opened.append(1)
        reply = WELL.replace(b"Connection: close\r\n", b"")
        connection.sendall(reply)
        while connection.recv(65536):
            connection.sendall(reply)

    with serving(several) as server, client_of(server.address) as client:
        for _ in range(3):
            assert client.confirm("r-1").reference == "r-1"
    assert opened == [1]

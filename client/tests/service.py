"""The real service behind a real socket, in this process. It records the requests, and can be made to fail."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.local.processes import LOOPBACK
from known_to.settings import Settings
from tests.support.stage import AUDIENCE, HARINGEY, Reply, Stage, call

_LONGEST_WAIT_SECONDS = 120


@dataclass
class Service:
    """`failures` are sent first, each once, instead of real replies. None drops the connection.

    `seen`: method, path and body of each request that was answered. `waiting`: paths of the requests that hang.
    `connections`: how many are open.
    """

    base_url: str
    stage: Stage
    seen: list[tuple[str, str, Any]] = field(default_factory=list)
    failures: list[Reply | None] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    connections: int = 0
    _open: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._open.set()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Answers no request until the block ends. Lists them in `waiting`."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def pass_when_open(self, path: str) -> None:
        if not self._open.is_set():
            with self.changing():
                self.waiting.append(path)
            self._open.wait()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """At the end of the block, `wait_until` checks its condition again."""
        with self._changed:
            yield
            self._changed.notify_all()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, _LONGEST_WAIT_SECONDS)

    @property
    def rows_seen(self) -> list[str]:
        """The references that arrived in batches: in order, and as often as they arrived."""
        batches = [body["involvements"] for _, path, body in self.seen if path == "/v1/involvement-batches"]
        return [row["reference"] for batch in batches for row in batch]

    def answer_to_ask(self, child: str) -> Reply:
        """The real answer to the question that `command_line.ASK` asks, for a test that changes it."""
        question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-17"}
        return self.stage.call("POST", "/v1/lookups", question)

    def settings(self, authority: str = HARINGEY, **changes: Any) -> Settings:
        key = self.stage.keys[authority]
        values = {
            "base_url": self.base_url,
            "audience": AUDIENCE,
            "authority": authority,
            "kid": key.kid,
            "private_key_pem": key.private_key_pem,
            "practitioner": "sw-1",
            "role": "Social worker",
            **changes,
        }
        return Settings(**values)

    def configure(self, folder: Path, authority: str = HARINGEY, **changes: str) -> None:
        """Writes known-to.toml and its key into the settings folder `home`, as an authority's developer would."""
        key = self.stage.keys[authority]
        home = folder / "home"
        home.mkdir(mode=0o700, exist_ok=True)
        write_private(home / "signing-key.pem", key.private_key_pem)
        values = {
            "base_url": self.base_url,
            "audience": AUDIENCE,
            "authority": authority,
            "kid": key.kid,
            "key_file": "signing-key.pem",
            "practitioner": "sw-1",
            "role": "Social worker",
            **changes,
        }
        toml = "".join(f'{name} = "{value}"\n' for name, value in values.items())
        write_private(home / "known-to.toml", toml)


def write_private(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


@contextmanager
def serving(stage: Stage) -> Iterator[Service]:
    with ThreadingHTTPServer((LOOPBACK, 0), _Handler) as server:
        server.daemon_threads = True
        service = Service(f"http://{LOOPBACK}:{server.server_address[1]}", stage)
        _Handler.service = service
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield service
            service.wait_until(
                lambda: service.connections == 0
            )  # a request that is still under way would disturb the next test
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = 5
    _one_at_a_time = threading.Lock()  # as in Lambda, where a container handles one request at a time

    def setup(self) -> None:
        super().setup()
        with self.service.changing():
            self.service.connections += 1

    def finish(self) -> None:
        super().finish()
        with self.service.changing():
            self.service.connections -= 1

    def _answer(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        raw = self.rfile.read(length)
        if len(raw) < length:  # the caller was killed while sending
            return
        self.service.pass_when_open(url.path)
        with self._one_at_a_time:
            # The stage's clock does not move during a test, but the command line signs with the real time.
            clock = self.service.stage.clock
            clock.now = max(clock.now, datetime.now(UTC).replace(microsecond=0))
            with self.service.changing():
                self.service.seen.append((self.command, url.path, json.loads(raw) if raw else None))
            if self.service.failures:
                reply = self.service.failures.pop(0)
            else:
                reply = self._call(url.path, raw, parse_qs(url.query))
        if reply is None:
            self.close_connection = True
            return
        self._send(reply)

    def _call(self, path: str, raw: bytes, query: Mapping[str, list[str]]) -> Reply:
        wanted = ("authorization", "content-type", "if-match", "x-correlation-id")
        headers = {name: value for name, value in self.headers.items() if name.lower() in wanted}
        return call(self.command, path, raw.decode() if raw else None, headers=headers, query=dict(query) or None)

    def _send(self, reply: Reply) -> None:
        body = reply.body.encode()
        with suppress(OSError):  # the caller was killed
            self._write(reply, body)

    def _write(self, reply: Reply, body: bytes) -> None:
        self.send_response(reply.status)
        repeated = self.headers.get("X-Correlation-ID", "")
        headers = {
            "Content-Type": "application/json",
            "X-Caller-Correlation-Id": repeated,
            **{name.title(): value for name, value in reply.headers.items()},
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:
        pass

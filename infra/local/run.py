"""`make run [PORT=8000]`: the whole service on this machine, one real question, then serve until Ctrl-C."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib import wiring
from chalicelib.application.shield import ShieldRequest
from chalicelib.config import Settings
from chalicelib.domain.authority import Authority, Caller, Scope, Standing
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.errors import KnownToError

from . import authorities as bodies
from .aws import LocalAws, StageKeys, forget_other_aws, local_aws, make_salt, make_stage, turn_on_streams
from .demo import Demo
from .processes import LOOPBACK, DidNotStart, listen, running
from .synthetic import CHILDREN, THE_CHILD, THE_SHIELDED, SyntheticRecord, synthetic_set

STAGE = "local"
AUDIENCE = "https://known-to.local"
LOCAL = Path(".local")
WORKERS = 4
LOADERS = 4
UNATTENDED_LOG = "unattended.log"

console = Console(highlight=False)


class Refused(Exception):
    """The stage cannot start; the text says why and what to do."""


class Ended(Exception):
    """A part of the stage ended by itself; the text says where its log is."""


def main() -> int:
    # Ctrl-C too: started in the background by a script, we would inherit that it is ignored.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _as_interrupt)
    forget_other_aws()
    try:
        port = _port(os.environ.get("PORT") or "8000")
        with ExitStack() as stack:
            stack.enter_context(_only_one())
            listener = stack.enter_context(_listener(port))
            _serve(_start(stack, listener, port))
    except (Refused, DidNotStart) as reason:
        return _failed("Not started.", str(reason))
    except Ended as reason:
        return _failed("Stopped.", str(reason))
    except (OSError, KnownToError) as error:
        return _failed("Not started.", f"{type(error).__name__}: the logs in .local/ may say why. Try make run again.")
    except KeyboardInterrupt:
        console.print("\nStopped; everything that was started here has ended.")
    return 0


def _failed(what: str, why: str) -> int:
    console.print(f"[bold red]{what}[/] {why}")
    return 1


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _listener(port: int) -> socket.socket:
    """Taken now and handed to the server later, so that nobody else can have it in between."""
    try:
        return listen(port)
    except OSError:
        raise Refused(f"Port {port} is taken. Choose another: make run PORT={port + 1}") from None


def _port(text: str) -> int:
    if not (text.isdecimal() and 1024 <= int(text) <= 65535):
        raise Refused("PORT must be a number from 1024 to 65535, for example: make run PORT=8001")
    return int(text)


@contextmanager
def _only_one() -> Iterator[None]:
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("A local stage of this checkout is running already. Stop it with Ctrl-C first.") from None
        yield


def _start(stack: ExitStack, listener: socket.socket, port: int) -> dict[str, subprocess.Popen[bytes]]:
    """Returns the processes that must go on running, by the name of their log."""
    (LOCAL / "demo.json").unlink(missing_ok=True)
    with console.status("Starting a local AWS (ministack)"):
        aws = stack.enter_context(local_aws(LOCAL / "ministack.log"))
        keys = make_stage(aws, STAGE)
    known = list(bodies.authorities())
    with console.status(f"Registering {len(known)} authorities"):
        demo = _register_authorities(aws, known, port)
    environ = service_environ(aws.environ, keys)
    os.environ.update(environ)
    _load(known)
    turn_on_streams(aws, STAGE)  # now: nobody is told of 2,000 children, one by one
    with console.status("Starting the service"):
        server = stack.enter_context(_server(environ, listener, demo.base_url))
    demo.save()
    stack.callback((LOCAL / "demo.json").unlink, missing_ok=True)
    _ask(demo)
    unattended = stack.enter_context(_unattended(environ))
    return {"ministack.log": aws.process, "service.log": server, UNATTENDED_LOG: unattended}


def service_environ(aws_environ: dict[str, str], keys: StageKeys) -> dict[str, str]:
    """The settings of this stage, and the way to its AWS."""
    return {
        **aws_environ,
        "KNOWNTO_STAGE": STAGE,
        "KNOWNTO_AUDIENCE": AUDIENCE,
        "KNOWNTO_MAC_KEY": keys.mac_key,
        "KNOWNTO_DATA_KEY": keys.data_key,
        "KNOWNTO_BROKER_DESK_NAME": "National broker desk",
        "KNOWNTO_BROKER_DESK_PHONE": "020 7946 0100",
    }


def _register_authorities(aws: LocalAws, known: list[bodies.LocalAuthority], port: int) -> Demo:
    dynamodb = aws.client("dynamodb")
    signing: dict[str, dict[str, str]] = {}
    for body in known:
        alg = bodies.DEMONSTRATION.get(body.code)
        keys = [] if alg is None else [bodies.make_signing_key(body.code, alg)]
        make_salt(dynamodb, STAGE, body.code)
        bodies.enter(dynamodb, STAGE, bodies.registry_item(body, keys))
        for key in keys:
            signing[body.code] = {
                "name": body.name,
                "kid": key.kid,
                "alg": key.alg,
                "private_key_pem": key.private_key_pem,
            }
    return Demo(f"http://{LOOPBACK}:{port}", AUDIENCE, aws.endpoint_url, aws.environ["AWS_REGION"], signing)


def _load(known: list[bodies.LocalAuthority]) -> None:
    """Registers the synthetic set through the service's own use case: real keys, real tables."""
    services = wiring.build(Settings.from_env(os.environ), wiring.make_clients())
    callers = {body.code: _caller(body, Scope.REGISTER) for body in known}
    records = list(synthetic_set(known, datetime.now(UTC).date()))

    def register(record: SyntheticRecord) -> None:
        services.register(record.reference, record.registration, callers[record.authority_code])

    columns = TextColumn("Loading {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(LOADERS) as pool:
        task = progress.add_task(f"{CHILDREN:,} children's records", total=len(records))
        for _ in pool.map(register, records):
            progress.advance(task)
    services.shield(_demonstration_shield(), _caller(known[0], Scope.SHIELD))


def _demonstration_shield() -> ShieldRequest:
    review_on = datetime.now(UTC).date() + timedelta(days=365)
    return ShieldRequest(nhs_number=NhsNumber(THE_SHIELDED), reason="A demonstration", review_on=review_on)


def _caller(body: bodies.LocalAuthority, scope: Scope) -> Caller:
    authority = Authority(
        code=body.code,
        name=body.name,
        sector=body.sector,
        standing=Standing.ACTIVE,
        duty_contact=None,
        scopes=frozenset(Scope),
        purposes=frozenset(),
        reports_every_days=7,
    )
    return Caller(authority, "system:synthetic", "Feed", frozenset({scope}))


def _server(
    environ: dict[str, str], listener: socket.socket, base_url: str
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    command = [
        *(sys.executable, "-m", "gunicorn", "infra.local.server:application"),
        *("--bind", f"fd://{listener.fileno()}", "--workers", str(WORKERS)),
        *("--worker-class", "infra.local.server.Worker"),
        *("--log-level", "warning", "--graceful-timeout", "5", "--no-control-socket"),
    ]
    return running(
        command, {**os.environ, **environ}, LOCAL / "service.log", lambda: _is_healthy(base_url), sockets=[listener]
    )


def _unattended(environ: dict[str, str]) -> AbstractContextManager[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "infra.local.unattended"]
    # Nobody waits for it: it catches up with whatever happens before it is ready.
    return running(command, {**os.environ, **environ}, LOCAL / UNATTENDED_LOG, lambda: True)


def _is_healthy(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/v1/health", timeout=5) as reply:  # noqa: S310 - our own loopback address
            return bool(reply.status == HTTPStatus.OK)
    except OSError:
        return False


def _ask(demo: Demo) -> None:
    question = {"nhs_number": THE_CHILD, "purpose": "safeguarding", "case_reference": "first-question"}
    answer = _post(f"{demo.base_url}/v1/lookups", question, demo.token("E08000025", "sw-1"))
    console.print(f"\n[bold]A social worker in Birmingham asks about the child {THE_CHILD}:[/]")
    console.print("has another practitioner worked with this child, and whom do I ring?\n")
    console.print(f"[bold green]{answer['statement']}[/]\n")
    for entry in answer["involvements"]:
        _print_entry(entry)
    console.print(f"\n{demo.base_url} serves until Ctrl-C. Its log: .local/service.log")
    console.print(f"Ask as a practitioner: {demo.base_url}/ask")
    console.print(f"The API, to try: {demo.base_url}/docs")
    console.print("A token for curl: make token AUTHORITY=E09000014 SUB=sw-1")


def _print_entry(entry: dict[str, Any]) -> None:
    who = entry["practitioner"]
    named = f"{who['name']}, {who['role'].lower()}" if who else entry["team"]["name"]
    phone = (who and who["phone"]) or entry["team"]["phone"]
    service = entry["service_type"].replace("_", " ")
    console.print(f"  [bold]{phone}[/]  {named} ({service}, {entry['status']})")
    console.print(f"                 [dim]{entry['authority']['name']}[/]")


def _post(url: str, body: dict[str, str], token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - our own loopback address
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
        answer: dict[str, Any] = json.load(reply)
    return answer


def _serve(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Until Ctrl-C. Raises Ended if a part of the stage ends by itself."""
    while True:
        for log, process in processes.items():
            if process.poll() is not None:
                raise Ended(f"A part of the local stage has ended by itself. Its log: {LOCAL / log}")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())

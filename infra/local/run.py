"""`make run [PORT=8000]`: starts the whole service on this machine, asks one real question, and serves until Ctrl-C."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console

from chalicelib.config import Settings
from chalicelib.domain.errors import KnownToError
from chalicelib.wiring import console as console_functions
from chalicelib.wiring.parts import make_clients, make_parts

from . import demo as demo_file
from . import first_question
from .authorities import authorities
from .aws import LocalAws, forget_other_aws, local_aws, make_dead_letters, make_stage, turn_on_streams
from .demo import Demo, signing_keys
from .loading import load
from .onboarding import onboard
from .processes import LOOPBACK, DidNotStart, listen
from .service import SERVICE_LOG, UNATTENDED_LOG, Ended, attendance, serve, server, unattended
from .settings import AUDIENCE, LOCAL, STAGE, service_environ

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_READ_TIMEOUT_SECONDS = 30  # ministack writes a hundred items at once more slowly than AWS does

console = Console(highlight=False)


class Refused(Exception):
    """The stage cannot start. The text says why, and what to do."""


def main() -> int:
    is_attended = attendance()
    # SIGINT too: if a script starts us in the background, we inherit that it is ignored.
    for ending in _ENDINGS:
        signal.signal(ending, _as_interrupt)
    forget_other_aws()
    try:
        port = _port(os.environ.get("PORT") or "8000")
        with ExitStack() as stack:
            stack.enter_context(_only_one(port))
            listener = stack.enter_context(_listener(port))
            try:
                serve(_start(stack, listener, port), is_attended)
            except KeyboardInterrupt:
                _stopping()
                raise
    except (Refused, DidNotStart) as reason:
        return _failed("Not started.", str(reason))
    except Ended as reason:
        return _failed("Stopped.", str(reason))
    except (OSError, KnownToError) as error:
        return _failed("Not started.", f"{type(error).__name__}: the logs in .local/ may say why. Try make run again.")
    except KeyboardInterrupt:
        console.print("Stopped; everything that was started here has ended.")
    return 0


def _failed(what: str, why: str) -> int:
    console.print(f"[bold red]{what}[/] {why}")
    return 1


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _stopping() -> None:
    for ending in _ENDINGS:
        signal.signal(ending, signal.SIG_IGN)  # a second Ctrl-C would leave some processes running
    console.print("\nStopping…")


def _listener(port: int) -> socket.socket:
    """Takes the port now and hands it to the server later, so that no other program can take it in between."""
    try:
        return listen(port)
    except OSError:
        raise Refused(f"Port {port} is taken. Choose another: make run PORT={port + 1}") from None


def _port(text: str) -> int:
    if not (text.isdecimal() and 1024 <= int(text) <= 65535):
        raise Refused("PORT must be a number from 1024 to 65535, for example: make run PORT=8001")
    return int(text)


@contextmanager
def _only_one(port: int) -> Iterator[None]:
    """Holds the lock of this checkout. The lock file names the process and port that hold it."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Refused(_running_already(lock.read().split())) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {port}")
        lock.flush()
        yield


def _running_already(holder: list[str]) -> str:
    known = len(holder) == 2
    which = f" on port {holder[1]} (process {holder[0]})" if known else ""
    how = f" there, or with: kill {holder[0]}" if known else " there"
    return f"A local stage of this checkout is running already{which}. Stop it with Ctrl-C{how}"


def _start(stack: ExitStack, listener: socket.socket, port: int) -> dict[str, subprocess.Popen[bytes]]:
    """Returns the processes that must keep running, by the name of their log."""
    demo_file.forget()
    with console.status("Starting a local AWS (ministack)"):
        aws = stack.enter_context(local_aws(LOCAL / "ministack.log"))
        environ = service_environ(aws.environ, make_stage(aws, STAGE))
        environ["KNOWNTO_DEAD_LETTERS"] = make_dead_letters(aws, STAGE)
    os.environ.update(environ)
    demo = _fill(aws, f"http://{LOOPBACK}:{port}")
    with console.status("Starting the service"):
        service = stack.enter_context(server(environ, listener, demo.base_url))
    demo.save()
    stack.callback(demo_file.forget)
    first_question.ask(demo, console)
    _print_addresses(demo)
    unattended_process = stack.enter_context(unattended(environ))
    return {"ministack.log": aws.process, SERVICE_LOG: service, UNATTENDED_LOG: unattended_process}


def _fill(aws: LocalAws, base_url: str) -> Demo:
    """Onboards the authorities and loads the synthetic set, through the service's own use cases."""
    parts = make_parts(Settings.from_env(os.environ), make_clients(_READ_TIMEOUT_SECONDS))
    functions = console_functions.build(parts)
    known = list(authorities())
    with console.status(f"Onboarding {len(known)} authorities"):
        keys = onboard(functions, known)
    load(parts, functions, known, console)
    turn_on_streams(aws, STAGE)  # only now, or each of the 2,000 children would cause notices
    return Demo(base_url, AUDIENCE, aws.endpoint_url, aws.environ["AWS_REGION"], signing_keys(known, keys))


def _print_addresses(demo: Demo) -> None:
    console.print(f"\nAsk as a practitioner: {demo.base_url}/ask")
    console.print(f"Try the API: {demo.base_url}/docs")
    console.print("Serving until Ctrl-C, which deletes all data. The log is .local/service.log")
    console.print("A token for curl: make token AUTHORITY=E09000014 SUB=sw-1")


if __name__ == "__main__":
    sys.exit(main())

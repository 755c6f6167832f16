"""`make run [PORT=8000]`: the whole service on this machine, one real question, then serve until Ctrl-C."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console

from chalicelib.domain.errors import KnownToError

from . import first_question
from .authorities import authorities
from .aws import forget_other_aws, local_aws, make_stage, turn_on_streams
from .demo import PATH, Demo
from .loading import load
from .processes import DidNotStart, listen
from .serving import SERVICE_LOG, UNATTENDED_LOG, Ended, is_attended, serve, server, unattended
from .stage import LOCAL, STAGE, register_authorities, service_environ

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

console = Console(highlight=False)


class Refused(Exception):
    """The stage cannot start; the text says why and what to do."""


def main() -> int:
    attended = is_attended()
    # Ctrl-C too: started in the background by a script, we would inherit that it is ignored.
    for ending in _ENDINGS:
        signal.signal(ending, _as_interrupt)
    forget_other_aws()
    try:
        port = _port(os.environ.get("PORT") or "8000")
        with ExitStack() as stack:
            stack.enter_context(_only_one(port))
            listener = stack.enter_context(_listener(port))
            try:
                serve(_start(stack, listener, port), attended)
            except KeyboardInterrupt:
                _say_that_it_stops()
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


def _say_that_it_stops() -> None:
    for ending in _ENDINGS:
        signal.signal(ending, signal.SIG_IGN)  # a second Ctrl-C would leave half of it running
    console.print("\nStopping…")


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
def _only_one(port: int) -> Iterator[None]:
    """The lock file says who has it: process and port."""
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
    """Returns the processes that must go on running, by the name of their log."""
    PATH.unlink(missing_ok=True)
    with console.status("Starting a local AWS (ministack)"):
        aws = stack.enter_context(local_aws(LOCAL / "ministack.log"))
        keys = make_stage(aws, STAGE)
    known = list(authorities())
    with console.status(f"Registering {len(known)} authorities"):
        demo = register_authorities(aws, known, port)
    environ = service_environ(aws.environ, keys)
    os.environ.update(environ)
    load(known, console)
    turn_on_streams(aws, STAGE)  # now: nobody is told of 2,000 children, one by one
    with console.status("Starting the service"):
        serves = stack.enter_context(server(environ, listener, demo.base_url))
    demo.save()
    stack.callback(PATH.unlink, missing_ok=True)
    first_question.ask(demo, console)
    _say_where(demo)
    runs = stack.enter_context(unattended(environ))
    return {"ministack.log": aws.process, SERVICE_LOG: serves, UNATTENDED_LOG: runs}


def _say_where(demo: Demo) -> None:
    console.print(f"\nAsk as a practitioner: {demo.base_url}/ask")
    console.print(f"The API, to try: {demo.base_url}/docs")
    console.print("Serving until Ctrl-C, which forgets everything. Its log: .local/service.log")
    console.print("A token for curl: make token AUTHORITY=E09000014 SUB=sw-1")


if __name__ == "__main__":
    sys.exit(main())

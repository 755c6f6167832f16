"""Child processes of the local stage. They end when their parent ends, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
_END_WITH_PARENT = Path(__file__).with_name("end_with_parent.py")
_STOP_SECONDS = 10


class DidNotStart(Exception):
    """A child process ended, or did not become ready. The text names it and its log."""


@contextmanager
def running(
    command: Sequence[str],
    environ: Mapping[str, str],
    log: Path,
    is_ready: Callable[[], bool],
    *,
    sockets: Sequence[socket.socket] = (),
    wait_seconds: float = 60,
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server until the block ends, in a session of its own so that Ctrl-C reaches only us."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, str(_END_WITH_PARENT), *command],
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[one.fileno() for one in sockets],
        )
    try:
        _wait_until(is_ready, child, command, log, wait_seconds)
        yield child
    finally:
        _stop(child)


def _wait_until(
    is_ready: Callable[[], bool], child: subprocess.Popen[bytes], command: Sequence[str], log: Path, wait_seconds: float
) -> None:
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise DidNotStart(f"{' '.join(command[:3])} ended at once. Its log: {log}")
        if is_ready():
            return
        time.sleep(0.05)
    raise DidNotStart(f"{' '.join(command[:3])} was not ready within {wait_seconds:.0f} s. Its log: {log}")


def _stop(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def listen(port: int) -> socket.socket:
    """Returns a listening socket on the loopback, to hand to a server. Raises OSError if the port is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])

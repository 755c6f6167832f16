"""Child processes of the local stage: they end when their parent ends, however it ends."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10


class DidNotStart(Exception):
    """A child process ended or stayed silent; the text says which, and where its log is."""


@contextmanager
def running(
    command: Sequence[str], environ: Mapping[str, str], log: Path, port: int, wait_seconds: float = 60
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server, in a session of its own so that Ctrl-C reaches only us, until the block ends."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            list(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - before threads start
        )
    try:
        _wait_for(port, child, log, wait_seconds)
        yield child
    finally:
        _stop(child)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_for(port: int, child: subprocess.Popen[bytes], log: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise DidNotStart(f"{child.args!r} ended at once. Its log: {log}")
        if is_taken(port):
            return
        time.sleep(0.05)
    raise DidNotStart(f"{child.args!r} did not listen within {wait_seconds:.0f} s. Its log: {log}")


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])

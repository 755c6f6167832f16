"""The processes of the local stage's service, and the wait until one of them or the user ends it."""

import os
import select
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from http import HTTPStatus

from .processes import running
from .settings import LOCAL

SERVICE_LOG, UNATTENDED_LOG = "service.log", "unattended.log"
_WORKERS = 4


class Ended(Exception):
    """A part of the stage ended unexpectedly. The text names its log."""


def server(
    environ: dict[str, str], listener: socket.socket, base_url: str
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    command = [
        *(sys.executable, "-m", "gunicorn", "infra.local.gateway:application"),
        *("--bind", f"fd://{listener.fileno()}", "--workers", str(_WORKERS)),
        *("--worker-class", "infra.local.gateway.Worker"),
        *("--log-level", "warning", "--graceful-timeout", "5", "--no-control-socket"),
    ]
    return running(
        command, {**os.environ, **environ}, LOCAL / SERVICE_LOG, lambda: _is_healthy(base_url), sockets=[listener]
    )


def unattended(environ: dict[str, str]) -> AbstractContextManager[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "infra.local.unattended"]
    # We need not wait until it is ready: it starts with the oldest stream record.
    return running(command, {**os.environ, **environ}, LOCAL / UNATTENDED_LOG, lambda: True)


def _is_healthy(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/v1/health", timeout=5) as reply:  # noqa: S310 - our own loopback address
            return bool(reply.status == HTTPStatus.OK)
    except OSError:
        return False


def attendance() -> Callable[[], bool]:
    """Returns a function that is true while both the process that started us and its terminal exist.

    Call this first of all. When a terminal window is closed, only make gets a signal; make does not pass it on, and
    waits for us.
    """
    parent = os.getppid()
    terminal = select.poll()
    if sys.stdout.isatty():
        terminal.register(sys.stdout, 0)
    return lambda: os.getppid() == parent and not terminal.poll(0)


def serve(processes: dict[str, subprocess.Popen[bytes]], is_attended: Callable[[], bool]) -> None:
    """Waits for Ctrl-C, or until `is_attended` returns false. Raises Ended if a process ends first.

    `processes`: the processes by the name of their log.
    """
    while is_attended():
        for log, process in processes.items():
            if process.poll() is not None:
                raise Ended(f"A part of the local stage has ended unexpectedly. Its log: {LOCAL / log}")
        time.sleep(0.5)

"""The processes of the service, and the wait for their end."""

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
from .stage import LOCAL

SERVICE_LOG, UNATTENDED_LOG = "service.log", "unattended.log"
_WORKERS = 4


class Ended(Exception):
    """A part of the stage ended by itself; the text says where its log is."""


def server(
    environ: dict[str, str], listener: socket.socket, base_url: str
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    command = [
        *(sys.executable, "-m", "gunicorn", "infra.local.server:application"),
        *("--bind", f"fd://{listener.fileno()}", "--workers", str(_WORKERS)),
        *("--worker-class", "infra.local.server.Worker"),
        *("--log-level", "warning", "--graceful-timeout", "5", "--no-control-socket"),
    ]
    return running(
        command, {**os.environ, **environ}, LOCAL / SERVICE_LOG, lambda: _is_healthy(base_url), sockets=[listener]
    )


def unattended(environ: dict[str, str]) -> AbstractContextManager[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "infra.local.unattended"]
    # Nobody waits for it: it catches up with whatever happens before it is ready.
    return running(command, {**os.environ, **environ}, LOCAL / UNATTENDED_LOG, lambda: True)


def _is_healthy(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/v1/health", timeout=5) as reply:  # noqa: S310 - our own loopback address
            return bool(reply.status == HTTPStatus.OK)
    except OSError:
        return False


def is_attended() -> Callable[[], bool]:
    """Called at the start: tells from then on whether whoever started us is still there, both process and terminal.

    Of a window that is closed only make is told, by a signal that it does not pass on; then it waits for us.
    """
    parent = os.getppid()
    terminal = select.poll()
    if sys.stdout.isatty():
        terminal.register(sys.stdout, 0)
    return lambda: os.getppid() == parent and not terminal.poll(0)


def serve(processes: dict[str, subprocess.Popen[bytes]], attended: Callable[[], bool]) -> None:
    """Until Ctrl-C, or until nobody is there any more. Raises Ended if a part of the stage ends by itself.

    `processes`: by the name of their log.
    """
    while attended():
        for log, process in processes.items():
            if process.poll() is not None:
                raise Ended(f"A part of the local stage has ended by itself. Its log: {LOCAL / log}")
        time.sleep(0.5)

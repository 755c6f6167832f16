"""Runs commands of the command line, in this process or as processes of their own, and looks at their output."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.stage import Reply

ROOT = Path(__file__).parents[2]
README = (ROOT / "client" / "README.md").read_text(encoding="utf-8")
ASK = ("lookup", "--purpose", "safeguarding", "--case", "case-17")
BUSY = Reply(
    503, {}, json.dumps({"code": "unavailable", "title": "Later", "detail": "Later.", "correlation_id": "c-1"})
)


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


KnownTo = Callable[..., Ended]
"""Runs a command with its arguments. `stdin` is piped into it."""


def tidy(ended: Ended) -> str:
    """Returns the output. Checks that it fits 80 columns, and has no colour and no blanks at line ends."""
    for line in (ended.out + ended.err).splitlines():
        assert len(line) <= 80, line
        assert line == line.rstrip()
        assert "\x1b" not in line
    return ended.out


def without_ids(text: str) -> str:
    """Leaves out correlation ids, whose random digits may happen to be those that a test looks for."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", text)


def notice_page(next_after: str, *notices: Mapping[str, object]) -> Reply:
    body = {"notices": [{"at": "2026-03-01T09:30:00Z", **one} for one in notices], "next_after": next_after}
    return Reply(200, {}, json.dumps({**body, "complete": True}))


def started(
    folder: Path,
    *arguments: str,
    stdin: int = subprocess.PIPE,
    stdout: int | IO[str] = subprocess.PIPE,
    **environ: str,
) -> subprocess.Popen[str]:
    """Starts a command as a scheduler does: a process of its own, configured in `folder`, with pipes as its streams."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "client" / "src"),
        "KNOWN_TO_HOME": str(folder / "home"),
        **environ,
    }
    command = [sys.executable, "-m", "known_to", *arguments]
    with _sigint_not_ignored():
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )


@contextmanager
def _sigint_not_ignored() -> Iterator[None]:
    """Lets a process that is started in the block react to Ctrl-C.

    A shell without job control makes its background jobs ignore SIGINT, and their child processes inherit that. A
    handler is not inherited: the child starts with the default.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Limits files to `size` bytes, like a full disk. Processes that are started in the block inherit the limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

"""The client against the real service: behind a socket for the command line, with settings as an authority has them."""

import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from client.tests.service import Service, serving
from known_to.cli.main import run
from tests.support.stage import Stage


@pytest.fixture
def service(stage: Stage) -> Iterator[Service]:
    with serving(stage) as service:
        yield service


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Files grow to so many bytes and no further, as where the disk is full. So it is for what is started meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


ROOT = Path(__file__).parents[2]


def started(
    folder: Path,
    *arguments: str,
    stdin: int = subprocess.PIPE,
    stdout: int | IO[str] = subprocess.PIPE,
    **environ: str,
) -> subprocess.Popen[str]:
    """A command as a scheduler starts it: a process of its own, configured in `folder`, with pipes for all it says."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "client" / "src"),
        "KNOWN_TO_HOME": str(folder / "home"),
        **environ,
    }
    command = [sys.executable, "-m", "known_to", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


KnownTo = Callable[..., Ended]


@pytest.fixture
def known_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], service: Service
) -> KnownTo:
    """The command line as configured in an own folder; `stdin` is what is piped into it."""
    service.configure(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KNOWN_TO_HOME", str(tmp_path / "home"))

    def typed(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "argv", ["known-to", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            run()
        printed = capsys.readouterr()
        return Ended(int(ended.value.code or 0), printed.out, printed.err)

    return typed

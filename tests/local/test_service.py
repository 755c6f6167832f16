"""`make run` waits until a part of the stage ends, or until its terminal or parent process is gone."""

import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.local.service import Ended, attendance, serve

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def part() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as child:
        yield child
        child.kill()


def test_it_ends_when_its_terminal_is_closed(part: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    window, ours = pty.openpty()
    with os.fdopen(ours, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        is_attended = attendance()
        assert is_attended()
        os.close(window)
        serve({"service.log": part}, is_attended)
    assert part.poll() is None


def test_it_ends_with_the_process_that_started_it() -> None:
    wait = (
        "from infra.local.service import attendance, serve\nis_attended = attendance()\nprint('is there', flush=True)\n"
    )
    started = f'{shlex.quote(sys.executable)} -c "$0" & read _'
    with subprocess.Popen(
        ["bash", "-c", started, f"{wait}serve({{}}, is_attended)\nprint('is gone')"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline() == "is there\n"
        parent.stdin.close()
        assert parent.stdout.read() == "is gone\n"


def test_a_part_that_ends_unasked_is_reported_with_its_log(part: subprocess.Popen[bytes]) -> None:
    part.kill()
    part.wait()
    with pytest.raises(Ended, match=r"Its log: \.local/service\.log"):
        serve({"service.log": part}, lambda: True)

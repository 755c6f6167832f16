"""`make run` as a newcomer meets it: it starts, answers, refuses a second start, and leaves nothing behind."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.processes import free_port, is_taken

ROOT = Path(__file__).parents[2]


@contextmanager
def _started(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "infra.local.run"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PORT": str(port), "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _until(child: subprocess.Popen[str], last: str) -> str:
    assert child.stdout is not None
    said: list[str] = []
    for line in child.stdout:
        said.append(line)
        if last in line:
            break
    return "".join(said)


def _run(folder: Path, port: int) -> str:
    with _started(folder, port) as child:
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 1
    return " ".join(said.split())


def _as_a_newcomer_types_it(folder: Path, port: int) -> str:
    """The README's curl, to the letter but for the port, with a `make` that finds the Makefile from elsewhere."""
    [command] = re.findall(r"^curl .*?json.tool\n", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    make = folder / "bin" / "make"
    make.parent.mkdir()
    make.write_text(f'#!/bin/sh\nshift 2\nexec env "$@" {shlex.quote(sys.executable)} -m infra.local.make_token\n')
    make.chmod(0o755)
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{make.parent}:{os.environ['PATH']}"}
    script = command.replace("8000", str(port))
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=True
    ).stdout


def _console(folder: Path, operation: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "OP": operation}
    command = [sys.executable, "-m", "infra.local.console"]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True).stdout


def test_it_starts_asks_and_answers_serves_the_readmes_curl_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    with _started(tmp_path, port) as child:
        said = _until(child, "A token for curl")
        assert "Known to another practitioner." in said
        for place in ("Haringey", "Ealing", "Brent", "Enfield", "London North West", "North Middlesex"):
            assert place in said
        assert max(map(len, said.splitlines())) <= 80

        assert '"known": true' in _as_a_newcomer_types_it(tmp_path, port)

        answer = _console(tmp_path, "suspend_authority")
        assert answer.startswith("E09000005 is suspended. ")
        assert "is suspended already" in _console(tmp_path, "suspend_authority")

        assert "A local stage of this checkout is running already" in _run(tmp_path, free_port())
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert f"Port {port} is taken. Choose another: make run PORT={port + 1}" in _run(elsewhere, port)

        os.killpg(child.pid, signal.SIGINT)
        rest, _ = child.communicate(timeout=30)
        assert "Stopped" in rest
        assert child.returncode == 0
    assert not is_taken(port)
    assert not (tmp_path / ".local" / "demo.json").exists()


@pytest.mark.parametrize("port", ["80", "70000", "eight"])
def test_a_port_that_makes_no_sense_is_refused_in_words(tmp_path: Path, port: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": port}
    command = [sys.executable, "-m", "infra.local.run"]
    run = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "PORT must be a number from 1024 to 65535" in run.stdout

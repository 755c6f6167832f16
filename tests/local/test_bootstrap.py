"""The environment that every make target needs: what is seen while it is made, and how that ends early."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local import bootstrap

FILE = Path(bootstrap.__file__)


def run(code: str) -> int:
    return bootstrap._run([sys.executable, "-c", code], "Making an empty one")


def test_what_a_command_says_is_shown_only_if_it_fails(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("print('all is well')") == 0
    assert "well" not in "".join(capfd.readouterr())
    assert run("import sys; print('one'); sys.exit('two')") == 1
    assert sorted(capfd.readouterr().err.splitlines()) == ["one", "two"]


def test_each_kind_of_step_is_told_once_where_nobody_watches(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / bootstrap.PINS).write_text("one==1\ntwo==2 ; sys_platform == 'win32'\n    # via one\n")
    steps = "import time\nfor line in ('Collecting one', 'Ignoring two', 'Installing collected packages: one'):"
    run(f"{steps}\n print(line, flush=True)\n time.sleep(1.3)")
    assert capfd.readouterr().out.splitlines() == ["  Fetching package 1 of 2", "  Installing them"]


def test_ctrl_c_is_answered_with_one_sentence_and_ends_what_was_begun(tmp_path: Path) -> None:
    (tmp_path / bootstrap.PINS).touch()
    # As from a terminal, where everything in the session gets it.
    with subprocess.Popen(
        [sys.executable, str(FILE)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        said = [child.stdout.readline(), child.stdout.readline()]
        os.killpg(child.pid, signal.SIGINT)
        rest, _ = child.communicate(timeout=30)
    assert said[1] == "  Making an empty one\n"
    assert rest == "\nStopped. Run the same command again: it starts anew.\n"
    assert child.returncode == 1
    assert not (tmp_path / bootstrap.STAMP).exists()

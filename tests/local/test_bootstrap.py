"""Every make target needs the environment: what is shown while it is made, and how Ctrl-C ends that."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.local import bootstrap

FILE = Path(bootstrap.__file__)
STOPPED = "\nStopped. Run the same command again: it starts afresh.\n"


def run(code: str) -> int:
    return bootstrap._run([sys.executable, "-c", code], "Making an empty environment")


def started(folder: Path, venv: str) -> subprocess.Popen[str]:
    """Starts the script in a session of its own, as in a terminal. `venv`: code to run instead of Python's `venv`."""
    (folder / bootstrap.PINS).touch()
    (folder / "venv.py").write_text(venv)
    return subprocess.Popen(
        [sys.executable, str(FILE)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_the_output_of_a_command_is_shown_only_if_it_fails(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("print('all is well')") == 0
    assert "well" not in "".join(capfd.readouterr())
    assert run("import sys; print('one'); sys.exit('two')") == 1
    assert sorted(capfd.readouterr().err.splitlines()) == ["one", "two"]


def test_without_a_terminal_each_kind_of_step_is_shown_once(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / bootstrap.PINS).write_text("one==1\ntwo==2 ; sys_platform == 'win32'\n    # via one\n")
    printed = (
        *("Collecting one", "  Downloading one.whl (1.5 MB)", "Ignoring two"),
        *("Installing collected packages: one", "  Attempting uninstall: one"),
    )
    run(f"for line in {printed}: print(line)")
    assert capfd.readouterr().out.splitlines() == [
        "  Making an empty environment",
        "  Fetching package 1 of 2, 0 of about 100 MB",
        "  Installing the packages",
    ]


def test_progress_counts_packages_and_megabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / bootstrap.PINS).write_text("one==1\ntwo==2\nthree==3\n")
    progress = bootstrap._Progress("Starting pip")
    for line in (
        "Ignoring three: markers 'sys_platform == \"win32\"' don't match your environment",
        "Collecting one==1 (from -r requirements-dev.txt (line 3))",
        "  Downloading one-1-py3-none-any.whl (20.4 MB)",
        "Collecting two==2 (from -r requirements-dev.txt (line 7))",
        "  Using cached two-2-py3-none-any.whl (600 kB)",
    ):
        progress.read(line)
    assert progress.step == "Fetching package 3 of 3, 21 of about 100 MB"


def test_ctrl_c_is_answered_with_one_sentence_and_ends_what_was_begun(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    venv = f"import os, time; open({str(begun)!r}, 'w').write(f'{{os.getpid()}}.'); time.sleep(600)"
    with started(tmp_path, venv) as child:
        while not (begun.exists() and begun.read_text().endswith(".")):
            assert child.poll() is None
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGINT)
        output, _ = child.communicate(timeout=60)
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text().removesuffix(".")), 0)
    first, second, rest = output.split("\n", 2)
    assert first.startswith("Making the environment in .venv: 0 packages, about 100 MB to download")
    assert second == "  Making an empty environment"
    assert rest == STOPPED
    assert child.returncode == 1
    assert not (tmp_path / bootstrap.STAMP).exists()


def test_ctrl_c_just_as_a_command_ends_is_answered_with_one_sentence_too(tmp_path: Path) -> None:
    with started(tmp_path, "import os, signal; os.kill(os.getppid(), signal.SIGINT)") as child:
        output, _ = child.communicate(timeout=60)
    assert output.endswith(STOPPED)
    assert "Traceback" not in output
    assert child.returncode == 1

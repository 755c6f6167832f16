"""Fixtures: the real service behind a socket, and the command line with the settings of an authority."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.tests.command_line import Ended, KnownTo
from client.tests.service import Service, serving
from infra.local.authorities import LocalAuthority
from known_to.cli.main import run
from tests.support.registry import entered
from tests.support.stage import Stage


@pytest.fixture
def service(stage: Stage) -> Iterator[Service]:
    with serving(stage) as service:
        yield service


@pytest.fixture
def known_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], service: Service
) -> KnownTo:
    """Runs a command in this process, in a folder with settings of its own."""
    service.configure(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KNOWN_TO_HOME", str(tmp_path / "home"))

    def run_command(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "argv", ["known-to", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            run()
        printed = capsys.readouterr()
        return Ended(int(ended.value.code or 0), printed.out, printed.err)

    return run_command


@pytest.fixture
def authority(service: Service, tmp_path: Path, known_to: KnownTo) -> str:
    """The code of a new authority with an empty register, for which the commands then sign."""
    code = service.stage.new_code()
    entered(service.stage, LocalAuthority(code, "A new one", "feed_test"))
    service.configure(tmp_path, code)
    return code

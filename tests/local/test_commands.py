"""The sentences of `make run`, `make token` and `make console` when they cannot do what was asked."""

import json
import os
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import jwt
import pytest

from infra.local import console
from infra.local import make_token as token
from infra.local.authorities import make_signing_key
from infra.local.demo import PATH, Demo, forget
from infra.local.processes import LOOPBACK, DidNotStart, free_port, is_taken, running
from infra.local.run import Refused, _port
from infra.local.synthetic import SAMPLES

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
AUDIENCE = "https://known-to.local"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """The `.local/demo.json` of a local stage."""
    monkeypatch.chdir(tmp_path)
    key = make_signing_key("E09000014", "ES256")
    signing = {"name": "Haringey", "kid": key.kid, "alg": key.alg, "private_key_pem": key.private_key_pem}
    made = Demo("http://127.0.0.1:8000", AUDIENCE, "http://127.0.0.1:4566", "eu-west-2", {"E09000014": signing})
    made.save()
    return made


def make_token(monkeypatch: pytest.MonkeyPatch, **environ: str) -> int:
    for name in ("AUTHORITY", "SUB", "SCOPE"):
        monkeypatch.setenv(name, environ.get(name, ""))
    return token.main()


@pytest.mark.parametrize("environ", [{}, {"AUTHORITY": "E09000014"}, {"SUB": "sw-1"}])
def test_without_authority_or_sub_token_says_how_to_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environ: dict[str, str]
) -> None:
    assert make_token(monkeypatch, **environ) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "make token AUTHORITY=E09000014 SUB=sw-1" in printed.err


def test_without_a_local_stage_token_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert make_token(monkeypatch, AUTHORITY="E09000014", SUB="sw-1") == 1
    assert capsys.readouterr().err == "There is no local stage yet. Start one with: make run\n"


@pytest.mark.usefixtures("demo")
def test_for_an_authority_without_a_key_token_lists_those_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_token(monkeypatch, AUTHORITY="E09000001", SUB="sw-1") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "E09000014  Haringey" in printed.err


@pytest.mark.parametrize(
    ("asked", "scope"), [("lookup", "lookup"), ("", "lookup register notices accesses shield findings")]
)
def test_token_prints_a_token_and_nothing_else(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: str, scope: str
) -> None:
    assert make_token(monkeypatch, AUTHORITY="E09000014", SUB="sw-1", SCOPE=asked) == 0
    [line] = capsys.readouterr().out.splitlines()
    claims = jwt.decode(line, options={"verify_signature": False})
    assert (claims["iss"], claims["sub"], claims["aud"], claims["scope"]) == ("E09000014", "sw-1", AUDIENCE, scope)
    assert claims["exp"] - claims["iat"] == 300
    assert jwt.get_unverified_header(line)["kid"] == demo.authorities["E09000014"]["kid"]


def test_the_private_keys_of_the_local_stage_are_for_its_owner_alone_and_go_with_it(demo: Demo) -> None:
    pem = PATH.parent / "E09000014.pem"
    assert pem.read_text() == demo.authorities["E09000014"]["private_key_pem"]
    assert {path.stat().st_mode & 0o777 for path in (PATH, pem)} == {0o600}
    forget()
    assert [*PATH.parent.iterdir()] == []


def test_the_local_stage_loads_as_it_was_saved(demo: Demo) -> None:
    assert Demo.load() == demo


@pytest.mark.parametrize("text", ["80", "0", "-8000", "65536", "x", " ", "8000.0", "1e4", "0x1f90", "8000 8001", "²"])
def test_text_that_is_no_port_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match="make run PORT=8001"):
        _port(text)


@pytest.mark.parametrize("text", ["1024", "8000", "65535"])
def test_a_port_within_bounds_is_accepted(text: str) -> None:
    assert _port(text) == int(text)


def run(tmp_path: Path, port: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PORT": port, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "infra.local.run"]
    return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_run_says_in_a_sentence_that_a_port_is_taken_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, str(port))
    assert ended.returncode == 1
    assert f"Not started. Port {port} is taken." in " ".join(ended.stdout.split())
    assert ended.stderr == ""
    assert not (tmp_path / ".local" / "ministack.log").exists()


def test_run_says_in_a_sentence_that_a_text_is_no_port(tmp_path: Path) -> None:
    ended = run(tmp_path, "http")
    assert ended.returncode == 1
    assert "PORT must be a number" in " ".join(ended.stdout.split())
    assert ended.stderr == ""


# Child processes

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


def test_a_child_process_ends_with_its_block(tmp_path: Path) -> None:
    port = free_port()
    with running(
        [sys.executable, "-c", LISTEN, str(port)], os.environ, tmp_path / "log", lambda: is_taken(port)
    ) as child:
        assert is_taken(port)
        assert child.poll() is None
    assert child.poll() is not None
    assert not is_taken(port)


def test_a_child_process_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    command = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    with pytest.raises(DidNotStart, match=str(log)), running(command, os.environ, log, lambda: False):
        pass
    assert log.read_text().strip() == "no such luck"


def test_a_child_process_that_does_not_become_ready_is_ended_and_reported(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        pytest.raises(DidNotStart, match="was not ready"),
        running(command, os.environ, tmp_path / "log", lambda: False, wait_seconds=0.3),
    ):
        pass


def run_console(monkeypatch: pytest.MonkeyPatch, **environ: str) -> int:
    for name in ("OP", "EVENT"):
        monkeypatch.setenv(name, environ.get(name, ""))
    return console.main()


@pytest.mark.parametrize("operation", ["", "look_up", "serve_request", "__class__"])
def test_without_a_known_function_console_lists_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    assert run_console(monkeypatch, OP=operation) == 2
    assert "  suspend_authority\n" in capsys.readouterr().err


def test_without_a_local_stage_console_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_console(monkeypatch, OP="suspend_authority") == 1
    assert "Start one in another terminal with: make run" in capsys.readouterr().err


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("text", "said"), [(None, "There is no file"), ("{", "is not a JSON object")])
def test_console_says_what_is_wrong_with_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "event.json"
    if text is not None:
        file.write_text(text)
    assert run_console(monkeypatch, OP="suspend_authority", EVENT=str(file)) == 1
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("demo")
def test_console_says_that_a_folder_is_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_console(monkeypatch, OP="suspend_authority", EVENT=str(tmp_path)) == 1
    assert "cannot be read: Is a directory" in capsys.readouterr().err


def test_console_says_that_the_stage_has_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Demo("http://127.0.0.1:8000", AUDIENCE, f"http://{LOOPBACK}:{free_port()}", "eu-west-2", {}).save()
    (tmp_path / "event.json").write_text("{}")
    environ = {**os.environ, "OP": "suspend_authority", "EVENT": "event.json", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "infra.local.console"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "The local stage has ended. Start one in another terminal with: make run\n"


def test_a_ready_made_event_gets_present_dates_and_the_first_lookup() -> None:
    event = {"reason": "Ticket 12", "day": "2026-11-22", "lookup_id": "x", "review_on": "2020-01-01", "wait_days": 7}
    assert console.of_this_stage(event, "01LOOKUP", date(2027, 3, 1)) == {
        "reason": "Ticket 12",
        "day": "2027-03-01",
        "lookup_id": "01LOOKUP",
        "review_on": "2027-12-26",
        "wait_days": 7,
    }


@pytest.mark.parametrize("function", ["erase_child", "shield_child", "unshield_child", "supersede_nhs_number"])
def test_no_ready_made_event_changes_a_child_that_the_guide_or_a_page_asks_about(function: str) -> None:
    event: dict[str, Any] = json.loads((console.EVENTS / f"{function}.json").read_text())
    assert not SAMPLES.keys() & set(map(str, event.values()))


def test_console_prints_an_answer_in_lines_that_read_well() -> None:
    answer = {
        "done": True,
        "answer": "Two were asked for.",
        "correlation_id": "c-1",
        "contacts": [{"team": {"name": "Assessment team"}, "practitioner": None}, {"team": None, "phones": []}],
    }
    assert [*console.lines_of(answer)] == [
        "Two were asked for.",
        "contacts:",
        "  -",
        "    team:",
        "      name: Assessment team",
        "    practitioner: none",
        "  -",
        "    team: none",
        "    phones: none",
        "correlation_id: c-1",
    ]

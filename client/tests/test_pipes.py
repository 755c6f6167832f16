"""Output through a real pipe: at once, complete, and in the encoding of the pipe."""

import json
import os
import signal
from pathlib import Path

import pytest

from client.tests.command_line import ASK, BUSY, notice_page, started
from client.tests.service import Service
from tests.support.stage import EALING

pytestmark = pytest.mark.system

LUKASZ = {"id": "sw-5", "name": "Łukasz Żak", "role": "Social worker"}


def test_a_notice_is_printed_before_the_cursor_moves_on(service: Service, tmp_path: Path) -> None:
    service.configure(tmp_path)
    service.failures = [
        notice_page("2", {"id": "1", "kind": "disputed", "reference": "sw-5"}),
        *[notice_page("2")] * 1000,
    ]
    follow = ("notices", "--follow", "--every", "60", "--json", "--cursor-file", "cursor")
    child = started(tmp_path, *follow, PYTHONUNBUFFERED="")
    service.wait_until(lambda: len(service.seen) >= 2)
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate()
    assert (tmp_path / "cursor").read_text() == "2\n"
    assert [json.loads(line)["reference"] for line in out.splitlines()] == ["sw-5"]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_letters_that_the_pipe_cannot_write_are_replaced_and_the_answer_is_complete(
    service: Service, tmp_path: Path, encoding: str
) -> None:
    service.configure(tmp_path)
    number = service.stage.new_child()
    service.stage.register(number, token=service.stage.token(EALING), practitioner=LUKASZ)
    child = started(tmp_path, *ASK, PYTHONIOENCODING=encoding)
    out, err = child.communicate(number)
    assert (child.returncode, err) == (0, "")
    assert "1. ?ukasz ?ak, social worker\n" in out
    assert out.splitlines()[-1].endswith("case case-17.")
    child = started(tmp_path, *ASK, "--json", PYTHONIOENCODING=encoding)
    out, err = child.communicate(number)
    assert (child.returncode, err) == (0, "")
    assert json.loads(out)["involvements"][0]["practitioner"]["name"] == "Łukasz Żak"


def test_leaving_the_prompt_ends_with_130_and_reports_that_lookup_could_not_check(
    service: Service, tmp_path: Path
) -> None:
    service.configure(tmp_path)
    terminal, stdin = os.openpty()
    child = started(tmp_path, *ASK, stdin=stdin)
    os.write(terminal, b"\x04")  # Ctrl-D, because a terminal sends Ctrl-C only to processes in the foreground
    out, err = child.communicate()
    os.close(stdin)
    os.close(terminal)
    assert (child.returncode, out.strip()) == (130, "")
    assert err.endswith("COULD NOT CHECK. Treat as unknown; ring your duty team.\n")


def test_follow_reports_that_it_waits_and_ends_with_ctrl_c(service: Service, tmp_path: Path) -> None:
    service.configure(tmp_path)
    service.failures = [BUSY] * 9
    child = started(tmp_path, "notices", "--follow")
    assert child.stderr is not None
    assert child.stderr.readline() == "Later. Trying again in 5 s.\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate()
    assert (child.returncode, err.strip()) == (130, "")


def test_follow_ends_if_nobody_reads_its_output(service: Service, tmp_path: Path) -> None:
    service.configure(tmp_path)
    service.failures = [notice_page("2", {"id": "1", "kind": "disputed", "reference": "sw-5"})]
    with service.hanging():
        child = started(tmp_path, "notices", "--follow")
        service.wait_until(lambda: bool(service.waiting))
        assert child.stdout is not None
        child.stdout.close()
    with child:
        assert child.stderr is not None
        assert child.stderr.read() == ""
    assert child.returncode == 1


def test_a_full_disk_behind_stdout_is_reported(service: Service, tmp_path: Path) -> None:
    service.configure(tmp_path)
    with Path("/dev/full").open("w") as full:
        child = started(tmp_path, "keys", "show", stdout=full)
        _, err = child.communicate()
    assert (child.returncode, err) == (
        5,
        "A file on this machine cannot be read or written: No space left on device.\n",
    )

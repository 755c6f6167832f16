"""Whether the call reached somebody: the command outcome, and the offer after a lookup at a terminal."""

import json
import os
import termios
import time
from pathlib import Path

import pytest

from client.tests.command_line import ASK, KnownTo, started, tidy
from client.tests.fake_service import full_entry, lookup_answer
from client.tests.service import Service
from tests.support.stage import Reply

pytestmark = pytest.mark.system

LOCAL_FLAGS = 3  # the place of c_lflag in what tcgetattr returns
LOOKUP_ID = "01KAPBXC7R2M5K0Q4T6V8X9YZA"
PATH = f"/v1/lookups/{LOOKUP_ID}/outcomes"
BROKERED = {"form": "brokered", "description": "a service", "contact": {"name": "Desk", "phone": "1"}, "own": False}


def answer() -> dict[str, object]:
    own = full_entry("Own One", entry=2, own=True)
    return lookup_answer(full_entry("Ada Okafor"), BROKERED, own, full_entry("Bea Nash", entry=4))


def recorded(entry: int, outcome: str, status: int = 201) -> Reply:
    return Reply(status, {}, json.dumps({"entry": entry, "outcome": outcome}))


def refused(status: int, code: str) -> Reply:
    body = {"code": code, "title": "Not recorded", "detail": "It is too late.", "correlation_id": "c-1"}
    return Reply(status, {}, json.dumps(body))


def outcomes(service: Service) -> list[dict[str, object]]:
    return [body for _, path, body in service.seen if path == PATH]


@pytest.mark.parametrize("status", [201, 200])
@pytest.mark.parametrize("outcome", ["reached", "no_answer", "wrong_number", "left", "not_theirs"])
def test_an_outcome_is_recorded_for_a_script(service: Service, known_to: KnownTo, outcome: str, status: int) -> None:
    service.failures = [recorded(3, outcome, status)]
    ended = known_to("outcome", LOOKUP_ID, "3", outcome)
    assert tidy(ended) == f"Recorded for entry 3: {outcome.replace('_', ' ')}.\n"
    assert (ended.code, outcomes(service)) == (0, [{"entry": 3, "outcome": outcome}])


@pytest.mark.parametrize(("status", "code"), [(404, "not_found"), (409, "outcome_recorded"), (422, "too_late")])
def test_a_refusal_ends_with_5(service: Service, known_to: KnownTo, status: int, code: str) -> None:
    service.failures = [refused(status, code)]
    ended = known_to("outcome", LOOKUP_ID, "3", "left")
    assert (tidy(ended), ended.code) == ("", 5)
    assert f"({code}, correlation id c-1)" in ended.err


@pytest.mark.parametrize("arguments", [("0", "left"), ("x", "left"), ("1", "busy"), ("1",)])
def test_a_wrong_command_line_is_not_sent(service: Service, known_to: KnownTo, arguments: tuple[str, ...]) -> None:
    assert known_to("outcome", LOOKUP_ID, *arguments).code == 2
    assert service.seen == []


def at_a_terminal(folder: Path, service: Service, keys: list[bytes], *options: str) -> tuple[int, str]:
    """Runs a lookup at a terminal and types a key after each question. Returns the exit code, and stderr."""
    service.configure(folder)
    controller, terminal = os.openpty()
    with os.fdopen(os.dup(terminal), "w") as stdout:
        child = started(folder, *ASK, "9990000018", *options, stdin=terminal, stdout=stdout, TERM="dumb")
        assert child.stderr is not None
        shown = ""
        try:
            for key in keys:
                while not shown.endswith("?\n"):
                    line = child.stderr.readline()
                    assert line, shown
                    shown += line
                # What is typed before the command listens is dropped.
                while termios.tcgetattr(terminal)[LOCAL_FLAGS] & termios.ICANON:
                    assert child.poll() is None, shown
                    time.sleep(0.01)
                os.write(controller, key)
                shown += "\n"
            _, rest = child.communicate(timeout=60)
        finally:
            child.kill()
            os.close(terminal)
            os.close(controller)
    return child.returncode, shown + rest


def test_one_key_records_an_outcome_for_each_entry_that_can_be_rung(service: Service, tmp_path: Path) -> None:
    service.failures = [Reply(200, {}, json.dumps(answer())), recorded(1, "no_answer"), recorded(4, "reached")]
    code, shown = at_a_terminal(tmp_path, service, [b"n", b"R"])
    assert code == 0, shown
    assert outcomes(service) == [{"entry": 1, "outcome": "no_answer"}, {"entry": 4, "outcome": "reached"}]
    assert ("1. Ada Okafor?" in shown, "4. Bea Nash?" in shown, "Own One?" in shown) == (True, True, False)


@pytest.mark.parametrize("keys", [[b"\r", b"\r"], [b"q"], [b"\x1b"], [b"\x03"], [b"\x04"], [b" ", b"\x03"]])
def test_skipping_and_leaving_record_nothing_and_the_lookup_is_done(
    service: Service, tmp_path: Path, keys: list[bytes]
) -> None:
    service.failures = [Reply(200, {}, json.dumps(answer()))]
    code, shown = at_a_terminal(tmp_path, service, keys)
    assert (code, outcomes(service), "COULD NOT CHECK" in shown) == (0, [], False), shown


def test_an_outcome_that_cannot_be_recorded_changes_nothing_about_the_lookup(service: Service, tmp_path: Path) -> None:
    service.failures = [Reply(200, {}, json.dumps(answer())), refused(422, "too_late")]
    code, shown = at_a_terminal(tmp_path, service, [b"l"])
    assert (code, "Not recorded. Not recorded. It is too late." in shown) == (0, True), shown
    assert "COULD NOT CHECK" not in shown


def test_json_makes_no_offer(service: Service, tmp_path: Path) -> None:
    service.failures = [Reply(200, {}, json.dumps(answer()))]
    code, shown = at_a_terminal(tmp_path, service, [], "--json")
    assert (code, "Okafor?" in shown, outcomes(service)) == (0, False, [])


def test_a_pipe_makes_no_offer(service: Service, known_to: KnownTo) -> None:
    service.failures = [Reply(200, {}, json.dumps(answer()))]
    ended = known_to(*ASK, stdin="9990000018")
    assert (ended.code, ended.err) == (0, "")
    assert "   entry 4 of this lookup\n" in tidy(ended)

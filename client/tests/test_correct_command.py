"""The command correct against the real service: a person types yes, and the record is withdrawn and registered anew."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from client.tests.command_line import KnownTo, started, tidy
from client.tests.feeds import read_csv, registered, row, write_feed
from client.tests.service import Service
from tests.support.stage import EALING, Reply

pytestmark = pytest.mark.system
DELETED, PUT = ("DELETE", "/v1/involvements/sw-1"), ("PUT", "/v1/involvements/sw-1")


@pytest.fixture
def children(service: Service, authority: str, known_to: KnownTo, tmp_path: Path) -> tuple[str, str]:
    """The wrong child, who is on record under sw-1, and the right one, who is in the file now."""
    rows = [row(service, "sw-1"), row(service, "sw-2")]
    write_feed(tmp_path / "feed.csv", rows)
    assert known_to("load", "feed.csv").code == 0
    wrong = rows[0]["nhs_number"]
    rows[0]["nhs_number"] = service.stage.new_child()
    write_feed(tmp_path / "feed.csv", rows)
    service.seen.clear()
    return wrong, rows[0]["nhs_number"]


def written(service: Service) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in service.seen if method != "GET"]


def is_known(service: Service, child: str) -> bool:
    return bool(service.stage.look_up(child, service.stage.token(EALING)).json["known"])


def test_a_slip_is_withdrawn_and_registered_anew(
    service: Service, children: tuple[str, str], known_to: KnownTo
) -> None:
    wrong, right = children
    ended = known_to("correct", "sw-1", "feed.csv", "--yes")
    today = f"{service.stage.today.day} {service.stage.today:%b %Y}"
    lines = tidy(ended).splitlines()
    assert lines[0] == f"1. Withdraws sw-1: social care, registered {today}."
    assert lines[1] == "2. Registers sw-1 anew, for the child in row 2 of feed.csv."
    assert "Never link the two." in " ".join(lines)
    assert f"Registered anew: sw-1: confirmed {today}" in ended.out
    assert (ended.code, ended.err) == (0, "")
    assert not [one for one in (wrong, right, "Okafor", "7946") if one in ended.out]
    assert written(service) == [DELETED, PUT]
    assert (is_known(service, wrong), is_known(service, right)) == (False, True)


def test_without_a_terminal_and_without_the_option_nothing_is_changed(
    service: Service, children: tuple[str, str], known_to: KnownTo
) -> None:
    ended = known_to("correct", "sw-1", "feed.csv", stdin="yes\n")
    tidy(ended)
    assert (ended.code, "There is no terminal to ask on." in ended.err) == (2, True)
    assert written(service) == []
    assert is_known(service, children[0])


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("y", 7), ("", 7), ("no", 7), ("YES", 7)])
def test_a_person_types_yes_in_full(
    service: Service, children: tuple[str, str], tmp_path: Path, typed: str, code: int
) -> None:
    terminal, stdin = os.openpty()
    child = started(tmp_path, "correct", "sw-1", "feed.csv", stdin=stdin)
    os.write(terminal, f"{typed}\n".encode())
    out, err = child.communicate(timeout=20)
    os.close(stdin)
    os.close(terminal)
    assert child.returncode == code, out + err
    assert "Type yes to go on" in err
    assert written(service) == ([DELETED, PUT] if code == 0 else [])
    assert ("Nothing was changed." in err) == (code != 0)


def test_leaving_the_question_changes_nothing(service: Service, children: tuple[str, str], tmp_path: Path) -> None:
    terminal, stdin = os.openpty()
    child = started(tmp_path, "correct", "sw-1", "feed.csv", stdin=stdin)
    os.write(terminal, b"\x04")
    child.communicate(timeout=20)
    os.close(stdin)
    os.close(terminal)
    assert (child.returncode, written(service)) == (130, [])


def test_a_run_that_was_cut_off_between_its_two_steps_goes_on(
    service: Service, children: tuple[str, str], authority: str, known_to: KnownTo
) -> None:
    refused = {"code": "forbidden", "title": "Not allowed", "detail": "Ask.", "correlation_id": "c-1"}
    record = service.stage.call("GET", "/v1/involvements/sw-1", token=service.stage.token(authority))
    service.failures = [record, Reply(204, {}, ""), Reply(403, {}, json.dumps(refused))]
    cut_off = known_to("correct", "sw-1", "feed.csv", "--yes")
    assert cut_off.code == 3
    said = " ".join(cut_off.err.split())
    assert "and the row is not registered. Put right what follows, then correct it again: Not allowed." in said
    assert "same command" not in said
    service.stage.call("DELETE", "/v1/involvements/sw-1", token=service.stage.token(authority))
    again = known_to("correct", "sw-1", "feed.csv", "--yes")
    assert tidy(again).startswith("1. Nothing to withdraw: no record is under this reference, or it is withdrawn")
    assert (again.code, registered(service, authority)) == (0, {"sw-1", "sw-2"})
    assert is_known(service, children[1])
    once_more = known_to("correct", "sw-1", "feed.csv", "--yes")
    assert (once_more.code, is_known(service, children[1])) == (0, True)


def test_a_record_that_somebody_changes_in_the_meantime_is_left_alone(
    service: Service, children: tuple[str, str], authority: str, known_to: KnownTo
) -> None:
    record = service.stage.call("GET", "/v1/involvements/sw-1", token=service.stage.token(authority)).json
    service.failures = [Reply(200, {}, json.dumps({**record, "version": "01OLDER"}))]
    ended = known_to("correct", "sw-1", "feed.csv", "--yes")
    tidy(ended)
    assert (ended.code, "Nothing was withdrawn. Run the same command" in " ".join(ended.err.split())) == (5, True)
    assert written(service) == [DELETED]
    assert is_known(service, children[0])


@pytest.mark.usefixtures("children")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reference": "sw-9"}, "No row of feed.csv has this reference."),
        ({"reference": "sw-2"}, "is in more than one row: 2, 3"),
        ({"nhs_number": "9990000019"}, "nhs_number: is not a valid NHS number"),
    ],
)
def test_a_row_that_cannot_be_sent_changes_nothing(
    service: Service, known_to: KnownTo, tmp_path: Path, changes: Any, message: str
) -> None:
    rows = read_csv(tmp_path / "feed.csv")
    write_feed(tmp_path / "feed.csv", [{**rows[0], **changes}, rows[1]])
    ended = known_to("correct", "sw-2" if changes.get("reference") == "sw-2" else "sw-1", "feed.csv", "--yes")
    tidy(ended)
    assert (ended.code, message in ended.err) == (5, True)
    assert service.seen == []


def test_after_a_correction_the_next_load_does_not_warn_of_the_same_swap(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    rows = [row(service, "sw-1"), row(service, "sw-2")]
    write_feed(tmp_path / "feed.csv", rows)
    assert known_to("load", "feed.csv").code == 0
    rows[0]["nhs_number"], rows[1]["nhs_number"] = rows[1]["nhs_number"], rows[0]["nhs_number"]
    write_feed(tmp_path / "feed.csv", rows)
    strict = known_to("load", "feed.csv", "--strict")
    assert (strict.code, "changed places since the last load" in " ".join(strict.err.split())) == (5, True)
    for reference in ("sw-1", "sw-2"):
        assert known_to("correct", reference, "feed.csv", "--yes").code == 0
    again = known_to("load", "feed.csv", "--strict")
    assert (again.code, again.err) == (0, "")

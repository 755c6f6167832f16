"""The command reconcile against the real service."""

import json
from pathlib import Path

import pytest

from client.tests.command_line import KnownTo, room_for, tidy
from client.tests.feeds import read_csv, registered, row, write_feed
from client.tests.service import Service
from tests.support.stage import Reply

pytestmark = pytest.mark.system


@pytest.fixture
def file(service: Service, authority: str, known_to: KnownTo, tmp_path: Path) -> Path:
    """A file of 28 rows. Two are missing in the register. The register has two extra records, 7 % of its 28."""
    rows = [row(service, f"r-{number}") for number in range(30)]
    write_feed(tmp_path / "feed.csv", rows[2:])
    assert known_to("load", "feed.csv").code == 0
    return write_feed(tmp_path / "feed.csv", rows[:-2])


def test_it_lists_missing_and_extra_records_and_changes_nothing(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    before = registered(service, authority)
    ended = known_to("reconcile", "feed.csv")
    assert tidy(ended) == (
        "     26  in the file and in the register\n"
        "      2  missing in the register\n"
        "      2  extra in the register (7.1 % of it)\n"
        "  missing  r-0\n"
        "  missing  r-1\n"
        "  extra    r-28\n"
        "  extra    r-29\n"
        "feed.csv.differences.csv lists all 4.\n"
    )
    assert ended.code == 7
    assert registered(service, authority) == before
    differences = file.with_name("feed.csv.differences.csv")
    assert differences.stat().st_mode & 0o777 == 0o600
    assert [(one["reference"], one["what"]) for one in read_csv(differences)] == [
        ("r-0", "missing"),
        ("r-1", "missing"),
        ("r-28", "extra"),
        ("r-29", "extra"),
    ]


def test_the_screen_shows_20_differences_and_the_file_lists_all(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    write_feed(file, read_csv(file)[2:3])
    out = tidy(known_to("reconcile", "feed.csv"))
    assert out.count("  extra    r-") == 20
    assert out.endswith("  and 7 more\nfeed.csv.differences.csv lists all 27.\n")
    assert len(read_csv(file.with_name("feed.csv.differences.csv"))) == 27


def test_differences_are_shown_even_if_their_file_cannot_be_written(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    with room_for(0):
        ended = known_to("reconcile", "feed.csv")
    assert ended.out.endswith("  extra    r-28\n  extra    r-29\n")
    # The service runs in the same process. Its logger reports the full disk first.
    assert (ended.code, ended.err[ended.err.rfind("\nfeed") + 1 :]) == (
        7,
        "feed.csv.differences.csv cannot be written: File too large.\n",
    )


def test_a_failed_run_removes_the_differences_of_the_run_before(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    assert known_to("reconcile", "feed.csv").code == 7
    service.failures = [Reply(404, {}, "<html>")]
    assert known_to("reconcile", "feed.csv").code == 4
    assert not file.with_name("feed.csv.differences.csv").exists()


def test_after_apply_the_register_equals_the_file(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--most-withdrawn", "10")
    assert tidy(ended).endswith(
        "     28  rows\n      2  registered\n     26  replaced or unchanged\n      0  rejected\n      2  withdrawn\n"
    )
    assert ended.code == 0
    assert registered(service, authority) == {f"r-{number}" for number in range(28)}
    assert known_to("reconcile", "feed.csv").code == 0
    assert not file.with_name("feed.csv.differences.csv").exists()


def test_it_does_not_withdraw_many_records_without_yes_withdraw(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    before = registered(service, authority)
    stopped = known_to("reconcile", "feed.csv", "--apply", "--yes")
    tidy(stopped)
    assert stopped.code == 7
    assert "It would withdraw 7.1 % of your register, more than 5 %" in " ".join(stopped.err.split())
    assert registered(service, authority) == before
    assert known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw").code == 0


def test_without_a_terminal_it_needs_yes(service: Service, authority: str, known_to: KnownTo, file: Path) -> None:
    before = registered(service, authority)
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes-withdraw")
    assert ended.code == 2
    assert "Send 28 rows and withdraw 2 records? There is no terminal to ask on: add --yes." in " ".join(
        ended.err.split()
    )
    assert registered(service, authority) == before


def test_it_withdraws_nothing_while_a_row_has_no_readable_reference(
    service: Service, authority: str, known_to: KnownTo, file: Path, tmp_path: Path
) -> None:
    before = registered(service, authority)
    rows = read_csv(file)
    write_feed(file, [{**rows[0], "reference": ""}, *rows[1:]])
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw")
    assert ended.code == 7
    assert "(first in row 2)" in " ".join(ended.err.split())
    assert registered(service, authority) == before


def test_the_record_of_a_rejected_row_is_not_withdrawn(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    rows = read_csv(file)
    write_feed(file, [*rows[:-1], {**rows[-1], "nhs_number": "broken"}])
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw")
    assert ended.code == 6
    assert rows[-1]["reference"] in registered(service, authority)


def test_a_record_that_changed_in_the_meantime_is_not_withdrawn(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    token = service.stage.token(authority)
    page = service.stage.call("GET", "/v1/involvements", token=token).json
    stale = [{**one, "version": "01OTHER"} if one["reference"] == "r-29" else one for one in page["involvements"]]
    service.failures = [Reply(200, {}, json.dumps({"involvements": stale, "next_cursor": None}))]
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw")
    assert ended.out.endswith("      1  withdrawn\n      1  changed in the meantime, left alone\n")
    assert "r-29" in registered(service, authority)

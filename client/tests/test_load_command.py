"""The command load against the real service: 1,500 rows, a kill in the middle, rejects, a full disk."""

import signal
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from client.tests.command_line import BUSY, KnownTo, room_for, started, tidy
from client.tests.feeds import read_csv, registered, row, write_feed
from client.tests.service import Service
from known_to.state_file import StateFile

pytestmark = pytest.mark.system


def started_load(folder: Path) -> subprocess.Popen[str]:
    return started(folder, "load", "feed.csv")


def count_lines(state: Path) -> int:
    return len(state.read_text().splitlines()) if state.exists() else 0


def test_after_a_kill_the_next_load_sends_only_the_rows_that_were_not_taken(
    service: Service, authority: str, tmp_path: Path
) -> None:
    references = [f"feed-{number}" for number in range(1500)]
    write_feed(tmp_path / "feed.csv", [row(service, reference) for reference in references])
    state = tmp_path / "feed.csv.state"
    child = started_load(tmp_path)
    # At most 400 of these 800 are under way, and not in the state file yet.
    service.wait_until(lambda: len(service.rows_seen) >= 800)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    # Let the requests that were under way at the kill end before the next load begins.
    service.wait_until(lambda: service.connections == 0)
    recorded = count_lines(state) - 1
    assert 400 <= recorded < 1500
    assert not {"feed-1", "Canary", *references} & set(state.read_text().split())

    second = started_load(tmp_path)
    out, err = second.communicate()
    assert second.returncode == 0, out + err
    assert "The last load of this file was cut off. This one goes on from there." in " ".join(err.split())
    assert f"{recorded:>7,}  taken before the last load was cut off\n" in out
    assert "  1,500  rows\n" in out
    times = Counter(service.rows_seen)
    assert times.keys() == set(references)
    assert sum(count > 1 for count in times.values()) <= 4 * 100
    assert max(times.values()) <= 2
    assert registered(service, authority) == set(references)
    assert not state.exists()


def test_ctrl_c_does_not_wait_for_a_hanging_service(service: Service, authority: str, tmp_path: Path) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(5)])
    with service.hanging():
        child = started_load(tmp_path)
        service.wait_until(lambda: bool(service.waiting))
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, "")
    assert err == "Stopped. Run the same command again: it goes on from here.\n"
    assert count_lines(tmp_path / "feed.csv.state") == 1


def test_bad_rows_are_listed_in_the_rejects_file_and_the_others_are_sent(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    rows = [
        row(service, "good-1"),
        row(service, "bad-number", nhs_number="9.98E+09"),
        row(service, "bad-basis", basis="whim"),
        row(service, "bad-date", started_on="01/02/2026"),
        row(service, "bad-secret", service_type="mental_health"),
        row(service, "good-2"),
    ]
    write_feed(tmp_path / "feed.csv", rows)
    ended = known_to("load", "feed.csv")
    assert tidy(ended) == (
        "      6  rows\n"
        "      2  registered\n"
        "      0  replaced or unchanged\n"
        "      4  rejected, see feed.csv.rejects.csv\n"
        "             1  nhs_number was rounded by a spreadsheet (like 9.99E+09), which\n"
        "                lost digits; format the column as Text and export again (row 3)\n"
        "             1  basis is not one of: statutory, targeted_support, concern,\n"
        "                consent, significant_harm, leaving_care, duty_to_share (row 4)\n"
        "             1  started_on is not written YYYY-MM-DD; if it is day/month/year,\n"
        "                add --dates uk (row 5)\n"
        "             1  basis must be consent, duty_to_share, leaving_care or\n"
        "                significant_harm for a sensitive service (row 6)\n"
    )
    assert (ended.code, ended.err) == (6, "")
    rejected_rows = read_csv(tmp_path / "feed.csv.rejects.csv")
    rejects = {(one["row"], one["column"], one["code"]): one["problem"] for one in rejected_rows}
    assert sorted(rejects) == [
        ("3", "nhs_number", "not_sent"),
        ("4", "basis", "invalid_request"),
        ("5", "started_on", "not_sent"),
        ("6", "basis", "invalid_request"),
    ]
    assert "--dates uk" in rejects["5", "started_on", "not_sent"]
    everything = ended.out + ended.err + (tmp_path / "feed.csv.rejects.csv").read_text()
    assert not [one for one in rows if one["nhs_number"] in everything or one["reference"] in everything]
    assert registered(service, authority) == {"good-1", "good-2"}
    corrected = known_to("load", "feed.csv", "--dates", "uk")
    assert "      1  registered\n      2  replaced or unchanged\n      3  rejected" in corrected.out


def test_sending_a_feed_again_changes_nothing(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(5)])
    assert known_to("load", "feed.csv").code == 0
    token = service.stage.token(authority)
    before = service.stage.call("GET", "/v1/involvements", token=token).json
    again = known_to("load", "feed.csv")
    assert "      0  registered\n      5  replaced or unchanged\n" in again.out
    assert service.stage.call("GET", "/v1/involvements", token=token).json == before
    assert not (tmp_path / "feed.csv.rejects.csv").exists()


def test_a_load_ends_with_4_if_the_service_is_down_and_the_next_load_goes_on(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("known_to.retries.RetryPolicy.wait_seconds", lambda *_: None)
    write_feed(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(150)])
    service.failures = [BUSY]
    down = known_to("load", "feed.csv", "--parallel", "1")
    assert (down.code, down.out) == (4, "")
    assert down.err.startswith("Cut off: 50 of 150 rows are taken. Run the same command again: it goes on")
    assert "Later. Later." in down.err
    assert (tmp_path / "feed.csv.state").exists()
    assert known_to("load", "feed.csv").code == 0
    assert len(registered(service, authority)) == 150


def test_an_unreadable_file_ends_with_5_before_a_row_is_sent(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    good = write_feed(tmp_path / "feed.csv", [row(service, "r-1")]).read_bytes()
    (tmp_path / "feed.csv").write_bytes(good + b'"')
    ended = known_to("load", "feed.csv")
    tidy(ended)
    assert (ended.code, ended.out) == (5, "")
    assert known_to("load", "nothing.csv").code == 5
    assert service.seen == []


_FIVE_FILES = "The file, --state, --rejects, FILE.differences.csv and FILE.numbers must be different files."


@pytest.mark.parametrize("command", [("load",), ("reconcile", "--apply", "--yes")])
@pytest.mark.parametrize(
    "files",
    [
        ("--rejects", "feed.csv"),
        ("--state", "feed.csv"),
        ("--state", "link.csv"),
        ("--state", "sub/../feed.csv"),
        ("--state", "new", "--rejects", "new"),
        ("--rejects", "feed.csv.state"),
        ("--state", "feed.csv.numbers"),
    ],
)
def test_no_option_may_overwrite_the_feed_or_another_file(
    service: Service,
    known_to: KnownTo,
    tmp_path: Path,
    command: tuple[str, ...],
    files: tuple[str, ...],
) -> None:
    feed = write_feed(tmp_path / "feed.csv", [row(service, "r-1")])
    before = feed.read_bytes()
    (tmp_path / "link.csv").symlink_to(feed)
    ended = known_to(*command, "feed.csv", *files)
    assert (ended.code, " ".join(ended.err.split())) == (3, _FIVE_FILES)
    assert feed.read_bytes() == before
    assert service.rows_seen == []


def test_a_device_is_not_overwritten(known_to: KnownTo, service: Service, tmp_path: Path) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, "r-1")])
    ended = known_to("load", "feed.csv", "--state", "/dev/null")
    assert (ended.code, "must be ordinary files" in " ".join(ended.err.split())) == (3, True)


def test_a_full_disk_stops_a_load_and_the_next_load_goes_on(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(150)])
    with room_for(4000):  # a digest has 33 bytes: enough for the first batch, and a part of the second
        child = started(tmp_path, "load", "feed.csv", "--parallel", "1")
    out, err = child.communicate()
    assert (child.returncode, out) == (5, "")
    message = " ".join(err.split())
    assert "Cut off: 100 of 150 rows are taken. Run the same command again: it goes on from here." in message
    assert "feed.csv.state cannot be written: File too large. Choose another file: --state FILE." in message
    again = known_to("load", "feed.csv")
    assert again.code == 0
    assert "The last load of this file was cut off." in again.err


def test_two_loads_of_the_same_file_do_not_run_at_once(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed.csv", [row(service, "r-1")])
    with StateFile(tmp_path / "feed.csv.state", datetime.now(UTC)):
        ended = known_to("load", "feed.csv")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith("Another load is using feed.csv.state. Wait until it has ended")
    assert service.rows_seen == []
    assert known_to("load", "feed.csv").code == 0

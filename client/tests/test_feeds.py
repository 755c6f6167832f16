"""The nightly feed against the real service: 1,500 rows, a kill in the middle, rejects, and a register put right."""

import csv
import json
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from client.tests.conftest import KnownTo, room_for, started
from client.tests.service import Service
from client.tests.test_commands import BUSY, tidy
from infra.local.authorities import LocalAuthority
from known_to.journal import Journal
from known_to.rows import OPTIONAL, REQUIRED
from tests.support.registry import entered
from tests.support.stage import Reply

pytestmark = pytest.mark.system


def row(service: Service, reference: str, **changes: str) -> dict[str, str]:
    return {
        "reference": reference,
        "nhs_number": service.stage.new_child(),
        "service_type": "social_care",
        "basis": "statutory",
        "practitioner_id": "sw-9",
        "practitioner_name": "Canary Okafor",
        "practitioner_role": "Social worker",
        "team_name": "Assessment team",
        "team_phone": "020 7946 0002",
        "started_on": "2026-02-01",
        **changes,
    }


def write(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*REQUIRED, *OPTIONAL])
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def authority(service: Service, tmp_path: Path, known_to: KnownTo) -> str:
    """One with an empty register of its own."""
    code = service.stage.new_code()
    entered(service.stage, LocalAuthority(code, "A new one", "feed_test"))
    service.configure(tmp_path, code)
    return code


def registered(service: Service, authority: str) -> set[str]:
    token = service.stage.token(authority)
    found: set[str] = set()
    query = {"limit": ["1000"]}
    while True:
        page = service.stage.call("GET", "/v1/involvements", token=token, query=query).json
        found |= {one["reference"] for one in page["involvements"]}
        if page["next_cursor"] is None:
            return found
        query["cursor"] = [page["next_cursor"]]


def begun(folder: Path) -> subprocess.Popen[str]:
    return started(folder, "load", "feed.csv")


def lines(state: Path) -> int:
    return len(state.read_text().splitlines()) if state.exists() else 0


def test_1500_rows_survive_a_kill_in_the_middle_without_double_work(
    service: Service, authority: str, tmp_path: Path
) -> None:
    references = [f"feed-{number}" for number in range(1500)]
    write(tmp_path / "feed.csv", [row(service, reference) for reference in references])
    state = tmp_path / "feed.csv.state"
    child = begun(tmp_path)
    service.wait_until(lambda: len(service.rows_seen) >= 800)  # of which at most 400 are under way, and not noted
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    # What was under way at the kill comes to its end before the next load begins.
    service.wait_until(lambda: service.connections == 0)
    noted = lines(state) - 1
    assert 400 <= noted < 1500
    assert not {"feed-1", "Canary", *references} & set(state.read_text().split())

    second = begun(tmp_path)
    out, err = second.communicate()
    assert second.returncode == 0, out + err
    assert "Going on where the last load of this file was cut off." in err
    assert f"{noted:>7,}  taken before the last load was cut off\n" in out
    assert "  1,500  rows\n" in out
    times = Counter(service.rows_seen)
    assert times.keys() == set(references)
    assert sum(count > 1 for count in times.values()) <= 4 * 100
    assert max(times.values()) <= 2
    assert registered(service, authority) == set(references)
    assert not state.exists()


def test_ctrl_c_does_not_wait_for_a_service_that_hangs(service: Service, authority: str, tmp_path: Path) -> None:
    write(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(5)])
    with service.hanging():
        child = begun(tmp_path)
        service.wait_until(lambda: bool(service.waiting))
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (130, "")
    assert err == "Stopped. Run the same command again: it goes on from here.\n"
    assert lines(tmp_path / "feed.csv.state") == 1


def test_bad_rows_cost_only_themselves_and_stand_in_the_rejects_file(
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
    write(tmp_path / "feed.csv", rows)
    ended = known_to("load", "feed.csv")
    assert tidy(ended) == (
        "      6  rows\n"
        "      2  registered\n"
        "      0  replaced or unchanged\n"
        "      4  rejected, see feed.csv.rejects.csv\n"
    )
    assert (ended.code, ended.err) == (6, "")
    named = read(tmp_path / "feed.csv.rejects.csv")
    rejects = {(one["row"], one["field"], one["code"]): one["problem"] for one in named}
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
    mended = known_to("load", "feed.csv", "--dates", "uk")
    assert "      1  registered\n      2  replaced or unchanged\n      3  rejected" in mended.out


def test_a_feed_that_is_sent_again_changes_nothing(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(5)])
    assert known_to("load", "feed.csv").code == 0
    token = service.stage.token(authority)
    before = service.stage.call("GET", "/v1/involvements", token=token).json
    again = known_to("load", "feed.csv")
    assert "      0  registered\n      5  replaced or unchanged\n" in again.out
    assert service.stage.call("GET", "/v1/involvements", token=token).json == before
    assert not (tmp_path / "feed.csv.rejects.csv").exists()


def test_a_service_that_is_down_ends_with_4_and_the_next_load_goes_on(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("known_to.patience.Patience.wait_seconds", lambda *_: None)
    write(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(150)])
    service.failures = [BUSY]
    down = known_to("load", "feed.csv", "--parallel", "1")
    assert (down.code, down.out) == (4, "")
    assert down.err.startswith("Cut off: 50 of 150 rows are taken. Run the same command again: it goes on")
    assert "Later. Later." in down.err
    assert (tmp_path / "feed.csv.state").exists()
    assert known_to("load", "feed.csv").code == 0
    assert len(registered(service, authority)) == 150


def test_a_file_that_cannot_be_read_ends_with_5_before_a_row_is_sent(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    good = write(tmp_path / "feed.csv", [row(service, "r-1")]).read_bytes()
    (tmp_path / "feed.csv").write_bytes(good + b'"')
    ended = known_to("load", "feed.csv")
    tidy(ended)
    assert (ended.code, ended.out) == (5, "")
    assert known_to("load", "nothing.csv").code == 5
    assert service.seen == []


@pytest.mark.parametrize("command", [("load",), ("reconcile", "--apply", "--yes")])
@pytest.mark.parametrize(
    "places",
    [
        ("--rejects", "feed.csv"),
        ("--state", "feed.csv"),
        ("--state", "link.csv"),
        ("--state", "sub/../feed.csv"),
        ("--state", "new", "--rejects", "new"),
        ("--rejects", "feed.csv.state"),
    ],
)
def test_no_option_writes_over_the_feed_or_over_another(
    service: Service,
    known_to: KnownTo,
    tmp_path: Path,
    command: tuple[str, ...],
    places: tuple[str, ...],
) -> None:
    feed = write(tmp_path / "feed.csv", [row(service, "r-1")])
    before = feed.read_bytes()
    (tmp_path / "link.csv").symlink_to(feed)
    ended = known_to(*command, "feed.csv", *places)
    assert (ended.code, ended.err) == (3, _FOUR_FILES)
    assert feed.read_bytes() == before
    assert service.rows_seen == []


_FOUR_FILES = "The file, --state, --rejects and FILE.differences.csv must be different files.\n"


def test_what_is_no_file_is_not_written_over(known_to: KnownTo, service: Service, tmp_path: Path) -> None:
    write(tmp_path / "feed.csv", [row(service, "r-1")])
    ended = known_to("load", "feed.csv", "--state", "/dev/null")
    assert (ended.code, "must be ordinary files" in ended.err) == (3, True)


def test_a_full_disk_stops_a_load_in_words_and_the_next_one_goes_on(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write(tmp_path / "feed.csv", [row(service, f"r-{number}") for number in range(150)])
    with room_for(4000):  # a digest of 33 bytes for each row of the first batch, and for some of the second
        child = started(tmp_path, "load", "feed.csv", "--parallel", "1")
    out, err = child.communicate()
    assert (child.returncode, out) == (5, "")
    said = " ".join(err.split())
    assert "Cut off: 100 of 150 rows are taken. Run the same command again: it goes on from here." in said
    assert "feed.csv.state cannot be written: File too large. Choose another place: --state FILE." in said
    again = known_to("load", "feed.csv")
    assert again.code == 0
    assert "Going on where the last load" in again.err


def test_two_loads_of_a_file_do_not_run_at_once(
    service: Service, authority: str, known_to: KnownTo, tmp_path: Path
) -> None:
    write(tmp_path / "feed.csv", [row(service, "r-1")])
    with Journal(tmp_path / "feed.csv.state", datetime.now(UTC)):
        ended = known_to("load", "feed.csv")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith("Another load holds feed.csv.state. Wait until it has ended")
    assert service.rows_seen == []
    assert known_to("load", "feed.csv").code == 0


# Reconciling


@pytest.fixture
def file(service: Service, authority: str, known_to: KnownTo, tmp_path: Path) -> Path:
    """A file of 28 that is in the register but for 2, which has 2 more: 7 % of its 28."""
    rows = [row(service, f"r-{number}") for number in range(30)]
    write(tmp_path / "feed.csv", rows[2:])
    assert known_to("load", "feed.csv").code == 0
    return write(tmp_path / "feed.csv", rows[:-2])


def test_it_says_what_is_missing_and_what_is_extra_and_changes_nothing(
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
        "feed.csv.differences.csv has all 4.\n"
    )
    assert ended.code == 7
    assert registered(service, authority) == before
    differences = file.with_name("feed.csv.differences.csv")
    assert differences.stat().st_mode & 0o777 == 0o600
    assert [(one["reference"], one["what"]) for one in read(differences)] == [
        ("r-0", "missing"),
        ("r-1", "missing"),
        ("r-28", "extra"),
        ("r-29", "extra"),
    ]


def test_of_many_differences_the_screen_shows_some_and_the_file_all(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    write(file, read(file)[2:3])
    said = tidy(known_to("reconcile", "feed.csv"))
    assert said.count("  extra    r-") == 20
    assert said.endswith("  and 7 more\nfeed.csv.differences.csv has all 27.\n")
    assert len(read(file.with_name("feed.csv.differences.csv"))) == 27


def test_where_the_differences_cannot_be_written_they_are_shown_all_the_same(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    with room_for(0):
        ended = known_to("reconcile", "feed.csv")
    assert ended.out.endswith("  extra    r-28\n  extra    r-29\n")
    # The service, which writes its log in the same process, complains of the disk before it.
    assert (ended.code, ended.err[ended.err.rfind("\nfeed") + 1 :]) == (
        7,
        "feed.csv.differences.csv cannot be written: File too large.\n",
    )


def test_a_run_that_fails_leaves_no_differences_of_another_behind(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    assert known_to("reconcile", "feed.csv").code == 7
    service.failures = [Reply(404, {}, "<html>")]
    assert known_to("reconcile", "feed.csv").code == 4
    assert not file.with_name("feed.csv.differences.csv").exists()


def test_applied_the_register_is_as_the_file(service: Service, authority: str, known_to: KnownTo, file: Path) -> None:
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--most-withdrawn", "10")
    assert tidy(ended).endswith(
        "     28  rows\n      2  registered\n     26  replaced or unchanged\n      0  rejected\n      2  withdrawn\n"
    )
    assert ended.code == 0
    assert registered(service, authority) == {f"r-{number}" for number in range(28)}
    assert known_to("reconcile", "feed.csv").code == 0
    assert not file.with_name("feed.csv.differences.csv").exists()


def test_it_does_not_withdraw_many_unless_that_is_meant(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    before = registered(service, authority)
    stopped = known_to("reconcile", "feed.csv", "--apply", "--yes")
    tidy(stopped)
    assert stopped.code == 7
    assert "It would withdraw 7.1 % of your register, more than 5 %" in " ".join(stopped.err.split())
    assert registered(service, authority) == before
    assert known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw").code == 0


def test_without_somebody_to_ask_it_wants_to_be_told(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    before = registered(service, authority)
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes-withdraw")
    assert ended.code == 2
    assert "Send 28 rows and withdraw 2 records? Nobody is there to ask: add --yes." in ended.err
    assert registered(service, authority) == before


def test_a_row_whose_reference_cannot_be_read_may_be_what_seems_extra(
    service: Service, authority: str, known_to: KnownTo, file: Path, tmp_path: Path
) -> None:
    before = registered(service, authority)
    rows = read(file)
    write(file, [{**rows[0], "reference": ""}, *rows[1:]])
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw")
    assert ended.code == 7
    assert "the first is row 2" in " ".join(ended.err.split())
    assert registered(service, authority) == before


def test_a_row_that_is_rejected_is_not_withdrawn(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    rows = read(file)
    write(file, [*rows[:-1], {**rows[-1], "nhs_number": "broken"}])
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw")
    assert ended.code == 6
    assert rows[-1]["reference"] in registered(service, authority)


def test_a_record_that_somebody_changed_meanwhile_is_left_alone(
    service: Service, authority: str, known_to: KnownTo, file: Path
) -> None:
    token = service.stage.token(authority)
    page = service.stage.call("GET", "/v1/involvements", token=token).json
    stale = [{**one, "version": "01OTHER"} if one["reference"] == "r-29" else one for one in page["involvements"]]
    service.failures = [Reply(200, {}, json.dumps({"involvements": stale, "next_cursor": None}))]
    ended = known_to("reconcile", "feed.csv", "--apply", "--yes", "--yes-withdraw")
    assert ended.out.endswith("      1  withdrawn\n      1  changed meanwhile, left alone\n")
    assert "r-29" in registered(service, authority)

"""A feed is sent in parallel batches. Every row is counted, and after a kill no taken row is sent again."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.tests.command_line import room_for
from client.tests.fake_service import RECEIPT, SETTINGS
from known_to import Caller, RetryPolicy, connect
from known_to.errors import Busy, FieldError, FileError, Problem, SettingsError
from known_to.feed_load import FeedLoad, Tally, batches
from known_to.feed_rows import Row, column_of
from known_to.local_files import lock
from known_to.rejects_file import RejectsFile
from known_to.row_digests import digest_with
from known_to.state_file import FORGOTTEN_AFTER, StateFile

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
REFUSED = {
    "code": "invalid_request",
    "title": "The request is not valid",
    "detail": "Correct it.",
    "errors": [{"field": "basis", "problem": "is not one of: statutory"}],
}
BUSY = {"code": "unavailable", "title": "Later", "detail": "Later."}


def rows(count: int) -> list[Row]:
    names = [f"r-{number}" for number in range(count)]
    return [Row(at, name, {"reference": name, "nhs_number": "9990000018"}) for at, name in enumerate(names)]


class BatchService:
    """Takes batches. `decide` gives the status of a reference. It refuses every batch after `failing_after` batches."""

    def __init__(self, decide: Callable[[str, int], int] | None = None) -> None:
        self.decide = decide or (lambda _reference, _times: 201)
        self.sizes: list[int] = []
        self.times: dict[str, int] = {}
        self.failing_after: int | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.failing_after is not None and len(self.sizes) >= self.failing_after:
            body = {"code": "not_signed_in", "title": "Not signed in", "detail": "Sign in."}
            return httpx.Response(401, json=body)
        records = json.loads(request.content)["involvements"]
        self.sizes.append(len(records))
        return httpx.Response(200, json={"results": [self._result(one["reference"]) for one in records]})

    def _result(self, reference: str) -> dict[str, Any]:
        self.times[reference] = self.times.get(reference, 0) + 1
        status = self.decide(reference, self.times[reference])
        if status < 300:
            return {"reference": reference, "status": status, "receipt": {**RECEIPT, "reference": reference}}
        return {"reference": reference, "status": status, "problem": REFUSED if status < 500 else BUSY}


def load(folder: Path, service: BatchService, feed: list[Row], *, now: datetime = NOW, finish: bool = True) -> Tally:
    policy = RetryPolicy(attempts=3)
    caller = Caller("system:feed", "Feed")
    transport = httpx.MockTransport(service)
    digest = digest_with(folder / "home" / "digest.key", "somewhere")
    with (
        connect(SETTINGS, caller, transport=transport, sleep=lambda _: None, retries=policy) as client,
        StateFile(folder / "state", now) as state,
        RejectsFile(folder / "rejects.csv", column_of) as rejects,
    ):
        feed_load = FeedLoad(client, state, digest, rejects, lambda _: None, 3, policy, lambda _: None)
        tally = feed_load.run(feed)
        if finish and not tally.not_done:
            state.forget()
        return tally


def test_every_row_is_sent_once_in_batches_of_at_most_100(tmp_path: Path) -> None:
    service = BatchService()
    tally = load(tmp_path, service, rows(950))
    assert (tally.created, tally.rows) == (950, 950)
    assert set(service.times.values()) == {1}
    assert sorted(service.sizes) == [50, *[100] * 9]
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "rejects.csv").exists()


def test_a_batch_is_not_larger_than_the_service_takes() -> None:
    large = [Row(number, f"r-{number}", {"reference": f"r-{number}", "text": "é" * 5000}) for number in range(100)]
    made = list(batches(large))
    assert [row.number for batch in made for row in batch] == [*range(100)]
    for batch in made:
        assert (
            len(json.dumps({"involvements": [row.record for row in batch]}, ensure_ascii=False).encode()) < 256 * 1024
        )
    assert len(made) == 5


def test_the_rejects_file_lists_each_rejected_row_with_its_errors(tmp_path: Path) -> None:
    feed = rows(5)
    feed[2] = Row(2, "r-2", {}, (FieldError("nhs_number", "is missing"), FieldError("basis", "is missing")))
    tally = load(tmp_path, BatchService(lambda reference, _: 400 if reference == "r-4" else 201), feed)
    assert (tally.created, tally.rejected, tally.rows) == (3, 2, 5)
    with (tmp_path / "rejects.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["row", "column", "problem", "code"],
            ["2", "nhs_number", "is missing", "not_sent"],
            ["2", "basis", "is missing", "not_sent"],
            ["4", "basis", "is not one of: statutory", "invalid_request"],
        ]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_only_the_rows_that_may_work_later_are_sent_again(tmp_path: Path, status: int) -> None:
    service = BatchService(lambda reference, times: status if reference.endswith("7") and times < 3 else 200)
    tally = load(tmp_path, service, rows(100))
    assert (tally.kept, tally.rows) == (100, 100)
    assert service.sizes == [100, 10, 10]


def test_rows_that_never_worked_are_left_for_the_next_load(tmp_path: Path) -> None:
    service = BatchService(lambda reference, _: 503 if reference == "r-7" else 201)
    tally = load(tmp_path, service, rows(10))
    assert (tally.created, tally.not_done, tally.rejected) == (9, 1, 0)
    again = BatchService()
    assert load(tmp_path, again, rows(10)).already == 9
    assert again.times == {"r-7": 1}


def test_after_a_load_is_cut_off_no_row_is_sent_twice(tmp_path: Path) -> None:
    service = BatchService()
    service.failing_after = 4
    with pytest.raises(Problem):
        load(tmp_path, service, rows(1000))
    taken = len(service.times)
    assert taken == 400
    service.failing_after = None
    tally = load(tmp_path, service, rows(1000))
    assert (tally.already, tally.created, tally.rows) == (400, 600, 1000)
    assert set(service.times.values()) == {1}


def test_a_row_that_has_changed_since_is_sent_again(tmp_path: Path) -> None:
    load(tmp_path, BatchService(), rows(3), finish=False)
    changed = rows(3)
    changed[1] = Row(1, "r-1", {"reference": "r-1", "nhs_number": "9990000026"})
    service = BatchService()
    load(tmp_path, service, changed)
    assert service.times == {"r-1": 1}


def test_after_a_complete_load_the_next_load_sends_every_row(tmp_path: Path) -> None:
    load(tmp_path, BatchService(), rows(3))
    service = BatchService()
    load(tmp_path, service, rows(3))
    assert len(service.times) == 3


def test_an_old_state_file_is_ignored_because_rows_must_be_confirmed(tmp_path: Path) -> None:
    load(tmp_path, BatchService(), rows(3), finish=False)
    service = BatchService()
    load(tmp_path, service, rows(3), now=NOW + FORGOTTEN_AFTER)
    assert len(service.times) == 3
    load(tmp_path, BatchService(), rows(3), finish=False)
    assert load(tmp_path, BatchService(), rows(3), now=NOW + FORGOTTEN_AFTER - timedelta(seconds=1)).already == 3


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "known-",
        "known-to load 1 yesterday\n",
        f"known-to load 1 {NOW.replace(tzinfo=None).isoformat()}",
        f"known-to load 1 {NOW.isoformat()}\n{'é' * 32}\n",
    ],
)
def test_with_a_damaged_state_file_every_row_is_sent_again(tmp_path: Path, damage: str) -> None:
    (tmp_path / "state").write_text(damage)
    assert load(tmp_path, BatchService(), rows(3)).created == 3


@pytest.mark.parametrize("text", ["reference,nhs_number\n", "nonsense", "\n", "\ufeff", "k" * 100])
def test_a_file_that_is_not_a_state_file_is_left_unchanged(tmp_path: Path, text: str) -> None:
    state = tmp_path / "state"
    state.write_text(text, encoding="utf-8")
    service = BatchService()
    with pytest.raises(SettingsError, match=r"is not the state file of a load\. Delete it, or .* --state FILE"):
        load(tmp_path, service, rows(3))
    assert state.read_text(encoding="utf-8") == text
    assert service.sizes == []


def test_one_load_at_a_time_can_use_the_state_file(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with StateFile(state, NOW) as first:
        first.add(["a" * 32])
        with pytest.raises(Busy):
            StateFile(state, NOW)
        # A load that ends removes the file. Another load that has opened it but not locked it must not go on with it.
        late = state.open("a+")
        first.forget()
    with late, pytest.raises(Busy):
        lock(state, late.fileno())
    with StateFile(state, NOW) as second:
        assert not second.resumed


def test_a_load_stops_if_the_state_file_cannot_be_written(tmp_path: Path) -> None:
    service = BatchService()
    message = r"state cannot be written: File too large\. .*--state FILE"
    with room_for(100), pytest.raises(FileError, match=message):
        load(tmp_path, service, rows(1000))
    assert len(service.sizes) <= 4


def test_a_load_stops_if_the_rejects_file_cannot_be_written(tmp_path: Path) -> None:
    with room_for(100), pytest.raises(FileError, match=r"rejects.csv cannot be written: .*--rejects FILE"):
        load(tmp_path, BatchService(lambda *_: 400), rows(5))


def test_a_line_that_a_kill_cut_short_does_not_count_as_a_row(tmp_path: Path) -> None:
    load(tmp_path, BatchService(), rows(3), finish=False)
    state = tmp_path / "state"
    state.write_text(state.read_text()[:-10])
    service = BatchService()
    assert load(tmp_path, service, rows(4), finish=False).already == 2
    assert load(tmp_path, BatchService(), rows(4), finish=False).already == 4


def test_the_state_file_reveals_nothing_about_a_row(tmp_path: Path) -> None:
    load(tmp_path, BatchService(), rows(50), finish=False)
    text = (tmp_path / "state").read_text()
    assert "9990000018" not in text
    assert "r-1" not in text
    digest = digest_with(tmp_path / "other.key", "somewhere")
    assert digest(rows(1)[0].record) not in text
    assert digest_with(tmp_path / "home" / "digest.key", "elsewhere")(rows(1)[0].record) not in text


def test_only_its_owner_can_read_the_digest_key_and_it_is_kept(tmp_path: Path) -> None:
    key = tmp_path / "home" / "digest.key"
    one = digest_with(key, "somewhere")(rows(1)[0].record)
    assert key.stat().st_mode & 0o777 == 0o600
    assert digest_with(key, "somewhere")(rows(1)[0].record) == one
    key.write_bytes(b"short")
    with pytest.raises(SettingsError, match="damaged"):
        digest_with(key, "somewhere")


def test_a_digest_key_that_cannot_be_read_or_made_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        digest_with(tmp_path, "somewhere")
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be made: "):
        digest_with(tmp_path / "file" / "digest.key", "somewhere")
    with room_for(10), pytest.raises(FileError, match="cannot be made: File too large"):
        digest_with(tmp_path / "digest.key", "somewhere")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

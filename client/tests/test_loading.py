"""A feed is sent in parallel batches; every row is accounted for; what was taken is not sent again after a kill."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.tests.conftest import room_for
from client.tests.test_wire import RECEIPT, SETTINGS
from known_to import Caller, Patience, connect
from known_to.errors import Busy, FieldError, FileError, Problem, SettingsError
from known_to.files import hold
from known_to.journal import FORGOTTEN_AFTER, Journal, digest_with
from known_to.loading import Load, Rejects, Tally, batches
from known_to.rows import Row

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
REFUSED = {
    "code": "invalid_request",
    "title": "The request is not valid",
    "detail": "Mend.",
    "errors": [{"field": "basis", "problem": "is not one of: statutory"}],
}
BUSY = {"code": "unavailable", "title": "Later", "detail": "Later."}


def rows(count: int) -> list[Row]:
    names = [f"r-{number}" for number in range(count)]
    return [Row(at, name, {"reference": name, "nhs_number": "9990000018"}) for at, name in enumerate(names)]


class Service:
    """Takes batches as `decide` says: a status for each reference, or an error for the whole."""

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


def load(folder: Path, service: Service, feed: list[Row], *, now: datetime = NOW, finish: bool = True) -> Tally:
    patience = Patience(attempts=3)
    caller = Caller("system:feed", "Feed")
    transport = httpx.MockTransport(service)
    digest = digest_with(folder / "home" / "digest.key", "somewhere")
    with (
        connect(SETTINGS, caller, transport=transport, sleep=lambda _: None, patience=patience) as client,
        Journal(folder / "state", now) as journal,
        Rejects(folder / "rejects.csv") as rejects,
    ):
        loading = Load(client, journal, digest, rejects, lambda _: None, 3, patience, lambda _: None)
        tally = loading.run(feed)
        if finish and not tally.not_done:
            journal.forget()
        return tally


def test_every_row_is_sent_once_in_batches_of_at_most_100(tmp_path: Path) -> None:
    service = Service()
    tally = load(tmp_path, service, rows(950))
    assert (tally.created, tally.rows) == (950, 950)
    assert set(service.times.values()) == {1}
    assert sorted(service.sizes) == [50, *[100] * 9]
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "rejects.csv").exists()


def test_a_batch_has_no_more_bytes_than_the_service_takes() -> None:
    fat = [Row(number, f"r-{number}", {"reference": f"r-{number}", "text": "é" * 5000}) for number in range(100)]
    made = list(batches(fat))
    assert [row.number for batch in made for row in batch] == [*range(100)]
    for batch in made:
        assert (
            len(json.dumps({"involvements": [row.record for row in batch]}, ensure_ascii=False).encode()) < 256 * 1024
        )
    assert len(made) == 5


def test_what_was_rejected_here_or_there_stands_in_the_rejects_file_by_row_and_reason(tmp_path: Path) -> None:
    feed = rows(5)
    feed[2] = Row(2, "r-2", {}, (FieldError("nhs_number", "is missing"), FieldError("basis", "is missing")))
    tally = load(tmp_path, Service(lambda reference, _: 400 if reference == "r-4" else 201), feed)
    assert (tally.created, tally.rejected, tally.rows) == (3, 2, 5)
    with (tmp_path / "rejects.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["row", "field", "problem", "code"],
            ["2", "nhs_number", "is missing", "not_sent"],
            ["2", "basis", "is missing", "not_sent"],
            ["4", "basis", "is not one of: statutory", "invalid_request"],
        ]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_rows_that_may_work_later_are_sent_again_alone(tmp_path: Path, status: int) -> None:
    service = Service(lambda reference, times: status if reference.endswith("7") and times < 3 else 200)
    tally = load(tmp_path, service, rows(100))
    assert (tally.kept, tally.rows) == (100, 100)
    assert service.sizes == [100, 10, 10]


def test_rows_that_never_work_are_neither_taken_nor_rejected_and_come_first_next_time(tmp_path: Path) -> None:
    service = Service(lambda reference, _: 503 if reference == "r-7" else 201)
    tally = load(tmp_path, service, rows(10))
    assert (tally.created, tally.not_done, tally.rejected) == (9, 1, 0)
    again = Service()
    assert load(tmp_path, again, rows(10)).already == 9
    assert again.times == {"r-7": 1}


def test_a_load_that_was_cut_off_goes_on_without_sending_a_row_twice(tmp_path: Path) -> None:
    service = Service()
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
    load(tmp_path, Service(), rows(3), finish=False)
    changed = rows(3)
    changed[1] = Row(1, "r-1", {"reference": "r-1", "nhs_number": "9990000026"})
    service = Service()
    load(tmp_path, service, changed)
    assert service.times == {"r-1": 1}


def test_a_load_that_came_to_its_end_begins_anew_the_next_night(tmp_path: Path) -> None:
    load(tmp_path, Service(), rows(3))
    service = Service()
    load(tmp_path, service, rows(3))
    assert len(service.times) == 3


def test_an_old_journal_is_forgotten_since_rows_must_be_confirmed(tmp_path: Path) -> None:
    load(tmp_path, Service(), rows(3), finish=False)
    service = Service()
    load(tmp_path, service, rows(3), now=NOW + FORGOTTEN_AFTER)
    assert len(service.times) == 3
    load(tmp_path, Service(), rows(3), finish=False)
    assert load(tmp_path, Service(), rows(3), now=NOW + FORGOTTEN_AFTER - timedelta(seconds=1)).already == 3


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
def test_a_damaged_journal_costs_double_work_and_nothing_else(tmp_path: Path, damage: str) -> None:
    (tmp_path / "state").write_text(damage)
    assert load(tmp_path, Service(), rows(3)).created == 3


@pytest.mark.parametrize("text", ["reference,nhs_number\n", "nonsense", "\n", "\ufeff", "k" * 100])
def test_a_file_that_no_load_has_written_is_left_alone(tmp_path: Path, text: str) -> None:
    state = tmp_path / "state"
    state.write_text(text, encoding="utf-8")
    service = Service()
    with pytest.raises(SettingsError, match=r"is no state file of a load\. Delete it, or .* --state FILE"):
        load(tmp_path, service, rows(3))
    assert state.read_text(encoding="utf-8") == text
    assert service.sizes == []


def test_one_load_at_a_time_has_the_state_file(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Journal(state, NOW) as first:
        first.add(["a" * 32])
        with pytest.raises(Busy):
            Journal(state, NOW)
        # A load that ends removes what another has opened, but does not hold.
        late = state.open("a+")
        first.forget()
    with late, pytest.raises(Busy):
        hold(state, late.fileno())
    with Journal(state, NOW) as second:
        assert not second.resumed


def test_rows_that_cannot_be_noted_stop_the_load(tmp_path: Path) -> None:
    service = Service()
    message = r"state cannot be written: File too large\. .*--state FILE"
    with room_for(100), pytest.raises(FileError, match=message):
        load(tmp_path, service, rows(1000))
    assert len(service.sizes) <= 4


def test_rows_that_cannot_be_rejected_stop_the_load(tmp_path: Path) -> None:
    with room_for(100), pytest.raises(FileError, match=r"rejects.csv cannot be written: .*--rejects FILE"):
        load(tmp_path, Service(lambda *_: 400), rows(5))


def test_a_line_that_a_kill_cut_short_is_not_taken_for_a_row(tmp_path: Path) -> None:
    load(tmp_path, Service(), rows(3), finish=False)
    state = tmp_path / "state"
    state.write_text(state.read_text()[:-10])
    service = Service()
    assert load(tmp_path, service, rows(4), finish=False).already == 2
    assert load(tmp_path, Service(), rows(4), finish=False).already == 4


def test_the_journal_says_nothing_about_a_row(tmp_path: Path) -> None:
    load(tmp_path, Service(), rows(50), finish=False)
    text = (tmp_path / "state").read_text()
    assert "9990000018" not in text
    assert "r-1" not in text
    digest = digest_with(tmp_path / "other.key", "somewhere")
    assert digest(rows(1)[0].record) not in text
    assert digest_with(tmp_path / "home" / "digest.key", "elsewhere")(rows(1)[0].record) not in text


def test_the_key_of_the_digests_is_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    key = tmp_path / "home" / "digest.key"
    one = digest_with(key, "somewhere")(rows(1)[0].record)
    assert key.stat().st_mode & 0o777 == 0o600
    assert digest_with(key, "somewhere")(rows(1)[0].record) == one
    key.write_bytes(b"short")
    with pytest.raises(SettingsError, match="damaged"):
        digest_with(key, "somewhere")


def test_a_key_of_the_digests_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        digest_with(tmp_path, "somewhere")
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be made: "):
        digest_with(tmp_path / "file" / "digest.key", "somewhere")
    with room_for(10), pytest.raises(FileError, match="cannot be made: File too large"):
        digest_with(tmp_path / "digest.key", "somewhere")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

"""The sealed history on real tables: every access record ends in a checkpoint, and no run can fork the history."""

import os
import random
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chalicelib import unattended
from chalicelib.adapters.dynamodb.history_items import HEAD, KEYS, PENDING
from chalicelib.adapters.dynamodb.history_memory import HistoryMemory
from chalicelib.adapters.dynamodb.latest_checkpoint import LatestCheckpoint
from chalicelib.adapters.dynamodb.schema import ACCESS, HISTORY
from chalicelib.adapters.dynamodb.stream_readers import PULSE, READERS
from chalicelib.adapters.unattended import history_store
from chalicelib.adapters.unattended.schedules import NotDone
from chalicelib.domain.history import Checkpoint
from chalicelib.domain.merkle import HASH_BYTES
from chalicelib.domain.values import replace
from chalicelib.wiring import api
from tests.support.faults import Faults, Killed, Send
from tests.support.history import Sealing, check_is_one_history
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.schedules import run_schedule
from tests.support.stage import EALING, Stage
from tests.support.streams import Letters, Record, deliver, number_of

SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "20"))
BLOCKS = 10


@pytest.fixture
def sealing(stage: Stage, rows: Rows) -> Sealing:
    """The history of the tests before has ended: all that they wrote is sealed."""
    sealing = Sealing(stage, rows)
    sealing.begin_anew()
    return sealing


def test_an_access_record_is_in_the_next_checkpoint_whoever_wrote_it(stage: Stage, sealing: Sealing) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.look_up(child, token=stage.token(EALING))
    records = sealing.rows.all(ACCESS)
    assert len(records) >= 2
    checkpoint = sealing.seal()
    assert {*sealing.sealed()} == {sealing.leaf(row) for row in records}
    assert sealing.waiting() == set()
    assert checkpoint.number == 1


def test_a_minute_without_access_records_is_sealed_too(stage: Stage, sealing: Sealing) -> None:
    for _ in range(3):
        stage.clock.advance(minutes=1)
        sealing.close()
    checkpoints = sealing.checkpoints()
    check_is_one_history(checkpoints)
    assert len({one.minute.root for one in checkpoints}) == 3  # so that empty minutes do not look alike


def test_a_checkpoint_is_signed_with_the_key_that_it_names(sealing: Sealing) -> None:
    checkpoint = sealing.close()
    [key] = sealing.rows.of(KEYS, HISTORY)
    assert key["sk"]["S"] == checkpoint.key_id
    public_key = load_der_public_key(key["public_key"]["B"])
    assert isinstance(public_key, EllipticCurvePublicKey)
    public_key.verify(checkpoint.signature, checkpoint.signed_text.encode(), ECDSA(SHA256()))


def test_the_keys_of_checkpoints_and_of_the_switch_off_statement_differ(stage: Stage, sealing: Sealing) -> None:
    checkpoint = sealing.close()
    kms = stage.aws.client("kms")
    statements = kms.get_public_key(KeyId="alias/knownto-test-statements")["PublicKey"]
    [key] = sealing.rows.of(KEYS, HISTORY)
    assert statements != key["public_key"]["B"]
    assert checkpoint.key_id == key["sk"]["S"]


def test_a_late_access_record_goes_into_the_next_checkpoint(stage: Stage, sealing: Sealing) -> None:
    stage.look_up(stage.new_child())
    late = sealing.inserts()
    first = sealing.close()
    assert deliver(unattended.gather_leaves, *late) == []
    assert sealing.close().number == first.number + 1
    assert len(sealing.sealed()) == len(late)


def test_a_batch_that_comes_twice_is_sealed_once(stage: Stage, sealing: Sealing) -> None:
    stage.look_up(stage.new_child())
    records = sealing.inserts()
    for _ in range(2):
        assert deliver(unattended.gather_leaves, *records) == []
    sealing.close()
    assert len(sealing.sealed()) == len(records)


def test_many_waiting_batches_are_sealed_in_several_checkpoints_of_one_run(
    stage: Stage, sealing: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_store, "MOST_PENDING", 2)
    for _ in range(5):
        stage.look_up(stage.new_child())
        sealing.gather()
    sealing.close()
    assert [one.number for one in sealing.checkpoints()] == [1, 2, 3]
    assert sealing.waiting() == set()
    assert len(sealing.sealed()) == len(sealing.rows.all(ACCESS))


def test_the_leaves_of_a_checkpoint_fit_into_one_item_however_many_wait() -> None:
    largest_item = 400_000
    batch = READERS["gather_leaves"].batch_size
    assert history_store.MOST_PENDING * batch * HASH_BYTES < largest_item * 0.9


@pytest.mark.parametrize(
    "leaves",
    [{"B": b"?"}, {"B": b"?" * 32}, {"B": b"?" * 300_000}, {"S": "text"}, {"N": "1"}, {"NULL": True}],
    ids=lambda value: f"{value}"[:20],
)
@pytest.mark.parametrize("stamp", [None, b"", b"\x01" + bytes(32)], ids=["none", "empty", "wrong"])
def test_leaves_that_somebody_else_let_wait_are_sealed_by_nobody_and_stop_nothing(
    stage: Stage, sealing: Sealing, metrics: Metrics, leaves: dict[str, Any], stamp: bytes | None
) -> None:
    stage.look_up(stage.new_child())
    sealing.gather()
    written = {sealing.leaf(row) for row in sealing.rows.all(ACCESS)}
    stamped = {} if stamp is None else {"stamp": {"B": stamp}}
    for name in ("0", "z"):
        sealing.rows.put({"pk": {"S": PENDING}, "sk": {"S": name}, "leaves": leaves, **stamped}, HISTORY)
    sealing.close()
    assert {*sealing.sealed()} == written
    assert sealing.rows.of(PENDING, HISTORY) == []
    assert metrics.count("HistoryDamaged") == 2


def test_an_access_record_that_is_gone_before_it_is_sealed_raises_an_alarm(
    stage: Stage, sealing: Sealing, metrics: Metrics
) -> None:
    stage.look_up(stage.new_child())
    records = sealing.inserts()
    [row] = sealing.rows.all(ACCESS)
    sealing.rows.delete(row, ACCESS)
    assert deliver(unattended.gather_leaves, *records) == []
    assert metrics.count("AccessRecordsTampered") == 1


def test_an_outage_loses_no_leaf(stage: Stage, sealing: Sealing, faults: Faults) -> None:
    stage.look_up(stage.new_child())
    records = sealing.inserts()
    faults.break_down("BatchGetItem")
    assert deliver(unattended.gather_leaves, *records) == [number_of(one) for one in records]
    faults.clear()
    assert deliver(unattended.gather_leaves, *records) == []
    assert len(sealing.waiting()) == len(records)


def test_a_bad_stream_record_is_put_aside_and_the_others_of_its_batch_are_gathered(
    stage: Stage, sealing: Sealing, metrics: Metrics, letters: Letters
) -> None:
    """A batch is taken whole, so a bad one would stop its shard for a day."""
    stage.register(stage.new_child())
    records = sealing.inserts()
    bad: Record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "7", "Keys": {"pk": {"N": "1"}}}}
    assert deliver(unattended.gather_leaves, records[0], bad, *records[1:]) == []
    assert sealing.waiting() == {sealing.leaf(row) for row in sealing.rows.all(ACCESS)}
    assert [(letter["function"], letter["sequence_number"]) for letter in letters()] == [("gather_leaves", "7")]
    assert metrics.count("StreamRecordsPutAside") == 1


def test_a_pulse_is_no_access_record_and_counts_only_if_its_batch_was_gathered(
    stage: Stage, sealing: Sealing, metrics: Metrics, faults: Faults
) -> None:
    stage.register(stage.new_child())
    run_schedule(unattended.send_pulses)
    records = sealing.inserts()
    leaves = {sealing.leaf(row) for row in sealing.rows.all(ACCESS) if row["pk"]["S"] != PULSE}
    faults.throttle("PutItem", about="-history")
    assert deliver(unattended.gather_leaves, *records) == [number_of(one) for one in records]
    assert metrics.count("GatherLeavesPulses") == 0
    faults.clear()
    assert deliver(unattended.gather_leaves, *records) == []
    assert metrics.count("GatherLeavesPulses") == 1
    assert sealing.waiting() == leaves
    assert (metrics.count("AccessRecordsTampered"), metrics.count("StreamRecordsPutAside")) == (0, 0)


def test_two_runs_at_once_close_one_minute(sealing: Sealing, faults: Faults) -> None:
    sealing.close()

    def another_run_first(send: Send) -> Any:
        faults.clear()
        run_schedule(unattended.close_history)
        return send()

    faults.add("Sign", another_run_first, times=1)
    run_schedule(unattended.close_history)
    checkpoints = sealing.checkpoints()
    assert len(checkpoints) == 2
    check_is_one_history(checkpoints)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("calls", range(5))
def test_a_run_that_is_killed_between_any_two_calls_is_simply_repeated(
    stage: Stage, sealing: Sealing, faults: Faults, calls: int, done: bool
) -> None:
    sealing.close()
    stage.look_up(stage.new_child())
    sealing.gather()
    faults.kill(after=calls, times=1, done=done)
    with suppress(Killed):
        run_schedule(unattended.close_history)
    faults.clear()
    sealing.close()
    assert sealing.waiting() == set()
    assert sorted(sealing.sealed()) == sorted(sealing.leaf(row) for row in sealing.rows.all(ACCESS))
    check_is_one_history(sealing.checkpoints())


@pytest.mark.parametrize("change", ["number", "history", "root", "peaks", "signature"])
def test_a_head_that_was_edited_by_hand_stops_the_history_and_raises_an_alarm(
    sealing: Sealing, metrics: Metrics, change: str
) -> None:
    """Otherwise the next signature would make the edited history genuine."""
    sealing.close()
    sealing.close()
    [head] = sealing.rows.of(HEAD, HISTORY)
    edited = {"N": "1"} if change == "number" else {"B": head[change]["B"][:-1] + b"?"}
    sealing.rows.put({**head, change: edited}, HISTORY)
    with pytest.raises(NotDone):
        run_schedule(unattended.close_history)
    assert metrics.count("HistoryDamaged") == 1
    assert len(sealing.checkpoints()) == 2


def test_a_head_that_was_set_back_cannot_fork_the_history(sealing: Sealing) -> None:
    """An old head is genuine, so only the checkpoint that is there already is in the way of a new process."""
    sealing.close()
    [old] = sealing.rows.of(HEAD, HISTORY)
    sealing.close()
    sealing.rows.put(old, HISTORY)
    before = sealing.checkpoints()
    sealing.forget()
    run_schedule(unattended.close_history)
    assert sealing.checkpoints() == before


def set_back(sealing: Sealing, *, whole: bool, seen: Callable[[], object] = lambda: None) -> None:
    """Once the second checkpoint was seen, the table is as it was before that one, or even empty."""
    sealing.close()
    before = sealing.rows.all(HISTORY)
    sealing.close()
    seen()
    sealing.rows.empty(HISTORY)
    for item in [] if whole else before:
        sealing.rows.put(item, HISTORY)


@pytest.mark.parametrize("whole", [False, True])
def test_a_process_that_has_closed_a_checkpoint_does_not_close_it_again_after_the_history_was_set_back(
    sealing: Sealing, metrics: Metrics, whole: bool
) -> None:
    set_back(sealing, whole=whole)
    before = sealing.checkpoints()
    with pytest.raises(NotDone):
        run_schedule(unattended.close_history)
    assert metrics.count("HistoryDamaged") == 1
    assert sealing.checkpoints() == before


@pytest.mark.parametrize("closed", [0, 1])
@pytest.mark.parametrize("whole", [False, True])
def test_a_container_that_has_read_a_checkpoint_notices_that_the_history_was_set_back(
    stage: Stage, sealing: Sealing, metrics: Metrics, whole: bool, closed: int
) -> None:
    """Even if a new process has closed a minute since: the same number is then another checkpoint."""
    api_without_memory(stage)
    set_back(sealing, whole=whole, seen=lambda: shown(stage))
    for _ in range(closed):
        sealing.forget()
        sealing.close()
    assert shown(stage) == 2
    assert metrics.count("HistoryDamaged") == 1


class Schedule:
    """Lookups, deliveries and runs in any order, with faults between them and AWS."""

    def __init__(self, sealing: Sealing, faults: Faults, dice: random.Random) -> None:
        self.sealing, self.faults, self.dice = sealing, faults, dice
        self.stream: list[Record] = []
        self.position = 0
        self.seen: dict[int, Checkpoint] = {}

    def run(self) -> None:
        for _ in range(self.dice.randint(4, 12)):
            self.faults.clear()
            for _ in range(self.dice.choice((0, 1, 2))):
                self._inject()
            self.dice.choice((self._write, self._deliver, self._deliver, self._again, self._close, self._close))()
            self._look()
        self.faults.clear()
        self._catch_up()

    def _inject(self) -> None:
        operation = self.dice.choice(("BatchGetItem", "PutItem", "GetItem", "Query", "Sign", "TransactWriteItems"))
        after, times = self.dice.choice((0, 0, 1)), self.dice.choice((1, 3, 100))
        self.dice.choice(
            (
                lambda: self.faults.throttle(operation, after=after, times=times),
                lambda: self.faults.break_down(operation, after=after, times=times),
                lambda: self.faults.lose_reply(operation, after=after, times=times),
                lambda: self.faults.cancel("TransactionConflict", after=after, times=times),
                lambda: self.faults.kill(after=self.dice.randint(0, 4), times=1, done=self.dice.random() < 0.5),
            )
        )()

    def _write(self) -> None:
        with suppress(Killed):
            self.sealing.stage.look_up(self.sealing.stage.new_child())

    def _deliver(self) -> None:
        """The next batch, of any size. It comes again until the function has taken it."""
        armed = self.faults.armed
        self.stream += self.sealing.inserts()
        batch = self.stream[self.position : self.position + self.dice.randint(1, 5)]
        took = self._took(batch) if batch else True
        self.position += len(batch) if took else 0
        assert armed or took

    def _again(self) -> None:
        if self.position:
            start = self.dice.randrange(self.position)
            self._took(self.stream[start : self.position])

    def _took(self, batch: list[Record]) -> bool:
        try:
            return deliver(unattended.gather_leaves, *batch) == []
        except Killed:
            return False

    def _close(self) -> None:
        self.sealing.stage.clock.advance(seconds=60)
        with suppress(Killed, NotDone):
            run_schedule(unattended.close_history)

    def _look(self) -> None:
        """Whatever was stored once stays as it is."""
        self.faults.clear()
        stored = {one.number: one for one in self.sealing.checkpoints()}
        assert self.seen.items() <= stored.items()
        self.seen = stored

    def _catch_up(self) -> None:
        self.stream += self.sealing.inserts()
        if rest := self.stream[self.position :]:
            assert self._took(rest)
        quiet_since = self.sealing.stage.clock()
        self._close()
        assert self.sealing.stage.clock() - quiet_since <= timedelta(minutes=2)
        assert self.sealing.waiting() == set()
        written = {self.sealing.leaf(row) for row in self.sealing.rows.all(ACCESS)}
        assert {*self.sealing.sealed()} == written
        check_is_one_history(self.sealing.checkpoints())


@pytest.mark.parametrize("block", range(BLOCKS))
def test_after_two_quiet_minutes_nothing_is_unsealed_whatever_failed_before(
    sealing: Sealing, faults: Faults, block: int
) -> None:
    for seed in range(block, SCHEDULES, BLOCKS):
        sealing.begin_anew()
        try:
            Schedule(sealing, faults, random.Random(seed)).run()  # noqa: S311 - reproducible, no secret
        except AssertionError as failure:
            failure.add_note(f"schedule {seed}")
            raise


def test_an_answer_carries_the_latest_checkpoint_that_was_read(stage: Stage, sealing: Sealing) -> None:
    checkpoint = sealing.close()
    stage.clock.advance(seconds=31)
    shown = stage.look_up(stage.new_child()).json["checkpoint"]
    assert shown == {
        "number": checkpoint.number,
        "closed_at": f"{checkpoint.minute.closed_at:%Y-%m-%dT%H:%M:%SZ}",
        "root": checkpoint.minute.root.hex(),
        "history": checkpoint.history.hex(),
        "key_id": checkpoint.key_id,
        "signature": b64encode(checkpoint.signature).decode(),
    }


@pytest.mark.parametrize("damage", ["none", "unreadable", "outage"])
def test_a_missing_checkpoint_never_withholds_an_answer(
    stage: Stage, sealing: Sealing, faults: Faults, metrics: Metrics, damage: str
) -> None:
    api_without_memory(stage)
    if damage != "none":
        sealing.close()
    if damage == "unreadable":
        [head] = sealing.rows.of(HEAD, HISTORY)
        sealing.rows.put({**head, "root": {"S": "edited"}}, HISTORY)
    if damage == "outage":
        faults.break_down("GetItem")
    reply = stage.look_up(stage.new_child())
    assert (reply.status, reply.json["checkpoint"]) == (200, None)
    assert metrics.count("HistoryDamaged" if damage == "unreadable" else "CheckpointsUnread") == 1


def test_a_head_that_somebody_else_wrote_is_shown_to_nobody(stage: Stage, sealing: Sealing, metrics: Metrics) -> None:
    """Callers would keep it, and then prove for ever that the true history does not contain it."""
    checkpoint = sealing.close()
    stage.clock.advance(seconds=31)
    stage.look_up(stage.new_child())
    [head] = sealing.rows.of(HEAD, HISTORY)
    sealing.rows.put({**head, "number": {"N": "999999"}}, HISTORY)
    stage.clock.advance(seconds=31)
    assert stage.look_up(stage.new_child()).json["checkpoint"]["number"] == checkpoint.number
    assert stage.call("GET", "/v1/history").code == "unavailable"
    assert metrics.count("HistoryDamaged") == 2


def test_a_checkpoint_that_was_read_is_shown_until_the_next_one_can_be(
    stage: Stage, sealing: Sealing, faults: Faults
) -> None:
    checkpoint = sealing.close()
    stage.clock.advance(seconds=31)
    stage.look_up(stage.new_child())
    stage.clock.advance(seconds=31)
    faults.break_down("GetItem")
    assert stage.look_up(stage.new_child()).json["checkpoint"]["number"] == checkpoint.number


def shown(stage: Stage) -> int:
    """The number of the checkpoint that a lookup shows, once the one before is old."""
    stage.clock.advance(seconds=31)
    return int(stage.look_up(stage.new_child()).json["checkpoint"]["number"])


def api_without_memory(stage: Stage) -> None:
    """A container that has read no checkpoint yet."""
    api.install(replace(stage.services, look_up=replace(stage.services.look_up, checkpoints=new_checkpoints(stage))))


def new_checkpoints(stage: Stage) -> LatestCheckpoint:
    parts = stage.services.parts
    return LatestCheckpoint(parts.tables, parts.history_stamps, HistoryMemory(), stage.clock)

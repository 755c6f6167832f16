"""Every notice is read once and in order, despite parallel writers, lost replies and readers that die."""

import base64
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest

from chalicelib.adapters import telemetry
from chalicelib.adapters.dynamodb.schema import NOTICES, table_name
from chalicelib.domain.access_records import Operator
from chalicelib.domain.child import ChildKey
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.notices import KEPT_FOR, Notice, NoticeKind
from tests.support.by_hand import put_salt
from tests.support.faults import Faults, Killed
from tests.support.log_lines import Metrics, counted
from tests.support.registry import entered
from tests.support.rows import Rows, as_text
from tests.support.stage import AUTHORITIES, STAGE, Stage

WRITERS, EACH = 4, 12


@pytest.fixture
def recipient(stage: Stage) -> str:
    """An authority without any notices."""
    code = f"T{uuid.uuid4().hex[:8]}"
    put_salt(stage.dynamodb, STAGE, code)
    entered(stage, AUTHORITIES[0])
    stage.look_up(stage.new_child())
    return code


def notice(stage: Stage, recipient: str, source: str = "s-1", **changes: Any) -> Notice:
    plain: dict[str, Any] = {
        "recipient": recipient,
        "kind": NoticeKind.LAPSES,
        "source": source,
        "at": stage.clock(),
        "child": ChildKey("C#1#order"),
        "reference": "ref-canary",
        "expires_at": stage.clock(),
    }
    return Notice(**{**plain, **changes})


@contextmanager
def counting() -> Iterator[Metrics]:
    """Counts metrics that are emitted outside of any request."""
    with counted() as metrics:
        telemetry.begin("test")
        yield metrics
        telemetry.emit("test")


def sources(stage: Stage, recipient: str, after: int = 0) -> list[str]:
    return [one.notice.source for one in stage.services.parts.notices.page(recipient, after, 100).waiting]


def test_a_reader_beside_many_writers_misses_nothing_and_sees_nothing_twice(stage: Stage, recipient: str) -> None:
    notices, done = stage.services.parts.notices, Event()

    def write(writer: int) -> None:
        for index in range(EACH):
            notices.post(notice(stage, recipient, f"{writer}-{index}"))

    def follow() -> list[tuple[int, str]]:
        seen: list[tuple[int, str]] = []
        after = 0
        while True:
            last_round = done.is_set()
            page = notices.page(recipient, after, 5)
            seen += [(one.number, one.notice.source) for one in page.waiting]
            if last_round and page.last == after:
                return seen
            after = page.last

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        following = threads.submit(follow)
        for writing in [threads.submit(write, writer) for writer in range(WRITERS)]:
            writing.result()
        done.set()
        seen = following.result()
    assert [number for number, _ in seen] == list(range(1, WRITERS * EACH + 1))
    assert {source for _, source in seen} == {f"{w}-{i}" for w in range(WRITERS) for i in range(EACH)}
    for writer in range(WRITERS):
        mine = [source for _, source in seen if source.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{index}" for index in range(EACH)]


def test_parallel_writers_of_one_source_post_one_notice(stage: Stage, recipient: str) -> None:
    notices = stage.services.parts.notices
    with ThreadPoolExecutor(WRITERS) as threads:
        posted = list(threads.map(lambda _: notices.post(notice(stage, recipient)), range(WRITERS)))
    assert (sum(posted), sources(stage, recipient), notices.page(recipient, 0, 1).given) == (1, ["s-1"], 1)


def test_a_reader_that_died_before_saving_its_cursor_reads_the_same_again(stage: Stage, recipient: str) -> None:
    notices = stage.services.parts.notices
    for index in range(4):
        notices.post(notice(stage, recipient, f"s-{index}"))
    kept = notices.page(recipient, 0, 2).last
    assert notices.page(recipient, kept, 2).last == 4
    notices.post(notice(stage, recipient, "s-4"))
    assert sources(stage, recipient, kept) == ["s-2", "s-3", "s-4"]


def test_a_lost_reply_neither_loses_nor_repeats_a_notice(stage: Stage, faults: Faults, recipient: str) -> None:
    faults.lose_reply("TransactWriteItems", times=1)
    stage.services.parts.notices.post(notice(stage, recipient))
    assert sources(stage, recipient) == ["s-1"]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_writer_that_is_killed_and_repeated_leaves_one_notice(
    stage: Stage, faults: Faults, recipient: str, done: bool
) -> None:
    faults.kill("TransactWriteItems", done=done, times=1)
    notices = stage.services.parts.notices
    with pytest.raises(Killed):
        notices.post(notice(stage, recipient))
    assert notices.post(notice(stage, recipient)) is not done
    assert (sources(stage, recipient), notices.page(recipient, 0, 1).given) == (["s-1"], 1)


def test_a_transaction_that_met_a_conflict_is_tried_again(stage: Stage, faults: Faults, recipient: str) -> None:
    faults.cancel("TransactionConflict", times=2)
    with counting() as metrics:
        assert stage.services.parts.notices.post(notice(stage, recipient))
    assert metrics.count("TransactionConflicts") == 2


def test_a_number_that_another_writer_took_is_not_taken_again(stage: Stage, faults: Faults, recipient: str) -> None:
    notices = stage.services.parts.notices
    reached, released = faults.hold("TransactWriteItems", times=1)
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(notices.post, notice(stage, recipient, "late"))
        reached.wait(timeout=5)
        notices.post(notice(stage, recipient, "quick"))
        released.set()
        assert late.result()
    assert sources(stage, recipient) == ["quick", "late"]


def test_a_head_damaged_by_hand_stops_notices_instead_of_restarting_the_count(
    stage: Stage, rows: Rows, recipient: str
) -> None:
    notices = stage.services.parts.notices
    notices.post(notice(stage, recipient))
    [head] = [row for row in rows.of(f"N#{recipient}", NOTICES) if row["sk"]["S"] == "HEAD"]
    for last in ({"S": "1"}, {"N": "1.5"}, {"N": "-1"}, {"NULL": True}):
        rows.put({**head, "last": last}, NOTICES)
        with counting() as metrics, pytest.raises(Unavailable):
            notices.post(notice(stage, recipient, "s-2"))
        assert metrics.count("UnreadableRows") == 1
    rows.put(head, NOTICES)
    assert notices.post(notice(stage, recipient, "s-2"))


def test_the_table_shows_neither_the_text_of_a_notice_nor_its_source(stage: Stage, rows: Rows, recipient: str) -> None:
    child = ChildKey(f"C#1#{uuid.uuid4()}")
    stage.services.parts.notices.post(notice(stage, recipient, "source-canary", child=child))
    kept = as_text([*rows.of(f"N#{recipient}", NOTICES), *rows.of(child, NOTICES)])
    for word in ("ref-canary", "source-canary", "lapses"):
        assert word not in kept


def test_a_notice_copied_to_another_key_does_not_open(stage: Stage, rows: Rows, recipient: str) -> None:
    notices = stage.services.parts.notices
    for source in ("s-1", "s-2"):
        notices.post(notice(stage, recipient, source))
    first, _ = [row for row in rows.of(f"N#{recipient}", NOTICES) if row["sk"]["S"].startswith("N#")]
    for number in (2, 7):
        rows.put({**first, "sk": {"S": f"N#{number:012}"}}, NOTICES)
    with counting() as metrics:
        page = notices.page(recipient, 0, 100)
    assert ([one.number for one in page.waiting], page.last, page.unreadable) == ([1], 2, 1)
    assert metrics.count("UnreadableRows") == 1


def test_a_number_that_is_filled_while_a_page_is_read_is_not_skipped(
    stage: Stage, recipient: str, faults: Faults
) -> None:
    """DynamoDB reads a page row by row. It may pass number 2 while that is empty, and find number 3 a moment later."""
    notices = stage.services.parts.notices
    notices.post(notice(stage, recipient, "s-1"))

    def torn(reply: Any) -> Any:
        for source in ("s-2", "s-3"):
            notices.post(notice(stage, recipient, source))
        meanwhile = stage.clients.dynamodb_once.get_item(
            TableName=table_name(STAGE, NOTICES), Key={"pk": {"S": f"N#{recipient}"}, "sk": {"S": f"N#{3:012}"}}
        )["Item"]
        as_sent = {name: {"B": base64.b64encode(meanwhile[name]["B"]).decode()} for name in ("sealed", "stamp")}
        return {**reply, "Items": [{**meanwhile, **as_sent}]}

    faults.reword("Query", torn, times=1)
    page = notices.page(recipient, 1, 100)
    rest = sources(stage, recipient, page.last)
    assert [*(one.notice.source for one in page.waiting), *rest] == ["s-2", "s-3"]


def test_every_item_but_the_head_expires_after_ninety_days(stage: Stage, rows: Rows, recipient: str) -> None:
    child = ChildKey(f"C#1#{uuid.uuid4()}")
    posted = notice(stage, recipient, child=child)
    stage.services.parts.notices.post(posted)
    until = {"N": str(int((posted.at + KEPT_FOR).timestamp()))}
    kept = [*rows.of(f"N#{recipient}", NOTICES), *rows.of(child, NOTICES)]
    assert [row.get("ttl") for row in kept if row["sk"]["S"] != "HEAD"] == [until, until]
    assert next(row for row in kept if row["sk"]["S"] == "HEAD").keys() == {"pk", "sk", "last", "written_at", "stamp"}
    assert timedelta(days=90) == KEPT_FOR


def test_an_erasure_that_is_cut_short_goes_on_when_it_is_repeated(stage: Stage, faults: Faults, recipient: str) -> None:
    notices, child = stage.services.parts.notices, ChildKey(f"C#1#{uuid.uuid4()}")
    for index in range(3):
        notices.post(notice(stage, recipient, f"s-{index}", child=child))
    record_of = partial(stage.services.parts.recorder.make_notice_erased, actor=Operator("j.doe", "ticket 12"))
    faults.kill("TransactWriteItems", after=1, times=1)
    with pytest.raises(Killed):
        notices.erase(child, record_of)
    assert notices.erase(child, record_of) == (2, 0)
    assert sources(stage, recipient) == []

"""One authority's many rows of one child: what they cost others, counted in calls and in opened rows."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.involvement_rows import InvolvementRows
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, NOTICES, table_name
from chalicelib.domain.disclosure import ChildRecords
from chalicelib.domain.notices import REGISTERED_A_DAY
from chalicelib.domain.record_limit import HARD_LIMIT, SOFT_LIMIT
from chalicelib.domain.values import replace
from chalicelib.wiring import parts
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, STAGE, Stage
from tests.support.streams import Record, changed, deliver

BATCH = 25

Opened = list[int]


@pytest.fixture
def opened(stage: Stage) -> Any:
    """How many rows each read of a child opened."""
    reads: Opened = []
    store = stage.services.parts.involvements
    plain: Callable[..., ChildRecords] = store.of_child

    class Counting:
        def of_child(self, *args: Any) -> ChildRecords:
            records = plain(*args)
            reads.append(len(records.involvements))
            return records

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

    parts.install(replace(stage.services.parts, involvements=Counting()))
    yield reads
    parts.install(stage.services.parts)


def fill(stage: Stage, rows: Rows, child: str, number: int, authority: str = BRENT) -> None:
    """Rows as an authority could have stored them before there was a limit, or a hand."""
    assert stage.register(child, token=stage.token(authority)).status == 201
    store, made = stage.services.parts.involvements, stage.services.parts
    found = store.of_child(rows.key_of(child), frozenset()).involvements
    one = next(row for row in found if row.authority_code == authority)
    sealed = InvolvementRows(made.sealer)
    items = [
        sealed.sealed(replace(one, reference=f"many-{index:05}", version=made.new_id())) for index in range(number)
    ]
    for start in range(0, number, 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        stage.dynamodb.batch_write_item(RequestItems={table_name(STAGE, INVOLVEMENTS): puts})


def events(stage: Stage, rows: Rows, child: str, kind: str = "E#") -> list[Record]:
    """The stream records of the child's access records."""
    found = [row for row in rows.of(rows.key_of(child), ACCESS) if row["sk"]["S"].startswith(kind)]
    made = [changed(None, row, stage.clock()) for row in found]
    for record in made:
        record["dynamodb"].pop("NewImage")
    return made


def test_a_lookup_of_thousands_of_rows_is_answered_and_names_everybody_else_first(
    stage: Stage, rows: Rows, faults: Faults
) -> None:
    child = stage.new_child()
    fill(stage, rows, child, 2_000)
    stage.register(child, token=stage.token(HARINGEY), service_type="school")
    faults.clear()
    got = stage.look_up(child, token=stage.token(EALING))
    assert got.status == 200
    assert (got.json["known"], got.json["complete"], len(got.json["involvements"])) == (True, False, 51)
    assert {entry["authority"]["code"] for entry in got.json["involvements"][:2]} == {BRENT, HARINGEY}
    calls = Counter(call.operation for call in faults.calls)
    assert calls["Query"] == 2  # one for each megabyte


def test_the_record_beyond_a_limit_is_marked_or_refused_alone_and_one_that_is_there_is_not(
    stage: Stage, rows: Rows, metrics: Metrics
) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    assert stage.register(child, reference, stage.token(BRENT)).status == 201
    fill(stage, rows, child, SOFT_LIMIT - 2)  # and one that is registered
    assert metrics.count("ManyRecords") == 0
    assert stage.register(child, token=stage.token(BRENT)).status == 201
    marks = [row.get("over_soft_limit") for row in rows.access_records(child)]
    assert marks == [None, None, {"S": "authority"}]
    more = stage.new_child()
    fill(stage, rows, more, HARD_LIMIT - 1)
    sent = [{"reference": stage.new_reference(), **stage.body(one)} for one in (more, stage.new_child())]
    reply = stage.call("POST", "/v1/involvement-batches", {"involvements": sent}, token=stage.token(BRENT))
    assert [(row["status"], row.get("problem", {}).get("code")) for row in reply.json["results"]] == [
        (409, "too_many_records"),
        (201, None),
    ]
    assert stage.register(child, reference, stage.token(BRENT), lead_professional=True).status == 200
    assert (metrics.count("ManyRecords"), metrics.count("RecordsRefused")) == (2, 1)


def test_a_batch_of_registrations_of_one_child_reads_and_opens_its_rows_once(
    stage: Stage, rows: Rows, faults: Faults, opened: Opened
) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(HARINGEY))
    for _ in range(BATCH):
        assert stage.register(child, token=stage.token(BRENT)).status == 201
    batch = events(stage, rows, child)[-BATCH:]
    opened.clear()
    faults.clear()
    assert deliver(unattended.post_notices, *batch) == []
    assert opened == [BATCH + 1]
    calls = Counter(call.operation for call in faults.calls)
    posted = [row for row in rows.of(rows.key_of(child), NOTICES) if row["authority"]["S"] == HARINGEY]
    assert 1 <= len(posted) <= REGISTERED_A_DAY
    assert calls["TransactWriteItems"] == len(posted)
    assert calls["Query"] == 1


def test_many_rows_of_one_authority_add_no_call_to_an_event_and_no_notice_to_others(
    stage: Stage, rows: Rows, faults: Faults, opened: Opened
) -> None:
    costs = []
    for number in (0, 400):
        child = stage.new_child()
        stage.register(child, token=stage.token(HARINGEY))
        fill(stage, rows, child, number)
        assert stage.look_up(child, stage.token(EALING)).status == 200
        opened.clear()
        faults.clear()
        assert deliver(unattended.post_notices, *events(stage, rows, child, "L#")) == []
        assert len(opened) == 1
        mine = [row for row in rows.of(rows.key_of(child), NOTICES) if row["authority"]["S"] == HARINGEY]
        costs.append((Counter(call.operation for call in faults.calls)["Query"], len(mine)))
    assert costs == [(1, 1), (1, 1)]


def test_a_watcher_that_is_late_reads_only_the_acts_of_about_the_time_of_each_change(
    stage: Stage, rows: Rows, faults: Faults, metrics: Metrics
) -> None:
    """Otherwise each of hundreds of changes of one child would read all that came after it."""
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    row, at = rows.one_of(child), stage.clock()
    written = changed(None, row, at)
    for _ in range(12):
        stage.clock.advance(minutes=1)
        assert stage.register(child).status == 201
    seen: list[int] = []
    history = stage.services.parts.access_log
    plain = history.acts_of

    class Counting:
        def acts_of(self, *args: Any) -> Any:
            acts = plain(*args)
            seen.append(len(acts))
            return acts

        def __getattr__(self, name: str) -> Any:
            return getattr(history, name)

    parts.install(replace(stage.services.parts, access_log=Counting()))
    try:
        assert deliver(unattended.watch_involvements, written) == []
        assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
        assert deliver(unattended.watch_involvements, changed(row, None, stage.clock())) == []
    finally:
        parts.install(stage.services.parts)
    assert seen == [1, 2]
    assert (metrics.count("RowsEditedByHand"), metrics.count("RowsRemovedUnexplained")) == (0, 0)

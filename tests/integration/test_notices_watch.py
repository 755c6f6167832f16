"""Heads, notices and marks: whatever the service did not do itself raises an alarm."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, NOTICES
from chalicelib.domain.notices import KEPT_FOR, Notice, NoticeKind
from tests.support.by_hand import put_salt
from tests.support.console import operate
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Row, Rows
from tests.support.stage import STAGE, Stage
from tests.support.streams import Letters, Record, changed, deliver, number_of

Change = tuple[Row | None, Row | None]


@dataclass
class Scene:
    """The notices of one child to one authority that has no others."""

    stage: Stage
    rows: Rows
    code: str
    child: str
    seen: dict[tuple[str, str], Row] = field(default_factory=dict)

    @property
    def stored(self) -> dict[tuple[str, str], Row]:
        found = [*self.rows.of(f"N#{self.code}", NOTICES), *self.rows.of(self.rows.key_of(self.child), NOTICES)]
        return {(row["pk"]["S"], row["sk"]["S"]): row for row in found}

    def one(self, prefix: str) -> Row:
        [row] = [row for (_, sk), row in self.stored.items() if sk.startswith(prefix)]
        return row

    def post(self, source: str) -> None:
        child = self.rows.key_of(self.child)
        posted = Notice(
            recipient=self.code, kind=NoticeKind.LOOKED_UP, source=source, at=self.stage.clock(), child=child
        )
        assert self.stage.services.parts.notices.post(posted)

    def changes(self) -> list[Record]:
        """The stream records of everything that has changed since the last call, in any order."""
        before, after = self.seen, self.stored
        self.seen = after
        keys = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
        return [changed(before.get(key), after.get(key), self.stage.clock()) for key in sorted(keys)]

    def watch(self, *records: Record) -> None:
        assert deliver(unattended.watch_notices, *records) == []

    def by_hand(self, before: Row | None, after: Row | None, **later: float) -> None:
        self.watch(changed(before, after, self.stage.clock() + timedelta(**later)))


@pytest.fixture
def scene(stage: Stage, rows: Rows) -> Scene:
    code = stage.new_code()
    put_salt(stage.dynamodb, STAGE, code)
    stage.services.parts.registry.forget()
    return Scene(stage, rows, code, stage.new_child())


def rung(metrics: Metrics) -> float:
    return metrics.count("NoticesTampered")


def numbered(row: Row, number: Any) -> Row:
    return {**row, "last": number}


def test_what_the_service_posts_raises_no_alarm_and_costs_no_read(
    scene: Scene, faults: Faults, metrics: Metrics
) -> None:
    """In whatever order the three stream records come."""
    for order in itertools.permutations(range(3)):
        scene.post(str(order))
        records = scene.changes()
        assert len(records) == 3
        for operation in ("GetItem", "Query"):
            faults.throttle(operation)
        scene.watch(*(records[place] for place in order))
        faults.clear()
    assert rung(metrics) == 0


@pytest.mark.parametrize(
    "last",
    [
        {"N": "1"},
        {"N": "0"},
        {"N": "3"},
        {"N": "4"},
        {"N": "-1"},
        {"N": "2.5"},
        {"S": "3"},
        {"NULL": True},
        {"N": "1000002"},
    ],
)
def test_a_head_that_is_lowered_raised_or_mistyped_by_hand_raises_an_alarm(
    scene: Scene, metrics: Metrics, last: dict[str, Any]
) -> None:
    scene.post("s-1")
    scene.post("s-2")
    head = scene.one("HEAD")
    scene.by_hand(head, numbered(head, last))
    assert rung(metrics) == 1


def test_a_head_that_is_deleted_raises_an_alarm(scene: Scene, metrics: Metrics) -> None:
    scene.post("s-1")
    scene.by_hand(scene.one("HEAD"), None)
    head = {**scene.one("HEAD"), "ttl": {"N": "1"}}
    scene.watch(changed(head, None, scene.stage.clock(), by_ttl=True))
    assert rung(metrics) == 2


def test_an_older_head_that_is_put_back_raises_an_alarm(scene: Scene, metrics: Metrics) -> None:
    """It is stamped, but lower. A reader would no longer be shown the last notice."""
    scene.post("s-1")
    older = scene.one("HEAD")
    scene.post("s-2")
    scene.by_hand(scene.one("HEAD"), older)
    assert rung(metrics) == 1


@pytest.mark.parametrize("last", ["1", "2"])
def test_a_head_that_is_made_by_hand_raises_an_alarm(scene: Scene, metrics: Metrics, last: str) -> None:
    scene.post("s-1")
    forged = numbered(scene.one("HEAD"), {"N": last})
    scene.by_hand(None, {**forged, "stamp": {"B": b"\x01" + bytes(16)}})
    assert rung(metrics) == 1


@pytest.mark.parametrize("prefix", ["HEAD", "N#", "D#"])
def test_a_stamped_item_that_is_put_back_later_raises_an_alarm(scene: Scene, metrics: Metrics, prefix: str) -> None:
    scene.post("s-1")
    scene.by_hand(None, scene.one(prefix), minutes=16)
    assert rung(metrics) == 1


@pytest.mark.parametrize("name", ["stamp", "written_at"])
@pytest.mark.parametrize(
    "value", [None, {"N": "1"}, {"S": "x"}, {"B": b""}, {"B": b"\x01"}, {"B": b"\x07" + bytes(16)}]
)
@pytest.mark.parametrize("prefix", ["HEAD", "N#", "D#"])
def test_an_item_without_its_stamp_raises_an_alarm(
    scene: Scene, metrics: Metrics, prefix: str, name: str, value: dict[str, Any] | None
) -> None:
    scene.post("s-1")
    odd = {key: held for key, held in {**scene.one(prefix), name: value}.items() if held is not None}
    scene.by_hand(None, odd)
    assert rung(metrics) == 1


@pytest.mark.parametrize("prefix", ["N#", "D#"])
@pytest.mark.parametrize("name", ["ttl", "number", "sealed", "another"])
def test_a_notice_or_mark_that_is_changed_raises_an_alarm(
    scene: Scene, metrics: Metrics, prefix: str, name: str
) -> None:
    scene.post("s-1")
    row = scene.one(prefix)
    scene.by_hand(row, {**row, name: {"N": "7"}})
    assert rung(metrics) == 1


@pytest.mark.parametrize("prefix", ["N#", "D#"])
def test_a_notice_or_mark_that_is_removed_by_hand_raises_an_alarm(scene: Scene, metrics: Metrics, prefix: str) -> None:
    scene.post("s-1")
    scene.by_hand(scene.one(prefix), None)
    assert rung(metrics) == 1


@pytest.mark.parametrize("prefix", ["N#", "D#"])
def test_ttl_may_remove_a_notice_or_mark_from_its_own_end_on(
    scene: Scene, faults: Faults, metrics: Metrics, prefix: str
) -> None:
    scene.post("s-1")
    row, end = scene.one(prefix), scene.stage.clock() + KEPT_FOR
    faults.throttle("GetItem")
    scene.watch(changed(row, None, end, by_ttl=True))
    faults.clear()
    assert rung(metrics) == 0
    scene.watch(changed(row, None, end - timedelta(seconds=1), by_ttl=True))
    scene.watch(changed({**row, "ttl": {"S": "1"}}, None, end, by_ttl=True))
    assert rung(metrics) == 2


def test_a_notice_above_the_head_raises_an_alarm(scene: Scene, metrics: Metrics) -> None:
    """The next posting would find its number taken, and so would every later one."""
    scene.post("s-1")
    for sort_key in ("N#000000000002", "N#2", "N#"):
        scene.by_hand(None, {**scene.one("N#"), "sk": {"S": sort_key}})
    assert rung(metrics) == 3


def test_a_mark_that_is_planted_under_another_child_raises_an_alarm_and_an_erasure_leaves_its_notice(
    scene: Scene, metrics: Metrics
) -> None:
    scene.post("s-1")
    other = scene.stage.new_child()
    planted = {**scene.one("D#"), "pk": {"S": scene.rows.key_of(other)}}
    scene.by_hand(None, planted)
    assert rung(metrics) == 1
    scene.rows.put(planted, NOTICES)
    scene.stage.register(other)
    assert operate("erase_child", nhs_number=other)["done"]
    assert scene.rows.of(scene.rows.key_of(other), NOTICES) == []
    assert scene.one("N#")


def test_an_erasure_explains_the_notices_and_marks_that_go(scene: Scene, metrics: Metrics) -> None:
    scene.stage.register(scene.child)
    for source in ("s-1", "s-2"):
        scene.post(source)
    scene.changes()
    assert operate("erase_child", nhs_number=scene.child)["done"]
    scene.stage.clock.advance(hours=5)
    gone = scene.changes()
    assert [record["eventName"] for record in gone] == ["REMOVE"] * 4
    scene.watch(*gone)
    assert rung(metrics) == 0


def test_the_access_record_of_an_erasure_names_no_child(scene: Scene) -> None:
    scene.stage.register(scene.child)
    scene.post("s-1")
    assert operate("erase_child", nhs_number=scene.child)["done"]
    [record] = scene.rows.of(f"A#{scene.code}", ACCESS)
    assert (record["act"], record["requested_by"]) == ({"S": "notice_erased"}, {"S": "j.doe"})
    assert scene.rows.key_of(scene.child) not in str(record)


def test_an_erasure_explains_no_other_notice(scene: Scene, metrics: Metrics) -> None:
    scene.stage.register(scene.child)
    scene.post("s-1")
    notice, mark = scene.one("N#"), scene.one("D#")
    assert operate("erase_child", nhs_number=scene.child)["done"]
    scene.by_hand({**notice, "sk": {"S": "N#000000000002"}}, None)
    scene.by_hand({**mark, "number": {"N": "2"}}, None)
    scene.by_hand({**mark, "authority": {"S": "E09000014"}}, None)
    later = {"N": str(int(datetime.now(UTC).timestamp()) + 9_999_999)}
    scene.by_hand({**notice, "ttl": later}, None)
    assert rung(metrics) == 4


def test_an_erasure_of_what_was_erased_before_and_put_back_by_hand_succeeds(scene: Scene, metrics: Metrics) -> None:
    scene.stage.register(scene.child)
    scene.post("s-1")
    notice, mark = scene.one("N#"), scene.one("D#")
    assert operate("erase_child", nhs_number=scene.child)["done"]
    for row in (notice, mark):
        scene.rows.put(row, NOTICES)
    scene.changes()
    assert operate("erase_child", nhs_number=scene.child)["done"]
    scene.watch(*scene.changes())
    assert rung(metrics) == 0
    assert scene.rows.of(scene.rows.key_of(scene.child), NOTICES) == []


def test_no_removal_counts_as_explained_while_access_records_cannot_be_read(
    scene: Scene, faults: Faults, metrics: Metrics
) -> None:
    scene.post("s-1")
    record = changed(scene.one("N#"), None, scene.stage.clock())
    faults.throttle("GetItem")
    assert deliver(unattended.watch_notices, record) == [number_of(record)]
    faults.clear()
    assert rung(metrics) == 0
    scene.watch(record)
    assert rung(metrics) == 1


def test_a_stream_record_without_images_is_put_aside_alone(scene: Scene, metrics: Metrics, letters: Letters) -> None:
    scene.post("s-1")
    first, bad, last = (changed(row, None, scene.stage.clock()) for row in scene.stored.values())
    del bad["dynamodb"]["OldImage"]
    assert deliver(unattended.watch_notices, first, bad, last) == []
    assert [letter["sequence_number"] for letter in letters()] == [number_of(bad)]
    assert rung(metrics) == 2

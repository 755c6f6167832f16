"""What one batch of stream records has read and posted."""

from collections.abc import Set
from datetime import timedelta

import pytest

from chalicelib.application.unattended.batch_memory import KEPT_FOR, MOST_CHILDREN, NoticesOfBatch, RecordsOfBatch
from chalicelib.domain.child import ChildKey
from chalicelib.domain.disclosure import ChildRecords
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.notices import about_to_lapse
from tests.support.examples import CHILD, NOW
from tests.support.fakes import FakeClock, FakeInvolvements, FakeNotices

NOBODY: frozenset[str] = frozenset()


class Counted(FakeInvolvements):
    reads = 0

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords:
        self.reads += 1
        return super().of_child(child, passing_over)


def test_a_child_is_read_once_for_two_seconds() -> None:
    store, clock = Counted(), FakeClock(NOW)
    records = RecordsOfBatch(store, clock)
    for _ in range(25):
        records.of_child(CHILD, NOBODY)
    assert store.reads == 1
    clock.now += KEPT_FOR + timedelta(seconds=1)
    records.of_child(CHILD, NOBODY)
    assert store.reads == 2


def test_only_a_few_children_are_remembered_so_memory_stays_small() -> None:
    store = Counted()
    records = RecordsOfBatch(store, FakeClock(NOW))
    children = [ChildKey(f"C#1#{number}") for number in range(MOST_CHILDREN + 1)]
    for child in [*children, *children[1:], children[0]]:
        records.of_child(child, NOBODY)
    assert store.reads == len(children) + 1


def test_a_read_that_failed_is_made_again() -> None:
    store = Counted(broken=True)
    records = RecordsOfBatch(store, FakeClock(NOW))
    with pytest.raises(Unavailable):
        records.of_child(CHILD, NOBODY)
    store.broken = False
    assert records.of_child(CHILD, NOBODY) == ChildRecords()


def test_a_notice_of_one_source_is_posted_once_and_after_a_failure_again() -> None:
    store = FakeNotices(broken=True)
    notices = NoticesOfBatch(store)
    notice = about_to_lapse("A1", "ref", CHILD, NOW, days=30, at=NOW)
    with pytest.raises(Unavailable):
        notices.post(notice)
    store.broken = False
    assert [notices.post(notice), notices.post(notice)] == [True, False]
    store.broken = True
    assert not notices.post(notice)

"""What every DueEntries does: it finds the entries that are due, and reschedules only those that still are."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from chalicelib.adapters.unattended.due_index import DueIndex
from chalicelib.application.store_errors import Conflict
from chalicelib.application.unattended.ports import Due, DueEntries
from chalicelib.domain.involvement import Involvement
from chalicelib.domain.values import replace
from tests.support.examples import act, involvement, write
from tests.support.fakes import FakeDueEntries

from .conftest import FakeSubject, Subject


@dataclass
class Queue:
    entries: DueEntries
    subject: Subject

    def save(self, reference: str, day: date) -> Involvement:
        subject = self.subject
        row = involvement(subject.new_child(), subject.codes[0], reference, subject.new_id(), subject.clock())
        before = subject.involvements.entry(row.authority_code, reference)
        record = act(row, subject.new_id())
        subject.involvements.save(replace(write(row, before, record), due_on=day))
        return row

    def on(self, day: date) -> list[Due]:
        """Those of this test's authorities."""
        return [due for due in self.entries.on(day) if due.authority_code in self.subject.codes]


@pytest.fixture
def queue(subject: Subject, request: pytest.FixtureRequest) -> Queue:
    if isinstance(subject, FakeSubject):
        return Queue(FakeDueEntries(involvements=subject.involvements), subject)
    return Queue(DueIndex(request.getfixturevalue("stage").services.parts.tables), subject)


DAY = date(2031, 5, 17)
NEXT = DAY + timedelta(days=1)


def test_every_entry_is_found_on_its_day_and_no_other(queue: Queue) -> None:
    references = {f"ref-{number}" for number in range(12)}
    for reference in references:
        queue.save(reference, DAY)
    queue.save("other", NEXT)
    assert {due.reference for due in queue.on(DAY)} == references
    assert [due.reference for due in queue.on(NEXT)] == ["other"]
    assert queue.on(DAY - timedelta(days=1)) == []


def test_an_entry_is_rescheduled_to_another_day(queue: Queue) -> None:
    queue.save("ref", DAY)
    [due] = queue.on(DAY)
    queue.entries.reschedule(due, NEXT)
    assert queue.on(DAY) == []
    [rescheduled] = queue.on(NEXT)
    assert (rescheduled.reference, rescheduled.day) == ("ref", NEXT)


def test_an_entry_that_need_not_be_looked_at_is_due_on_no_day(queue: Queue) -> None:
    row = queue.save("ref", DAY)
    [due] = queue.on(DAY)
    queue.entries.reschedule(due, None)
    assert queue.on(DAY) == []
    assert queue.subject.involvements.entry(row.authority_code, "ref") is not None


def test_an_entry_that_was_written_meanwhile_is_not_rescheduled(queue: Queue) -> None:
    queue.save("ref", DAY)
    [due] = queue.on(DAY)
    queue.save("ref", NEXT)
    with pytest.raises(Conflict):
        queue.entries.reschedule(due, DAY + timedelta(days=9))
    assert [one.reference for one in queue.on(NEXT)] == ["ref"]


def test_rescheduling_does_not_bring_a_deleted_entry_back(queue: Queue) -> None:
    row = queue.save("ref", DAY)
    [due] = queue.on(DAY)
    subject = queue.subject
    entry = subject.involvements.entry(row.authority_code, "ref")
    assert entry is not None
    subject.involvements.withdraw(row.authority_code, entry, act(row, subject.new_id()))
    with pytest.raises(Conflict):
        queue.entries.reschedule(due, NEXT)
    assert subject.involvements.entry(row.authority_code, "ref") is None

"""The repeat of a write whose reply was lost."""

from tests.support.examples import act, involvement, write

from .conftest import Subject
from .test_involvement_store import of_child


def test_a_repeated_write_finds_its_own_version_and_succeeds_once(subject: Subject) -> None:
    row = involvement(subject.new_child(), subject.codes[0], "ref", subject.new_id(), subject.clock())
    change = write(row, None, act(row, subject.new_id()))
    subject.involvements.save(change)
    subject.involvements.save(change)
    assert of_child(subject, row.child) == (row,)
    assert subject.acts(row.child) == [("registered", row.version)]

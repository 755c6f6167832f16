"""What every Supersession does, and every InvolvementStore about a superseded number."""

from datetime import date

import pytest

from chalicelib.application.store_errors import Conflict, PointerFound
from chalicelib.application.supersession import ChildKeys
from chalicelib.domain.access_records import Act, ActRecord
from chalicelib.domain.child import ChildKey
from chalicelib.domain.values import replace
from tests.support.examples import act, involvement, write

from .conftest import Subject

NOBODY: frozenset[str] = frozenset()


def supersede(subject: Subject, old: ChildKey, new: ChildKey) -> None:
    keys = subject.supersession.keys_of(old)
    subject.supersession.supersede(keys, subject.supersession.keys_of(new), records_of(subject, keys.all, new))


def records_of(subject: Subject, keys: tuple[ChildKey, ...], new: ChildKey) -> list[ActRecord]:
    """The access records of superseding: one under each key."""
    row = involvement(new, subject.codes[0], "ref", subject.new_id(), subject.clock())
    made = [
        replace(act(replace(row, child=key), subject.new_id(), Act.SUPERSEDED), present=new, reference=None)
        for key in keys
    ]
    return [*made, replace(act(row, subject.new_id(), Act.SUPERSEDES), reference=None)]


def test_a_child_with_one_number_has_one_key(subject: Subject) -> None:
    child = subject.new_child()
    assert subject.supersession.keys_of(child) == ChildKeys(child, (), None)
    assert not subject.supersession.needs_tracing(child)


def test_every_key_of_a_child_is_found_from_any_of_them(subject: Subject) -> None:
    one, two, three = (subject.new_child() for _ in range(3))
    supersede(subject, one, two)
    supersede(subject, two, three)
    for key in (one, two, three):
        assert subject.supersession.keys_of(key).all == (one, two, three)
        assert subject.supersession.needs_tracing(key) == (key != three)


def test_superseding_with_keys_that_have_changed_conflicts(subject: Subject) -> None:
    one, two, three = (subject.new_child() for _ in range(3))
    stale, new = subject.supersession.keys_of(two), subject.supersession.keys_of(three)
    supersede(subject, one, two)
    with pytest.raises(Conflict):
        subject.supersession.supersede(stale, new, records_of(subject, (two,), three))
    assert subject.supersession.keys_of(one).all == (one, two)


@pytest.mark.parametrize(
    ("meanwhile", "stale"),
    [((0, 2), (1, 2)), ((1, 2), (0, 1)), ((0, 1), (0, 2))],
    ids=["another number joined the child", "the new number was superseded", "the old number was superseded"],
)
def test_if_two_supersede_at_once_the_second_conflicts(
    subject: Subject, meanwhile: tuple[int, int], stale: tuple[int, int]
) -> None:
    keys = [subject.supersession.keys_of(subject.new_child()) for _ in range(3)]

    def join(old: ChildKeys, new: ChildKeys) -> None:
        subject.supersession.supersede(old, new, records_of(subject, old.all, new.present))

    join(*(keys[number] for number in meanwhile))
    with pytest.raises(Conflict):
        join(*(keys[number] for number in stale))


def test_rows_and_shields_under_any_key_belong_to_the_child(subject: Subject) -> None:
    old, new = subject.new_child(), subject.new_child()
    rows = []
    for child, code in zip((old, new), subject.codes, strict=True):
        row = involvement(child, code, "ref", subject.new_id(), subject.clock())
        subject.involvements.save(write(row, None, act(row, subject.new_id())))
        rows.append(row)
    subject.involvements.shield(old, "threats", date(2099, 1, 1), act(rows[0], subject.new_id(), Act.SHIELDED))
    supersede(subject, old, new)
    for child in (old, new):
        records = subject.involvements.of_child(child, NOBODY)
        assert (set(records.involvements), records.shielded, records.unreadable) == (set(rows), True, 0)


def test_a_new_record_that_needs_a_number_in_use_is_refused_with_where_the_pointer_leads(subject: Subject) -> None:
    old, new, retired = (subject.new_child() for _ in range(3))
    supersede(subject, old, new)
    row = involvement(old, subject.codes[0], "ref", subject.new_id(), subject.clock())
    subject.supersession.retire(retired, retiring(subject, retired))
    for child, leads_to in ((old, new), (retired, retired)):
        there = replace(row, child=child)
        with pytest.raises(PointerFound) as landing:
            subject.involvements.save(
                replace(write(there, None, act(there, subject.new_id())), needs_number_in_use=True)
            )
        assert landing.value.leads_to == leads_to
        assert subject.involvements.of_child(child, NOBODY).involvements == ()


def test_a_shield_is_taken_under_any_number(subject: Subject) -> None:
    old, new, retired = (subject.new_child() for _ in range(3))
    supersede(subject, old, new)
    subject.supersession.retire(retired, retiring(subject, retired))
    for child in (old, retired):
        row = involvement(child, subject.codes[0], "ref", subject.new_id(), subject.clock())
        assert subject.involvements.shield(
            child, "threats", date(2099, 1, 1), act(row, subject.new_id(), Act.SHIELDED)
        ).created
    assert all(subject.involvements.of_child(child, NOBODY).shielded for child in (old, new, retired))


def test_a_record_goes_to_the_present_key_only_while_both_are_one_child(subject: Subject) -> None:
    old, new, other = (subject.new_child() for _ in range(3))
    row = involvement(old, subject.codes[0], "ref", subject.new_id(), subject.clock())
    subject.involvements.save(write(row, None, act(row, subject.new_id())))
    entry = subject.involvements.entry(row.authority_code, "ref")
    there = replace(row, child=new, version=subject.new_id())
    change = replace(write(there, entry, act(there, subject.new_id(), Act.REPLACED)), renumbers=True)
    with pytest.raises(Conflict):
        subject.involvements.save(change)
    supersede(subject, old, new)
    supersede(subject, new, other)
    with pytest.raises(Conflict):
        subject.involvements.save(change)
    there = replace(row, child=other, version=subject.new_id())
    subject.involvements.save(replace(write(there, entry, act(there, subject.new_id(), Act.REPLACED)), renumbers=True))
    assert subject.involvements.of_child(old, NOBODY).involvements == (there,)


def retiring(subject: Subject, child: ChildKey) -> ActRecord:
    row = involvement(child, subject.codes[0], "ref", subject.new_id(), subject.clock())
    return replace(act(row, subject.new_id(), Act.NUMBER_RETIRED), reference=None)


def test_a_retired_number_stays_one_child_and_is_read_as_before(subject: Subject) -> None:
    child = subject.new_child()
    row = involvement(child, subject.codes[0], "ref", subject.new_id(), subject.clock())
    subject.involvements.save(write(row, None, act(row, subject.new_id())))
    assert not subject.supersession.needs_tracing(child)
    subject.supersession.retire(child, retiring(subject, child))
    assert subject.supersession.needs_tracing(child)
    assert subject.supersession.keys_of(child) == ChildKeys(child, (), None, retired=True)
    records = subject.involvements.of_child(child, NOBODY)
    assert (records.involvements, records.trace_number) == ((row,), True)
    with pytest.raises(Conflict):
        subject.supersession.retire(child, retiring(subject, child))


def test_a_present_number_may_be_retired_and_a_retired_one_superseded(subject: Subject) -> None:
    first, second, third = (subject.new_child() for _ in range(3))
    supersede(subject, first, second)
    subject.supersession.retire(second, retiring(subject, second))
    assert subject.supersession.keys_of(first) == replace(subject.supersession.keys_of(second), retired=True)
    assert [subject.involvements.of_child(key, NOBODY).trace_number for key in (first, second)] == [True, True]
    supersede(subject, second, third)
    assert subject.supersession.keys_of(first).all == (first, second, third)
    assert not subject.supersession.keys_of(first).retired
    assert [subject.involvements.of_child(key, NOBODY).trace_number for key in (first, second, third)] == [
        True,
        True,
        False,
    ]

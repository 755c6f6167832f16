"""What every Supersession does, and every InvolvementStore about a superseded number."""

from datetime import date

import pytest

from chalicelib.application.ports import ChildKeys
from chalicelib.application.store_errors import Conflict, Superseded
from chalicelib.domain.access_records import Act
from chalicelib.domain.child import ChildKey
from chalicelib.domain.values import replace
from tests.support.examples import act, involvement, write

from .conftest import Subject

NOBODY: frozenset[str] = frozenset()


def supersede(subject: Subject, old: ChildKey, new: ChildKey) -> None:
    keys = subject.supersession.keys_of(old)
    row = involvement(old, subject.codes[0], "ref", subject.new_id(), subject.clock())
    records = [
        replace(act(replace(row, child=key), subject.new_id(), Act.SUPERSEDED), present=new, reference=None)
        for key in keys.all
    ]
    subject.supersession.supersede(keys, subject.supersession.keys_of(new), records)


def test_a_child_with_one_number_has_one_key(subject: Subject) -> None:
    child = subject.new_child()
    assert subject.supersession.keys_of(child) == ChildKeys(child, (), None)
    assert subject.involvements.present_key(child) == child


def test_every_key_of_a_child_is_found_from_any_of_them(subject: Subject) -> None:
    one, two, three = (subject.new_child() for _ in range(3))
    supersede(subject, one, two)
    supersede(subject, two, three)
    for key in (one, two, three):
        assert subject.supersession.keys_of(key).all == (one, two, three)
        assert subject.involvements.present_key(key) == three


def test_superseding_with_keys_that_have_changed_conflicts(subject: Subject) -> None:
    one, two, three = (subject.new_child() for _ in range(3))
    stale, new = subject.supersession.keys_of(two), subject.supersession.keys_of(three)
    supersede(subject, one, two)
    record = act(involvement(two, subject.codes[0], "ref", subject.new_id(), subject.clock()), subject.new_id())
    with pytest.raises(Conflict):
        subject.supersession.supersede(stale, new, [record])
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
        row = involvement(old.present, subject.codes[0], "ref", subject.new_id(), subject.clock())
        record = replace(act(row, subject.new_id(), Act.SUPERSEDED), present=new.present, reference=None)
        subject.supersession.supersede(old, new, [record])

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


def test_a_new_record_or_shield_under_a_superseded_number_is_refused_with_the_present_key(subject: Subject) -> None:
    old, new = subject.new_child(), subject.new_child()
    supersede(subject, old, new)
    row = involvement(old, subject.codes[0], "ref", subject.new_id(), subject.clock())
    with pytest.raises(Superseded) as landing:
        subject.involvements.save(replace(write(row, None, act(row, subject.new_id())), new_to_child=True))
    with pytest.raises(Superseded) as shielding:
        subject.involvements.shield(old, "threats", date(2099, 1, 1), act(row, subject.new_id(), Act.SHIELDED))
    assert landing.value.present == shielding.value.present == new
    assert subject.involvements.of_child(new, NOBODY).involvements == ()

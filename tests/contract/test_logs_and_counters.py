"""What every AccessLog and every Usage does."""

from datetime import timedelta

import pytest

from chalicelib.domain.access_records import Act
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.values import replace
from tests.support.examples import a_caller, act, involvement, lookup

from .conftest import Subject


def test_a_lookup_is_recorded_under_its_child(subject: Subject) -> None:
    child = subject.new_child()
    ids = [subject.new_id(), subject.new_id()]
    for id_ in ids:
        subject.access_log.append_lookup(lookup(child, id_, subject.clock()))
    assert sorted(subject.lookups(child)) == sorted(ids)
    assert subject.lookups(subject.new_child()) == []


def test_an_act_is_recorded_under_its_child(subject: Subject) -> None:
    row = involvement(subject.new_child(), subject.codes[0], "ref", subject.new_id(), subject.clock())
    subject.access_log.append_act(act(row, subject.new_id(), Act.READ))
    assert subject.acts(row.child) == [("read", row.version)]


def test_the_latest_lookups_of_a_child_come_newest_first_up_to_the_limit(subject: Subject) -> None:
    child, at = subject.new_child(), subject.clock()
    records = [lookup(child, subject.new_id(), at - timedelta(days=days)) for days in (9, 5, 1)]
    records.sort(key=lambda record: record.id)
    for record in (*records, lookup(subject.new_child(), subject.new_id(), at)):
        subject.access_log.append_lookup(record)
    subject.access_log.append_act(
        act(involvement(child, subject.codes[0], "ref", subject.new_id(), at), subject.new_id())
    )
    latest = subject.access_log.latest_lookups(child, 2)
    assert [one.id for one in latest.lookups] == [records[2].id, records[1].id]
    assert latest.unreadable == 0
    before = subject.access_log.latest_lookups(child, 25, records[0].at - timedelta(days=30))
    assert before.lookups == ()
    newest = latest.lookups[0]
    assert (newest.at, newest.purpose) == (records[2].at, records[2].purpose)
    asker = records[2].caller
    expected = (asker.authority.code, asker.practitioner_id, asker.role)
    assert (newest.authority_code, newest.practitioner_id, newest.role) == expected
    assert subject.access_log.latest_lookups(subject.new_child(), 25).lookups == ()


def test_the_same_access_record_is_stored_once(subject: Subject) -> None:
    row = involvement(subject.new_child(), subject.codes[0], "ref", subject.new_id(), subject.clock())
    record = act(row, subject.new_id(), Act.READ)
    for _ in range(2):
        subject.access_log.append_act(record)
    assert subject.acts(row.child) == [("read", row.version)]


def test_an_access_record_is_never_overwritten_by_another(subject: Subject) -> None:
    row = involvement(subject.new_child(), subject.codes[0], "ref", subject.new_id(), subject.clock())
    record = act(row, subject.new_id(), Act.READ)
    subject.access_log.append_act(record)
    with pytest.raises(Unavailable):
        subject.access_log.append_act(replace(record, act=Act.AMENDED))
    asked = lookup(row.child, subject.new_id(), subject.clock())
    subject.access_log.append_lookup(asked)
    with pytest.raises(Unavailable):
        subject.access_log.append_lookup(replace(asked, case_reference="another"))
    assert subject.acts(row.child) == [("read", row.version)]


def test_lookups_are_counted_by_hour_and_day_for_each_practitioner(subject: Subject) -> None:
    one, other = a_caller(subject.codes[0], "sw-1"), a_caller(subject.codes[0], "sw-2")
    subject.clock.now = subject.clock.now.replace(hour=10)
    assert subject.usage.count_lookup(one).practitioner_hour == 1
    assert subject.usage.count_lookup(one).practitioner_hour == 2
    assert subject.usage.count_lookup(other).practitioner_hour == 1
    subject.clock.now += timedelta(hours=1)
    counts = subject.usage.count_lookup(one)
    assert (counts.practitioner_hour, counts.practitioner_day) == (1, 3)
    subject.clock.now += timedelta(days=1)
    counts = subject.usage.count_lookup(one)
    assert (counts.practitioner_hour, counts.practitioner_day) == (1, 1)


def test_an_authoritys_day_counts_all_its_practitioners_settled_or_not(subject: Subject) -> None:
    subject.clock.now = subject.clock.now.replace(hour=10)
    for expected in range(1, 7):
        counts = subject.usage.count_lookup(a_caller(subject.codes[0], f"sw-{expected % 2}"))
        assert counts.authority_day == expected
        subject.clock.now += timedelta(seconds=20)
        if expected % 2:
            subject.usage.settle(subject.codes[0])
    assert subject.usage.count_lookup(a_caller(subject.codes[1])).authority_day == 1


def test_the_people_of_an_authority_are_counted_once_a_day_each_settled_or_not(subject: Subject) -> None:
    code = subject.codes[0]
    subject.clock.now = subject.clock.now.replace(hour=10)
    for number, people in enumerate((1, 2, 2, 3, 3, 4)):
        sub = f"sw-{(0, 1, 0, 2, 1, 3)[number]}"
        assert subject.usage.count_lookup(a_caller(code, sub)).people_day == people
        if number % 2:
            subject.usage.settle(code)
    assert subject.usage.count_lookup(a_caller(subject.codes[1], "sw-0")).people_day == 1
    subject.clock.now += timedelta(days=1)
    assert subject.usage.count_lookup(a_caller(code, "sw-0")).people_day == 1


def test_the_same_name_in_two_authorities_is_two_practitioners(subject: Subject) -> None:
    for code in subject.codes:
        assert subject.usage.count_lookup(a_caller(code, "sw-1")).practitioner_day == 1

"""The sweep, with a clock that the tests set."""

from datetime import timedelta

import pytest

from chalicelib.application.unattended.ports import Due
from chalicelib.domain.notices import NoticeKind
from chalicelib.domain.retention import Schedule
from chalicelib.domain.values import replace
from tests.support.examples import TODAY, a_caller

from .sweeping import END, add_years_to, confirmed, ended, posted, register, sweep_all_day
from .world import World


def test_a_record_that_has_ended_is_deleted_with_its_entry_and_recorded(world: World) -> None:
    entry = register(world)
    world.clock.now = END
    assert world.sweep()
    assert (world.store.rows, world.store.entries) == ({}, {})
    assert world.acts == ["registered", "expired"]
    record = world.log.acts[-1]
    assert (record.at, record.concerns, record.reference, record.version) == (END, "A1", "ref", entry.version)
    assert world.meter["Expired"] == 1


def test_a_record_is_not_deleted_a_second_before_its_end(world: World) -> None:
    register(world)
    world.clock.now = END - timedelta(seconds=1)
    world.sweep()
    assert world.acts == ["registered"]


def test_the_owner_is_notified_ninety_and_thirty_days_before(world: World) -> None:
    register(world)
    for days in range(100, -1, -1):
        sweep_all_day(world, END - timedelta(days=days))
    assert [(notice.kind, END - notice.at) for notice in posted(world)] == [
        (NoticeKind.LAPSES, timedelta(days=90)),
        (NoticeKind.LAPSES, timedelta(days=30)),
    ]
    assert all(notice.expires_at == END for notice in posted(world))
    assert world.store.rows == {}


@pytest.mark.parametrize("days", [90, 60, 30, 1])
def test_one_confirmation_renews_the_record_for_the_whole_period(world: World, days: int) -> None:
    register(world)
    world.clock.now = END - timedelta(days=days)
    world.sweep()
    world.amend("ref", confirmed(world.clock.now.date()), a_caller("A1"))
    world.clock.now = END + timedelta(days=1)
    world.sweep()
    [row] = world.store.rows.values()
    assert row.expires_at == add_years_to(END - timedelta(days=days), 2)
    assert "expired" not in world.acts


def test_a_renewed_record_gets_its_notices_again(world: World) -> None:
    register(world)
    sweep_all_day(world, END - timedelta(days=90))
    world.amend("ref", confirmed(world.clock.now.date()), a_caller("A1"))
    [row] = world.store.rows.values()
    for days in (90, 30):
        sweep_all_day(world, row.expires_at - timedelta(days=days))
    assert [(notice.expires_at, notice.source.rpartition("#")[2]) for notice in posted(world)] == [
        (END, "90"),
        (row.expires_at, "90"),
        (row.expires_at, "30"),
    ]


def test_a_record_of_ended_work_is_deleted_without_a_notice(world: World) -> None:
    register(world)
    world.amend("ref", ended(TODAY), a_caller("A1"))
    [row] = world.store.rows.values()
    for days in (90, 30, 0):
        sweep_all_day(world, row.expires_at - timedelta(days=days))
    assert posted(world) == []
    assert world.store.rows == {}


def test_if_no_sweep_ran_for_days_the_next_one_catches_up(world: World) -> None:
    register(world)
    world.clock.now = END - timedelta(days=87)
    world.sweep()
    assert len(posted(world)) == 1
    world.clock.now = END + timedelta(days=3)
    world.sweep()
    assert world.store.rows == {}
    assert world.meter["OldestOverdueHours"] == 72


def test_a_notice_is_posted_once_even_if_its_entry_could_not_be_rescheduled(world: World) -> None:
    register(world)
    world.clock.now = END - timedelta(days=90)
    late = world.due
    late.late = [*late.on(world.clock.now.date())]
    world.sweep(due=late)
    world.sweep(due=late)
    assert len(posted(world)) == 1
    assert world.store.due["A1", "ref"] == (END - timedelta(days=30)).date()


@pytest.mark.parametrize("gone", [True, False])
def test_the_entry_decides_even_if_the_index_is_out_of_date(world: World, gone: bool) -> None:
    register(world)
    world.clock.now = END
    late = world.due
    late.late = [Due(authority_code="A1", reference="ref", day=END.date(), shard=0)]
    if gone:
        world.withdraw("ref", a_caller("A1"))
    else:
        world.clock.now = END - timedelta(days=1)
        world.amend("ref", confirmed(world.clock.now.date()), a_caller("A1"))
        world.clock.now = END
    before = dict(world.store.rows)
    world.sweep(due=late)
    assert world.store.rows == before
    assert "expired" not in world.acts


def test_an_authority_missing_from_the_registry_gets_no_notice_and_delays_nobody(world: World) -> None:
    register(world)
    register(world, "other", "A2")
    del world.registry.known["A1"]
    sweep_all_day(world, END - timedelta(days=90))
    assert (posted(world, "A1"), len(posted(world, "A2"))) == ([], 1)
    world.clock.now = END
    world.sweep()
    assert world.store.rows == {}


def test_a_tombstone_stays_and_leaves_the_index(world: World) -> None:
    entry = register(world)
    world.store.entries["A1", "ref"] = replace(entry, erased=True)
    world.store.rows.clear()
    world.clock.now = END
    world.sweep()
    assert world.store.entries["A1", "ref"].erased
    assert world.store.due == {}
    assert world.acts == ["registered"]


def test_an_entry_whose_row_was_deleted_by_ttl_is_deleted_too(world: World) -> None:
    register(world)
    world.store.rows.clear()
    world.clock.now = END
    world.sweep()
    assert world.store.entries == {}


def test_if_time_runs_out_the_next_sweep_goes_on(world: World) -> None:
    for number in range(7):
        register(world, f"ref-{number}")
    world.clock.now = END
    time = iter([True] * 3)
    assert not world.sweep(lambda: next(time, False))
    assert len(world.store.rows) == 4
    assert (world.meter["SweepsUnfinished"], world.meter["Sweeps"]) == (1, 0)
    assert world.sweep()
    assert (world.store.rows, world.store.entries) == ({}, {})
    assert world.acts.count("expired") == 7


def test_the_sweep_looks_back_beyond_the_first_notice_and_the_longest_restore(world: World) -> None:
    due = world.due
    world.sweep(due=due)
    assert due.asked == sorted(due.asked)
    assert (due.asked[0], due.asked[-1]) == (TODAY - timedelta(days=97), TODAY)


def test_a_stage_without_lapse_notices_is_swept_too(world: World) -> None:
    register(world)
    for days in (90, 0):
        world.clock.now = END - timedelta(days=days)
        assert world.sweep(schedule=Schedule(notice_days=()))
    assert (posted(world), world.store.rows) == ([], {})


def test_a_record_that_was_not_swept_since_its_first_notice_is_deleted_at_its_end(world: World) -> None:
    register(world)
    world.clock.now = END + timedelta(hours=71)
    world.sweep()
    assert world.store.rows == {}
    assert posted(world) == []

"""The sweep, if entries cannot be read, records cannot be deleted or notices cannot be posted."""

from datetime import timedelta

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.values import replace
from tests.support.examples import NOW, TODAY, an_authority

from .sweeping import END, posted, register, sweep_all_day
from .world import World


def test_a_damaged_entry_stays_and_is_counted_every_day(world: World) -> None:
    entry = register(world)
    world.store.entries["A1", "ref"] = replace(entry, damaged=True)
    for days in range(3):
        sweep_all_day(world, END + timedelta(days=days))
    assert world.meter["SweepLeft"] == 3
    assert ("A1", "ref") in world.store.entries


def test_an_unreadable_entry_stays_and_is_counted(world: World) -> None:
    register(world)
    world.store.damaged_entries.add("ref")
    world.clock.now = END
    assert world.sweep()
    assert world.meter["SweepLeft"] == 1
    assert world.store.due["A1", "ref"] == END.date() + timedelta(days=1)


def test_an_entry_that_was_shortened_by_hand_does_not_delete_its_row(world: World) -> None:
    entry = register(world)
    world.store.entries["A1", "ref"] = replace(entry, expires_at=NOW)
    world.store.due["A1", "ref"] = TODAY
    world.sweep()
    assert len(world.store.rows) == 1
    assert world.meter["SweepLeft"] == 1


def test_a_notice_that_could_not_be_posted_is_posted_by_a_later_sweep(world: World) -> None:
    for number in range(3):
        register(world, f"ref-{number}", "A1" if number else "A2")
    world.notices.broken = True
    world.clock.now = END - timedelta(days=90)
    assert world.sweep()
    assert world.meter["SweepFailures"] == 2
    world.notices.broken = False
    world.sweep()
    assert (len(posted(world)), len(posted(world, "A2"))) == (2, 1)


def test_one_authority_that_cannot_be_notified_delays_nobody(world: World) -> None:
    for number in range(9):
        register(world, f"ref-{number}", "A2")
    register(world)
    world.notices.broken_for = {"A2"}
    world.clock.now = END - timedelta(days=90)
    assert world.sweep()
    assert (len(posted(world, "A2")), len(posted(world))) == (0, 1)
    assert world.meter["SweepFailures"] == 1
    world.clock.now = END
    assert world.sweep()
    assert world.store.rows == {}


def test_one_authority_whose_records_cannot_be_deleted_delays_nobody(world: World) -> None:
    for number in range(9):
        register(world, f"ref-{number}", "A2")
    register(world)
    world.store.broken_for = {"A2"}
    world.clock.now = END
    assert world.sweep()
    assert world.acts[-1] == "expired"
    assert world.meter["SweepFailures"] == 9


def test_records_that_have_ended_are_deleted_even_if_no_notice_can_be_posted(world: World) -> None:
    world.registry.known = {f"A{number}": an_authority(f"A{number}") for number in range(1, 9)}
    for code in world.registry.known:
        entry = register(world, code=code)
    world.clock.now = END - timedelta(days=90)
    world.store.rows.clear()
    world.store.entries["A8", "ref"] = replace(entry, expires_at=world.clock.now)
    world.notices.broken = True
    assert world.sweep()
    assert ("A8", "ref") not in world.store.entries
    assert world.meter["SweepFailures"] == 5


def test_a_sweep_that_fails_for_several_authorities_stops_and_reports_how_late_it_is(world: World) -> None:
    world.registry.known = {f"A{number}": an_authority(f"A{number}") for number in range(1, 9)}
    for code in world.registry.known:
        register(world, code=code)
    world.clock.now, world.store.broken_for = END + timedelta(hours=50), {*world.registry.known}
    with pytest.raises(Unavailable):
        world.sweep()
    assert world.meter["SweepFailures"] == 5
    assert world.meter["Sweeps"] == 0
    assert world.meter["OldestOverdueHours"] == 50

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from chalicelib.application.amend import Amendment
from chalicelib.domain.authority import Scope
from chalicelib.domain.errors import (
    InvalidRequest,
    NotFound,
    NothingToChange,
    RecordUnreadable,
    ScopeNotGranted,
    Unavailable,
    VersionMismatch,
)
from chalicelib.domain.involvement import ServiceType, Work
from chalicelib.domain.values import replace
from tests.support.examples import TODAY, a_caller, registration

from .world import World

ME = a_caller("A1")


def changing(apply: Callable[[Work], Work]) -> Amendment:
    return Amendment(apply=apply, changes_work=True)


def confirming(day: date) -> Amendment:
    return Amendment(apply=lambda work: work, changes_work=False, confirmed_on=day)


LEAD = changing(lambda work: replace(work, lead_professional=True))


def test_an_amendment_changes_only_the_fields_it_names_and_is_recorded(world: World) -> None:
    first = world.register("ref", registration(), ME)
    receipt = world.amend("ref", LEAD, ME)
    assert receipt.version != first.version
    [row] = world.store.rows.values()
    assert row.details.work == replace(registration().work, lead_professional=True)
    assert world.acts == ["registered", "amended"]


def test_a_confirmation_keeps_the_digest_so_the_next_feed_finds_the_record_unchanged(world: World) -> None:
    first = world.register("ref", registration(), ME)
    world.clock.now += timedelta(days=20)
    receipt = world.amend("ref", confirming(world.clock.now.date()), ME)
    assert receipt.confirmed_on == TODAY + timedelta(days=20)
    assert receipt.expires_at > first.expires_at
    world.clock.now += timedelta(days=20)
    assert world.register("ref", registration(), ME).version == receipt.version


def test_any_other_change_drops_the_digest_so_the_next_feed_restores_its_own_version(world: World) -> None:
    world.register("ref", registration(), ME)
    receipt = world.amend("ref", LEAD, ME)
    assert world.store.entries["A1", "ref"].digest is None
    assert world.register("ref", registration(), ME).version != receipt.version


def test_a_confirmation_never_moves_back(world: World) -> None:
    first = world.register("ref", registration(), ME)
    assert world.amend("ref", confirming(TODAY - timedelta(days=9)), ME) == replace(first, created=False)
    assert world.store.saves == 1


def test_a_confirmation_may_not_be_later_than_tomorrow(world: World) -> None:
    world.register("ref", registration(), ME)
    assert world.amend("ref", confirming(TODAY + timedelta(days=1)), ME)
    with pytest.raises(InvalidRequest):
        world.amend("ref", confirming(TODAY + timedelta(days=2)), ME)


def test_a_patch_that_changes_nothing_writes_nothing(world: World) -> None:
    first = world.register("ref", registration(), ME)
    assert world.amend("ref", changing(lambda work: work), ME).version == first.version
    assert world.acts == ["registered"]


def test_an_empty_patch_is_refused(world: World) -> None:
    world.register("ref", registration(), ME)
    with pytest.raises(NothingToChange):
        world.amend("ref", Amendment(apply=lambda work: work, changes_work=False), ME)


def test_a_record_that_would_have_ended_in_the_past_ends_now(world: World) -> None:
    long_ago = TODAY.replace(year=TODAY.year - 2)
    world.register("ref", registration(service_type=ServiceType.SCHOOL, started_on=long_ago), ME)
    receipt = world.amend("ref", changing(lambda work: replace(work, ended_on=long_ago)), ME)
    assert receipt.expires_at == world.clock.now
    with pytest.raises(NotFound):
        world.amend("ref", LEAD, ME)


def test_only_the_live_version_may_be_amended(world: World) -> None:
    first = world.register("ref", registration(), ME)
    with pytest.raises(VersionMismatch):
        world.amend("ref", LEAD, ME, if_match="another")
    assert world.amend("ref", LEAD, ME, if_match=first.version).version != first.version


def test_a_missing_expired_or_erased_record_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.amend("ref", LEAD, ME)
    world.register("ref", registration(), ME)
    with pytest.raises(NotFound):
        world.amend("ref", LEAD, a_caller("A2"))
    entry = world.store.entries["A1", "ref"]
    world.store.entries["A1", "ref"] = replace(entry, erased=True)
    with pytest.raises(NotFound):
        world.amend("ref", LEAD, ME)
    world.store.entries["A1", "ref"] = entry
    world.clock.now = entry.expires_at
    with pytest.raises(NotFound):
        world.amend("ref", LEAD, ME)


def test_a_record_that_does_not_open_cannot_be_amended(world: World) -> None:
    world.store.damaged.add(world.register("ref", registration(), ME).version)
    with pytest.raises(RecordUnreadable):
        world.amend("ref", LEAD, ME)
    world.store.damaged_entries.add("ref")
    with pytest.raises(RecordUnreadable):
        world.amend("ref", LEAD, ME)


def test_an_entry_whose_row_is_gone_is_an_unreadable_record(world: World) -> None:
    world.register("ref", registration(), ME)
    world.store.rows.clear()
    with pytest.raises(RecordUnreadable):
        world.amend("ref", LEAD, ME)


def test_a_conflict_is_retried_a_limited_number_of_times(world: World) -> None:
    world.register("ref", registration(), ME)
    world.store.rivals = 3
    assert world.amend("ref", LEAD, ME)
    world.store.rivals = 99
    with pytest.raises(Unavailable):
        world.amend("ref", changing(lambda work: replace(work, sensitive=False, organisation="School")), ME)
    assert world.acts == ["registered", "amended"]


def test_a_sensitive_service_needs_its_basis(world: World) -> None:
    world.register("ref", registration(), ME)
    with pytest.raises(InvalidRequest):
        world.amend("ref", changing(lambda work: replace(work, service_type=ServiceType.SEXUAL_HEALTH)), ME)


def test_amending_needs_the_scope(world: World) -> None:
    with pytest.raises(ScopeNotGranted):
        world.amend("ref", LEAD, a_caller("A1", scopes={Scope.LOOKUP}))


def test_an_amendment_with_unusual_dates_is_accepted_and_counted(world: World) -> None:
    world.register("ref", registration(), ME)
    world.amend("ref", LEAD, ME)
    assert world.meter["UnusualDates"] == 0
    long_ago = TODAY.replace(year=TODAY.year - 19)
    world.amend("ref", changing(lambda work: replace(work, started_on=long_ago)), ME)
    assert (world.meter["Amendments"], world.meter["UnusualDates"]) == (2, 1)


def test_an_amendment_may_not_bring_in_a_number_in_three_groups(world: World) -> None:
    world.register("ref", registration(), ME)
    with pytest.raises(InvalidRequest) as refused:
        world.amend("ref", changing(lambda work: replace(work, organisation="401-023-2137")), ME)
    assert [error.field for error in refused.value.errors] == ["organisation"]
    assert world.amend("ref", changing(lambda work: replace(work, organisation="4010232137")), ME)

"""The limit on one authority's current records of one child."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.application.amend import Amendment
from chalicelib.application.register_batch import BatchRow
from chalicelib.domain import record_limit
from chalicelib.domain.access_records import ActRecord
from chalicelib.domain.errors import TooManyRecords
from chalicelib.domain.limits import SoftLimit
from chalicelib.domain.values import replace
from tests.support.examples import OTHER_NUMBER, TODAY, a_caller, registration

from .world import World

ME = a_caller("A1")
ENDED: dict[str, Any] = {"ended_on": TODAY - timedelta(days=1), "started_on": TODAY - timedelta(days=9)}


def have(world: World, number: int, prefix: str = "ref", **changes: Any) -> None:
    """Stores copies of one record, which is quicker than registering each."""
    world.register(prefix, registration(**changes), ME)
    row = next(row for row in world.store.rows.values() if row.reference == prefix)
    for index in range(1, number):
        one = replace(row, reference=f"{prefix}-{index}", version=f"{prefix}-{index}")
        world.store.rows[row.child, "A1", one.reference] = one


def last(world: World) -> ActRecord:
    return world.log.acts[-1]


def test_the_fifty_first_current_record_is_accepted_marked_and_counted(world: World) -> None:
    have(world, 49)
    world.register("50th", registration(), ME)
    assert (last(world).over_soft_limit, world.meter["ManyRecords"]) == (None, 0)
    assert world.register("51st", registration(), ME).created
    assert (last(world).over_soft_limit, world.meter["ManyRecords"]) == (SoftLimit.AUTHORITY, 1)


def test_the_five_hundred_and_first_is_refused_and_nothing_is_stored(world: World) -> None:
    have(world, 499)
    world.register("500th", registration(), ME)
    before = len(world.store.rows), len(world.log.acts)
    for _ in range(2):
        with pytest.raises(TooManyRecords):
            world.register("501st", registration(), ME)
    assert (len(world.store.rows), len(world.log.acts)) == before
    assert (world.meter["RecordsRefused"], world.meter["ManyRecords"]) == (2, 3)


def test_one_row_of_a_batch_is_refused_alone(world: World) -> None:
    have(world, 500)
    outcomes = world.register_batch(
        [BatchRow("more", registration()), BatchRow("other", registration(OTHER_NUMBER))], ME
    )
    refused, stored = (outcome.result for outcome in outcomes)
    assert isinstance(refused, TooManyRecords)
    assert not isinstance(stored, Exception)


def test_records_that_have_ended_never_count_and_are_never_refused(world: World) -> None:
    have(world, 600, **ENDED)
    assert world.register("new", registration(), ME).created
    assert last(world).over_soft_limit is None
    have(world, 500, "current")
    assert world.register("ended", registration(**ENDED), ME).created
    assert last(world).over_soft_limit is None


def test_what_is_on_record_can_be_replaced_confirmed_amended_and_withdrawn_at_the_limit(world: World) -> None:
    have(world, 500)
    assert not world.register("ref", registration(lead_professional=True), ME).created
    world.clock.now += timedelta(days=29)
    assert not world.register("ref", registration(lead_professional=True), ME).created
    lead = Amendment(apply=lambda work: replace(work, lead_professional=False), changes_work=True)
    world.amend("ref", lead, ME)
    assert {act.over_soft_limit for act in world.log.acts} == {None}
    world.withdraw("ref", ME)
    assert world.register("in its place", registration(), ME).created


def test_an_ended_record_is_opened_again_only_within_the_limit(world: World) -> None:
    world.register("ended", registration(**ENDED), ME)
    have(world, 500)
    stored = len(world.log.acts)
    with pytest.raises(TooManyRecords):
        world.register("ended", registration(), ME)
    reopen = Amendment(apply=lambda work: replace(work, ended_on=None), changes_work=True)
    with pytest.raises(TooManyRecords):
        world.amend("ended", reopen, ME)
    assert len(world.log.acts) == stored
    world.withdraw("ref", ME)
    world.amend("ended", reopen, ME)
    assert last(world).over_soft_limit is SoftLimit.AUTHORITY


def test_a_reference_of_another_child_that_is_used_anew_counts_under_the_new_child(world: World) -> None:
    first = world.register("other", registration(OTHER_NUMBER), ME)
    world.clock.now = first.expires_at
    have(world, 500)
    with pytest.raises(TooManyRecords):
        world.register("other", registration(), ME)


def test_records_of_other_authorities_and_of_other_children_do_not_count(world: World) -> None:
    have(world, 500)
    assert world.register("theirs", registration(), a_caller("A2")).created
    assert world.register("another child", registration(OTHER_NUMBER), ME).created
    assert world.meter["ManyRecords"] == 0


def test_records_that_have_expired_or_do_not_open_do_not_count(world: World) -> None:
    have(world, 500)
    world.store.damaged = {f"ref-{index}" for index in range(1, 500)}
    assert world.register("new", registration(), ME).created
    assert last(world).over_soft_limit is None


def test_the_limits_are_far_apart() -> None:
    """A faulty feed is noticed long before anything is refused."""
    assert record_limit.HARD_LIMIT >= 10 * record_limit.SOFT_LIMIT

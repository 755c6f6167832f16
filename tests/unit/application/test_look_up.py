import pytest

from chalicelib.domain.authority import Purpose, Scope, Standing
from chalicelib.domain.errors import (
    CannotAnswer,
    PurposeNotGranted,
    ScopeNotGranted,
    SystemMayNotLookUp,
    TooManyLookups,
)
from chalicelib.domain.involvement import Practitioner
from chalicelib.domain.limits import Limits, SoftLimit
from chalicelib.domain.values import replace
from tests.support.examples import NUMBER, OTHER_NUMBER, a_caller, an_authority, registration

from .world import QUESTION, World, a_world

ME, OTHER = a_caller("A1"), a_caller("A2")


def test_a_child_with_whom_another_practitioner_works_is_known(world: World) -> None:
    world.register("ref", registration(), OTHER)
    answer = world.look_up(QUESTION, ME)
    assert (answer.decision.known, answer.decision.complete, answer.decision.shielded) == (True, True, False)
    assert len(answer.decision.entries) == 1
    assert world.meter["LookupsKnown"] == 1


def test_a_record_of_another_child_does_not_make_a_child_known(world: World) -> None:
    world.register("ref", registration(OTHER_NUMBER), OTHER)
    answer = world.look_up(QUESTION, ME)
    assert (answer.decision.known, answer.decision.complete, answer.decision.entries) == (False, True, ())
    assert world.meter["LookupsNone"] == 1


def test_the_askers_own_work_does_not_make_a_child_known(world: World) -> None:
    mine = Practitioner(id="sw-1", name="Me", role="Social worker")
    world.register("ref", registration(practitioner=mine), ME)
    assert not world.look_up(QUESTION, ME).decision.known
    assert world.look_up(QUESTION, a_caller("A1", "sw-2")).decision.known


def test_the_access_record_lists_exactly_the_rows_that_were_shown(world: World) -> None:
    world.register("ref", registration(), OTHER)
    answer = world.look_up(QUESTION, ME)
    [record] = world.log.lookups
    assert (record.id, record.at, record.caller) == (answer.lookup_id, answer.asked_at, ME)
    assert (record.disclosed.known, record.disclosed.complete) == (True, True)
    assert [(row.authority_code, row.reference, row.form) for row in record.disclosed.rows] == [("A2", "ref", "full")]
    assert (record.purpose, record.case_reference) == (Purpose.SAFEGUARDING, "case-1")
    assert record.child == world.pseudonyms.child_key(NUMBER)


def test_the_scope_is_checked_first_then_the_kind_of_caller_then_the_purpose(world: World) -> None:
    ungranted = frozenset({Purpose.HEALTH_CARE})
    system = a_caller("A1", "system:feed", scopes=set(), purposes=ungranted)
    with pytest.raises(ScopeNotGranted):
        world.look_up(QUESTION, system)
    with pytest.raises(SystemMayNotLookUp):
        world.look_up(QUESTION, replace(system, scopes=frozenset({Scope.LOOKUP})))
    with pytest.raises(PurposeNotGranted):
        world.look_up(QUESTION, a_caller("A1", purposes=ungranted))
    assert world.log.lookups == []
    assert world.usage.count_lookup(ME).practitioner_day == 1, "refused lookups must not be counted"


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("port", ["store", "log", "registry", "pseudonyms", "keys"])
def test_if_a_port_fails_there_is_no_answer(world: World, port: str, known: bool) -> None:
    if known:
        world.register("ref", registration(), OTHER)
    getattr(world, port).broken = True
    with pytest.raises(CannotAnswer):
        world.look_up(QUESTION, ME)
    assert world.log.lookups == []
    assert world.meter["LookupsNone"] == world.meter["LookupsKnown"] == 0


def test_a_counter_that_fails_never_blocks_an_answer(world: World) -> None:
    world.usage.unwritable = True
    assert not world.look_up(QUESTION, ME).decision.known


def test_a_shielded_child_is_known_and_nothing_is_shown(world: World) -> None:
    world.register("ref", registration(), OTHER)
    world.store.shields[world.pseudonyms.child_key(NUMBER)] = world.clock.now.date()
    answer = world.look_up(QUESTION, ME)
    assert (answer.decision.known, answer.decision.shielded, answer.decision.entries) == (True, True, ())
    assert [row.form for row in world.log.lookups[0].disclosed.rows] == ["shielded"]


def test_a_row_that_does_not_open_makes_the_answer_incomplete_or_prevents_it(world: World) -> None:
    world.store.damaged.add(world.register("ref", registration(), OTHER).version)
    with pytest.raises(CannotAnswer):
        world.look_up(QUESTION, ME)
    assert world.log.lookups == []
    world.register("ref-2", registration(), OTHER)
    answer = world.look_up(QUESTION, ME)
    assert (answer.decision.known, answer.decision.complete) == (True, False)


def test_rows_of_a_removed_authority_are_skipped_and_coverage_says_so(world: World) -> None:
    world.store.damaged.add(world.register("ref", registration(), OTHER).version)
    world.registry.known["A2"] = an_authority("A2", standing=Standing.REMOVED)
    answer = world.look_up(QUESTION, ME)
    assert (answer.decision.known, answer.decision.complete) == (False, True)
    assert [sector.removed for sector in answer.coverage] == [1]


def test_rows_of_a_suspended_authority_are_still_served(world: World) -> None:
    world.register("ref", registration(), OTHER)
    world.registry.known["A2"] = an_authority("A2", standing=Standing.SUSPENDED)
    assert world.look_up(QUESTION, ME).decision.known


def test_a_row_of_an_authority_missing_from_the_registry_never_gives_none(world: World) -> None:
    world.register("ref", registration(), OTHER)
    del world.registry.known["A2"]
    with pytest.raises(CannotAnswer):
        world.look_up(QUESTION, ME)


def test_an_expired_row_is_never_served(world: World) -> None:
    world.clock.now = world.register("ref", registration(), OTHER).expires_at
    answer = world.look_up(QUESTION, ME)
    assert (answer.decision.known, answer.decision.complete, answer.decision.entries) == (False, True, ())
    assert world.log.lookups[0].disclosed.rows == ()


def test_beyond_the_soft_limit_the_lookup_is_answered_and_marked() -> None:
    with a_world(Limits(practitioner_hour=2)) as world:
        for _ in range(3):
            world.look_up(QUESTION, ME)
        assert [record.over_soft_limit for record in world.log.lookups] == [None, None, SoftLimit.PRACTITIONER]
        assert world.meter["SoftLimitPassed"] == 1


def test_beyond_ten_times_the_limit_a_practitioner_is_refused_and_others_are_not() -> None:
    with a_world(Limits(practitioner_hour=1)) as world:
        for _ in range(10):
            world.look_up(QUESTION, ME)
        with pytest.raises(TooManyLookups) as refusal:
            world.look_up(QUESTION, ME)
        assert refusal.value.retry_after_seconds == 44 * 60 + 40  # until the next hour begins
        assert not world.look_up(QUESTION, a_caller("A1", "sw-2")).decision.known


def test_whoever_asks_under_a_thousand_subs_is_marked_and_in_the_end_refused() -> None:
    with a_world(Limits(people_day=100)) as world:
        for number in range(1_000):
            world.look_up(QUESTION, a_caller("A1", f"sub-{number}"))
        marks = [record.over_soft_limit for record in world.log.lookups]
        assert marks == [None] * 100 + [SoftLimit.PEOPLE] * 900
        with pytest.raises(TooManyLookups):
            world.look_up(QUESTION, a_caller("A1", "one-more"))
        assert not world.look_up(QUESTION, a_caller("A2", "sw-2")).decision.known


def test_each_lookup_refreshes_the_registry_and_writes_the_counters(world: World) -> None:
    world.look_up(QUESTION, ME)
    assert (world.registry.refreshed, world.usage.settled) == (1, ["A1"])

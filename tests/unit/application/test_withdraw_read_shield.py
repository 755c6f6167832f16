from datetime import timedelta

import pytest

from chalicelib.application.shield import ShieldRequest
from chalicelib.domain.authority import Scope
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.errors import (
    InvalidRequest,
    NotFound,
    RecordUnreadable,
    ScopeNotGranted,
    SystemMayNotShield,
    TooManyShields,
    Unavailable,
    VersionMismatch,
)
from chalicelib.domain.limits import SoftLimit
from chalicelib.domain.values import replace
from tests.support import examples
from tests.support.examples import NUMBER, TODAY, a_caller, registration

from .world import World

ME = a_caller("A1")
NEXT_YEAR = TODAY + timedelta(days=365)


def request(review_on: object = NEXT_YEAR) -> ShieldRequest:
    return ShieldRequest(nhs_number=NUMBER, reason="threats", review_on=review_on)  # type: ignore[arg-type]


def test_withdrawing_a_record_repeatedly_is_recorded_once(world: World) -> None:
    world.register("ref", registration(), ME)
    for _ in range(3):
        world.withdraw("ref", ME)
    assert (world.store.rows, world.store.entries) == ({}, {})
    assert world.acts == ["registered", "withdrawn"]


def test_a_tombstone_stays(world: World) -> None:
    world.register("ref", registration(), ME)
    world.store.entries["A1", "ref"] = replace(world.store.entries["A1", "ref"], erased=True)
    world.withdraw("ref", ME)
    assert world.store.entries["A1", "ref"].erased


def test_only_the_version_in_if_match_is_withdrawn(world: World) -> None:
    receipt = world.register("ref", registration(), ME)
    with pytest.raises(VersionMismatch):
        world.withdraw("ref", ME, if_match="another")
    for _ in range(2):
        world.withdraw("ref", ME, if_match=receipt.version)
    assert world.acts == ["registered", "withdrawn"]


def test_an_authority_withdraws_its_own_record_only(world: World) -> None:
    world.register("ref", registration(), ME)
    world.withdraw("ref", a_caller("A2"))
    assert len(world.store.rows) == 1


def test_a_withdrawal_fails_if_the_store_fails_or_the_entry_is_unreadable(world: World) -> None:
    world.store.damaged_entries.add("ref")
    with pytest.raises(RecordUnreadable):
        world.withdraw("ref", ME)
    world.store.broken = True
    with pytest.raises(Unavailable):
        world.withdraw("ref", ME)


def test_reading_an_own_record_is_recorded(world: World) -> None:
    receipt = world.register("ref", registration(), ME)
    assert world.read_own("ref", ME).version == receipt.version
    assert world.acts == ["registered", "read"]


def test_nothing_is_read_unless_it_can_be_recorded(world: World) -> None:
    world.register("ref", registration(), ME)
    world.log.broken = True
    with pytest.raises(Unavailable):
        world.read_own("ref", ME)
    with pytest.raises(Unavailable):
        world.read_register(None, 10, ME)


def test_another_authoritys_record_and_an_expired_one_are_not_found(world: World) -> None:
    receipt = world.register("ref", registration(), ME)
    with pytest.raises(NotFound):
        world.read_own("ref", a_caller("A2"))
    world.clock.now = receipt.expires_at
    with pytest.raises(NotFound):
        world.read_own("ref", ME)
    assert world.acts == ["registered"]


def test_a_page_of_the_register_holds_live_entries_only(world: World) -> None:
    for reference in ("a", "b", "c"):
        world.register(reference, registration(), ME)
    world.store.entries["A1", "b"] = replace(world.store.entries["A1", "b"], expires_at=world.clock.now)
    page = world.read_register(None, 2, ME)
    assert [entry.reference for entry in page.entries] == ["a"]
    assert page.next_reference == "b"
    assert [entry.reference for entry in world.read_register("b", 2, ME).entries] == ["c"]
    assert world.acts[-1] == "listed"
    assert world.log.acts[-1].child is None


def test_shielding_twice_keeps_the_later_review_date(world: World) -> None:
    later = NEXT_YEAR + timedelta(days=9)
    world.shield(request(), ME)
    assert [*world.store.shields.values()] == [NEXT_YEAR]
    world.shield(request(later), ME)
    world.shield(request(), ME)
    assert [*world.store.shields.values()] == [later]
    assert world.acts == ["shielded", "shielded", "shielded"]


def test_a_shield_needs_a_review_date_in_the_future(world: World) -> None:
    with pytest.raises(InvalidRequest):
        world.shield(request(TODAY), ME)
    assert world.store.shields == {}


def test_a_feed_may_not_shield(world: World) -> None:
    with pytest.raises(SystemMayNotShield):
        world.shield(request(), a_caller("A1", "system:nightly"))
    assert world.store.shields == {}


def test_the_eleventh_child_of_a_day_is_marked_and_the_hundred_and_first_refused_with_the_desks_phone(
    world: World,
) -> None:
    numbers = [NhsNumber(f"99900{n:05}") for n in range(101)]
    for number in numbers[:100]:
        world.shield(replace(request(), nhs_number=number), ME)
    marks = [record.over_soft_limit for record in world.log.acts]
    assert marks == [None] * 10 + [SoftLimit.PRACTITIONER] * 90
    assert world.meter["ShieldLimitPassed"] == 90
    with pytest.raises(TooManyShields) as refused:
        world.shield(replace(request(), nhs_number=numbers[100]), ME)
    assert refused.value.desk_phone == examples.BROKER_DESK.phone
    assert 0 < refused.value.retry_after_seconds <= 86_400
    assert len(world.store.shields) == len(world.log.acts) == 100
    assert world.meter["ShieldLimitPassed"] == 91


def test_a_repeat_is_counted_once_and_never_refused(world: World) -> None:
    numbers = [NhsNumber(f"99900{n:05}") for n in range(100)]
    for number in (*numbers, *numbers):
        world.shield(replace(request(), nhs_number=number), ME)
    for _ in range(20):
        world.shield(replace(request(), nhs_number=NhsNumber("9990000999")), a_caller("A1", "another"))
    assert world.log.acts[-1].over_soft_limit is SoftLimit.AUTHORITY
    world.shield(replace(request(), nhs_number=NhsNumber("9990000998")), a_caller("A2"))
    assert world.log.acts[-1].over_soft_limit is None


def test_an_authority_is_limited_however_many_practitioners_it_names(world: World) -> None:
    numbers = [NhsNumber(f"99900{n:05}") for n in range(401)]
    for n, number in enumerate(numbers[:400]):
        world.shield(replace(request(), nhs_number=number), a_caller("A1", f"sw-{n}"))
    assert world.log.acts[40].over_soft_limit is SoftLimit.AUTHORITY
    with pytest.raises(TooManyShields):
        world.shield(replace(request(), nhs_number=numbers[400]), a_caller("A1", "sw-400"))


def test_a_counter_that_cannot_be_written_refuses_no_shield(world: World) -> None:
    world.shield_counts.unwritable = True
    for n in range(120):
        world.shield(replace(request(), nhs_number=NhsNumber(f"99900{n:05}")), ME)
    assert len(world.store.shields) == 120


@pytest.mark.parametrize("port", ["store", "pseudonyms"])
def test_shielding_fails_if_the_store_or_kms_fails(world: World, port: str) -> None:
    getattr(world, port).broken = True
    with pytest.raises(Unavailable):
        world.shield(request(), ME)


def test_each_use_case_needs_its_scope(world: World) -> None:
    nobody = a_caller("A1", scopes={Scope.LOOKUP})
    with pytest.raises(ScopeNotGranted):
        world.withdraw("ref", nobody)
    with pytest.raises(ScopeNotGranted):
        world.read_own("ref", nobody)
    with pytest.raises(ScopeNotGranted):
        world.read_register(None, 10, nobody)
    with pytest.raises(ScopeNotGranted):
        world.shield(request(), a_caller("A1", scopes={Scope.REGISTER}))

from datetime import timedelta

import pytest

from chalicelib.application.ports import Shielded
from chalicelib.application.shield import ShieldRequest
from chalicelib.domain.authority import Scope
from chalicelib.domain.errors import (
    InvalidRequest,
    NotFound,
    RecordUnreadable,
    ScopeNotGranted,
    Unavailable,
    VersionMismatch,
)
from chalicelib.domain.values import replace
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
    assert world.shield(request(), ME) == Shielded(NEXT_YEAR, created=True)
    assert world.shield(request(later), ME) == Shielded(later, created=False)
    assert world.shield(request(), ME) == Shielded(later, created=False)
    assert world.acts == ["shielded", "shielded", "shielded"]


def test_a_shield_needs_a_review_date_in_the_future(world: World) -> None:
    with pytest.raises(InvalidRequest):
        world.shield(request(TODAY), ME)
    assert world.store.shields == {}


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

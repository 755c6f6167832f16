import pytest

from chalicelib.application.unattended.check_broker_desk import CheckBrokerDesk
from chalicelib.domain.authority import Authority, Scope, Standing
from tests.support.examples import an_authority

from .world import World


def missing(world: World, code: str | None = "DESK") -> bool:
    CheckBrokerDesk(registry=world.registry, notices=world.notices, meter=world.meter, code=code)()
    return bool(world.meter["BrokerDeskMissing"])


def test_a_desk_that_is_an_active_authority_and_reads_notices_is_not_missing(world: World) -> None:
    world.registry.known["DESK"] = an_authority("DESK")
    assert not missing(world)


def test_a_stage_without_a_desk_misses_none(world: World) -> None:
    assert not missing(world, None)


@pytest.mark.parametrize(
    "desk",
    [
        None,
        an_authority("DESK", standing=Standing.SUSPENDED),
        an_authority("DESK", scopes=frozenset({Scope.LOOKUP})),
    ],
)
def test_a_desk_that_cannot_read_notices_is_missing(world: World, desk: Authority | None) -> None:
    if desk is not None:
        world.registry.known["DESK"] = desk
    assert missing(world)


def test_a_desk_without_a_salt_is_missing(world: World) -> None:
    world.registry.known["DESK"] = an_authority("DESK")
    world.notices.without_salt.add("DESK")
    assert missing(world)

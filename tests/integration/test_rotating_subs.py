"""Whoever changes the `sub` for every lookup is seen, on however many containers."""

from chalicelib.adapters.dynamodb.schema import USAGE, table_name
from chalicelib.adapters.dynamodb.usage import PEOPLE_SETTLED_AT_ONCE, DynamoUsage
from chalicelib.domain.authority import Caller
from tests.support.examples import a_caller
from tests.support.stage import EALING, STAGE, Stage

CONTAINERS = 10


def container(stage: Stage) -> DynamoUsage:
    parts = stage.services.parts
    return DynamoUsage(parts.clients.dynamodb_once, table_name(STAGE, USAGE), parts.registry.key_material, stage.clock)


def asked(usage: DynamoUsage, caller: Caller) -> int:
    """As a lookup does: counts it, and then writes what is due."""
    people = usage.count_lookup(caller).people_day
    if usage.settling_is_due(EALING):
        usage.settle(EALING)
    return people


def test_people_who_are_spread_over_containers_are_missed_by_two_for_each_container_at_most(stage: Stage) -> None:
    stage.clock.advance(days=3)
    containers = [container(stage) for _ in range(CONTAINERS)]
    for number in range(CONTAINERS * 10):
        asked(containers[number % CONTAINERS], a_caller(EALING, f"rotating-{number}"))
    later = container(stage)
    later.settle(EALING)
    people = asked(later, a_caller(EALING, "rotating-and-one-more"))
    assert people - 1 >= CONTAINERS * (10 - (PEOPLE_SETTLED_AT_ONCE - 1))
    assert people - 1 <= CONTAINERS * 10


def test_the_same_people_again_are_not_counted_again(stage: Stage) -> None:
    stage.clock.advance(days=6)
    one, other = container(stage), container(stage)
    for usage in (one, other, one, other):
        for number in range(6):
            asked(usage, a_caller(EALING, f"staff-{number}"))
    one.settle(EALING)
    other.settle(EALING)
    assert asked(other, a_caller(EALING, "staff-0")) == 6

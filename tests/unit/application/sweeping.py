"""Steps that the tests of the sweep share."""

from datetime import UTC, date, datetime, timedelta

from chalicelib.application.amend import Amendment
from chalicelib.application.register_entries import RegisterEntry
from chalicelib.domain.notices import Notice
from chalicelib.domain.values import replace
from tests.support.examples import a_caller, registration

from .world import World

END = datetime(2028, 3, 10, tzinfo=UTC)
"""The end of a current record that was confirmed at NOW."""


def register(world: World, reference: str = "ref", code: str = "A1") -> RegisterEntry:
    world.register(reference, registration(), a_caller(code))
    return world.store.entries[code, reference]


def ended(day: date) -> Amendment:
    return Amendment(apply=lambda work: replace(work, ended_on=day), changes_work=True)


def confirmed(day: date) -> Amendment:
    return Amendment(apply=lambda work: work, changes_work=False, confirmed_on=day)


def add_years_to(at: datetime, years: int) -> datetime:
    return at.replace(year=at.year + years)


def sweep_all_day(world: World, day: datetime) -> None:
    """Sweeps every hour of that day."""
    for hour in range(24):
        world.clock.now = day + timedelta(hours=hour)
        assert world.sweep()


def posted(world: World, code: str = "A1") -> list[Notice]:
    return list(world.notices.posted.get(code, {}).values())

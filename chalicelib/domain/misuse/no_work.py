"""Lookups that no work of the authority came before or followed within fourteen days: more than in the team."""

from collections.abc import Iterable, Iterator, Mapping

from .figures import highest, quantile, share_of, stands_out
from .findings import Sighting
from .rules import Rule
from .summaries import Look, is_without
from .window import Tally, Window

_TELLING = 5
"""The share of a practitioner with fewer lookups says little."""


def no_work(window: Window) -> Iterator[Sighting]:
    rule, tallies = window.rules.no_work, window.without_work
    for who, (without, of) in tallies.items():
        looks = window.settled[who]
        if looks[-1].day != window.settled_on or without < rule.share * of:
            continue
        if lacks_work(window, looks, tallies, at_least=rule.at_least, deviations=rule.deviations):
            yield sighting_of(looks)


def lacks_work(window: Window, looks: list[Look], tallies: Tally, *, at_least: int, deviations: float) -> bool:
    """True if work followed fewer of the practitioner's settled lookups among these than is usual in the team.

    `tallies`: of everybody's settled lookups of the same kind, how many no work followed.
    """
    rule, settled = window.rules.no_work, [look for look in looks if look.day <= window.settled_on]
    if len(settled) < at_least:
        return False
    usual = usual_share(window, settled[0].practitioner_id, tallies)
    if usual is None or usual >= rule.usual:
        return False
    without = sum(map(is_without, settled))
    return stands_out(without, len(settled), usual, above=rule.above_team, deviations=deviations)


def usual_share(window: Window, who: str, tallies: Tally) -> float | None:
    """What nine in ten of the team stay below, or all of its lookups together if that is more."""
    of_people = window.rules.no_work.of_people
    return highest(share for others in window.others(who) for share in shares(tallies, others, of_people))


def shares(tallies: Tally, people: Iterable[str], of_people: float) -> tuple[float | None, ...]:
    """The share of the signs among these people's lookups together, and what so many of the people stay below."""
    found = [tallies[who] for who in people if who in tallies]
    single = quantile((signs / of for signs, of in found if of >= _TELLING), of_people)
    together = share_of(found)
    return (None, None) if together is None else (together, single)


def sighting_of(looks: list[Look], more: Mapping[str, int] | None = None) -> Sighting:
    without = list(filter(is_without, looks))
    return Sighting(
        rule=Rule.NO_WORK,
        practitioner_ids=(looks[0].practitioner_id,),
        first_on=looks[0].day,
        last_on=looks[-1].day,
        counts={"lookups": len(looks), "without_work": len(without)} | dict(more or {}),
        lookup_ids=tuple(look.id for look in without),
        slow=True,
    )

"""Lookups that no work of the authority came before or followed within fourteen days: more than in the team."""

from collections.abc import Iterable, Iterator

from .figures import highest, quantile, share_of, stands_out
from .findings import Sighting
from .rules import Rule
from .summaries import Look, is_without
from .window import Window

_TELLING = 5
"""The share of a practitioner with fewer lookups says little."""


def no_work(window: Window) -> Iterator[Sighting]:
    rule = window.rules.no_work
    for who, (without, of) in window.without_work.items():
        looks = window.settled[who]
        if looks[-1].day != window.settled_on or without < rule.share * of:
            continue
        if lacks_work(window, who, looks, at_least=rule.at_least, deviations=rule.deviations):
            yield _sighting(who, looks)


def lacks_work(window: Window, who: str, looks: list[Look], *, at_least: int, deviations: float) -> bool:
    """True if work followed fewer of the practitioner's settled lookups among these than is usual in the team."""
    settled = [look for look in looks if look.day <= window.settled_on]
    if len(settled) < at_least:
        return False
    without, above = sum(map(is_without, settled)), window.rules.no_work.above_team
    usual = _usual_share(window, who)
    return usual is not None and stands_out(without, len(settled), usual, above=above, deviations=deviations)


def _usual_share(window: Window, who: str) -> float | None:
    """What three quarters of the team stay below, or all of its lookups together if that is more."""
    return highest(share for others in window.others(who) for share in _shares(window, others))


def _shares(window: Window, people: Iterable[str]) -> tuple[float | None, ...]:
    tallies = [window.without_work[who] for who in people if who in window.without_work]
    single = quantile((without / of for without, of in tallies if of >= _TELLING), 0.75)
    together = share_of(tallies)
    return (None, None) if together is None else (together, single)


def _sighting(who: str, looks: list[Look]) -> Sighting:
    without = list(filter(is_without, looks))
    return Sighting(
        rule=Rule.NO_WORK,
        practitioner_ids=(who,),
        first_on=looks[0].day,
        last_on=looks[-1].day,
        counts={"lookups": len(looks), "without_work": len(without)},
        lookup_ids=tuple(look.id for look in without),
        slow=True,
    )

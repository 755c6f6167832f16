"""A little more each day, for weeks: lookups without work that add up to more than the team's do.

Each day on which somebody looks children up adds the lookups without work, and takes away what the team has on such a
day. The sum never falls below zero, so a quiet past hides nothing. People differ, so the sum is compared with the sums
of the others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from .figures import quantile, stands_out
from .findings import Sighting
from .no_work import sighting_of, usual_share
from .summaries import Look, is_without
from .window import Window

Days = Mapping[date, int]
"""The lookups without work on each day on which somebody looked a child up."""


def slow_rise(window: Window) -> Iterator[Sighting]:
    days = {who: _days(looks) for who, looks in window.settled.items() if looks}
    sums = {who: (sum(one.values()), len(one)) for who, one in days.items()}
    for who, looks in window.settled.items():
        if not looks or looks[-1].day != window.settled_on or sums[who][0] < window.rules.slow_rise.at_least:
            continue
        least = min((_against(window, who, others, days, sums) for others in window.others(who)), default=None)
        if least is not None and least[0] >= window.rules.slow_rise.at_least:
            since = [look for look in looks if look.day >= least[1]]
            if _works_less(window, who, since):
                yield sighting_of(since, {"excess": int(least[0])})


def _against(
    window: Window, who: str, people: list[str], days: Mapping[str, Days], sums: Mapping[str, tuple[int, int]]
) -> tuple[float, date]:
    """How much more than the others, and since when. Zero if some of them have nearly as much."""
    rule, own = window.rules.slow_rise, days[who]
    others = [one for one in people if one in days]
    usual = sum(sums[one][0] for one in others) / max(sum(sums[one][1] for one in others), 1)
    allowance = rule.times_team * usual + rule.a_day
    excess, since = _excess(own, allowance)
    if not others or excess < rule.at_least:
        return 0, since
    of_others = quantile((_excess(days[one], allowance)[0] for one in others), rule.of_people) or 0
    return (excess, since) if excess >= rule.times_others * of_others else (0, since)


def _excess(days: Days, allowance: float) -> tuple[float, date]:
    """The highest sum, and the day on which it began to grow."""
    total, began = 0.0, min(days)
    best = total, began
    for day in sorted(days):
        if total <= 0:
            total, began = 0.0, day
        total += days[day] - allowance
        best = max(best, (total, began), key=lambda one: one[0])
    return best


def _days(looks: list[Look]) -> Days:
    days = Counter({look.day: 0 for look in looks})
    days.update(look.day for look in looks if is_without(look))
    return days


def _works_less(window: Window, who: str, looks: list[Look]) -> bool:
    rule, usual = window.rules.slow_rise, usual_share(window, who, window.without_work)
    without = sum(map(is_without, looks))
    return usual is not None and stands_out(
        without, len(looks), usual, above=rule.above_team, deviations=rule.deviations
    )

"""Volume: far more lookups than the practitioner made before, and than the team makes."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice

from .figures import highest, quantile
from .findings import Sighting
from .rules import Rule
from .window import DAYS, Window

_WEEK = 7
_FEW = 20
"""So many days of others, or more, show what is usual in a team."""


def volume(window: Window) -> Iterator[Sighting]:
    for who, counts in window.counts.items():
        if counts[window.day]:
            sightings = (of(window, who) for of in (_of_day, _of_week, _of_month))
            yield from islice((sighting for sighting in sightings if sighting is not None), 1)


def is_much(window: Window, who: str, *, at_least: int, times_own: float, times_team: float) -> bool:
    """True if the lookups of the last day are many, compared with the practitioner's own days and the team's."""
    count = window.counts[who][window.day]
    if count < at_least:
        return False
    own, team = _own_day(window, who), _team_day(window, who)
    if own is None and team is None:
        return count >= window.rules.volume.alone_at_least
    return (own is None or count >= times_own * own) and (team is None or count >= times_team * team)


def _of_day(window: Window, who: str) -> Sighting | None:
    rule = window.rules.volume
    if not is_much(window, who, at_least=rule.day_at_least, times_own=rule.times_own, times_team=rule.times_team):
        return None
    return _sighting(window, who, 1, {"usual": _own_day(window, who), "usual_of_team": _team_day(window, who)})


def _of_week(window: Window, who: str) -> Sighting | None:
    rule, week = window.rules.volume, _sums(window, who)
    if len(week) < 2 or week[0] < rule.week_at_least:
        return None
    own = max(week[1:], default=0) or None
    team = highest(quantile(_all_weeks(window, others), 0.95) for others in window.others(who))
    if team is None or week[0] < rule.times_team * team or (own is not None and week[0] < rule.times_own * own):
        return None
    return _sighting(window, who, _WEEK, {"usual": own, "usual_of_team": team})


def _of_month(window: Window, who: str) -> Sighting | None:
    """Whoever looks up too much all the time has a past of the same kind, so only the team can show it."""
    rule, count = window.rules.volume, window.counts[who].total()
    if count < rule.month_at_least:
        return None
    circles = ([n for other in others if (n := window.counts[other].total())] for others in window.others(who))
    team = highest(quantile(totals, 0.95) for totals in circles)
    if team is None or count < rule.month_times_team * team:
        return None
    return _sighting(window, who, DAYS, {"usual_of_team": team})


def _own_day(window: Window, who: str) -> int | None:
    return quantile((count for day, count in window.counts[who].items() if day < window.day), 0.9)


def _team_day(window: Window, who: str) -> int | None:
    circles = ([n for other in others for n in window.counts[other].values()] for others in window.others(who))
    return highest(quantile(days, 0.95) for days in circles if len(days) >= _FEW)


def _sums(window: Window, who: str) -> list[int]:
    """The lookups of the last seven days, of the seven before, and so on, as far back as the authority was active on
    all of them."""
    weeks = (window.days_ago(min(window.active)) + 1) // _WEEK
    sums = [0] * min(weeks, DAYS // _WEEK)
    for day, count in window.counts[who].items():
        if (ago := window.days_ago(day) // _WEEK) < len(sums):
            sums[ago] += count
    return sums


def _all_weeks(window: Window, people: Iterable[str]) -> Iterable[int]:
    return (count for who in people for count in _sums(window, who) if count)


def _sighting(window: Window, who: str, days: int, usual: dict[str, int | None]) -> Sighting:
    since: date = window.day - timedelta(days=days - 1)
    looks = [look for look in window.lookups[who] if look.day >= since]
    return Sighting(
        rule=Rule.VOLUME,
        practitioner_ids=(who,),
        first_on=looks[0].day,
        last_on=window.day,
        counts={"lookups": len(looks)} | {name: value for name, value in usual.items() if value is not None},
        lookup_ids=tuple(look.id for look in looks),
        slow=days == DAYS,
    )

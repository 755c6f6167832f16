"""One person behind many practitioner ids: new ids that stop again after a few lookups, more than are usual; and one
token id that several practitioners used."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from .findings import Sighting
from .rules import Rule
from .summaries import Look
from .window import DAYS, Window

_NEEDED_PAST = {1: (2,), 7: (1,)}
"""At least two days, or one week, must show what is usual."""
Period = tuple[int, ...]
"""Days ago, or days ago and the hour."""


def rotating_ids(window: Window) -> Iterator[Sighting]:
    if not window.active:
        return
    newcomers = _newcomers(window)
    teams = sorted({window.place(who) for who in newcomers}, key=repr)
    found = [
        sighting
        for team in teams
        for sighting in _in_group(window, {who: newcomers[who] for who in newcomers if window.place(who) == team}, team)
    ]
    yield from found or _in_group(window, newcomers, "all")


def shared_tokens(window: Window) -> Iterator[Sighting]:
    people = {who for users in window.shared_tokens for who in users}
    if len(people) >= window.rules.shared_token.people:
        looks = [look for who in people for look in window.lookups[who] if look.day == window.day]
        yield _sighting(Rule.SHARED_TOKEN, people, looks, about="all")


def _newcomers(window: Window) -> Mapping[str, Look]:
    """Who was not seen in the window before, and made few lookups: their first lookup."""
    few = window.rules.rotating_ids.lookups_each
    return {who: looks[0] for who, looks in window.lookups.items() if 0 < len(looks) <= few}


def _in_group(window: Window, members: Mapping[str, Look], group: object) -> Iterator[Sighting]:
    rule = window.rules.rotating_ids
    spans: tuple[tuple[int, Callable[[Look], Period], int], ...] = (
        (rule.hour_at_least, lambda look: (window.days_ago(look.day), look.minute // 60), 1),
        (rule.day_at_least, lambda look: (window.days_ago(look.day),), 1),
        (rule.week_at_least, lambda look: (window.days_ago(look.day) // 7,), 7),
    )
    for at_least, period_of, days in spans:
        if not _is_past(window, _NEEDED_PAST[days], days):
            continue
        counts = Counter(period_of(look) for look in members.values())
        usual = max((count for period, count in counts.items() if _is_past(window, period, days)), default=0)
        for period, count in counts.items():
            if period[0] == 0 and count >= at_least and count >= rule.times_usual * usual:
                found = {who: look for who, look in members.items() if period_of(look) == period}
                if any(look.day == window.day for look in found.values()):
                    yield _sighting(Rule.ROTATING_IDS, set(found), list(found.values()), usual, about=repr(group))


def _is_past(window: Window, period: Period, days: int) -> bool:
    """Whether the period shows what is usual: at the beginning of the window everybody is new."""
    known = window.rules.rotating_ids.known_days
    first: date = min(window.active)
    began = window.day - timedelta(days=(period[0] + 1) * days - 1)
    return period[0] > 0 and period[0] * days < DAYS and (began - first).days >= known


def _sighting(rule: Rule, people: set[str], looks: list[Look], usual: int | None = None, *, about: str) -> Sighting:
    days = [look.day for look in looks]
    return Sighting(
        rule=rule,
        practitioner_ids=tuple(people),
        first_on=min(days),
        last_on=max(days),
        counts={"people": len(people), "lookups": len(looks)} | ({} if usual is None else {"usual": usual}),
        lookup_ids=tuple(sorted(look.id for look in looks)),
        about=about,
    )

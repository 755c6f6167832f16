"""Shields: many of them by one practitioner or in one authority, and shields of children whom the practitioner had just
looked up, without any work with them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from .findings import Sighting
from .rules import Rule
from .summaries import Look, ShieldMade, Work
from .window import Window

_WEEK = 7


def mass_shields(window: Window) -> Iterator[Sighting]:
    rule = window.rules.mass_shields
    for who, shields in window.shields.items():
        counts = _by_day(shields)
        if counts[window.day] and (
            _is_mass(window, counts, 1, rule.day_at_least) or _is_mass(window, counts, _WEEK, rule.week_at_least)
        ):
            yield _sighting(Rule.MASS_SHIELDS, (who,), _since(window, shields, _WEEK))
    counts = _by_day(shield for shields in window.shields.values() for shield in shields)
    if _is_mass(window, counts, 1, rule.authority_day_at_least):
        today = {who: _since(window, shields, 1) for who, shields in window.shields.items()}
        people = tuple(who for who, shields in today.items() if shields)
        all_today = [shield for shields in today.values() for shield in shields]
        yield _sighting(Rule.MASS_SHIELDS, people, all_today, about="all")


def shield_after_lookup(window: Window) -> Iterator[Sighting]:
    rule = window.rules.shield_after_lookup
    for who, shields in window.shields.items():
        without = [(shield, looks) for shield in shields if (looks := _looked_up_before(window, who, shield))]
        fresh = [pair for pair in without if window.days_ago(pair[0].day) < _WEEK]
        settled = [pair for pair in without if pair[0].day == window.settled_on]
        is_fresh = len(fresh) >= rule.at_least and any(shield.day == window.day for shield, _ in fresh)
        for found in (fresh if is_fresh else [], settled if len(settled) >= rule.settled_at_least else []):
            if found:
                ids = tuple(look.id for _, looks in found for look in looks)
                yield _sighting(Rule.SHIELD_AFTER_LOOKUP, (who,), [shield for shield, _ in found], lookup_ids=ids)


def _looked_up_before(window: Window, who: str, shield: ShieldMade) -> list[Look]:
    """The practitioner's lookups of the child shortly before. None if anybody of the authority works with the child."""
    if shield.work is not Work.NOBODY:
        return []
    within = window.rules.shield_after_lookup.within_days
    looks = window.looks_of(who, shield.child)
    return [
        look
        for look in looks
        if 0 <= (shield.day - look.day).days <= within and (look.day, look.minute) <= (shield.day, shield.minute)
    ]


def _by_day(shields: Iterable[ShieldMade]) -> Counter[date]:
    return Counter(shield.day for shield in shields)


def _is_mass(window: Window, counts: Counter[date], days: int, at_least: int) -> bool:
    """True if the last days have many shields, and far more than any such stretch before them."""
    spans = Counter[int]()
    for day, count in counts.items():
        spans[window.days_ago(day) // days] += count
    usual = max((count for ago, count in spans.items() if ago), default=0)
    return spans[0] >= max(at_least, window.rules.mass_shields.times_usual * usual)


def _since(window: Window, shields: Iterable[ShieldMade], days: int) -> list[ShieldMade]:
    return [shield for shield in shields if window.days_ago(shield.day) < days]


def _sighting(
    rule: Rule,
    people: tuple[str, ...],
    shields: list[ShieldMade],
    *,
    lookup_ids: tuple[str, ...] = (),
    about: str = "",
) -> Sighting:
    days = [shield.day for shield in shields]
    return Sighting(
        rule=rule,
        practitioner_ids=people,
        first_on=min(days),
        last_on=max(days),
        counts={"shields": len(shields)},
        lookup_ids=lookup_ids,
        about=about,
    )

"""Unusual hours, and lookups that found nothing. Both are honest most of the time: night duty works at night, and most
children are known to nobody. So each counts only together with another sign."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from .figures import highest, share_of, stands_out
from .findings import Sighting
from .no_work import lacks_work
from .rules import FoundNothingRule, Rule, UnusualHoursRule
from .summaries import Look, Work
from .volume import is_much
from .window import Tally, Window, tally


def weak_signs(window: Window) -> Iterator[Sighting]:
    """Looks at the last days, and again at the settled ones, of which it is known whether work followed."""
    yield from _among(window, window.lookups, window.day)
    yield from _among(window, window.settled, window.settled_on)


def _among(window: Window, lookups: Mapping[str, list[Look]], last_day: date) -> Iterator[Sighting]:
    at_night, nothing = tally(lookups, _at_night), tally(lookups, _found_nothing)
    for who in at_night:
        looks, today = lookups[who], [look for look in lookups[who] if look.day == last_day]
        hours = any(map(_at_night, today)) and _is_unusual(window, who, at_night, window.rules.unusual_hours)
        finds_nothing = any(map(_found_nothing, today)) and _is_unusual(
            window, who, nothing, window.rules.found_nothing
        )
        if hours:
            night = [look for look in looks if look.at_night]
            if finds_nothing or _mostly_nothing(window, who, night, nothing) or _other_sign(window, who, night):
                yield _sighting(Rule.UNUSUAL_HOURS, "at_night", looks, night)
        if finds_nothing:
            without = [look for look in looks if _found_nothing(look)]
            if hours or _other_sign(window, who, without):
                yield _sighting(Rule.FOUND_NOTHING, "found_nothing", looks, without)


def _at_night(look: Look) -> bool:
    return look.at_night


def _found_nothing(look: Look) -> bool:
    return look.known is False


def _is_unusual(window: Window, who: str, tally: Tally, rule: UnusualHoursRule | FoundNothingRule) -> bool:
    """Compared with the team, whatever hours its people work."""
    signs, of = tally[who]
    if signs < rule.at_least:
        return False
    usual = _usual(window, who, tally)
    return usual is not None and stands_out(signs, of, usual, above=rule.above_team, deviations=rule.deviations)


def _usual(window: Window, who: str, tally: Tally) -> float | None:
    circles = window.others(who, of_any_hour=True)
    return highest(share_of(tally[other] for other in others if other in tally) for others in circles)


def _mostly_nothing(window: Window, who: str, looks: list[Look], nothing: Tally) -> bool:
    """True if these lookups found nothing more often than the team's do."""
    rule, usual = window.rules.other_sign, _usual(window, who, nothing)
    count, above = sum(map(_found_nothing, looks)), window.rules.found_nothing.above_team
    return usual is not None and stands_out(count, len(looks), usual, above=above, deviations=rule.deviations)


def _other_sign(window: Window, who: str, looks: list[Look]) -> bool:
    rule = window.rules.other_sign
    return (
        is_much(window, who, at_least=rule.day_at_least, times_own=rule.times_own, times_team=rule.times_team)
        or lacks_work(window, who, looks, at_least=rule.no_work_at_least, deviations=rule.deviations)
        or _looks_again(looks, rule.same_child_at_least)
    )


def _looks_again(looks: Iterable[Look], at_least: int) -> bool:
    children = [look.child for look in looks if look.work is Work.NOBODY]
    return any(children.count(child) >= at_least for child in set(children))


def _sighting(rule: Rule, name: str, looks: list[Look], signs: list[Look]) -> Sighting:
    return Sighting(
        rule=rule,
        practitioner_ids=(signs[0].practitioner_id,),
        first_on=signs[0].day,
        last_on=signs[-1].day,
        counts={"lookups": len(looks), name: len(signs)},
        lookup_ids=tuple(look.id for look in signs),
        slow=True,
    )

"""Unusual hours, and lookups that found nothing. Both are honest most of the time: night duty works at night, and most
children are known to nobody. So each counts only together with another sign."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property

from .figures import highest, share_of, stands_out
from .findings import Sighting
from .no_work import lacks_work, shares
from .rules import FoundNothingRule, Rule, UnusualHoursRule
from .summaries import Look, Work, is_without
from .volume import is_much
from .window import Tally, Window, tally


def weak_signs(window: Window) -> Iterator[Sighting]:
    """Looks at the last days, and again at the settled ones, of which it is known whether work followed."""
    yield from _among(window, window.lookups, window.day)
    yield from _among(window, window.settled, window.settled_on)


def _among(window: Window, lookups: Mapping[str, list[Look]], last_day: date) -> Iterator[Sighting]:
    at_night, nothing = _Usual(window, lookups, _at_night), _Usual(window, lookups, _found_nothing)
    for who in at_night.tally:
        looks, today = lookups[who], [look for look in lookups[who] if look.day == last_day]
        may_be_odd = any(map(_at_night, today)) and not window.has_night_duty(who)
        hours = may_be_odd and at_night.is_unusual(who, window.rules.unusual_hours)
        finds_nothing = any(map(_found_nothing, today)) and nothing.is_unusual(who, window.rules.found_nothing)
        if hours:
            night = [look for look in looks if look.at_night]
            if (
                finds_nothing
                or _mostly_nothing(window, who, night, nothing)
                or _other_sign(window, who, night, at_night)
            ):
                yield _sighting(Rule.UNUSUAL_HOURS, "at_night", looks, night)
        if finds_nothing:
            without = [look for look in looks if _found_nothing(look)]
            if hours or _other_sign(window, who, without, nothing):
                yield _sighting(Rule.FOUND_NOTHING, "found_nothing", looks, without)


def _at_night(look: Look) -> bool:
    return look.at_night


def _found_nothing(look: Look) -> bool:
    return look.known is False


class _Usual:
    """How often the lookups of a practitioner, and those of the others, have a sign."""

    def __init__(self, window: Window, lookups: Mapping[str, list[Look]], sign: Callable[[Look], bool]) -> None:
        self._window = window
        self._sign = sign
        self.tally = tally(lookups, sign)
        self._totals = window.totals(self.tally)

    def share(self, who: str) -> float | None:
        """What is usual in the team, whatever hours its people work."""
        others = self._window.tallies_of_others(who, self.tally, self._totals)
        return highest(share_of([one]) for one in others)

    def is_unusual(self, who: str, rule: UnusualHoursRule | FoundNothingRule) -> bool:
        """Compares with the team together first, which costs less than comparing with each of its people."""
        return self._stands_out(who, rule, self.share(who)) and self._stands_out(who, rule, self._of_people(who, rule))

    def _stands_out(self, who: str, rule: UnusualHoursRule | FoundNothingRule, usual: float | None) -> bool:
        signs, of = self.tally[who]
        if signs < rule.at_least or usual is None or usual >= rule.usual:
            return False
        return stands_out(signs, of, usual, above=rule.above_team, deviations=rule.deviations)

    def _of_people(self, who: str, rule: UnusualHoursRule | FoundNothingRule) -> float | None:
        """What most of the people stay below with whom the practitioner can be compared."""
        others = self._window.others_of_any_hour(who)
        return highest(share for one in others for share in shares(self.tally, one, rule.of_people))

    @cached_property
    def without_work(self) -> Tally:
        """Of everybody's settled lookups that have the sign."""
        with_sign = {who: list(filter(self._sign, looks)) for who, looks in self._window.settled.items()}
        return tally(with_sign, is_without)


def _mostly_nothing(window: Window, who: str, looks: list[Look], nothing: _Usual) -> bool:
    """True if these lookups found nothing more often than the team's do."""
    rule, usual = window.rules.other_sign, nothing.share(who)
    count, above = sum(map(_found_nothing, looks)), window.rules.found_nothing.above_team
    return usual is not None and stands_out(count, len(looks), usual, above=above, deviations=rule.deviations)


def _other_sign(window: Window, who: str, looks: list[Look], sign: _Usual) -> bool:
    """Lookups with a sign are compared with those of others that have it: whom nobody knows nobody works with."""
    rule = window.rules.other_sign
    return (
        is_much(window, who, at_least=rule.day_at_least, times_own=rule.times_own, times_team=rule.times_team)
        or lacks_work(window, looks, sign.without_work, at_least=rule.no_work_at_least, deviations=rule.deviations)
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

"""Records that were made up for a lookup: registered just before it, and withdrawn or made open after it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from .findings import Sighting
from .pretext import Pretext
from .rules import Rule
from .summaries import Look
from .window import Window


def hiding_places(window: Window) -> Iterator[Sighting]:
    rule = window.rules.hiding_place
    for (who, day), fresh in _fresh(window).items():
        known = (*window.settled.get(who, ()), *window.lookups.get(who, ()), *fresh)
        looks = list({look.id: look for look in known if look.pretext}.values())
        hidden = [look for look in fresh if look.pretext is Pretext.SENSITIVE]
        if len(hidden) >= rule.sensitive_at_least:
            yield _sighting(who, day, fresh)
        elif len(looks) >= rule.at_least:
            yield _sighting(who, day, looks)


def _fresh(window: Window) -> Mapping[tuple[str, date], list[Look]]:
    """What the window's newest summaries show, by practitioner and day. Later ones may show the same again."""
    fresh: dict[tuple[str, date], list[Look]] = defaultdict(list)
    newest = ((window.lookups, window.day), (window.settled, window.settled_on))
    looks = [look for lookups, day in newest for of_one in lookups.values() for look in of_one if look.day == day]
    for look in (*looks, *window.late):
        if look.pretext:
            fresh[look.practitioner_id, look.day].append(look)
    return fresh


def _sighting(who: str, day: date, looks: list[Look]) -> Sighting:
    looks = sorted(looks, key=lambda look: look.id)
    days = [look.day for look in looks]
    return Sighting(
        rule=Rule.HIDING_PLACE,
        practitioner_ids=(who,),
        first_on=min(days),
        last_on=max(days),
        counts={"lookups": len(looks), "hidden": sum(look.pretext is Pretext.SENSITIVE for look in looks)},
        lookup_ids=tuple(look.id for look in looks),
        happened_on=day,
        about=f"{who}\n{day}",
    )

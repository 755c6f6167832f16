"""One child that people without work with it look up again and again."""

from collections import defaultdict
from collections.abc import Iterator

from .findings import Sighting
from .repeats import Repeats, days_of, latest_work
from .rules import Rule
from .summaries import Look, Work, is_without
from .window import Window


def same_child(window: Window) -> Iterator[Sighting]:
    """Looks at the last days, and again at the settled ones, of which it is known whether work followed."""
    for lookups, day, is_often in (
        (window.lookups, window.day, _is_often),
        (window.settled, window.settled_on, _is_often_for_weeks),
    ):
        repeats = Repeats(window, lookups)
        for who, children in repeats.of.items():
            for child, looks in children.items():
                is_fresh = looks[-1].day == day and is_often(window, looks)
                if is_fresh and not repeats.is_usual(who, latest_work(looks), days_of(looks)):
                    yield _sighting(looks, f"{who}\n{child}")
    for child, looks in _looked_up_today(window).items():
        if _are_many(window, looks):
            yield _sighting(looks, child)


def _is_often(window: Window, looks: list[Look]) -> bool:
    rule, work, days = window.rules.same_child, latest_work(looks), days_of(looks)
    if work is Work.ASKER:
        return False
    if work is Work.NOBODY:
        return len(looks) >= rule.at_least and days >= rule.days
    at_least = rule.beside_colleague if work is Work.COLLEAGUE else rule.beside_authority
    return len(looks) >= at_least and days >= rule.beside_days


def _is_often_for_weeks(window: Window, looks: list[Look]) -> bool:
    """True if nobody worked with the child. Two days are enough for somebody who mostly looks up children with whom the
    authority works: this one is no part of that."""
    rule, days = window.rules.same_child, days_of(looks)
    if not all(map(is_without, looks)) or (looks[-1].day - looks[0].day).days < rule.settled_span:
        return False
    return days >= rule.settled_days or (days >= rule.exception_days and _is_exception(window, looks))


def _is_exception(window: Window, looks: list[Look]) -> bool:
    rule = window.rules.same_child
    without, of = window.without_work[looks[0].practitioner_id]
    other, other_without = of - len(looks), without - len(looks)
    return other >= rule.exception_others and other_without <= rule.exception_share * other


def _looked_up_today(window: Window) -> dict[str, list[Look]]:
    """The children of the last day, with everybody's lookups in the window."""
    children: dict[str, list[Look]] = defaultdict(list)
    today = {look.child for looks in window.lookups.values() for look in looks if look.day == window.day}
    for looks in window.lookups.values():
        for look in looks:
            if look.child in today:
                children[look.child].append(look)
    return children


def _are_many(window: Window, looks: list[Look]) -> bool:
    rule = window.rules.same_child
    latest = max(looks, key=lambda look: (look.day, look.minute))
    people = {look.practitioner_id for look in looks}
    return latest.work is Work.NOBODY and len(people) >= rule.people and days_of(looks) >= rule.people_days


def _sighting(looks: list[Look], about: str) -> Sighting:
    days = [look.day for look in looks]
    return Sighting(
        rule=Rule.SAME_CHILD,
        practitioner_ids=tuple({look.practitioner_id for look in looks}),
        first_on=min(days),
        last_on=max(days),
        counts={"lookups": len(looks), "days": len(set(days))},
        lookup_ids=tuple(sorted(look.id for look in looks)),
        slow=True,
        about=about,
    )

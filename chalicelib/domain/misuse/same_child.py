"""One child that people without work with it look up again and again."""

from collections import defaultdict
from collections.abc import Iterator

from .findings import Sighting
from .rules import Rule
from .summaries import Look, Work
from .window import Window


def same_child(window: Window) -> Iterator[Sighting]:
    children: dict[str, list[tuple[str, Look]]] = defaultdict(list)
    looked_up = {look.child for looks in window.lookups.values() for look in looks if look.day == window.day}
    for who, looks in window.lookups.items():
        by_child: dict[str, list[Look]] = defaultdict(list)
        for look in looks:
            if look.child in looked_up:
                by_child[look.child].append(look)
                children[look.child].append((who, look))
        for child, of_child in by_child.items():
            if of_child[-1].day == window.day and _is_often(window, of_child):
                yield _sighting([(who, look) for look in of_child], f"{who}\n{child}")
    for child, pairs in children.items():
        if _are_many(window, pairs):
            yield _sighting(pairs, child)


def _is_often(window: Window, looks: list[Look]) -> bool:
    """What was known at the latest lookup decides: work may have been registered since the first."""
    rule, work = window.rules.same_child, looks[-1].work
    if work is Work.ASKER:
        return False
    days = len({look.day for look in looks})
    if work is Work.NOBODY:
        return len(looks) >= rule.at_least and days >= rule.days
    at_least = rule.beside_colleague if work is Work.COLLEAGUE else rule.beside_authority
    return len(looks) >= at_least and days >= rule.beside_days


def _are_many(window: Window, pairs: list[tuple[str, Look]]) -> bool:
    latest = max((look for _, look in pairs), key=lambda look: (look.day, look.minute))
    people = {who for who, _ in pairs}
    return latest.work is Work.NOBODY and len(people) >= window.rules.same_child.people


def _sighting(pairs: list[tuple[str, Look]], about: str) -> Sighting:
    days = [look.day for _, look in pairs]
    return Sighting(
        rule=Rule.SAME_CHILD,
        practitioner_ids=tuple({who for who, _ in pairs}),
        first_on=min(days),
        last_on=max(days),
        counts={"lookups": len(pairs), "days": len(set(days))},
        lookup_ids=tuple(sorted(look.id for _, look in pairs)),
        slow=True,
        about=about,
    )

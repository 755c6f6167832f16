"""A child whom several people of one team looked up, to whom some of them came back, and with whom nobody of the
authority works.

Only settled lookups count, so an incident has had its fourteen days for somebody to register work. In some teams this
happens again and again: then it is what the team is for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from .findings import Sighting
from .rules import Rule
from .summaries import Look, Work
from .window import Window


def passed_around(window: Window) -> Iterator[Sighting]:
    for people in _teams(window):
        children = _shared_children(window, people)
        found = [looks for looks in children.values() if _is_passed_around(window, looks)]
        looked_up = len({look.child for who in people for look in window.settled[who]}) if found else 0
        if len(found) > 2 + window.rules.passed_around.usual * looked_up:
            continue
        for looks in found:
            if looks[-1].day == window.settled_on:
                yield _sighting(looks)


def _teams(window: Window) -> Iterator[list[str]]:
    """The people of each organisation, and of each organisation and role."""
    teams: dict[tuple[str | None, ...], list[str]] = defaultdict(list)
    for who in window.settled:
        organisation, role = window.place(who)
        teams[organisation, role].append(who)
        if organisation is not None:
            teams[organisation,].append(who)
    yield from teams.values()


def _shared_children(window: Window, people: Iterable[str]) -> Mapping[str, list[Look]]:
    """The settled lookups, in order of time, of each child whom more than one of these people looked up."""
    first: dict[str, str] = {}
    shared: dict[str, list[Look]] = {}
    for who in people:
        for look in window.settled[who]:
            if first.setdefault(look.child, who) != who:
                shared[look.child] = []
    for who in people:
        for look in window.settled[who]:
            if look.child in shared:
                shared[look.child].append(look)
    for looks in shared.values():
        looks.sort(key=lambda look: (look.day, look.minute, look.id))
    return shared


def _is_passed_around(window: Window, looks: list[Look]) -> bool:
    rule = window.rules.passed_around
    if len(looks) < rule.people or any(look.work is not Work.NOBODY for look in looks):
        return False
    people: dict[date, set[str]] = defaultdict(set)
    days: dict[str, set[date]] = defaultdict(set)
    for look in looks:
        people[look.day].add(look.practitioner_id)
        days[look.practitioner_id].add(look.day)
    returning = sum(len(of_one) > 1 for of_one in days.values())
    if len(days) < rule.people or returning < rule.returning:
        return False
    return len(people) >= rule.days and max(map(len, people.values())) < rule.incident


def _sighting(looks: list[Look]) -> Sighting:
    """It is found again once somebody else joins."""
    people = {look.practitioner_id for look in looks}
    return Sighting(
        rule=Rule.PASSED_AROUND,
        practitioner_ids=tuple(people),
        first_on=looks[0].day,
        last_on=looks[-1].day,
        counts={"people": len(people), "lookups": len(looks), "days": len({look.day for look in looks})},
        lookup_ids=tuple(look.id for look in looks),
        slow=True,
        about="\n".join((looks[0].child, *sorted(people))),
    )

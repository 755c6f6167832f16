"""Shields that protect nobody, and a record that hides the person who looks."""

from datetime import date, timedelta

from chalicelib.domain.access_records import Act

from .actions import Change, Register
from .cases import Case, Kind
from .chance import between
from .culprits import MONTH, Deed, Seeds
from .days import DAY, MONTH_ENDS_ON, at
from .nation import Person
from .team_kinds import TeamKind
from .theft import invented_caller

_LAST_MOMENT = at(MONTH_ENDS_ON, -60)


def _shields(kind: TeamKind) -> bool:
    return kind.shields


def mass_shield(seeds: Seeds, grade: float) -> Case:
    """From a hundred and twenty children in an hour to a dozen in some days. Some look first."""
    person = seeds.person(_shields)
    chance = seeds.chance
    deed = Deed(seeds, Kind.MASS_SHIELD, person.team.body, grade)
    days = 1 if grade < 0.4 else chance.randint(1, 5)
    first, begins, looks = chance.randrange(len(MONTH) - days), chance.uniform(480, 1260), chance.random() < 0.3
    for _ in range(max(12, between(chance, 120, 12, grade))):
        day, child = MONTH[first + chance.randrange(days)], seeds.anyone(person.team.body)
        minute = begins + chance.uniform(0, 60)
        if looks:
            deed.look_as(person, child, day, minute - 1)
        deed.shield(at(day, minute), person.caller(day), child)
    return deed.case()


def mass_shield_authority(seeds: Seeds, grade: float) -> Case:
    """From three hundred children to twenty-five, on one to three days, under many ids with a few each: some of real
    people, some invented."""
    body = seeds.body(lambda body: any(kind.shields for kind in body.kind.kinds))
    chance = seeds.chance
    deed = Deed(seeds, Kind.MASS_SHIELD_AUTHORITY, body, grade)
    shields = max(25, between(chance, 300, 25, grade))
    people = [person for team in body.teams if team.kind.shields for person in team.people if seeds.is_free(person)]
    real = chance.sample(people, min(len(people), 4, shields // 6))
    seeds.take(real)
    days = chance.randint(1, 3)
    first, begins = chance.randrange(len(MONTH) - days), chance.uniform(60, 1200)
    while shields > 0:
        day = MONTH[first + chance.randrange(days)]
        caller = real.pop().caller(day) if real else invented_caller(seeds, body)
        for _ in range(min(shields, chance.randint(1, 6))):
            deed.shield(at(day, begins + chance.uniform(0, 150)), caller, seeds.anyone(body))
            shields -= 1
    return deed.case()


def shield_after_lookup(seeds: Seeds, grade: float) -> Case:
    """One to four children, shielded minutes to a day and a half after the lookup, to hide them from services."""
    person = seeds.person(_shields)
    deed = Deed(seeds, Kind.SHIELD_AFTER_LOOKUP, person.team.body, grade)
    children = seeds.family_without_work(person.team.body)
    for child in children[: between(seeds.chance, 4, 1, grade)]:
        [day] = seeds.days(person, 1)
        looked_at = deed.look_as(person, child, min(day, MONTH[-3]))
        when = looked_at + timedelta(minutes=between(seeds.chance, 4, DAY * 1.5, grade))
        deed.shield(when, person.caller(when.date()), child)
    return deed.case()


def hiding(seeds: Seeds, grade: float) -> Case:
    """Registers a sensitive record minutes before the lookup, and withdraws it minutes to three weeks after."""
    person = seeds.person(lambda kind: kind.sensitive) if seeds.chance.random() < 0.4 else seeds.person()
    deed = Deed(seeds, Kind.HIDING, person.team.body, grade)
    for child in seeds.family_without_work(person.team.body)[: between(seeds.chance, 4, 1, grade)]:
        [day] = seeds.days(person, 1)
        _hide(seeds, deed, person, child, min(day, MONTH[-3]))
    return deed.case()


def _hide(seeds: Seeds, deed: Deed, person: Person, child: int, day: date) -> None:
    chance = seeds.chance
    code, caller = person.team.body.authority.code, person.caller(day)
    minute, reference = seeds.minute(person), f"r-{chance.randrange(10**6, 10**7)}"
    new = Register(at(day, minute - chance.uniform(1, 15)), caller, child, reference, caller.practitioner_id, True)
    deed.act(new, caller)
    for number in range(chance.randint(1, 3)):
        deed.look_as(person, child, day, minute + number * 7)
    gone_at = min(at(day, minute + 30 + between(chance, 5, 20 * DAY, deed.grade)), _LAST_MOMENT)
    later = person.caller(gone_at.date())
    deed.act(Change(gone_at, later, Act.WITHDRAWN, code, child, reference), later)

"""A stolen key, which signs tokens for anybody, and a stolen session, which is one person's."""

from datetime import timedelta
from string import ascii_lowercase

from chalicelib.domain.authority import Caller, Scope

from .cases import Case, Kind
from .chance import Chance, between
from .culprits import MONTH, Deed, Seeds
from .days import at
from .nation import Body
from .team_kinds import Shift

_GUESSED = 0.5
_BY_DAY = frozenset({Shift.OFFICE, Shift.TERM})


def invented_caller(seeds: Seeds, body: Body) -> Caller:
    """A token signed with the stolen key: an id that nobody has, or that looks like one of the authority's."""
    chance = seeds.chance
    team = chance.choice(body.teams)
    looks_real = chance.random() < 0.5
    made_up = f"p-{chance.randrange(20, 99)}-{chance.randrange(99)}" if looks_real else _letters(chance)
    scopes = frozenset({Scope.LOOKUP, Scope.SHIELD})
    return Caller(body.authority, made_up, team.role, scopes, team.organisation, f"t-{_letters(chance)}")


def _letters(chance: Chance) -> str:
    """No digits: they might look like an NHS number."""
    return "".join(chance.choices(ascii_lowercase, k=9))


def rotating_subs(seeds: Seeds, grade: float) -> Case:
    """From a hundred and fifty ids to a dozen, each with some lookups, in sessions on one to five days."""
    body = seeds.body()
    chance = seeds.chance
    deed = Deed(seeds, Kind.ROTATING_SUBS, body, grade)
    days = chance.randint(1, 5)
    first = chance.randrange(len(MONTH) - days)
    sessions = [(MONTH[first + number], chance.uniform(60, 1200)) for number in range(days)]
    for number in range(between(chance, 150, 12, grade)):
        caller = invented_caller(seeds, body)
        day, begins = sessions[number % days]
        minute = begins + chance.uniform(0, 180)
        for step in range(chance.randint(1, 5)):
            child = seeds.nobody() if chance.random() < _GUESSED else seeds.anyone(body)
            deed.look(at(day, minute + step * chance.uniform(0.2, 3)), caller, child)
    return deed.case()


def stolen_session(seeds: Seeds, grade: float) -> Case:
    """On one to three nights: from a hundred lookups to a dozen, nearly all of numbers that nobody has registered.
    Mostly of somebody who works by day."""
    by_day = seeds.chance.random() < 0.85
    person = seeds.person(lambda kind: (kind.shift in _BY_DAY) is by_day)
    deed = Deed(seeds, Kind.STOLEN_SESSION, person.team.body, grade)
    nights = seeds.chance.randint(1, 3)
    first = MONTH[seeds.chance.randrange(len(MONTH) - nights)]
    for number in range(nights):
        begins = seeds.chance.uniform(70, 260)
        for _ in range(max(12, between(seeds.chance, 100, 12, grade))):
            child = seeds.nobody() if seeds.chance.random() < 0.9 else seeds.anyone(person.team.body)
            deed.look_as(person, child, first + timedelta(days=number), begins + seeds.chance.expovariate(1 / 40))
    return deed.case()

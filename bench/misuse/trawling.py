"""Looking up far more children than the work needs."""

from datetime import timedelta

from .cases import Case, Kind
from .chance import between
from .culprits import MONTH, Deed, Seeds
from .nation import Person


def _usual(person: Person) -> float:
    """Lookups in a shift, as the person makes them honestly."""
    return max(1.0, person.team.rate * person.pace)


def trawling(seeds: Seeds, grade: float) -> Case:
    """On one to five days: from a dozen times the usual number, and forty more, to three or four times, and a dozen."""
    person = seeds.person()
    deed = Deed(seeds, Kind.TRAWLING, person.team.body, grade)
    days = between(seeds.chance, 5, 1, seeds.chance.random())
    first = seeds.chance.randrange(len(MONTH) - days)
    for day in MONTH[first : first + days]:
        extra = _usual(person) * between(seeds.chance, 120, 35, grade) / 10 + between(seeds.chance, 40, 12, grade)
        begins = seeds.minute(person)
        for _ in range(round(extra)):
            minute = min(begins + seeds.chance.expovariate(1 / 60), 1435)
            deed.look_as(person, seeds.anyone(person.team.body), day, minute)
    return deed.case()


def slow_trawling(seeds: Seeds, grade: float) -> Case:
    """On each day at work, for three or four weeks: four to ten more, and for busy people about as many again."""
    person = seeds.person()
    deed = Deed(seeds, Kind.SLOW_TRAWLING, person.team.body, grade)
    weeks = seeds.chance.choice((3, 4))
    days = [day for day in MONTH[-7 * weeks :] if person.works_on(day) and day.weekday() < 5]
    for day in days or [MONTH[-1] - timedelta(days=number) for number in range(15)]:
        extra = between(seeds.chance, 10, 4, grade) + _usual(person) * between(seeds.chance, 10, 6, grade) / 10
        for _ in range(round(extra)):
            deed.look_as(person, seeds.anyone(person.team.body), day)
    return deed.case()

"""Who works when: the minutes of the day at which somebody looks children up."""

from datetime import date

from .chance import Chance, poisson
from .days import DAY, is_free, is_term
from .nation import Person, Team
from .team_kinds import Shift

_OVERTIME, _COVERS_A_NIGHT = 0.04, 0.001
_BURST = 3.0
_ROUND = ((7 * 60, 15 * 60), (15 * 60, 23 * 60), (21 * 60, DAY + 7 * 60))
_BUSIER_AT_WEEKEND = 1.3


def on_shift(team: Team, day: date, chance: Chance) -> list[tuple[Person, tuple[int, int]]]:
    """Who works on that day, from which minute to which."""
    shift, present = team.kind.shift, team.present(day)
    working = [person for person in present if person.works_on(day)]
    if shift is Shift.DUTY:
        return _on_duty(working, day, chance)
    if shift is Shift.ROUND:
        return [(person, chance.choice(_ROUND)) for person in working if chance.random() < 0.62]
    if is_free(day) or (shift is Shift.TERM and not is_term(day)):
        return []
    return [(person, _by_day(shift, chance)) for person in working]


def _by_day(shift: Shift, chance: Chance) -> tuple[int, int]:
    """Now and then somebody who works by day covers for a night."""
    if shift is Shift.OFFICE and chance.random() < _COVERS_A_NIGHT:
        return 21 * 60, DAY + 6 * 60
    return 8 * 60 + 20, 17 * 60 + 40


def _on_duty(working: list[Person], day: date, chance: Chance) -> list[tuple[Person, tuple[int, int]]]:
    """One for the night, and on free days one for the day as well."""
    shifts = [(17 * 60, DAY + 8 * 60)] + ([(8 * 60, 20 * 60)] if is_free(day) else [])
    return list(zip(chance.sample(working, min(len(working), len(shifts))), shifts, strict=False))


def lookups_of(team: Team, person: Person, day: date, chance: Chance) -> int:
    """How many lookups the person makes in the shift."""
    mean = team.rate * person.pace
    if chance.random() < team.kind.bursts:
        mean *= _BURST
    if team.kind.shift in (Shift.ROUND, Shift.DUTY) and day.weekday() in (4, 5):
        mean *= _BUSIER_AT_WEEKEND
    return poisson(chance, mean)


def minute_in(shift: tuple[int, int], chance: Chance) -> float:
    """Mostly in the middle of the shift, and for day workers now and then in the evening."""
    begins, ends = shift
    if ends < DAY and chance.random() < _OVERTIME:
        return chance.uniform(ends, 22 * 60)
    return begins + (ends - begins) * (chance.random() + chance.random()) / 2

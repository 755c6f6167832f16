"""Who misuses, on which days, at which times; and the case that is labelled afterwards from what was really done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from chalicelib.domain.authority import Caller

from .actions import Action, LookUp, ShieldChild
from .agenda import Agenda
from .cases import Case, Kind
from .chance import Chance
from .children import any_family, any_of, nobody, siblings
from .days import DAY, MONTH_BEGINS_ON, MONTH_ENDS_ON, at, between
from .nation import Body, Nation, Person
from .shifts import minute_in
from .team_kinds import Shift, TeamKind

MONTH = tuple(between(MONTH_BEGINS_ON, MONTH_ENDS_ON))
_OFFICE_HOURS = (8 * 60 + 20, 17 * 60 + 40)
_OFF_HOURS = 0.35
_ON_DAYS_OFF = 0.12
_CASE_REFERENCES = 500_000
_FAMOUS_FAMILIES, _EVERY_SO_MANY = 4, 12_345
_LAST_MINUTE = DAY - 30  # an act late on the last day would be after the month


@dataclass
class Seeds:
    """Where cases are seeded. `kept_free`: (child, authority) pairs that must never become work."""

    nation: Nation
    agenda: Agenda
    chance: Chance
    kept_free: set[tuple[int, str]] = field(default_factory=set)
    _taken: set[Person] = field(default_factory=set)
    _bodies: set[str] = field(default_factory=set)

    def person(self, suits: Callable[[TeamKind], bool] = lambda _: True) -> Person:
        """Somebody who is there all month, registers as an authority, and has misused nothing yet."""
        found = self.chance.choice([one for one in self.nation.people if self._may(one) and suits(one.team.kind)])
        self._taken.add(found)
        return found

    def group(self, size: int) -> list[Person]:
        """So many of one team."""
        teams = [[one for one in team.people if self._may(one)] for team in self.nation.teams]
        found = self.chance.sample(self.chance.choice([team for team in teams if len(team) >= size]), size)
        self._taken.update(found)
        return found

    def body(self, suits: Callable[[Body], bool] = lambda _: True) -> Body:
        """An authority as a whole, once."""
        fit = [body for body in self.nation.bodies if self._is_settled(body) and suits(body)]
        found = self.chance.choice([body for body in fit if body.authority.code not in self._bodies])
        self._bodies.add(found.authority.code)
        return found

    def take(self, people: Sequence[Person]) -> None:
        self._taken.update(people)

    def is_free(self, person: Person) -> bool:
        return person not in self._taken

    def _may(self, person: Person) -> bool:
        stays = person.starts_on <= MONTH_BEGINS_ON - timedelta(days=7) and person.leaves_on >= MONTH_ENDS_ON
        return stays and person.moves_on is None and person not in self._taken and self._is_settled(person.team.body)

    def _is_settled(self, body: Body) -> bool:
        return body.kind.registers and body.new_ids_on is None

    def family_without_work(self, body: Body) -> list[int]:
        """Siblings with whom the authority does not work, and never will in these months."""
        children = list(siblings(any_family(self.chance, body.areas)))
        self.keep_free(children, body)
        return children

    def famous(self) -> list[int]:
        """One of a few families whom everybody knows."""
        return list(siblings(self.chance.randrange(_FAMOUS_FAMILIES) * _EVERY_SO_MANY + 7))

    def keep_free(self, children: Sequence[int], body: Body) -> None:
        self.kept_free.update((child, body.authority.code) for child in children)

    def anyone(self, body: Body) -> int:
        return any_of(self.chance, body.areas)

    def nobody(self) -> int:
        return nobody(self.chance)

    def days(self, person: Person, number: int, weeks: int = 4) -> list[date]:
        """So many days within so many weeks, mostly those on which the person works. A day may be there twice."""
        first = self.chance.randrange(len(MONTH) - 7 * weeks + 1)
        within = MONTH[first : first + 7 * weeks]
        working = [day for day in within if person.works_on(day)] or list(within)
        days = [self.chance.choice(within if self.chance.random() < _ON_DAYS_OFF else working) for _ in range(number)]
        return sorted(days)

    def minute(self, person: Person) -> float:
        """In the shift or, about every third time, in the evening or at night."""
        if self.chance.random() < _OFF_HOURS or person.team.kind.shift in (Shift.ROUND, Shift.DUTY):
            return self.chance.triangular(6 * 60, _LAST_MINUTE, 21 * 60)
        return minute_in(_OFFICE_HOURS, self.chance)


class Deed:
    """One case while it is being seeded. It notes who acts and when, so that the label says what was really done."""

    def __init__(self, seeds: Seeds, kind: Kind, body: Body, grade: float) -> None:
        self.grade = grade
        self._seeds, self._kind, self._body = seeds, kind, body
        self._ids: dict[str, None] = {}
        self._times: list[datetime] = []

    def look(self, when: datetime, caller: Caller, child: int, person: Person | None = None) -> None:
        chance = self._seeds.chance
        purposes = person.team.kind.purposes if person else self._body.kind.kinds[0].purposes
        reference = f"case-{chance.randrange(1, _CASE_REFERENCES)}"
        self.act(LookUp(when, caller, child, chance.choice(purposes), reference), caller)

    def look_as(self, person: Person, child: int, day: date, minute: float | None = None) -> datetime:
        """Returns when."""
        when = at(day, self._seeds.minute(person) if minute is None else minute)
        self.look(when, person.caller(day), child, person)
        return when

    def shield(self, when: datetime, caller: Caller, child: int) -> None:
        self.act(ShieldChild(when, caller, child), caller)

    def act(self, action: Action, caller: Caller) -> None:
        self._ids[caller.practitioner_id] = None
        self._times.append(action.at)
        self._seeds.agenda.add(action)

    def case(self) -> Case:
        first_on, last_on = min(self._times).date(), max(self._times).date()
        return Case(self._kind, self._body.authority.code, tuple(self._ids), first_on, last_on, self.grade)

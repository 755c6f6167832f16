"""What happens to honest people beyond their usual day: incidents, court cases, training, and families that flee."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from .actions import ShieldChild
from .agenda import Agenda
from .chance import Chance, chance_of, poisson
from .children import any_family, any_of, family_of, known_family, siblings
from .days import BEGINS_ON, at, is_free
from .honest import Honest
from .nation import Body, Nation, Person, Team
from .work import Work

_INCIDENTS, _TRAININGS, _FLIGHTS = 0.006, 0.0035, 0.035
"""On each day: incidents and families that flee for each area, trainings for each team."""
_PROCEEDINGS = 5
_WORRYING = ("school", "general practice", "health visiting", "school nursing", "emergency department")
_WORRIES, _LOOKS_AGAIN = 0.015, 0.2
_HEARD = 0.16  # the share of working days on which somebody asks about a family in proceedings
_IN_COURT = ("long-term social care", "assessment", "multi-agency hub", "health visiting", "school", "emergency duty")


class Happenings:
    def __init__(self, seed: int, nation: Nation, agenda: Agenda, work: Work, honest: Honest) -> None:
        self._chance: Chance = chance_of(seed, "happenings")
        self._nation, self._agenda, self._work, self._honest = nation, agenda, work, honest
        self._areas = [[body for body in nation.bodies if area in body.areas] for area in range(nation.areas)]
        self._councils = [body for body in nation.bodies if body.kind.sector == "local_authority"]
        self._advisers = [team for team in nation.teams if team.kind.name == "court advisers"]
        self._proceedings = [self._in_proceedings(council) for council in self._councils]
        self._worries = [(person, self._worry(person)) for person in nation.people if self._worries_about_one(person)]

    def plan(self, day: date) -> None:
        for area, bodies in enumerate(self._areas):
            if self._chance.random() < _INCIDENTS:
                self._incident(area, bodies, day)
            for _ in range(poisson(self._chance, _FLIGHTS)):
                self._flight(self._councils[area], day)
            if not is_free(day):
                self._court(area, bodies, day)
        for person, child in self._worries:
            if not is_free(day) and person.works_on(day) and self._chance.random() < _LOOKS_AGAIN:
                self._honest.ask(person, (child,), self._chance.uniform(520, 1020), day)
        for team in self._nation.teams:
            if not is_free(day) and self._chance.random() < _TRAININGS:
                self._training(team, day)

    def _incident(self, area: int, bodies: Sequence[Body], day: date) -> None:
        """Some thirty people of several services ask about the same siblings within hours. For most it is no work."""
        children, minute = tuple(siblings(any_family(self._chance, (area,)))), self._chance.uniform(480, 1320)
        working = [person for body in bodies for person in _working(body.teams, day)]
        asking = self._chance.sample(working, min(len(working), self._chance.randint(15, 35)))
        for number, person in enumerate(asking):
            when = minute + self._chance.expovariate(1 / 90)
            self._honest.ask(person, children, when, day)
            if number % 6 == 0:
                self._work.follows(person, children[0], at(day, when))

    def _in_proceedings(self, council: Body) -> list[tuple[tuple[int, ...], Person | None]]:
        """The families, each with its court adviser, whose service never registers anything."""
        families = []
        for _ in range(_PROCEEDINGS):
            children = tuple(siblings(known_family(self._chance, council.areas)))
            team = next(team for team in council.teams if team.kind.name == "long-term social care")
            person = self._chance.choice(team.people)
            for child in children:
                self._work.follows(person, child, at(BEGINS_ON, 600))
            advisers = [person for team in self._advisers for person in team.people]
            families.append((children, self._chance.choice(advisers) if advisers else None))
        return families

    def _worries_about_one(self, person: Person) -> bool:
        """Some teachers, doctors and nurses worry about a child, look about once a week, and register nothing."""
        return person.team.kind.name in _WORRYING and self._chance.random() < _WORRIES

    def _worry(self, person: Person) -> int:
        return any_of(self._chance, person.team.body.areas)

    def _court(self, area: int, bodies: Sequence[Body], day: date) -> None:
        for children, adviser in self._proceedings[area]:
            if self._chance.random() >= _HEARD:
                continue
            teams = [team for body in bodies for team in body.teams if team.kind.name in _IN_COURT]
            asking = self._chance.sample(_working(teams, day), 1) if _working(teams, day) else []
            if adviser and adviser.works_on(day) and self._chance.random() < 0.5:
                asking.append(adviser)
            for person in asking:
                self._honest.ask(person, children, self._chance.uniform(520, 1040), day)

    def _training(self, team: Team, day: date) -> None:
        """All of a team ask about the same example, twice or so, and then each about some children of their own."""
        example = (self._chance.choice(team.caseload),) if team.caseload else (any_family(self._chance, (0,)) * 8,)
        begins = self._chance.choice((570, 810))
        for person in _working([team], day):
            for _ in range(self._chance.randint(1, 2)):
                self._honest.ask(person, example, begins + self._chance.uniform(0, 90), day)
            for _ in range(self._chance.randint(0, 3)):
                family = any_family(self._chance, team.body.areas)
                self._honest.ask(person, (siblings(family)[0],), begins + self._chance.uniform(30, 150), day)

    def _flight(self, council: Body, day: date) -> None:
        """A family flees. Somebody looks, or has looked, and shields the children. Mostly there is work, or will be."""
        teams = [team for team in council.teams if team.kind.shields]
        working = _working(teams, day)
        if not working:
            return
        person, minute = self._chance.choice(working), self._chance.uniform(500, 1380)
        own = person.team_on(day).caseload
        is_own = bool(own) and self._chance.random() < 0.5
        family = family_of(self._chance.choice(own)) if is_own else any_family(self._chance, council.areas)
        children = tuple(siblings(family))
        if self._chance.random() < 0.7:
            self._honest.ask(person, children, minute, day)
        if not is_own and self._chance.random() < 0.9:
            for child in children:
                self._work.follows(person, child, at(day, minute))
        self._shield(person, children, at(day, minute + self._chance.expovariate(1 / 40) + 3))

    def _shield(self, person: Person, children: Sequence[int], when: datetime) -> None:
        for number, child in enumerate(children):
            moment = when + timedelta(minutes=2 * number)
            self._agenda.add(ShieldChild(moment, person.caller(moment.date()), child))


def _working(teams: Sequence[Team], day: date) -> list[Person]:
    return [person for team in teams for person in team.present(day) if person.works_on(day)]

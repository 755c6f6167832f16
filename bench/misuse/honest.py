"""What honest people do on a day: they ask about their own children and about new ones, again, twice, for nothing."""

from datetime import date, timedelta

from chalicelib.domain.access_records import Act

from .actions import LookUp, Read, Supersede
from .agenda import Agenda
from .chance import Chance, chance_of
from .children import any_family, family_of, siblings, some_family
from .days import at, is_free
from .nation import Nation, Person, Team
from .shifts import lookups_of, minute_in, on_shift
from .work import Work

_RETRIES, _RINGS, _AGAIN = 0.03, 0.12, 0.07
_REMEMBERED = 40
_READS_NOTICES = (150, 480, 720, 960)
_SUPERSESSIONS = 0.03  # a day, for each area


class Honest:
    def __init__(self, seed: int, nation: Nation, agenda: Agenda, work: Work) -> None:
        self._chance: Chance = chance_of(seed, "honest")
        self._nation, self._agenda, self._work = nation, agenda, work
        self._cases = 0

    def plan(self, day: date) -> None:
        for team in self._nation.teams:
            for person, shift in on_shift(team, day, self._chance):
                self._shift(team, person, shift, day)
        self._read(day)
        for _ in range(self._nation.areas):
            if not is_free(day) and self._chance.random() < _SUPERSESSIONS:
                family = any_family(self._chance, tuple(range(self._nation.areas)))
                self._agenda.add(Supersede(at(day, 660), family * 8))

    def _shift(self, team: Team, person: Person, shift: tuple[int, int], day: date) -> None:
        left = lookups_of(team, person, day, self._chance)
        while left > 0:
            left -= self._question(team, person, minute_in(shift, self._chance), day)

    def _question(self, team: Team, person: Person, minute: float, day: date) -> int:
        """One question, about a child or about siblings together. Returns how many lookups it took."""
        fate = self._chance.random()
        if fate < team.kind.own and team.caseload:
            return self.ask(person, self._whom(team, self._chance.choice(team.caseload)), minute, day)
        if fate > 1 - _AGAIN and team.recent:
            return self.ask(person, self._whom(team, self._chance.choice(team.recent)), minute, day)
        family = some_family(self._chance, team.body.areas, self._nation.areas)
        children = self._whom(team, self._chance.choice(siblings(family)))
        asked = self.ask(person, children, minute, day)
        self._new(team, person, children, minute, day)
        return asked

    def _whom(self, team: Team, child: int) -> tuple[int, ...]:
        if self._chance.random() < team.kind.siblings:
            return tuple(siblings(family_of(child)))
        return (child,)

    def _new(self, team: Team, person: Person, children: tuple[int, ...], minute: float, day: date) -> None:
        """Whether these children become work."""
        when, kind = at(day, minute), team.kind
        if self._chance.random() >= kind.follow:
            team.recent = [*team.recent[-_REMEMBERED:], children[0]]
            return
        for child in children:
            if self._chance.random() < kind.registers_first:
                self._work.begins_before(person, child, when)
            else:
                self._work.follows(person, child, when)

    def ask(self, person: Person, children: tuple[int, ...], minute: float, day: date) -> int:
        """The siblings one after the other, in one case. Now and then the same again, because no answer came."""
        self._cases += 1
        caller, purpose = person.caller(day), self._chance.choice(person.team_on(day).kind.purposes)
        when, asked = at(day, minute), 0
        for child in children:
            for _ in range(1 + (self._chance.random() < _RETRIES)):
                rings = self._chance.random() < _RINGS
                self._agenda.add(LookUp(when, caller, child, purpose, f"case-{self._cases}", rings))
                when += timedelta(seconds=self._chance.randint(8, 70))
                asked += 1
        return asked

    def _read(self, day: date) -> None:
        """Systems read notices some times a day, and their register once a week."""
        for number, body in enumerate(self._nation.bodies):
            if not body.kind.registers:
                continue
            for minute in _READS_NOTICES[: 1 + number % len(_READS_NOTICES)]:
                self._agenda.add(Read(at(day, minute + number % 30), body.feed, Act.NOTICES_READ))
            if day.weekday() == number % 7:
                self._agenda.add(Read(at(day, 290 + number % 30), body.feed, Act.LISTED))

"""Honest work: records at the beginning, new ones that a feed or a person registers, and what becomes of them."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from chalicelib.domain.access_records import Act, Actor, Unattended

from .actions import Change, Register
from .agenda import Agenda
from .chance import Chance, chance_of, poisson
from .children import any_of, known_family, siblings
from .days import BEGINS_ON, DAY, at
from .nation import Body, Nation, Person, Team

_CONFIRMED_EVERY = timedelta(days=28)
"""The service writes an unchanged record of a feed again after so many days."""
_DELAYS = (1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 10, 12, 13, 16, 20)
"""Days from a lookup until the case is opened in the authority's own system, whose feed registers it that night."""
_ENDS, _WITHDRAWN, _SLIPS = 0.04, 0.012, 0.01


class Work:
    """`kept_free`: (child, authority) pairs that never become work, because seeded misuse needs just that.

    `standing`: the records from before the first day, of which no access record is in the month.
    """

    def __init__(self, seed: int, nation: Nation, agenda: Agenda, kept_free: set[tuple[int, str]]) -> None:
        self._chance: Chance = chance_of(seed, "work")
        self._agenda, self._kept_free = agenda, kept_free
        self._references = 0
        self._working: set[tuple[int, str]] = set()
        self.standing: list[Register] = []
        self._due: defaultdict[date, list[tuple[Register, Team, Person]]] = defaultdict(list)
        self._stood: set[tuple[int, str]] = set()
        for team in nation.teams:
            for _ in range(poisson(self._chance, team.kind.rows) if team.kind.rows else 0):
                self._begin(team)

    def has(self, child: int, body: Body) -> bool:
        return (child, body.authority.code) in self._working

    def is_standing(self, child: int, body: Body) -> bool:
        """True if the authority worked with the child before the first day."""
        return (child, body.authority.code) in self._stood

    def _begin(self, team: Team) -> None:
        """A family of the caseload. Of its records only later confirmations are seen."""
        person = self._chance.choice(team.people)
        for child in siblings(known_family(self._chance, team.body.areas)):
            if not self.is_kept_free(child, team.body):
                on = BEGINS_ON + timedelta(days=self._chance.randrange(_CONFIRMED_EVERY.days))
                self._add(team, person, child, at(BEGINS_ON, 61), confirmed_on=on)

    def is_kept_free(self, child: int, body: Body) -> bool:
        return (child, body.authority.code) in self._kept_free

    def follows(self, person: Person, child: int, looked_at: datetime) -> None:
        """The lookup becomes work of the team, or of one that takes the case over, unless the authority has it."""
        team = person.team_on(looked_at.date())
        body = team.body
        if not body.kind.registers or self.has(child, body) or self.is_kept_free(child, body):
            return
        days = self._chance.choice(_DELAYS)
        if body.by_feed:
            when = at(looked_at.date() + timedelta(days=days), self._chance.uniform(90, 240))
            self._add(team, person, child, when)
        else:
            minutes = self._chance.choice((5, 20, 60, 240, DAY, 2 * DAY, DAY * days))
            self._add(team, person, child, looked_at + timedelta(minutes=minutes))

    def begins_before(self, person: Person, child: int, looks_at: datetime) -> None:
        """A clinic registers the child at the desk and looks then. Now and then the number was a slip: the record
        is withdrawn, and the right child registered."""
        team = person.team_on(looks_at.date())
        if self.has(child, team.body) or self.is_kept_free(child, team.body):
            return
        when = looks_at - timedelta(minutes=self._chance.uniform(1, 25))
        new = self._add(team, person, child, when)
        if self._chance.random() < _SLIPS:
            gone_at = looks_at + timedelta(minutes=self._chance.uniform(3, 3 * DAY))
            self._change(new, Act.WITHDRAWN, gone_at, person.caller(gone_at.date()))
            self.follows(person, any_of(self._chance, team.body.areas), gone_at)

    def _add(
        self, team: Team, person: Person, child: int, when: datetime, confirmed_on: date | None = None
    ) -> Register:
        """`confirmed_on`: the first confirmation of a record that came before the first day."""
        body, kind = team.body, team.kind
        self._references += 1
        self._working.add((child, body.authority.code))
        team.caseload.append(child)
        by_hand = not body.by_feed or kind.registers_first
        new = Register(
            when,
            person.caller(when.date()) if by_hand else body.feed,
            child,
            f"r-{self._references}",
            person.id_on(when.date()),
            kind.sensitive,
            body.kind.sector == "police",
        )
        if confirmed_on:
            self.standing.append(new)
            self._stood.add((child, body.authority.code))
        else:
            self._agenda.add(new)
        self._due[confirmed_on or (when + _CONFIRMED_EVERY).date()].append((new, team, person))
        return new

    def plan(self, day: date) -> None:
        """The records that are confirmed or end on that day, four weeks after they were written last."""
        for new, team, person in self._due.pop(day, ()):
            fate, by_feed = self._chance.random(), team.body.by_feed
            when = at(day, self._chance.uniform(90, 240) if by_feed else self._chance.uniform(540, 1020))
            actor = team.body.feed if by_feed else person.caller(day)
            if fate < _WITHDRAWN:
                self._change(new, Act.WITHDRAWN, when, actor)
            elif fate < _WITHDRAWN + _ENDS:
                self._change(new, Act.EXPIRED, at(day, 61), Unattended.SERVICE)
            else:
                self._change(new, Act.REPLACED if by_feed else Act.AMENDED, when, actor)
                self._due[day + _CONFIRMED_EVERY].append((new, team, person))

    def _change(self, new: Register, act: Act, when: datetime, actor: Actor) -> None:
        self._agenda.add(Change(when, actor, act, new.actor.authority.code, new.child, new.reference))

"""The authorities, teams and people of a scaled-down nation. An authority has teams of real size, but few of them."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.domain.authority import Authority, Caller, Contact, Purpose, Scope, Standing

from .chance import Chance, chance_of
from .days import BEGINS_ON, ENDS_ON, MONTH_BEGINS_ON, between
from .team_kinds import AUTHORITY_KINDS, COUNCIL, AuthorityKind, TeamKind

_SCOPES = frozenset({Scope.LOOKUP, Scope.REGISTER})
_SHIELDING = _SCOPES | {Scope.SHIELD}
_FEEDING = frozenset({Scope.REGISTER, Scope.NOTICES, Scope.ACCESSES})
_PART_TIMERS, _STARTERS, _LEAVERS, _MOVERS, _HOLIDAYS = 0.2, 0.06, 0.05, 0.03, 0.45
_BY_FEED, _ROLES_TELL_TEAMS = 0.65, 0.6


@dataclass(eq=False)
class Person:
    """`pace`: of the team's rate. `moves_on`: the day from which the person works in another team."""

    number: int
    team: "Team"
    id: str
    pace: float
    starts_on: date
    leaves_on: date
    weekdays: frozenset[int]
    away: frozenset[date]
    moves_on: date | None = None
    moves_to: "Team | None" = None

    def works_on(self, day: date) -> bool:
        return self.starts_on <= day < self.leaves_on and day.weekday() in self.weekdays and day not in self.away

    def team_on(self, day: date) -> "Team":
        return self.moves_to if self.moves_to and self.moves_on and day >= self.moves_on else self.team

    def id_on(self, day: date) -> str:
        changed_on = self.team.body.new_ids_on
        return f"{self.id}@new.example" if changed_on and day >= changed_on else self.id

    def caller(self, day: date) -> Caller:
        team, scopes = self.team_on(day), _SHIELDING if self.team_on(day).kind.shields else _SCOPES
        token = f"t-{self.number}-{day.toordinal()}"
        return Caller(team.body.authority, self.id_on(day), team.role, scopes, team.organisation, token)


@dataclass(eq=False)
class Team:
    """`caseload`: the numbers of the children with whom it works. `recent`: those it asked about without work."""

    body: "Body"
    kind: TeamKind
    number: int
    rate: float
    role: str
    organisation: str | None
    people: list[Person] = field(default_factory=list)
    joined: list[Person] = field(default_factory=list)
    caseload: list[int] = field(default_factory=list)
    recent: list[int] = field(default_factory=list)

    def present(self, day: date) -> list[Person]:
        return [person for person in (*self.people, *self.joined) if person.team_on(day) is self]


@dataclass(eq=False)
class Body:
    """An authority. `by_feed`: work is registered by its nightly feed, else by people. `new_ids_on`: from that day on
    all its practitioners have ids of another form."""

    authority: Authority
    kind: AuthorityKind
    areas: tuple[int, ...]
    by_feed: bool
    feed: Caller
    teams: list[Team] = field(default_factory=list)
    new_ids_on: date | None = None


@dataclass
class Nation:
    bodies: list[Body]
    areas: int

    @property
    def teams(self) -> list[Team]:
        return [team for body in self.bodies for team in body.teams]

    @property
    def people(self) -> list[Person]:
        return [person for team in self.teams for person in team.people]


def nation_of(seed: int, scale: int) -> Nation:
    """`scale`: one authority in so many."""
    chance = chance_of(seed, "nation")
    areas = _number(COUNCIL, scale)
    nation = Nation([], areas)
    for kind in AUTHORITY_KINDS:
        for number in range(_number(kind, scale)):
            nation.bodies.append(_body(chance, kind, number, areas))
    for number, person in enumerate(nation.people):
        person.number = number
    _reorganise(chance, nation)
    return nation


def _number(kind: AuthorityKind, scale: int) -> int:
    return max(2, round(kind.number / scale))


def _body(chance: Chance, kind: AuthorityKind, number: int, areas: int) -> Body:
    of = (number,) if kind is COUNCIL else tuple(chance.randrange(areas) for _ in range(kind.areas))
    authority = Authority(
        code=f"X-{kind.name.replace(' ', '-')}-{number}",
        name=f"Synthetic {kind.name} {number}",
        sector=kind.sector,
        standing=Standing.ACTIVE,
        duty_contact=Contact("Duty desk", "none"),
        scopes=frozenset(Scope) if kind.registers else frozenset({Scope.LOOKUP}),
        purposes=frozenset(Purpose),
        reports_every_days=7,
    )
    feed = Caller(authority, "system:nightly", "system", _FEEDING)
    body = Body(authority, kind, of, kind.registers and chance.random() < _BY_FEED, feed)
    tells_teams = chance.random() < _ROLES_TELL_TEAMS
    for team_kind in kind.kinds:
        for _ in range(chance.randint(*team_kind.teams)):
            body.teams.append(_team(chance, body, team_kind, tells_teams))
    for team in body.teams:
        _move_some(chance, team)
    return body


def _team(chance: Chance, body: Body, kind: TeamKind, tells_teams: bool) -> Team:
    number = len(body.teams)
    organisation = f"Synthetic {kind.name} {number}" if kind.has_organisations else None
    role = kind.role if tells_teams else kind.plain_role
    team = Team(body, kind, number, chance.uniform(*kind.rate), role, organisation)
    team.people = [_person(chance, team, place) for place in range(chance.randint(*kind.size))]
    return team


def _person(chance: Chance, team: Team, place: int) -> Person:
    starts_on, leaves_on = BEGINS_ON, ENDS_ON
    span = (ENDS_ON - BEGINS_ON).days
    if chance.random() < _STARTERS:
        starts_on += timedelta(days=chance.randrange(1, span))
    if chance.random() < _LEAVERS:
        leaves_on -= timedelta(days=chance.randrange(1, span))
    weekdays = frozenset(range(7))
    if chance.random() < _PART_TIMERS:
        weekdays = frozenset(chance.sample(range(5), chance.choice((2, 3, 3, 4)))) | {5, 6}
    return Person(
        number=0,
        team=team,
        id=f"p-{team.number}-{place}",
        pace=chance.lognormvariate(0, 0.35),
        starts_on=starts_on,
        leaves_on=leaves_on,
        weekdays=weekdays,
        away=_holidays(chance),
    )


def _holidays(chance: Chance) -> frozenset[date]:
    away: set[date] = set()
    while chance.random() < _HOLIDAYS:
        begins_on = BEGINS_ON + timedelta(days=chance.randrange((ENDS_ON - BEGINS_ON).days))
        away.update(between(begins_on, begins_on + timedelta(days=chance.choice((3, 7, 9, 14)))))
    away.update(
        BEGINS_ON + timedelta(days=number) for number in range((ENDS_ON - BEGINS_ON).days) if chance.random() < 0.02
    )
    return frozenset(away)


def _move_some(chance: Chance, team: Team) -> None:
    others = [other for other in team.body.teams if other is not team]
    for person in team.people:
        if others and chance.random() < _MOVERS:
            person.moves_on = BEGINS_ON + timedelta(days=chance.randrange(14, (ENDS_ON - BEGINS_ON).days))
            person.moves_to = chance.choice(others)
            person.moves_to.joined.append(person)


def _reorganise(chance: Chance, nation: Nation) -> None:
    """One authority in thirty gives all its people new ids overnight: some in the past, some in the month."""
    registering = [body for body in nation.bodies if body.kind.registers]
    for number, body in enumerate(chance.sample(registering, max(2, len(registering) // 30))):
        begins_on = MONTH_BEGINS_ON if number % 2 == 0 else BEGINS_ON + timedelta(weeks=3)
        body.new_ids_on = begins_on + timedelta(days=chance.randrange(21))

"""The window of days that the rules look at, and its people with their teams."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property

from .rules import Rules
from .summaries import FLEETING, FOLLOWED_WITHIN, Look, ShieldMade, Stage, Summary, is_without

DAYS = 28
"""The length of the window. What needs settled days looks at as many settled ones, which end fourteen days earlier."""


def summaries_needed(day: date) -> Iterator[tuple[date, Stage]]:
    """The days and stages whose summaries the window of this day consists of, oldest first, and
    then the late one."""
    settled_until = day - FOLLOWED_WITHIN
    for ago in range(DAYS + FOLLOWED_WITHIN.days - 1, -1, -1):
        one = day - timedelta(days=ago)
        yield one, Stage.SETTLED if one <= settled_until else Stage.FIRST
    yield day - FLEETING, Stage.LATE


Tally = Mapping[str, tuple[int, int]]
"""By practitioner: how many lookups have a sign, and how many there are. Whoever has none is left out."""
Circle = tuple[object, ...]
"""Names people with whom one can be compared."""
Team = tuple[str | None, str, bool]
"""Organisation, role, and whether they work mostly at night."""


class Window:
    """Practitioners are named by their ids. Lookups are in order of time.

    `day`: the last day. `settled_on`: the last settled day.

    `lookups`: of the last DAYS days. `settled`: of the last DAYS settled days. Both have a list, perhaps an empty one,
    for everybody who is in either. `active`: the days of the window on which the authority looked anybody up.

    `late`: the lookups of four weeks ago that turned out to have had a pretext.
    """

    def __init__(self, day: date, summaries: Iterable[Summary], rules: Rules) -> None:
        self.day = day
        self.settled_on = day - FOLLOWED_WITHIN
        self.rules = rules
        self.lookups: dict[str, list[Look]] = {}
        self.settled: dict[str, list[Look]] = {}
        self.shields: dict[str, list[ShieldMade]] = defaultdict(list)
        self.shared_tokens: tuple[tuple[str, ...], ...] = ()
        self.active: set[date] = set()
        self.late: tuple[Look, ...] = ()
        self._place: dict[str, tuple[str | None, str]] = {}
        self._first_day = day - timedelta(days=DAYS - 1)
        for summary in sorted(summaries, key=lambda summary: summary.day):
            if summary.stage is Stage.LATE:
                self.late = summary.lookups
            else:
                self._add(summary)

    def _add(self, summary: Summary) -> None:
        self._place |= {one.practitioner_id: (one.organisation, one.role) for one in summary.people}
        recent, settled = summary.day >= self._first_day, summary.stage is Stage.SETTLED
        for look in summary.lookups:
            of_last_days = self.lookups.setdefault(look.practitioner_id, [])
            of_settled_days = self.settled.setdefault(look.practitioner_id, [])
            if recent:
                of_last_days.append(look)
            if settled:
                of_settled_days.append(look)
        for shield in summary.shields:
            self.shields[shield.practitioner_id].append(shield)
        if recent and summary.lookups:
            self.active.add(summary.day)
        if summary.day == self.day:
            self.shared_tokens = summary.shared_tokens

    def days_ago(self, day: date) -> int:
        return (self.day - day).days

    @cached_property
    def counts(self) -> Mapping[str, Counter[date]]:
        """The lookups of each practitioner on each day."""
        return {who: Counter(look.day for look in looks) for who, looks in self.lookups.items()}

    @cached_property
    def _teams(self) -> Mapping[str, Team]:
        return {
            who: (*self._place[who], self._works_at_night(looks or self.settled[who]))
            for who, looks in self.lookups.items()
        }

    @cached_property
    def without_work(self) -> Tally:
        """Of the settled lookups."""
        return tally(self.settled, is_without)

    def _works_at_night(self, looks: list[Look]) -> bool:
        return sum(look.at_night for look in looks) >= self.rules.team.night_share * len(looks)

    @cached_property
    def _members(self) -> Mapping[Circle, list[str]]:
        members: dict[Circle, list[str]] = defaultdict(list)
        for who, team in self._teams.items():
            for circle in _circles(team):
                members[circle].append(who)
        return members

    def _circles(self, who: str, *, of_any_hour: bool = False) -> list[Circle]:
        """The practitioner's circles up to the first that is large enough to compare with."""
        circles = _circles(self._teams[who])
        found: list[Circle] = []
        for circle in circles[1::2] if of_any_hour else circles:
            found.append(circle)
            if len(self._members[circle]) > self.rules.team.others:
                break
        return found

    def others(self, who: str) -> list[list[str]]:
        """With whom the practitioner can be compared: the first circle that is large enough, and those inside it."""
        circles = ([one for one in self._members[circle] if one != who] for circle in self._circles(who))
        return [others for others in circles if others]

    def others_of_any_hour(self, who: str) -> list[list[str]]:
        """As `others`, but a team has people of whatever hours."""
        circles = self._circles(who, of_any_hour=True)
        found = ([one for one in self._members[circle] if one != who] for circle in circles)
        return [others for others in found if others]

    def has_night_duty(self, who: str) -> bool:
        """True if the practitioner works mostly at night, and so do some others of the same organisation and role."""
        organisation, role, night = self._teams[who]
        return night and len(self._members["team", organisation, role, True]) > self.rules.team.night_others

    def totals(self, tally: Tally) -> Mapping[Circle, tuple[int, int]]:
        """By circle, the tallies of its members added up."""
        return {
            circle: (
                sum(tally.get(who, (0, 0))[0] for who in members),
                sum(tally.get(who, (0, 0))[1] for who in members),
            )
            for circle, members in self._members.items()
        }

    def tallies_of_others(
        self, who: str, tally: Tally, totals: Mapping[Circle, tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """For each circle in which the practitioner is compared, of people of whatever hours: the others' tallies added
        up."""
        own = tally.get(who, (0, 0))
        circles = (totals[circle] for circle in self._circles(who, of_any_hour=True))
        return [(signs - own[0], of - own[1]) for signs, of in circles]

    def looks_of(self, who: str, child: str) -> list[Look]:
        """The practitioner's lookups of a child, in the window and on the settled days before it."""
        of_child = {look.id: look for looks in (self.settled, self.lookups) for look in looks.get(who, ())}
        return sorted((look for look in of_child.values() if look.child == child), key=lambda look: look.id)

    def place(self, who: str) -> tuple[str | None, str]:
        """The organisation and the role that the practitioner's latest token named."""
        return self._place[who]


def _circles(team: Team) -> tuple[Circle, ...]:
    """A practitioner's team, those of its organisation and role at whatever hours, the authority at the same hours, the
    whole authority."""
    organisation, role, night = team
    return ("team", organisation, role, night), ("role", organisation, role), ("hours", night), ("authority",)


def tally(lookups: Mapping[str, list[Look]], sign: Callable[[Look], bool]) -> Tally:
    return {who: (sum(map(sign, looks)), len(looks)) for who, looks in lookups.items() if looks}

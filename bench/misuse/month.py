"""The whole month: all access records in order of time, day by day, and the labels of the misuse in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .agenda import Agenda
from .cases import Case
from .clerk import AccessRecord, Clerk
from .days import all_days
from .happenings import Happenings
from .honest import Honest
from .nation import Nation, nation_of
from .seeded import seed_hidden, seed_misuse
from .work import Work

SCALE, EACH = 3, 40


@dataclass
class Month:
    """`scale`: one authority in so many. `each`: how many cases of each kind of misuse.

    It is made when `days` is walked through, and the same each time. One day is in memory, beside what is registered
    and what is planned.
    """

    seed: int
    scale: int = SCALE
    each: int = EACH

    def __post_init__(self) -> None:
        self.nation: Nation = nation_of(self.seed, self.scale)
        self.cases: list[Case] = []

    def days(self) -> Iterator[tuple[date, list[AccessRecord]]]:
        """Sets `nation` and `cases` anew first."""
        nation, agenda = nation_of(self.seed, self.scale), Agenda()
        seeds, cases = seed_misuse(self.seed, nation, agenda, self.each)
        work = Work(self.seed, nation, agenda, seeds.kept_free)
        cases += seed_hidden(seeds, work, self.each)
        honest = Honest(self.seed, nation, agenda, work)
        happenings = Happenings(self.seed, nation, agenda, work, honest)
        clerk = Clerk(self.seed, agenda)
        for new in work.standing:
            clerk.carry_out(new)
        self.nation, self.cases = nation, cases
        for day in all_days():
            agenda.begin(day)
            work.plan(day)
            honest.plan(day)
            happenings.plan(day)
            yield day, [record for action in agenda.taken(day) for record in clerk.carry_out(action)]

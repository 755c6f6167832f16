"""A small authority and what its people honestly do in some weeks: a day team, night duty, and a multi-agency hub that
looks up by the dozen and hardly ever works with a child itself. Tests add misuse to it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from chalicelib.domain.access_records import Act
from chalicelib.domain.calendar import midnight
from chalicelib.domain.misuse.find import findings_of
from chalicelib.domain.misuse.findings import Finding
from chalicelib.domain.misuse.rules import Rule
from chalicelib.domain.misuse.seen import Seen, SeenAct, SeenLookup

CODE = "E09000014"
FIRST, LAST = date(2026, 10, 1), date(2026, 11, 11)
"""Six weeks, so that the first four are settled at the end."""
FEED = "system:feed"


class Scene:
    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)  # noqa: S311 - no secret
        self.records: list[Seen] = []
        self._ids = 0

    def new_id(self) -> str:
        self._ids += 1
        return f"{self._ids:026}"

    def look_up(self, who: str, at: datetime, child: str | None = None, **about: Any) -> str:
        """Returns the child, by default one that nobody has looked up before."""
        child = child or f"child-{self.new_id()}"
        usual = {"role": "Social worker", "organisation": None, "token_id": None, "known": True, "own_references": ()}
        lookup = SeenLookup(
            id=self.new_id(), at=at, child=child, authority_code=CODE, practitioner_id=who, **{**usual, **about}
        )
        self.records.append(lookup)
        return child

    def act(self, act: Act, child: str, at: datetime, who: str = FEED, reference: str | None = None) -> None:
        self.records.append(
            SeenAct(
                id=self.new_id(),
                at=at,
                child=child,
                act=act,
                authority_code=CODE,
                practitioner_id=who,
                reference=reference or f"ref-{child}",
            )
        )

    def on(self, day: date, hour: int) -> datetime:
        return midnight(day) + timedelta(hours=hour, minutes=self.random.randrange(60))

    def honest(self) -> "Scene":
        for day in days():
            for number in range(8 if day.weekday() < 5 else 0):
                self._of_day(f"sw-{number}", day, self.random.randrange(4), (9, 10, 11, 13, 14, 15, 16), works=0.7)
            for number in range(6):
                self._of_day(
                    f"night-{number}", day, self.random.randrange(4), (21, 23, 0, 2, 5), works=0.5, role="EDT worker"
                )
                dozens = 12 + self.random.randrange(25)
                self._of_day(f"hub-{number}", day, dozens, tuple(range(24)), works=0.05, organisation="MASH")
        return self

    def _of_day(self, who: str, day: date, count: int, hours: Sequence[int], *, works: float, **about: Any) -> None:
        for _ in range(count):
            at = self.on(day, self.random.choice(hours))
            child = self.look_up(who, at, known=self.random.random() < 0.5, **about)
            if self.random.random() < works:
                self.act(Act.REGISTERED, child, at + timedelta(days=1 + self.random.randrange(5)))

    def findings(self, since: date = date(2026, 10, 19), until: date = LAST) -> tuple[Finding, ...]:
        return findings_of(CODE, self.records, since, until)

    def found(self, since: date = date(2026, 10, 19), until: date = LAST) -> set[tuple[Rule, str]]:
        return {(one.rule, who) for one in self.findings(since, until) for who in one.practitioner_ids}


def days(first: date = FIRST, last: date = LAST) -> Iterator[date]:
    yield from (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))

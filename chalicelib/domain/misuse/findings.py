"""Findings: what one rule saw of practitioners of one authority. A finding names no child."""

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256

from ..values import Hidden
from .rules import Rule

MOST_NAMED = 20
"""A finding names at most so many practitioners, and says how many there are."""
MOST_LOOKUPS = 10
"""It gives the ids of at most so many lookups."""


class Finding(Hidden, frozen=True, kw_only=True):
    """`id`: the same for the same rule, practitioners and stretch of time.

    `practitioner_ids`: at most MOST_NAMED of them; `people` says how many there are. `found_on`: the day at whose end
    the rule saw it. `first_on`, `last_on`: the days of what it saw. `counts`: numbers by name, such as `lookups`.
    """

    id: str
    rule: Rule
    authority_code: str
    practitioner_ids: tuple[str, ...]
    people: int
    found_on: date
    first_on: date
    last_on: date
    counts: dict[str, int]
    lookup_ids: tuple[str, ...] = ()


class Sighting(Hidden, frozen=True, kw_only=True):
    """What a rule saw on one day. `slow`: it may last for weeks, so it is found once in four weeks, not once a week.

    `happened_on`: if given, the stretch of time is that of this day, so what is seen again later is found once.
    `about`: tells apart two sightings of the same rule and practitioners, such as of two children.
    """

    rule: Rule
    practitioner_ids: tuple[str, ...]
    first_on: date
    last_on: date
    counts: dict[str, int]
    lookup_ids: tuple[str, ...] = ()
    slow: bool = False
    happened_on: date | None = None
    about: str = ""


def finding_of(sighting: Sighting, authority_code: str, day: date) -> Finding:
    people = sorted(sighting.practitioner_ids)
    period = (sighting.happened_on or day).toordinal() // (28 if sighting.slow else 7)
    subject = sighting.about or "\n".join(people)
    text = "\n".join((sighting.rule, authority_code, str(period), subject))
    return Finding(
        id=sha256(text.encode()).hexdigest()[:20],
        rule=sighting.rule,
        authority_code=authority_code,
        practitioner_ids=tuple(people[:MOST_NAMED]),
        people=len(people),
        found_on=day,
        first_on=sighting.first_on,
        last_on=sighting.last_on,
        counts=sighting.counts,
        lookup_ids=sighting.lookup_ids[-MOST_LOOKUPS:],
    )


def each_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Leaves out what was found before."""
    ids: set[str] = set()
    for finding in findings:
        if finding.id not in ids:
            ids.add(finding.id)
            yield finding

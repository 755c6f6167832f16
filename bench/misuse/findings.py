"""The findings of the misuse rules on a month, fed to them day by day, as the daily run does. Only this module knows
how the rules are called."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from chalicelib.domain.access_records import SHIELDING_ACTS
from chalicelib.domain.misuse.find import find
from chalicelib.domain.misuse.findings import Finding as Found
from chalicelib.domain.misuse.rules import Rule
from chalicelib.domain.misuse.seen import SeenAct, SeenLookup, seen
from chalicelib.domain.misuse.summaries import MADE_AFTER, Stage, Summary, summarise
from chalicelib.domain.misuse.window import summaries_needed

from .clerk import AccessRecord

Days = Iterable[tuple[date, list[AccessRecord]]]
_ABOUT_AN_AUTHORITY = frozenset({Rule.ROTATING_IDS, Rule.SHARED_TOKEN})


class Finding(NamedTuple):
    """`practitioner_id`: None if the finding is about the authority as a whole. `on`: the day of the report."""

    authority_code: str
    practitioner_id: str | None
    rule: str
    on: date


def findings_of(days: Days) -> Iterator[Finding]:
    authorities: dict[str, _Authority] = {}
    for day, records in days:
        for record in records:
            if one := seen(record):
                code = one.authority_code
                authorities.setdefault(code, _Authority(code)).add(day, one)
        for authority in authorities.values():
            for found in authority.at_end_of(day):
                yield from _about(found)


def _about(found: Found) -> Iterator[Finding]:
    """One for each person named. Only that one key or many ids were used is about the authority."""
    is_wide = found.rule in _ABOUT_AN_AUTHORITY or (found.rule is Rule.MASS_SHIELDS and found.people > 1)
    for practitioner_id in (None,) if is_wide else found.practitioner_ids:
        yield Finding(found.authority_code, practitioner_id, found.rule, found.found_on)


class _Authority:
    def __init__(self, code: str) -> None:
        self._code = code
        self._lookups: dict[date, list[SeenLookup]] = defaultdict(list)
        self._children: dict[date, set[str]] = defaultdict(set)
        self._acts: dict[str, list[SeenAct]] = defaultdict(list)
        self._summaries: dict[tuple[date, Stage], Summary] = {}
        self._ids: set[str] = set()

    def add(self, day: date, one: SeenLookup | SeenAct) -> None:
        if isinstance(one, SeenLookup):
            self._lookups[day].append(one)
            self._children[day].add(one.child)
        else:
            self._acts[one.child].append(one)
            if one.act in SHIELDING_ACTS:
                self._children[day].add(one.child)

    def at_end_of(self, day: date) -> list[Found]:
        """What was not found before."""
        for stage, later in MADE_AFTER.items():
            self._summarise(day - later, stage)
        self._lookups.pop(day - max(MADE_AFTER.values()), None)
        needed = [one for one in summaries_needed(day) if one in self._summaries]
        self._summaries = {one: self._summaries[one] for one in needed}
        new = [
            one for one in find(self._code, day, map(self._summaries.__getitem__, needed)) if one.id not in self._ids
        ]
        self._ids.update(one.id for one in new)
        return new

    def _summarise(self, day: date, stage: Stage) -> None:
        """Of the acts, the rules need those about the children whom the authority looked up or shielded on that day."""
        acts = (act for child in self._children.get(day, ()) for act in self._acts.get(child, ()))
        self._summaries[day, stage] = summarise(self._code, day, (*self._lookups.get(day, ()), *acts), stage)

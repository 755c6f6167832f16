"""Scores findings: which seeded misuse was found, and which findings are about honest people."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from .cases import AUTHORITY_WIDE, Case, Kind
from .days import MONTH_BEGINS_ON
from .findings import Finding
from .nation import Nation
from .watching import Week, Who, week_of

FOUND_WITHIN = timedelta(days=21)
"""After the last day of the misuse: the 14 days in which work may still follow a lookup, and a week."""
_NAMED_SHARE = 0.5
_NO_TEAM = "authority as a whole"

ByKind = Mapping[Kind, int]


@dataclass
class Score:
    """`seeded`, `found`: cases. `rules`: by kind, how many cases each rule found. `false_alarms`: by kind of team, each
    person, rule and week once. `person_weeks`: by kind of team, honest people who looked up in a week.

    `ever_flagged`: the share of honest people with any finding. So many cases would be found by mere coincidence.
    """

    seeded: Counter[Kind] = field(default_factory=Counter)
    found: Counter[Kind] = field(default_factory=Counter)
    rules: dict[Kind, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    missed: list[Case] = field(default_factory=list)
    false_alarms: Counter[str] = field(default_factory=Counter)
    false_rules: Counter[str] = field(default_factory=Counter)
    person_weeks: Counter[str] = field(default_factory=Counter)
    authority_alarms: int = 0
    authority_weeks: int = 0
    ever_flagged: float = 0.0


def score(
    nation: Nation, cases: Collection[Case], findings: Iterable[Finding], active: Collection[tuple[Who, Week]]
) -> Score:
    """Findings from before the month are left out: the rules were still learning."""
    result = Score()
    late = sorted({one for one in findings if one.on >= MONTH_BEGINS_ON}, key=lambda one: (one.on, str(one)))
    by_authority: dict[str, list[Finding]] = defaultdict(list)
    for finding in late:
        by_authority[finding.authority_code].append(finding)
    for case in cases:
        _judge(case, by_authority[case.authority_code], result)
    _count_false(nation, cases, late, active, result)
    return result


def _judge(case: Case, findings: Iterable[Finding], result: Score) -> None:
    hits = [finding for finding in findings if _is_in_time(finding, case)]
    result.seeded[case.kind] += 1
    by = rules_that_found(case, hits)
    if by:
        result.found[case.kind] += 1
        result.rules[case.kind].update(by)
    else:
        result.missed.append(case)


def rules_that_found(case: Case, hits: Collection[Finding]) -> set[str]:
    """`hits`: the findings about the case's authority that came in time. Empty if the case was not found.

    A person's case is found by a finding that names the person, a group's by one that names any of it. An authority's
    is found by one about the authority as a whole, or if half of the ids are named.
    """
    ids = set(case.practitioner_ids)
    named = [finding for finding in hits if finding.practitioner_id in ids]
    if case.kind not in AUTHORITY_WIDE:
        return {finding.rule for finding in named}
    whole = {finding.rule for finding in hits if finding.practitioner_id is None}
    if len({finding.practitioner_id for finding in named}) >= _NAMED_SHARE * len(ids):
        whole |= {finding.rule for finding in named}
    return whole


def _is_in_time(finding: Finding, case: Case) -> bool:
    return case.first_on <= finding.on <= case.last_on + FOUND_WITHIN


def _count_false(
    nation: Nation,
    cases: Collection[Case],
    findings: Collection[Finding],
    active: Collection[tuple[Who, Week]],
    result: Score,
) -> None:
    """A finding is false if it explains no case: also one about a person with a case, if it came before or too late."""
    teams = _teams(nation)
    seeded = {(case.authority_code, one) for case in cases for one in case.practitioner_ids}
    explained = _windows(cases)
    alarms = {_once_a_week(one) for one in findings if not _is_explained(one, explained)}
    for who, rule, _ in alarms:
        code, practitioner_id = who
        if practitioner_id is None:
            result.authority_alarms += 1
        else:
            result.false_alarms[teams.get((code, practitioner_id), _NO_TEAM)] += 1
        result.false_rules[rule] += 1
    honest = [(who, week) for who, week in active if who not in seeded]
    result.person_weeks.update(teams[who] for who, _ in honest)
    result.authority_weeks = len(nation.bodies) * len({week for _, week in active})
    flagged = {who for who, _, _ in alarms}
    people = {who for who, _ in honest}
    result.ever_flagged = len(people & flagged) / max(1, len(people))


def _once_a_week(finding: Finding) -> tuple[tuple[str, str | None], str, Week]:
    return (finding.authority_code, finding.practitioner_id), finding.rule, week_of(finding.on)


def _teams(nation: Nation) -> dict[Who, str]:
    """The kind of team of each person, under both ids if the authority gave new ones."""
    found = {}
    for person in nation.people:
        code, changed_on = person.team.body.authority.code, person.team.body.new_ids_on or MONTH_BEGINS_ON
        for day in (changed_on - timedelta(days=1), changed_on):
            found[code, person.id_on(day)] = person.team.kind.name
    return found


_Windows = dict[tuple[str, str | None], list[tuple[date, date]]]


def _windows(cases: Iterable[Case]) -> _Windows:
    """When a finding about a person or an authority is no false alarm."""
    found: _Windows = defaultdict(list)
    for case in cases:
        about: list[str | None] = list(case.practitioner_ids)
        if len(about) > 1 or case.kind in AUTHORITY_WIDE or case.kind is Kind.MASS_SHIELD:
            about.append(None)
        for one in about:
            found[case.authority_code, one].append((case.first_on, case.last_on + FOUND_WITHIN))
    return found


def _is_explained(finding: Finding, windows: _Windows) -> bool:
    key = finding.authority_code, finding.practitioner_id
    return any(first_on <= finding.on <= last_on for first_on, last_on in windows.get(key, ()))

"""The score of `bench/misuse`: when a finding counts for a case, and when it is a false alarm."""

from collections.abc import Iterable
from datetime import timedelta

from bench.misuse.cases import Case, Kind
from bench.misuse.days import MONTH_BEGINS_ON
from bench.misuse.findings import Finding
from bench.misuse.nation import nation_of
from bench.misuse.printing import lines
from bench.misuse.score import FOUND_WITHIN, Score, score
from bench.misuse.watching import week_of

NATION = nation_of(1, 30)
CODE = NATION.bodies[0].authority.code
SNOOPER, OTHER, HONEST = (person.id for person in NATION.bodies[0].teams[0].people[:3])
TEAM = NATION.bodies[0].teams[0].kind.name
FIRST, LAST = MONTH_BEGINS_ON + timedelta(days=3), MONTH_BEGINS_ON + timedelta(days=10)


def _case(kind: Kind = Kind.OWN_FAMILY, ids: tuple[str, ...] = (SNOOPER,)) -> Case:
    return Case(kind, CODE, ids, FIRST, LAST, 0.5)


def _scored(case: Case, *findings: Finding, active: Iterable[str] = (HONEST,)) -> Score:
    return score(NATION, [case], findings, {((CODE, one), week_of(FIRST)) for one in active})


def _about(practitioner_id: str | None, days_after: int = 0, rule: str = "volume") -> Finding:
    return Finding(CODE, practitioner_id, rule, LAST + timedelta(days=days_after))


def test_a_case_is_found_by_a_finding_that_names_the_person() -> None:
    result = _scored(_case(), _about(SNOOPER))
    assert result.found == {Kind.OWN_FAMILY: 1}
    assert result.rules[Kind.OWN_FAMILY] == {"volume": 1}
    assert not result.missed


def test_a_case_is_not_found_by_a_finding_about_somebody_else_or_the_authority() -> None:
    assert not _scored(_case(), _about(HONEST), _about(None)).found


def test_a_case_is_not_found_by_a_finding_before_it_or_long_after() -> None:
    late = _about(SNOOPER, FOUND_WITHIN.days + 1)
    early = Finding(CODE, SNOOPER, "volume", FIRST - timedelta(days=1))
    result = _scored(_case(), late, early)
    assert not result.found
    assert result.false_alarms == {TEAM: 2}
    assert _scored(_case(), _about(SNOOPER, FOUND_WITHIN.days)).found


def test_a_group_is_found_by_a_finding_that_names_one_of_it() -> None:
    assert _scored(_case(Kind.PASSED_AROUND, (SNOOPER, OTHER)), _about(OTHER)).found


def test_misuse_of_a_whole_authority_is_found_by_a_finding_about_it_or_if_half_of_the_ids_are_named() -> None:
    case = _case(Kind.ROTATING_SUBS, ("a", "b", "c", "d"))
    assert _scored(case, _about(None)).found
    assert not _scored(case, _about("a")).found
    assert _scored(case, _about("a"), _about("b")).found


def test_a_false_alarm_counts_once_for_each_person_rule_and_week() -> None:
    again = [_about(HONEST), _about(HONEST, 1), _about(HONEST, 7), _about(HONEST, 0, "hours")]
    result = _scored(_case(), *again)
    assert result.false_alarms == {TEAM: 3}
    assert result.person_weeks == {TEAM: 1}
    assert result.ever_flagged == 1


def test_findings_about_the_ids_of_a_theft_are_no_false_alarms() -> None:
    result = _scored(_case(Kind.ROTATING_SUBS, ("a", "b")), _about("a"), _about(None))
    assert not result.false_alarms
    assert result.authority_alarms == 0


def test_findings_about_an_authority_without_a_case_of_its_own_are_counted_apart() -> None:
    result = _scored(_case(), _about(None))
    assert not result.false_alarms
    assert result.authority_alarms == 1


def test_findings_from_before_the_month_are_left_out() -> None:
    early = Finding(CODE, HONEST, "volume", MONTH_BEGINS_ON - timedelta(days=1))
    assert not _scored(_case(), early).false_alarms


def test_people_with_a_case_are_not_among_the_honest() -> None:
    assert _scored(_case(), active=(HONEST, SNOOPER)).person_weeks == {TEAM: 1}


def test_the_tables_add_the_seeds_up() -> None:
    one = _scored(_case(), _about(SNOOPER), _about(HONEST))
    printed = "\n".join(lines([one, _scored(_case())]))
    assert f"| {Kind.OWN_FAMILY} | 2 | 50.0% | 100.0%, 0.0% | volume 1 |" in printed
    assert f"| {TEAM} | 2 | 1 | 500.0 |" in printed

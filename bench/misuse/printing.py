"""Prints scores as tables for a document."""

from collections import Counter
from collections.abc import Iterator, Sequence

from .cases import BEYOND_THE_RECORDS, Kind
from .score import Score


def lines(scores: Sequence[Score]) -> Iterator[str]:
    """`scores`: one for each seed. The tables add them up."""
    total = added(scores)
    yield from _found(scores, total)
    yield ""
    yield from _false_alarms(total)


def added(scores: Sequence[Score]) -> Score:
    total = Score()
    for one in scores:
        total.seeded.update(one.seeded)
        total.found.update(one.found)
        for kind, rules in one.rules.items():
            total.rules[kind].update(rules)
        total.missed += one.missed
        total.false_alarms.update(one.false_alarms)
        total.false_rules.update(one.false_rules)
        total.person_weeks.update(one.person_weeks)
        total.authority_alarms += one.authority_alarms
        total.authority_weeks += one.authority_weeks
        total.ever_flagged += one.ever_flagged / len(scores)
    return total


def _found(scores: Sequence[Score], total: Score) -> Iterator[str]:
    yield "| seeded misuse | cases | found | for each seed | rules that found it |"
    yield "|---|---|---|---|---|"
    for kind in Kind:
        each = ", ".join(_share(one.found[kind], one.seeded[kind]) for one in scores)
        yield f"| {kind} | {total.seeded[kind]} | {_of(total, [kind])} | {each} | {_ranked(total.rules[kind])} |"
    shown = [kind for kind in Kind if kind not in BEYOND_THE_RECORDS]
    each = ", ".join(_of(one, shown) for one in scores)
    yield f"| **all but the last** | {_sum(total.seeded, shown)} | **{_of(total, shown)}** | {each} | |"
    each = ", ".join(_of(one, list(Kind)) for one in scores)
    yield f"| **all** | {_sum(total.seeded, list(Kind))} | **{_of(total, list(Kind))}** | {each} | |"


def _false_alarms(total: Score) -> Iterator[str]:
    yield "| kind of team | honest people × weeks | false alarms | for 1,000 people a week |"
    yield "|---|---|---|---|"
    for name, weeks in sorted(total.person_weeks.items()):
        yield f"| {name} | {weeks:,} | {total.false_alarms[name]} | {_rate(total.false_alarms[name], weeks)} |"
    alarms, weeks = total.false_alarms.total(), total.person_weeks.total()
    yield f"| **all** | {weeks:,} | {alarms} | **{_rate(alarms, weeks)}** |"
    yield ""
    yield f"False alarms by rule: {_ranked(total.false_rules)}."
    yield (
        f"About an authority as a whole: {total.authority_alarms} in {total.authority_weeks:,} weeks of an authority. "
        f"Of the honest people {total.ever_flagged:.1%} had a finding at some time."
    )


def _of(score: Score, kinds: Sequence[Kind]) -> str:
    return _share(_sum(score.found, kinds), _sum(score.seeded, kinds))


def _sum(counts: Counter[Kind], kinds: Sequence[Kind]) -> int:
    return sum(counts[kind] for kind in kinds)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def _rate(alarms: int, weeks: int) -> str:
    return f"{1000 * alarms / weeks:.1f}"


def _ranked(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"

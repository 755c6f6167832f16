"""Finds misuse: the entry of the rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from .findings import Finding, Sighting, each_once, finding_of
from .hiding_place import hiding_places
from .no_work import no_work
from .passed_around import passed_around
from .rotating_ids import rotating_ids, shared_tokens
from .rules import RULES, Rules
from .same_child import same_child
from .seen import Seen, SeenAct
from .shields import mass_shields, shield_after_lookup
from .slow_rise import slow_rise
from .summaries import LOOK_BACK, MADE_AFTER, Stage, Summary, knows_until, summarise
from .volume import volume
from .weak_signs import weak_signs
from .window import Window, summaries_needed

_FINDERS: tuple[Callable[[Window], Iterator[Sighting]], ...] = (
    volume,
    no_work,
    slow_rise,
    weak_signs,
    same_child,
    rotating_ids,
    shared_tokens,
    mass_shields,
    shield_after_lookup,
    hiding_places,
    passed_around,
)


def find(authority_code: str, day: date, summaries: Iterable[Summary], rules: Rules = RULES) -> tuple[Finding, ...]:
    """What the rules see at the end of `day`, in a fixed order, each once. `summaries`: those that `summaries_needed`
    names. A finding of an earlier day may come again with the same id: whoever keeps findings keeps the first."""
    window = Window(day, summaries, rules)
    found = (finding_of(sighting, authority_code, day) for finder in _FINDERS for sighting in finder(window))
    return tuple(sorted(each_once(found), key=lambda finding: (finding.rule, finding.practitioner_ids, finding.id)))


def findings_of(
    authority_code: str, records: Iterable[Seen], first_day: date, last_day: date, rules: Rules = RULES
) -> tuple[Finding, ...]:
    """All findings of one authority at the ends of the days from `first_day` to `last_day`, each once, as daily runs
    would find them. `records`: all of the authority's access records, in any order (`seen` makes them).

    Lookups of the last fourteen days are not settled yet. To see which of a month's lookups no work followed, let
    `last_day` be fourteen days after its end.
    """
    days = _by_day(authority_code, records)
    made: dict[tuple[date, Stage], Summary] = {}

    def summary(day: date, stage: Stage) -> Summary:
        if (day, stage) not in made:
            made[day, stage] = summarise(authority_code, day, _needed(days, day, stage), stage)
        return made[day, stage]

    every_day = [first_day + timedelta(days=ahead) for ahead in range((last_day - first_day).days + 1)]
    return tuple(
        each_once(
            finding
            for day in every_day
            for finding in find(authority_code, day, [summary(*needed) for needed in summaries_needed(day)], rules)
        )
    )


def _by_day(authority_code: str, records: Iterable[Seen]) -> dict[date, list[Seen]]:
    days: dict[date, list[Seen]] = defaultdict(list)
    for record in records:
        if record.authority_code == authority_code:
            days[record.at.date()].append(record)
    return days


def _needed(days: dict[date, list[Seen]], day: date, stage: Stage) -> Iterator[Seen]:
    yield from (record for record in days.get(day, ()) if not isinstance(record, SeenAct))
    first = day - LOOK_BACK
    ahead = MADE_AFTER[stage].days
    until = knows_until(day, stage)
    for one in range((day - first).days + ahead + 1):
        acts = days.get(first + timedelta(days=one), ())
        yield from (record for record in acts if isinstance(record, SeenAct) and record.at < until)

"""Find misuse: let the rules see each authority's access records of the days that are over, and keep what they find.

A run may stop anywhere, be late, or be repeated. It goes on after the last day that was seen, in order, and what the
rules find on a day depends on access records up to a fixed moment only. So the findings are always the same.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from ...domain.errors import Unavailable
from ...domain.misuse.digest import FindingsHead, new_ones
from ...domain.misuse.find import find
from ...domain.misuse.rules import RULES, Rule, Rules
from ...domain.misuse.summaries import Stage, Summary, knows_until, summarise
from ...domain.misuse.window import DAYS, summaries_needed
from ...domain.values import Struct
from ..ports import Clock, Findings, HasTime, Meter, Registry
from .ports import AccessRecordsOfDays, DaySummaries

_SETTLED_AFTER = timedelta(hours=1)
"""After midnight. Whoever began an access record before it has written it by then, and the index has caught up."""
UNREAD_AFTER = timedelta(days=7)

METRICS = {
    Rule.VOLUME: "FoundVolume",
    Rule.NO_WORK: "FoundNoWork",
    Rule.UNUSUAL_HOURS: "FoundUnusualHours",
    Rule.FOUND_NOTHING: "FoundNothing",
    Rule.SAME_CHILD: "FoundSameChild",
    Rule.ROTATING_IDS: "FoundRotatingIds",
    Rule.SHARED_TOKEN: "FoundSharedToken",
    Rule.MASS_SHIELDS: "FoundMassShields",
    Rule.SHIELD_AFTER_LOOKUP: "FoundShieldAfterLookup",
    Rule.HIDING_PLACE: "FoundHidingPlace",
    Rule.PASSED_AROUND: "FoundPassedAround",
}
"""All that the operator sees of findings: how many there are of each rule."""


class _OutOfTime(Exception):
    pass


class FindMisuse(Struct, frozen=True, kw_only=True):
    registry: Registry
    records: AccessRecordsOfDays
    summaries: DaySummaries
    findings: Findings
    clock: Clock
    meter: Meter
    rules: Rules = RULES

    def __call__(self, has_time: HasTime) -> bool:
        """Returns False if time ran out. Raises Unavailable if the work of any authority failed, after the others have
        been served. The next run goes on."""
        registry = self.registry.view()
        last_day = (self.clock() - _SETTLED_AFTER).date() - timedelta(days=1)
        failed = False
        for code in sorted(registry.authorities.keys() - registry.removed):
            try:
                self._catch_up(code, last_day, has_time)
            except _OutOfTime:
                return False
            except Unavailable:
                self.meter("MisuseFailures")
                failed = True
        if failed:
            raise Unavailable
        self.meter("MisuseRuns")
        return True

    def _catch_up(self, code: str, last_day: date, has_time: HasTime) -> None:
        """An authority without a head is new, and begins with the last day: the window shows the days before it."""
        head = self.findings.head(code)
        day = last_day if head is None else max(head.seen_until + timedelta(days=1), last_day - timedelta(days=DAYS))
        while day <= last_day:
            self._see(code, day, head, has_time)
            head = self.findings.head(code)
            day += timedelta(days=1)
            if head is not None and day > last_day:
                self._count_unread(code, head, last_day)

    def _see(self, code: str, day: date, head: FindingsHead | None, has_time: HasTime) -> None:
        found = find(code, day, self._window(code, day, has_time), self.rules)
        fresh = new_ones(found, self.findings.ids(code)) if found else ()
        self.findings.append(code, head, day, fresh)
        for finding in fresh:
            self.meter(METRICS[finding.rule])

    def _window(self, code: str, day: date, has_time: HasTime) -> Iterator[Summary]:
        needed = list(summaries_needed(day))
        kept = self.summaries.since(code, needed[0][0])
        for of_day, stage in needed:
            if not has_time():
                raise _OutOfTime
            yield kept.get((of_day, stage)) or self._made(code, of_day, stage)

    def _made(self, code: str, day: date, stage: Stage) -> Summary:
        records = self.records.of_day(code, day, knows_until(day, stage))
        summary = summarise(code, day, records, stage)
        if summary.lookups or summary.shields:
            self.summaries.keep(summary)
        return summary

    def _count_unread(self, code: str, head: FindingsHead, last_day: date) -> None:
        """Once a day. Counts the authority if nobody has read a finding for a week."""
        old = head.last_found_by(last_day - UNREAD_AFTER)
        if old > head.last_expired(last_day) and self.findings.read_until(code) < old:
            self.meter("FindingsUnread")

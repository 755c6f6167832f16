"""An authority's findings as they are kept: numbered, so that a missing one is noticed, and for ninety days."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ..values import Hidden, Struct
from .findings import Finding

KEPT_FOR = timedelta(days=90)
"""After the day on which it was found."""


class NumberedFinding(Hidden, frozen=True):
    number: int
    finding: Finding


class FindingsHead(Struct, frozen=True):
    """`seen_until`: the last day that the rules have seen. `last`: the number given last.

    `last_of_days`: the last number of each day that found anything: of days whose findings are still kept, and of the
    one before these.
    """

    seen_until: date
    last: int = 0
    last_of_days: tuple[tuple[date, int], ...] = ()

    def last_expired(self, today: date) -> int:
        """The highest number that is kept no longer; 0 if there is none."""
        return max((number for day, number in self.last_of_days if is_expired(day, today)), default=0)

    def last_found_by(self, day: date) -> int:
        """The highest number of that day or earlier; 0 if there is none."""
        return max((number for found_on, number in self.last_of_days if found_on <= day), default=0)


def is_expired(found_on: date, today: date) -> bool:
    return found_on + KEPT_FOR <= today


def head_after(before: FindingsHead | None, day: date, findings: int, *, done: bool) -> FindingsHead:
    """The head once so many more findings of `day` are kept. `done`: there are no more of that day."""
    last = findings + (0 if before is None else before.last)
    days = dict(() if before is None else before.last_of_days)
    if findings:
        days[day] = last
    expired = [one for one in days.items() if is_expired(one[0], day)]
    kept = [one for one in days.items() if not is_expired(one[0], day)]
    yesterday = day - timedelta(days=1) if before is None else before.seen_until
    return FindingsHead(day if done else yesterday, last, (*expired[-1:], *kept))


class FindingsPage(Struct, frozen=True):
    """`last`: the number up to which the page was read. `given`: the authority's highest number.

    `complete`: no finding is missing or unreadable, as one that somebody has deleted by hand would be.
    """

    findings: tuple[NumberedFinding, ...]
    last: int
    given: int
    complete: bool = True


def new_ones(findings: Iterable[Finding], ids: Iterable[str]) -> Sequence[Finding]:
    known = frozenset(ids)
    return [finding for finding in findings if finding.id not in known]

"""List the shields that stand: those due for review, those of an authority, or those of a stretch of time."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice

from ...domain.access_records import Act, Operator
from ...domain.values import Struct
from ..ports import Clock
from ..recorder import Recorder
from .standing_shields import StandingShield, StandingShields, review_months

PAGE = 1_000
"""This many shields fit into the 6 MB of a Lambda answer."""
_MONTH = len("2026-11")


class WantedShields(Struct, frozen=True, kw_only=True):
    """Which shields to list. `review_by`: those whose review is due by that day. `since`, `before`: those asked for in
    that time. None means any."""

    authority_code: str | None = None
    review_by: date | None = None
    since: datetime | None = None
    before: datetime | None = None

    def has(self, shield: StandingShield) -> bool:
        """A shield whose request cannot be read is in every list, because nobody knows whose it is."""
        if self.review_by is not None and shield.review_on is not None and shield.review_on > self.review_by:
            return False
        if shield.asked_at is None:
            return True
        is_of = self.authority_code in (None, shield.authority_code)
        after = self.since is None or shield.asked_at >= self.since
        return is_of and after and (self.before is None or shield.asked_at < self.before)


class ShieldPage(Struct, frozen=True):
    """In order of the review. `next_after`: None on the last page. It names no child."""

    shields: tuple[StandingShield, ...]
    next_after: str | None


class ListShields(Struct, frozen=True, kw_only=True):
    standing: StandingShields
    recorder: Recorder
    clock: Clock
    page_size: int = PAGE

    def __call__(self, wanted: WantedShields, after: str | None, operator: Operator) -> ShieldPage:
        """`after`: `next_after` of the page before. The access record is written before the answer. Raises
        Unavailable."""
        found = [*islice(self._all(wanted, after or ""), self.page_size + 1)]
        page = found[: self.page_size]
        self.recorder.write(Act.SHIELDS_LISTED, operator, authority_code=wanted.authority_code)
        next_after = page[-1][0] if len(found) > self.page_size else None
        return ShieldPage(tuple(shield for _, shield in page), next_after)

    def _all(self, wanted: WantedShields, after: str) -> Iterator[tuple[str, StandingShield]]:
        """Each with its place in the list. The month comes first, because the day may be unreadable."""
        for month in review_months(self.clock().date()):
            if wanted.review_by is not None and month > wanted.review_by:
                return
            if f"{month:%Y-%m}" < after[:_MONTH]:
                continue
            for shield in self.standing.of_month(month):
                place = f"{month:%Y-%m}.{shield.review_on or date.max}.{shield.id or ''}"
                if wanted.has(shield) and place > after:
                    yield place, shield

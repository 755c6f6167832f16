"""Count the outcome of a call for the owner of the record, by week, practitioner and phone.

Nothing is counted if the child is shielded by now, or if the record is gone or has changed since the lookup: the owner
may have corrected the number already.
"""

from datetime import datetime

from ...domain.access_records import Shown
from ...domain.child import ChildKey
from ...domain.involvement import Involvement
from ...domain.outcomes import ContactOutcome, Week, rung_contact
from ...domain.values import Struct
from ..ports import Clock, Meter, Registry
from .ports import ContactCounts, RecordsOfChild


class SeenOutcome(Struct, frozen=True, kw_only=True):
    """An outcome, as read from its access record on the stream. `asked_at`: of its lookup. `shown`: the row that the
    answer entry showed in full."""

    id: str
    asked_at: datetime
    child: ChildKey
    shown: Shown
    outcome: ContactOutcome


class CountOutcome(Struct, frozen=True, kw_only=True):
    """If an event arrives twice or late, it is counted once, in the week in which it is counted first."""

    counts: ContactCounts
    involvements: RecordsOfChild
    registry: Registry
    clock: Clock
    meter: Meter

    def __call__(self, seen: SeenOutcome) -> None:
        """Raises Unavailable."""
        row = self._shown_row(seen)
        if row is None:
            return
        rung, week = rung_contact(row, seen.asked_at.date()), Week.of(self.clock().date())
        if self.counts.add(row.authority_code, week, rung, seen.outcome, event=seen.id):
            self.meter("OutcomesCounted")

    def _shown_row(self, seen: SeenOutcome) -> Involvement | None:
        registry, now, shown = self.registry.view(), self.clock(), seen.shown
        if shown.authority_code not in registry.authorities:
            return None
        records = self.involvements.of_child(seen.child, registry.removed)
        if records.shielded:
            return None
        sought = shown.authority_code, shown.reference, shown.version
        same = (row for row in records.involvements if (row.authority_code, row.reference, row.version) == sought)
        return next((row for row in same if row.is_live(now)), None)

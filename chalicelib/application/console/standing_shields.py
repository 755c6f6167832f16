"""The shields that stand, as the custodian's functions find them: by the month of their review, without any number."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

from ...domain.calendar import add_years
from ...domain.child import ChildKey
from ...domain.values import Struct
from ..shield import LONGEST_REVIEW_YEARS

_FIRST_MONTH = date(2026, 1, 1)
"""No stage is older, so no review is due before."""


class StandingShield(Struct, frozen=True, kw_only=True):
    """A shield and the request for it that came last. `id`: of that request; None if it is unreadable, like each other
    field. `since`: when the child was first shielded. `authority_code`: None for an operator."""

    child: ChildKey
    id: str | None
    review_on: date | None
    since: datetime | None
    asked_at: datetime | None = None
    authority_code: str | None = None
    over_soft_limit: bool = False
    is_genuine: bool = False


class StandingShields(Protocol):
    """The index lags behind, so a shield of the last second may be missing. Every method raises Unavailable."""

    def of_month(self, review_month: date) -> list[StandingShield]:
        """In order of the review, then of the id."""
        ...


def review_months(today: date) -> Iterator[date]:
    """Every month in which the review of a shield may be due, by its first day."""
    month, last = _FIRST_MONTH, add_years(today, LONGEST_REVIEW_YEARS)
    while month <= last:
        yield month
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)

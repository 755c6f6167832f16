"""Quality: what an authority should look at in its own register."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from .calendar import add_months
from .involvement import UNCONFIRMED_AFTER_MONTHS
from .notices import Notice
from .outcomes import ContactOutcomes
from .values import Struct

LAPSES_WITHIN = timedelta(days=90)


class Glance(Struct, frozen=True, kw_only=True):
    """What is known of a record without reading its row. `without_phone`: its practitioner has no phone on record."""

    ended_on: date | None
    without_phone: bool


class Remark(Struct, frozen=True, kw_only=True):
    """What there is to say about one record."""

    unconfirmed: bool
    lapsing: bool
    undecided: bool
    trace_number: bool
    without_phone: bool


def remark_on(
    glance: Glance | None,
    *,
    confirmed_on: date,
    expires_at: datetime,
    undecided: bool,
    trace_number: bool,
    now: datetime,
) -> Remark:
    """`glance`: None if it cannot be read. The record then counts as one of current work, which somebody looks at."""
    today = now.date()
    current = glance is None or glance.ended_on is None or glance.ended_on > today
    return Remark(
        unconfirmed=current and today > add_months(confirmed_on, UNCONFIRMED_AFTER_MONTHS),
        lapsing=current and expires_at <= now + LAPSES_WITHIN,
        undecided=undecided,
        trace_number=trace_number,
        without_phone=current and glance is not None and glance.without_phone,
    )


def failed_contacts(notices: Iterable[Notice], now: datetime) -> Iterator[ContactOutcomes]:
    """Of the notices that are still shown."""
    return (notice.contact for notice in notices if notice.contact is not None and now < notice.kept_until)

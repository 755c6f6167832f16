"""Which work may be registered: its dates, its basis and its texts.

An order of two dates that cannot be true is refused. One that is only unusual is accepted and counted.
"""

from collections.abc import Set
from datetime import date, timedelta

from .calendar import add_years
from .errors import FieldError
from .involvement import Basis, Work
from .system_ids import looks_like_system
from .texts import number_errors

LONGEST_BEFORE_BIRTH = timedelta(days=300)
"""Work for an unborn child starts so long before the birth at the most. The DfE's census allows 280 days."""

UNUSUAL_YEARS = 18


def work_errors(
    work: Work, today: date, date_of_birth: date | None = None, *, sensitive_bases: Set[Basis]
) -> list[FieldError]:
    """Every field error of the work at once.

    Work and birth are facts, so none of their dates may be in the future. They may reach tomorrow, because in some time
    zones it is tomorrow already.
    """
    tomorrow = today + timedelta(days=1)
    errors = [
        FieldError(name, "may not be later than tomorrow (UTC)")
        for name, day in (
            ("started_on", work.started_on),
            ("ended_on", work.ended_on),
            ("date_of_birth", date_of_birth),
        )
        if day is not None and day > tomorrow
    ]
    if work.ended_on is not None and work.ended_on < work.started_on:
        errors.append(FieldError("ended_on", "may not be before started_on"))
    if date_of_birth is not None and date_of_birth - work.started_on > LONGEST_BEFORE_BIRTH:
        errors.append(
            FieldError("date_of_birth", f"may not be more than {LONGEST_BEFORE_BIRTH.days} days after started_on")
        )
    if work.is_sensitive and work.basis not in sensitive_bases:
        errors.append(FieldError("basis", _needed_basis(sensitive_bases)))
    if looks_like_system(work.practitioner.id):
        errors.append(FieldError("practitioner.id", "must be that of a person, not of a system"))
    return errors + number_errors(work.texts)


def has_unusual_dates(work: Work, today: date, date_of_birth: date | None) -> bool:
    """True if the dates may be right, but are often a slip: work that started before the birth, or so long ago that the
    child would be an adult."""
    if date_of_birth is not None and work.started_on < date_of_birth:
        return True
    return work.started_on < add_years(today, -UNUSUAL_YEARS)


def _needed_basis(sensitive_bases: Set[Basis]) -> str:
    if not sensitive_bases:
        return "cannot be given for a sensitive service: this stage takes none"
    *others, last = sorted(sensitive_bases)
    return f"must be {', '.join(others) + ' or ' if others else ''}{last} for a sensitive service"

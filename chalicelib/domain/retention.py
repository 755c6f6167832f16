"""How long a record exists. `expires_at` is decided here and nowhere else.

The periods are policy, so they are configuration; the shape of the rule is not:
a record ends at the earliest of its own period, the cap, and the term for children without a birth date.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from .calendar import add_months, add_years, midnight, month_of
from .involvement import Basis, Details, Registration, Remembered, ServiceType, Work
from .values import Struct, replace


class Schedule(Struct, frozen=True, kw_only=True):
    """The retention schedule. Years and months count from midnight UTC of the day named."""

    lapse_months: int = 24
    ended_years: int = 1
    ended_long_years: int = 6
    ended_sensitive_years: int = 0
    kept_long: frozenset[ServiceType] = frozenset(
        {ServiceType.SOCIAL_CARE, ServiceType.POLICE, ServiceType.YOUTH_JUSTICE}
    )
    cap_age: int = 18
    extended_cap_age: int = 25
    extended_services: frozenset[ServiceType] = frozenset({ServiceType.SOCIAL_CARE})
    extended_bases: frozenset[Basis] = frozenset({Basis.CONSENT})
    years_without_birth_date: int = 18
    notice_days: tuple[int, ...] = (90, 30)

    def cap_age_of(self, work: Work) -> int:
        """18, or 25 where the young person agreed to be known after 18 (care leavers)."""
        extended = work.service_type in self.extended_services and work.basis in self.extended_bases
        return self.extended_cap_age if extended else self.cap_age

    def expires_at(self, details: Details) -> datetime:
        """The first instant (UTC) at which the record exists for nobody."""
        last_day = min(self._period_ends_on(details), self._term_ends_on(details))
        return midnight(last_day)

    def _period_ends_on(self, details: Details) -> date:
        work = details.work
        if work.ended_on is None:
            return add_months(details.confirmed_on, self.lapse_months)
        if work.is_sensitive:
            return add_years(work.ended_on, self.ended_sensitive_years)
        kept_long = work.service_type in self.kept_long
        return add_years(work.ended_on, self.ended_long_years if kept_long else self.ended_years)

    def _term_ends_on(self, details: Details) -> date:
        if details.cap_on is not None:
            return add_months(details.cap_on, 1)
        return add_years(details.first_registered_on, self.years_without_birth_date)

    def caps(
        self, work: Work, date_of_birth: date | None, before: Remembered | None
    ) -> tuple[date | None, date | None]:
        """The month of the cap, and of the cap that would hold without an extension. Both are lowered by what is
        new and never raised, so that an extension can be lost any number of times and cost its years once."""
        plain = [] if before is None else [before.plain_cap_on]
        caps = [] if before is None else [before.cap_on]
        if date_of_birth is not None:
            plain.append(month_of(add_years(date_of_birth, self.cap_age)))
            caps.append(month_of(add_years(date_of_birth, self.cap_age_of(work))))
        plain_cap_on = _lowest(plain)
        if self.cap_age_of(work) <= self.cap_age:
            caps.append(plain_cap_on)
        return _lowest(caps), plain_cap_on

    def due_on(self, details: Details, expires_at: datetime, today: date) -> date:
        """The next day on which somebody must look at the record: a lapse notice, or its end."""
        if details.work.ended_on is not None:
            return expires_at.date()
        return self.next_due_on(expires_at, today)

    def next_due_on(self, expires_at: datetime, today: date) -> date:
        """The next of those days after today, for a record that lapses; its last one is the end."""
        ends_on = expires_at.date()
        notices = (ends_on - timedelta(days=days) for days in self.notice_days)
        return min((day for day in notices if day > today), default=ends_on)


def _lowest(months: Iterable[date | None]) -> date | None:
    return min((month for month in months if month is not None), default=None)


def registered(registration: Registration, before: Remembered | None, today: date, schedule: Schedule) -> Details:
    """The details after a PUT: confirmed today, and as old as the record was before."""
    work = registration.work
    cap_on, plain_cap_on = schedule.caps(work, registration.date_of_birth, before)
    return Details(
        work=work,
        confirmed_on=today if before is None else max(before.confirmed_on, today),
        first_registered_on=today if before is None else before.first_registered_on,
        cap_on=cap_on,
        plain_cap_on=plain_cap_on,
        disputed=before is not None and before.disputed,
    )


def amended(
    before: Details, work: Work, confirmed_on: date | None, date_of_birth: date | None, schedule: Schedule
) -> Details:
    """The details after a PATCH. A confirmation never moves back."""
    cap_on, plain_cap_on = schedule.caps(work, date_of_birth, before)
    return replace(
        before,
        work=work,
        confirmed_on=max(before.confirmed_on, confirmed_on or before.confirmed_on),
        cap_on=cap_on,
        plain_cap_on=plain_cap_on,
    )

"""How long a record exists. `expires_at` is decided here and nowhere else.

The periods are policy, so they are configuration; the shape of the rule is not:
a record ends at the earliest of its own period, the cap, and the term for children without a birth date.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from .calendar import add_months, add_years, midnight, month_of
from .involvement import Basis, Details, Registration, ServiceType, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
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

    def cap_on(self, work: Work, date_of_birth: date | None, before: Details | None) -> date | None:
        """The month of the cap: lowered by what is new, never raised above what is on record."""
        caps = []
        if before is not None and before.cap_on is not None:
            # A record that loses its extension loses the years that the extension gave.
            lost_years = max(0, self.cap_age_of(before.work) - self.cap_age_of(work))
            caps.append(add_years(before.cap_on, -lost_years))
        if date_of_birth is not None:
            caps.append(month_of(add_years(date_of_birth, self.cap_age_of(work))))
        return min(caps, default=None)

    def due_on(self, details: Details, expires_at: datetime, today: date) -> date:
        """The next day on which somebody must look at the record: a lapse notice, or its end."""
        ends_on = expires_at.date()
        if details.work.ended_on is not None:
            return ends_on
        notices = (ends_on - timedelta(days=days) for days in self.notice_days)
        return min((day for day in notices if day > today), default=ends_on)


def registered(registration: Registration, before: Details | None, today: date, schedule: Schedule) -> Details:
    """The details after a PUT: confirmed today, and as old as the record was before."""
    work = registration.work
    return Details(
        work=work,
        confirmed_on=today,
        first_registered_on=today if before is None else before.first_registered_on,
        cap_on=schedule.cap_on(work, registration.date_of_birth, before),
        disputed=before is not None and before.disputed,
    )


def amended(
    before: Details, work: Work, confirmed_on: date | None, date_of_birth: date | None, schedule: Schedule
) -> Details:
    """The details after a PATCH. A confirmation never moves back."""
    return replace(
        before,
        work=work,
        confirmed_on=max(before.confirmed_on, confirmed_on or before.confirmed_on),
        cap_on=schedule.cap_on(work, date_of_birth, before),
    )

"""How long an involvement's record exists. Only this module decides its `expires_at`.

The periods are policy, so they can be configured. The rule is fixed: a record ends when its own period is over, or at
the cap, whichever is earlier. If no birth date was ever sent there is no cap, and a term of years takes its place.
"""

from datetime import date, datetime, timedelta

from .calendar import add_months, add_years, midnight, month_of
from .involvement import Basis, Details, Registration, Remembered, ServiceType, Work
from .values import Struct, replace


class Schedule(Struct, frozen=True, kw_only=True):
    """The retention schedule. Years and months are counted from midnight UTC of the day in question.

    `lapse_months`: a current record ends so long after its last confirmation.
    `ended_…_years`: a record of ended work is kept so long after the work ended; `ended_long_years` for the services
    in `kept_long`.
    `cap_age`, `extended_cap_age`: the birthday in whose month a record ends at the latest. The extended one holds for
    `extended_services` on `extended_bases`, and for any service on `extended_bases_of_any_service`.
    `sensitive_bases`: the bases that a sensitive service may be registered on.
    `years_without_birth_date`: from the first registration, if there is no cap.
    `notice_days`: how many days before a lapse the owner gets a notice.
    """

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
    extended_bases_of_any_service: frozenset[Basis] = frozenset({Basis.LEAVING_CARE})
    sensitive_bases: frozenset[Basis] = frozenset(
        {Basis.CONSENT, Basis.SIGNIFICANT_HARM, Basis.DUTY_TO_SHARE, Basis.LEAVING_CARE}
    )
    years_without_birth_date: int = 18
    notice_days: tuple[int, ...] = (90, 30)

    def cap_age_of(self, work: Work) -> int:
        """18, or 25 if the basis carries the record beyond 18: services for care leavers, or consent."""
        return self.extended_cap_age if self._is_extended(work.service_type, work.basis) else self.cap_age

    def _is_extended(self, service_type: ServiceType, basis: Basis) -> bool:
        if basis in self.extended_bases_of_any_service:
            return True
        return service_type in self.extended_services and basis in self.extended_bases

    def bases_after_18(self, work: Work) -> list[Basis]:
        """The bases on which this work may be registered and lasts beyond the 18th birthday, in order."""
        allowed = self.sensitive_bases if work.is_sensitive else frozenset(Basis)
        return sorted(basis for basis in allowed if self._is_extended(work.service_type, basis))

    def is_cut_off_at_18(self, details: Details, date_of_birth: date | None, now: datetime) -> bool:
        """True if the record has ended already, but would be live if its cap were that of the 25th birthday."""
        if date_of_birth is None:
            return False
        extended = replace(details, cap_on=month_of(add_years(date_of_birth, self.extended_cap_age)))
        return self.expires_at(details) <= now < self.expires_at(extended)

    def expires_at(self, details: Details) -> datetime:
        """The instant (UTC) from which the record no longer exists for anybody."""
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
        """Returns the month of the cap, and the month that the cap would have without an extension.

        A birth date may lower the latter, and never raises it. The cap follows from it and from the present basis: a
        young person who becomes a care leaver gets the extension then, and one who stops being one loses it.
        """
        plain = [] if before is None else [before.plain_cap_on]
        if date_of_birth is not None:
            plain.append(month_of(add_years(date_of_birth, self.cap_age)))
        plain_cap_on = min((month for month in plain if month is not None), default=None)
        if plain_cap_on is None:
            return None, None
        return add_years(plain_cap_on, self.cap_age_of(work) - self.cap_age), plain_cap_on

    def due_on(self, details: Details, expires_at: datetime, today: date) -> date:
        """The next day on which the sweep must look at the record: for a lapse notice, or at its end."""
        if details.work.ended_on is not None:
            return expires_at.date()
        return self.next_due_on(expires_at, today)

    def next_due_on(self, expires_at: datetime, today: date) -> date:
        """For a record that lapses: the day of its next notice after today, or of its end if no notice is left."""
        ends_on = expires_at.date()
        notices = (ends_on - timedelta(days=days) for days in self.notice_days)
        return min((day for day in notices if day > today), default=ends_on)


def registered(registration: Registration, before: Remembered | None, today: date, schedule: Schedule) -> Details:
    """The details after a PUT. It confirms the record today, and keeps the service's own fields from `before`."""
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
    """The details after a PATCH. An earlier `confirmed_on` than the present one has no effect."""
    cap_on, plain_cap_on = schedule.caps(work, date_of_birth, before)
    return replace(
        before,
        work=work,
        confirmed_on=max(before.confirmed_on, confirmed_on or before.confirmed_on),
        cap_on=cap_on,
        plain_cap_on=plain_cap_on,
    )

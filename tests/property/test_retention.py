"""No sequence of registrations and amendments makes a record exist longer than the schedule allows."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.calendar import add_months, add_years, midnight, month_of
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.involvement import Basis, Details, Registration, ServiceType, Work
from chalicelib.domain.retention import Schedule, amended, registered
from chalicelib.domain.values import replace
from tests.support.examples import TODAY

from .strategies import details, works

SCHEDULE = Schedule()
NUMBER = NhsNumber("9990000018")
KEPT_SIX_YEARS = {ServiceType.SOCIAL_CARE, ServiceType.POLICE, ServiceType.YOUTH_JUSTICE}

BIRTH_DATES = st.dates(date(2001, 1, 1), date(2008, 1, 1))
# Mostly the one kind of work that may be extended: otherwise few sequences of writes would gain and lose an extension.
WORKS = works() | st.builds(
    lambda work, basis: replace(work, service_type=ServiceType.SOCIAL_CARE, basis=basis),
    works(),
    st.sampled_from([Basis.CONSENT, Basis.STATUTORY, Basis.LEAVING_CARE]),
)
WRITES = st.lists(st.tuples(st.booleans(), WORKS, st.none() | BIRTH_DATES, st.integers(0, 200)), min_size=1, max_size=8)
"""Each write is a PUT or a PATCH, with its work, its birth date and the days that pass before it."""

Writes = list[tuple[bool, Work, date | None, int]]


def history(writes: Writes) -> list[tuple[date, Details]]:
    """The details after each write, and the day of the write."""
    today, before = TODAY, None
    after: list[tuple[date, Details]] = []
    for is_put, work, born_on, days in writes:
        today += timedelta(days=days)
        if is_put or before is None:
            registration = Registration(nhs_number=NUMBER, work=work, date_of_birth=born_on)
            before = registered(registration, before, today, SCHEDULE)
        else:
            before = amended(before, work, today, born_on, SCHEDULE)
        after.append((today, before))
    return after


@given(details())
def test_no_record_outlives_the_month_of_its_cap(one: Details) -> None:
    if one.cap_on is not None:
        assert SCHEDULE.expires_at(one) <= midnight(add_months(one.cap_on, 1))


@given(details())
def test_a_current_record_lapses_within_24_months_of_its_confirmation(one: Details) -> None:
    if one.work.ended_on is None:
        assert SCHEDULE.expires_at(one) <= midnight(add_months(one.confirmed_on, 24))


@given(details())
def test_an_ended_record_is_kept_no_longer_than_its_kind_allows(one: Details) -> None:
    ended_on = one.work.ended_on
    if ended_on is not None:
        years = 0 if one.work.is_sensitive else 6 if one.work.service_type in KEPT_SIX_YEARS else 1
        assert SCHEDULE.expires_at(one) <= midnight(add_years(ended_on, years))


@given(details())
def test_a_record_without_a_birth_date_ends_within_18_years(one: Details) -> None:
    if one.cap_on is None:
        assert SCHEDULE.expires_at(one) <= midnight(add_years(one.first_registered_on, 18))


@given(details())
def test_a_record_expires_at_the_earliest_of_its_limits_and_not_before(one: Details) -> None:
    work = one.work
    years = 0 if work.is_sensitive else 6 if work.service_type in KEPT_SIX_YEARS else 1
    ends = [
        add_months(one.confirmed_on, 24) if work.ended_on is None else add_years(work.ended_on, years),
        add_years(one.first_registered_on, 18) if one.cap_on is None else add_months(one.cap_on, 1),
    ]
    assert SCHEDULE.expires_at(one) == midnight(min(ends))


@given(details(), st.dates(date(2022, 1, 1), TODAY), st.dates(date(2022, 1, 1), TODAY))
def test_a_later_confirmation_never_shortens_retention(one: Details, first: date, second: date) -> None:
    def confirmed(day: date) -> datetime:
        return SCHEDULE.expires_at(amended(one, one.work, day, None, SCHEDULE))

    assert SCHEDULE.expires_at(one) <= confirmed(min(first, second)) <= confirmed(max(first, second))


@given(WRITES)
def test_no_write_ever_raises_the_cap_without_an_extension(writes: Writes) -> None:
    caps = [one.plain_cap_on for _, one in history(writes) if one.plain_cap_on is not None]
    assert caps == sorted(caps, reverse=True)


@given(WRITES)
def test_no_write_ever_loses_the_cap(writes: Writes) -> None:
    is_capped = [one.cap_on is not None for _, one in history(writes)]
    assert is_capped == sorted(is_capped)


@given(WRITES)
def test_no_sequence_of_writes_outlives_the_month_of_the_birthday(writes: Writes) -> None:
    births = []
    for (_, work, born_on, _), (_, one) in zip(writes, history(writes), strict=True):
        if born_on is not None:
            births.append(born_on)
        if births:
            birthday = add_years(min(births), SCHEDULE.cap_age_of(work))
            assert SCHEDULE.expires_at(one) <= midnight(add_months(month_of(birthday), 1))


@given(WRITES)
def test_no_record_is_capped_below_the_18th_birthday(writes: Writes) -> None:
    births: list[date] = []
    for (_, _, born_on, _), (_, one) in zip(writes, history(writes), strict=True):
        births += [born_on] if born_on is not None else []
        if one.cap_on is not None:
            assert one.cap_on >= month_of(add_years(min(births), 18))


@given(WRITES)
def test_the_day_of_the_first_registration_never_changes(writes: Writes) -> None:
    assert {one.first_registered_on for _, one in history(writes)} == {TODAY + timedelta(days=writes[0][3])}


@given(WRITES)
def test_a_confirmation_never_moves_back(writes: Writes) -> None:
    days = [one.confirmed_on for _, one in history(writes)]
    assert days == sorted(days)


@given(details(), st.integers(0, 900))
def test_a_record_is_due_no_later_than_its_end(one: Details, days: int) -> None:
    today = TODAY + timedelta(days=days)
    expires_at = SCHEDULE.expires_at(one)
    if today < expires_at.date():
        assert today < SCHEDULE.due_on(one, expires_at, today) <= expires_at.date()

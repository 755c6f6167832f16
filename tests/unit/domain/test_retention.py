"""How long each kind of record exists, with the default retention schedule."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.child import NhsNumber
from chalicelib.domain.involvement import Basis, Details, Registration, ServiceType, Work
from chalicelib.domain.retention import Schedule, amended, registered
from tests.support.examples import TODAY, some_details, some_work

SCHEDULE = Schedule()
BORN_ON = date(2014, 5, 17)
CARE_LEAVER: dict[str, Any] = {"service_type": ServiceType.SOCIAL_CARE, "basis": Basis.CONSENT}


def expires_on(details: Details) -> date:
    expires_at = SCHEDULE.expires_at(details)
    assert expires_at == datetime(expires_at.year, expires_at.month, expires_at.day, tzinfo=UTC)
    return expires_at.date()


def put(before: Details | None = None, born_on: date | None = None, today: date = TODAY, **work: Any) -> Details:
    registration = Registration(nhs_number=NhsNumber("9990000018"), work=some_work(**work), date_of_birth=born_on)
    return registered(registration, before, today, SCHEDULE)


def patch(
    before: Details, work: Work | None = None, confirmed_on: date | None = None, born_on: date | None = None
) -> Details:
    return amended(before, work or before.work, confirmed_on, born_on, SCHEDULE)


# Current records.


@pytest.mark.parametrize("service_type", ServiceType)
def test_a_current_record_lapses_24_months_after_its_confirmation(service_type: ServiceType) -> None:
    details = some_details(service_type=service_type, confirmed_on=date(2026, 3, 10))
    assert expires_on(details) == date(2028, 3, 10)


def test_a_record_confirmed_on_a_leap_day_lapses_on_28_february() -> None:
    assert expires_on(some_details(confirmed_on=date(2024, 2, 29))) == date(2026, 2, 28)


# Ended records.

SIX_YEARS = {ServiceType.SOCIAL_CARE, ServiceType.POLICE, ServiceType.YOUTH_JUSTICE}
NONE_AT_ALL = {
    ServiceType.SEXUAL_HEALTH,
    ServiceType.MENTAL_HEALTH,
    ServiceType.SUBSTANCE_MISUSE,
    ServiceType.DOMESTIC_ABUSE,
}
ENDED_ON = date(2026, 2, 1)


@pytest.mark.parametrize("service_type", sorted(SIX_YEARS))
def test_an_ended_social_care_police_or_youth_justice_record_is_kept_six_years(service_type: ServiceType) -> None:
    assert expires_on(some_details(service_type=service_type, ended_on=ENDED_ON)) == date(2032, 2, 1)


@pytest.mark.parametrize("service_type", sorted(NONE_AT_ALL))
def test_a_record_of_a_sensitive_service_ends_when_the_work_ends(service_type: ServiceType) -> None:
    assert expires_on(some_details(service_type=service_type, ended_on=ENDED_ON)) == ENDED_ON


@pytest.mark.parametrize("service_type", ServiceType)
def test_a_record_marked_as_sensitive_ends_when_the_work_ends(service_type: ServiceType) -> None:
    assert expires_on(some_details(service_type=service_type, sensitive=True, ended_on=ENDED_ON)) == ENDED_ON


@pytest.mark.parametrize("service_type", sorted(set(ServiceType) - SIX_YEARS - NONE_AT_ALL))
def test_any_other_ended_record_is_kept_one_year(service_type: ServiceType) -> None:
    assert expires_on(some_details(service_type=service_type, ended_on=ENDED_ON)) == date(2027, 2, 1)


def test_confirming_an_ended_record_does_not_prolong_it() -> None:
    ended = some_details(service_type=ServiceType.HOUSING, ended_on=ENDED_ON)
    assert expires_on(patch(ended, confirmed_on=TODAY)) == date(2027, 2, 1)


# The cap.


def test_no_record_outlives_the_month_of_the_18th_birthday() -> None:
    details = put(born_on=date(2009, 5, 17), ended_on=ENDED_ON)
    assert expires_on(details) == date(2027, 6, 1)


def test_the_cap_does_not_prolong_a_record_that_ends_sooner() -> None:
    assert expires_on(put(born_on=BORN_ON)) == date(2028, 3, 10)


def test_only_the_month_of_the_cap_is_stored_of_a_birth_date() -> None:
    assert put(born_on=BORN_ON).cap_on == date(2032, 5, 1)
    assert put(born_on=date(2014, 5, 1)) == put(born_on=date(2014, 5, 31))


def test_a_child_born_on_a_leap_day_is_capped_by_february() -> None:
    assert put(born_on=date(2012, 2, 29)).cap_on == date(2030, 2, 1)


def test_a_birth_in_december_is_capped_until_the_new_year() -> None:
    assert expires_on(put(born_on=date(2008, 12, 31))) == date(2027, 1, 1)


def test_the_month_of_the_25th_birthday_is_the_cap_of_social_care_by_consent() -> None:
    assert put(born_on=BORN_ON, **CARE_LEAVER).cap_on == date(2039, 5, 1)


@pytest.mark.parametrize("service_type", ServiceType)
def test_services_for_care_leavers_are_extended_whatever_the_service(service_type: ServiceType) -> None:
    extended = put(born_on=BORN_ON, service_type=service_type, basis=Basis.LEAVING_CARE)
    assert extended.cap_on == date(2039, 5, 1)
    assert extended.plain_cap_on == date(2032, 5, 1)


@pytest.mark.parametrize(
    ("changes", "bases"),
    [
        ({}, [Basis.CONSENT, Basis.LEAVING_CARE]),
        ({"service_type": ServiceType.HOUSING}, [Basis.LEAVING_CARE]),
        ({"sensitive": True}, [Basis.CONSENT, Basis.LEAVING_CARE]),
        ({"service_type": ServiceType.SUBSTANCE_MISUSE}, [Basis.LEAVING_CARE]),
    ],
)
def test_the_bases_that_carry_beyond_18_are_those_that_the_service_may_have(
    changes: dict[str, Any], bases: list[Basis]
) -> None:
    assert Schedule().bases_after_18(some_work(**changes)) == bases


def test_a_stage_decides_which_bases_carry_and_which_a_sensitive_service_may_have() -> None:
    schedule = Schedule(
        extended_bases=frozenset(),
        extended_bases_of_any_service=frozenset({Basis.STATUTORY}),
        sensitive_bases=frozenset({Basis.STATUTORY, Basis.CONSENT}),
    )
    assert schedule.bases_after_18(some_work(sensitive=True)) == [Basis.STATUTORY]
    assert schedule.cap_age_of(some_work(service_type=ServiceType.GP, basis=Basis.STATUTORY)) == 25
    assert schedule.cap_age_of(some_work(basis=Basis.LEAVING_CARE)) == 18


@pytest.mark.parametrize("basis", sorted(set(Basis) - {Basis.CONSENT, Basis.LEAVING_CARE}))
def test_social_care_on_another_basis_is_not_extended(basis: Basis) -> None:
    assert put(born_on=BORN_ON, basis=basis).cap_on == date(2032, 5, 1)


@pytest.mark.parametrize("service_type", sorted(set(ServiceType) - {ServiceType.SOCIAL_CARE}))
def test_consent_to_another_service_gives_no_extension(service_type: ServiceType) -> None:
    assert put(born_on=BORN_ON, service_type=service_type, basis=Basis.CONSENT).cap_on == date(2032, 5, 1)


def test_a_put_without_a_birth_date_keeps_the_cap() -> None:
    assert put(before=put(born_on=BORN_ON)).cap_on == date(2032, 5, 1)


def test_a_patch_without_a_birth_date_keeps_the_cap() -> None:
    assert patch(put(born_on=BORN_ON), confirmed_on=TODAY).cap_on == date(2032, 5, 1)


def test_a_later_birth_date_never_raises_the_cap() -> None:
    before = put(born_on=BORN_ON)
    assert put(before=before, born_on=date(2016, 1, 1)).cap_on == date(2032, 5, 1)
    assert patch(before, born_on=date(2016, 1, 1)).cap_on == date(2032, 5, 1)


def test_an_earlier_birth_date_lowers_the_cap() -> None:
    before = put(born_on=BORN_ON)
    assert put(before=before, born_on=date(2012, 1, 9)).cap_on == date(2030, 1, 1)
    assert patch(before, born_on=date(2012, 1, 9)).cap_on == date(2030, 1, 1)


def test_a_young_person_who_becomes_a_care_leaver_gets_the_extension_then() -> None:
    before = put(born_on=BORN_ON)
    for after in (put(before=before, born_on=BORN_ON, **CARE_LEAVER), patch(before, work=some_work(**CARE_LEAVER))):
        assert (after.cap_on, after.plain_cap_on) == (date(2039, 5, 1), date(2032, 5, 1))


def test_a_later_birth_date_does_not_lengthen_the_extension_either() -> None:
    before = put(born_on=BORN_ON)
    assert put(before=before, born_on=date(2016, 1, 1), **CARE_LEAVER).cap_on == date(2039, 5, 1)


def test_a_record_that_loses_its_extension_loses_the_extra_years() -> None:
    extended = put(born_on=BORN_ON, **CARE_LEAVER)
    assert put(before=extended, basis=Basis.STATUTORY).cap_on == date(2032, 5, 1)
    assert patch(extended, work=some_work(basis=Basis.STATUTORY)).cap_on == date(2032, 5, 1)


def test_losing_the_extension_repeatedly_takes_the_extra_years_away_only_once() -> None:
    details = put(born_on=BORN_ON, **CARE_LEAVER)
    for _ in range(3):
        details = put(before=put(before=details, basis=Basis.STATUTORY), **CARE_LEAVER)
    assert put(before=details, basis=Basis.STATUTORY).cap_on == date(2032, 5, 1)


# Children without a birth date.


def test_a_record_without_a_birth_date_ends_18_years_after_its_first_registration() -> None:
    details = some_details(first_registered_on=date(2009, 4, 3), confirmed_on=date(2026, 3, 10))
    assert expires_on(details) == date(2027, 4, 3)


def test_a_put_keeps_the_day_of_the_first_registration() -> None:
    first = put(today=date(2025, 1, 2))
    assert first.first_registered_on == date(2025, 1, 2)
    assert put(before=first).first_registered_on == date(2025, 1, 2)
    assert patch(first, confirmed_on=TODAY).first_registered_on == date(2025, 1, 2)


def test_the_term_of_years_does_not_apply_to_a_record_with_a_birth_date() -> None:
    details = some_details(
        first_registered_on=date(2008, 6, 1), cap_on=date(2030, 1, 1), confirmed_on=date(2026, 3, 10)
    )
    assert expires_on(details) == date(2028, 3, 10)


# Confirmation and dispute.


def test_a_put_confirms_the_record() -> None:
    assert put(before=some_details(confirmed_on=date(2025, 1, 1))).confirmed_on == TODAY


def test_a_patch_confirms_only_if_it_sends_confirmed_on() -> None:
    before = some_details(confirmed_on=date(2025, 1, 1))
    assert patch(before).confirmed_on == date(2025, 1, 1)
    assert patch(before, confirmed_on=TODAY).confirmed_on == TODAY


def test_a_confirmation_never_moves_back() -> None:
    assert patch(some_details(confirmed_on=TODAY), confirmed_on=date(2025, 1, 1)).confirmed_on == TODAY


def test_a_put_never_moves_a_confirmation_back() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert put(before=patch(some_details(), confirmed_on=tomorrow)).confirmed_on == tomorrow


def test_a_put_does_not_settle_a_dispute() -> None:
    assert put(before=some_details(disputed=True)).disputed
    assert patch(some_details(disputed=True), confirmed_on=TODAY).disputed
    assert not put(before=some_details()).disputed
    assert not put().disputed


# Due days.


def due_on(details: Details, today: date) -> date:
    return SCHEDULE.due_on(details, SCHEDULE.expires_at(details), today)


def test_a_record_that_lapses_is_due_90_days_before_30_days_before_and_on_the_day() -> None:
    details = some_details(confirmed_on=date(2026, 3, 10))
    lapse = date(2028, 3, 10)
    assert due_on(details, TODAY) == lapse - timedelta(days=90)
    assert due_on(details, lapse - timedelta(days=91)) == lapse - timedelta(days=90)
    assert due_on(details, lapse - timedelta(days=90)) == lapse - timedelta(days=30)
    assert due_on(details, lapse - timedelta(days=31)) == lapse - timedelta(days=30)
    assert due_on(details, lapse - timedelta(days=30)) == lapse
    assert due_on(details, lapse - timedelta(days=1)) == lapse


def test_a_record_of_ended_work_is_due_only_at_its_end() -> None:
    assert due_on(some_details(ended_on=ENDED_ON), TODAY) == date(2032, 2, 1)


# A schedule that was configured.


def test_the_periods_can_be_set() -> None:
    schedule = Schedule(lapse_months=12, ended_years=2, ended_long_years=3, cap_age=16, years_without_birth_date=5)
    assert schedule.expires_at(some_details(confirmed_on=date(2026, 3, 10))).date() == date(2027, 3, 10)
    assert schedule.expires_at(some_details(ended_on=ENDED_ON)).date() == date(2029, 2, 1)
    housing = some_details(service_type=ServiceType.HOUSING, ended_on=ENDED_ON)
    assert schedule.expires_at(housing).date() == date(2028, 2, 1)
    registration = Registration(nhs_number=NhsNumber("9990000018"), work=some_work(), date_of_birth=BORN_ON)
    assert registered(registration, None, TODAY, schedule).cap_on == date(2030, 5, 1)
    old = some_details(first_registered_on=date(2021, 4, 1))
    assert schedule.expires_at(old).date() == date(2026, 4, 1)

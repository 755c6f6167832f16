"""Which field values are accepted, and the status of an involvement."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.involvement import Basis, Involvement, ServiceType, Status, Work, check_work
from tests.support.examples import LATER, NOW, TODAY, a_row, some_details, some_work

TOMORROW = TODAY + timedelta(days=1)
DAY_AFTER = TODAY + timedelta(days=2)


def errors_of(work: Work, date_of_birth: date | None = None) -> list[str]:
    try:
        check_work(work, TODAY, date_of_birth)
    except InvalidRequest as refused:
        return [error.field for error in refused.errors]
    return []


def test_work_that_was_confirmed_recently_is_current() -> None:
    assert some_details().status(TODAY) is Status.CURRENT


def test_current_work_is_unconfirmed_after_six_months() -> None:
    details = some_details(confirmed_on=date(2026, 1, 31))
    assert details.status(date(2026, 7, 31)) is Status.CURRENT
    assert details.status(date(2026, 8, 1)) is Status.UNCONFIRMED


def test_six_months_end_on_the_last_day_of_a_shorter_month() -> None:
    details = some_details(confirmed_on=date(2025, 8, 31))
    assert details.status(date(2026, 2, 28)) is Status.CURRENT
    assert details.status(date(2026, 3, 1)) is Status.UNCONFIRMED


def test_ended_work_is_previous_from_its_last_day_on_however_recently_confirmed() -> None:
    assert some_details(ended_on=TODAY).status(TODAY) is Status.PREVIOUS
    assert some_details(ended_on=TODAY - timedelta(days=400)).status(TODAY) is Status.PREVIOUS


def test_work_that_ends_tomorrow_is_still_current() -> None:
    assert some_details(ended_on=TOMORROW).status(TODAY) is Status.CURRENT


def test_work_that_ended_is_previous_and_not_unconfirmed() -> None:
    details = some_details(ended_on=TODAY, confirmed_on=date(2024, 1, 1))
    assert details.status(TODAY) is Status.PREVIOUS


def test_a_record_is_live_until_the_second_it_expires() -> None:
    row: Involvement = a_row(expires_at=LATER)
    assert row.is_live(LATER - timedelta(seconds=1))
    assert not row.is_live(LATER)
    assert not row.is_live(LATER + timedelta(seconds=1))


SENSITIVE = {
    ServiceType.SEXUAL_HEALTH,
    ServiceType.MENTAL_HEALTH,
    ServiceType.SUBSTANCE_MISUSE,
    ServiceType.DOMESTIC_ABUSE,
}


@pytest.mark.parametrize("service_type", ServiceType)
def test_four_services_are_always_sensitive_and_any_other_if_marked_so(service_type: ServiceType) -> None:
    assert some_work(service_type=service_type).is_sensitive is (service_type in SENSITIVE)
    assert some_work(service_type=service_type, sensitive=True).is_sensitive


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize(
    "changes", [{"service_type": ServiceType.MENTAL_HEALTH}, {"service_type": ServiceType.POLICE, "sensitive": True}]
)
def test_sensitive_work_needs_consent_or_significant_harm(basis: Basis, changes: dict[str, object]) -> None:
    allowed = basis in {Basis.CONSENT, Basis.SIGNIFICANT_HARM}
    assert errors_of(some_work(basis=basis, **changes)) == ([] if allowed else ["basis"])


@pytest.mark.parametrize("basis", Basis)
def test_other_work_may_have_any_basis(basis: Basis) -> None:
    assert errors_of(some_work(basis=basis)) == []


def test_dates_may_be_tomorrow_because_in_some_time_zones_it_is_tomorrow_already() -> None:
    assert errors_of(some_work(started_on=TOMORROW, ended_on=TOMORROW), TOMORROW) == []


@pytest.mark.parametrize("day", [DAY_AFTER, date(9999, 12, 31)])
def test_no_date_may_be_later_than_tomorrow(day: date) -> None:
    assert errors_of(some_work(started_on=day)) == ["started_on"]
    assert errors_of(some_work(ended_on=day)) == ["ended_on"]
    assert "date_of_birth" in errors_of(some_work(), day)


def test_work_may_end_on_the_day_it_starts_but_not_before() -> None:
    assert errors_of(some_work(started_on=TODAY, ended_on=TODAY)) == []
    assert errors_of(some_work(started_on=TODAY, ended_on=TODAY - timedelta(days=1))) == ["ended_on"]


def test_work_may_start_on_the_day_of_birth_but_not_before() -> None:
    assert errors_of(some_work(started_on=TODAY), TODAY) == []
    assert errors_of(some_work(started_on=TODAY), TOMORROW) == ["date_of_birth"]


def test_the_earliest_possible_date_is_accepted() -> None:
    assert errors_of(some_work(started_on=date.min), date.min) == []


def test_all_field_errors_are_reported_at_once() -> None:
    work = some_work(started_on=DAY_AFTER, ended_on=TODAY, sensitive=True)
    assert errors_of(work, DAY_AFTER + timedelta(days=1)) == [
        "started_on",
        "date_of_birth",
        "ended_on",
        "date_of_birth",
        "basis",
    ]


def test_the_text_form_of_an_involvement_hides_names_and_dates() -> None:
    row = a_row()
    shown = f"{row!r} {row.details!r} {row.details.work!r} {row.details.work.practitioner!r} {row.details.work.team!r}"
    assert "Okafor" not in shown
    assert "7946" not in shown
    assert "2025" not in shown
    assert NOW.year == 2026

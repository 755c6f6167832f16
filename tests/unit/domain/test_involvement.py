"""Which field values are accepted, and the status of an involvement."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.involvement import Involvement, ServiceType, Status
from tests.support.examples import LATER, NOW, TODAY, a_row, some_details, some_work

TOMORROW = TODAY + timedelta(days=1)


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


def test_the_text_form_of_an_involvement_hides_names_and_dates() -> None:
    row = a_row()
    shown = f"{row!r} {row.details!r} {row.details.work!r} {row.details.work.practitioner!r} {row.details.work.team!r}"
    assert "Okafor" not in shown
    assert "7946" not in shown
    assert "2025" not in shown
    assert NOW.year == 2026

"""Which work may be registered, and which dates are only unusual."""

from collections.abc import Set
from datetime import date, timedelta

import pytest

from chalicelib.domain.involvement import Basis, Practitioner, ServiceType, Team, Work
from chalicelib.domain.retention import Schedule
from chalicelib.domain.work_rules import has_unusual_dates, work_errors
from tests.support.examples import TODAY, some_work

TOMORROW = TODAY + timedelta(days=1)
DAY_AFTER = TODAY + timedelta(days=2)
SENSITIVE_BASES = Schedule().sensitive_bases


def errors_of(work: Work, date_of_birth: date | None = None, bases: Set[Basis] = SENSITIVE_BASES) -> list[str]:
    return [error.field for error in work_errors(work, TODAY, date_of_birth, sensitive_bases=bases)]


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize(
    "changes", [{"service_type": ServiceType.MENTAL_HEALTH}, {"service_type": ServiceType.POLICE, "sensitive": True}]
)
def test_sensitive_work_needs_a_basis_that_such_services_may_have(basis: Basis, changes: dict[str, object]) -> None:
    allowed = basis in {Basis.CONSENT, Basis.SIGNIFICANT_HARM, Basis.DUTY_TO_SHARE, Basis.LEAVING_CARE}
    assert errors_of(some_work(basis=basis, **changes)) == ([] if allowed else ["basis"])


@pytest.mark.parametrize(
    ("bases", "problem"),
    [
        (SENSITIVE_BASES, "must be consent, duty_to_share, leaving_care or significant_harm for a sensitive service"),
        ({Basis.CONSENT, Basis.CONCERN}, "must be concern or consent for a sensitive service"),
        ({Basis.CONSENT}, "must be consent for a sensitive service"),
        (set(), "cannot be given for a sensitive service: this stage takes none"),
    ],
)
def test_the_error_names_the_bases_that_the_stage_takes(bases: Set[Basis], problem: str) -> None:
    work = some_work(basis=Basis.STATUTORY, service_type=ServiceType.DOMESTIC_ABUSE)
    [error] = work_errors(work, TODAY, sensitive_bases=bases)
    assert (error.field, error.problem) == ("basis", problem)


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


@pytest.mark.parametrize(("days", "errors"), [(0, []), (1, []), (280, []), (300, []), (301, ["date_of_birth"])])
def test_work_may_start_up_to_300_days_before_the_birth(days: int, errors: list[str]) -> None:
    assert errors_of(some_work(started_on=TODAY - timedelta(days=days)), TODAY) == errors


def test_work_for_an_unborn_child_may_have_ended_before_the_birth() -> None:
    work = some_work(started_on=TODAY - timedelta(days=200), ended_on=TODAY - timedelta(days=30))
    assert errors_of(work, TODAY - timedelta(days=5)) == []
    assert has_unusual_dates(work, TODAY, TODAY - timedelta(days=5))


def test_the_earliest_possible_date_is_accepted() -> None:
    assert errors_of(some_work(started_on=date.min), date.min) == []


@pytest.mark.parametrize(
    ("started_on", "date_of_birth", "unusual"),
    [
        (date(2026, 2, 1), date(2026, 2, 1), False),
        (date(2026, 1, 31), date(2026, 2, 1), True),
        (date(2026, 1, 31), None, False),
        (date(2008, 3, 10), None, False),
        (date(2008, 3, 9), None, True),
        (date(1016, 3, 9), date(1016, 1, 1), True),
    ],
)
def test_work_before_the_birth_and_work_older_than_a_childhood_is_unusual(
    started_on: date, date_of_birth: date | None, unusual: bool
) -> None:
    assert date(2026, 3, 10) == TODAY
    assert has_unusual_dates(some_work(started_on=started_on), TODAY, date_of_birth) is unusual


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("practitioner.id", {"practitioner": Practitioner(id="x-401 023 2137", name="Ada", role="Nurse")}),
        ("practitioner.name", {"practitioner": Practitioner(id="1", name="Ada 943-476-5919", role="Nurse")}),
        ("practitioner.role", {"practitioner": Practitioner(id="1", name="Ada", role="Nurse of 999/000/0018")}),
        (
            "practitioner.email",
            {"practitioner": Practitioner(id="1", name="Ada", role="Nurse", email="999-000-0018@a.example")},
        ),
        ("team.name", {"team": Team(name="(943) 476 5919", phone="020 7946 0002")}),
        ("organisation", {"organisation": "School of 401.023.2137"}),
    ],
)
def test_no_text_may_hold_a_number_written_in_three_groups(field: str, changes: dict[str, object]) -> None:
    assert errors_of(some_work(**changes)) == [field]


def test_a_phone_may_be_written_in_groups_of_three_three_and_four() -> None:
    assert errors_of(some_work(team=Team(name="Team", phone="943 476 5919"))) == []


def test_all_field_errors_are_reported_at_once() -> None:
    work = some_work(started_on=DAY_AFTER, ended_on=TODAY, sensitive=True, organisation="999 000 0018")
    assert errors_of(work, DAY_AFTER + timedelta(days=301)) == [
        "started_on",
        "date_of_birth",
        "ended_on",
        "date_of_birth",
        "basis",
        "organisation",
    ]


@pytest.mark.parametrize("id", ["system:feed", "System:feed", "system-feed"])
def test_a_practitioner_is_a_person_and_no_system(id: str) -> None:
    work = some_work(practitioner=Practitioner(id=id, name="Nightly feed", role="Feed"))
    assert [error.field for error in work_errors(work, TODAY, sensitive_bases=frozenset())] == ["practitioner.id"]

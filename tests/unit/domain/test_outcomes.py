"""Whom an answer said to ring, weeks, and the numbers of answer entries."""

from datetime import date

import pytest

from chalicelib.domain.access_records import Disclosed, Form, FoundLookup, Shown
from chalicelib.domain.authority import Purpose
from chalicelib.domain.disclosure import Decision, FullEntry
from chalicelib.domain.involvement import Basis, Practitioner, ServiceType
from chalicelib.domain.outcomes import ContactOutcome, ContactOutcomes, RungContact, Week, rung_contact
from tests.support.examples import CHILD, NOW, TODAY, a_row, decided


def test_the_practitioners_own_phone_was_rung_or_else_the_teams() -> None:
    assert rung_contact(a_row(), TODAY) == RungContact("sw-9", "020 7946 0001")
    without = Practitioner(id="sw-9", name="Ada Okafor", role="Social worker")
    assert rung_contact(a_row(practitioner=without), TODAY) == RungContact("sw-9", "020 7946 0002")


def test_for_work_that_had_ended_when_it_was_shown_the_team_was_rung_and_nobody_named() -> None:
    row = a_row(ended_on=date(2026, 3, 9))
    assert rung_contact(row, date(2026, 3, 9)) == RungContact(None, "020 7946 0002")
    assert rung_contact(row, date(2026, 3, 8)).practitioner_id == "sw-9"


@pytest.mark.parametrize(
    ("day", "week", "ended_on"),
    [
        (date(2026, 11, 29), Week(2026, 48), date(2026, 11, 30)),
        (date(2026, 11, 30), Week(2026, 49), date(2026, 12, 7)),
        (date(2027, 1, 3), Week(2026, 53), date(2027, 1, 4)),
        (date(2024, 12, 30), Week(2025, 1), date(2025, 1, 6)),
    ],
)
def test_a_week_runs_from_monday_to_sunday_also_over_new_year(day: date, week: Week, ended_on: date) -> None:
    assert Week.of(day) == week
    assert week.ended_on == ended_on


def test_a_contact_whom_everybody_reached_has_no_other_outcome() -> None:
    rung = RungContact("sw-9", "020 7946 0001")
    assert ContactOutcomes(rung, {ContactOutcome.REACHED: 3}).all_reached
    assert not ContactOutcomes(rung, {ContactOutcome.REACHED: 3, ContactOutcome.LEFT: 1}).all_reached


def test_whom_was_rung_is_in_no_text_form() -> None:
    rung = RungContact("sw-9", "020 7946 0001")
    assert "7946" not in repr(ContactOutcomes(rung, {})) + repr(rung)


def test_only_an_entry_that_was_shown_in_full_has_a_row() -> None:
    full, brokered = Shown("RAP", "one", "v1", Form.FULL), Shown("RAP", "two", "v1", Form.BROKERED)
    lookup = FoundLookup(id="l", at=NOW, child=CHILD, disclosed=Disclosed(True, True, (full, brokered)))
    assert [lookup.shown_in_full(entry) for entry in (-1, 0, 1, 2, 3)] == [None, None, full, None, None]


def numbers(decision: Decision) -> list[tuple[int, str]]:
    return [(one.number, one.involvement.reference) for one in decision.entries if isinstance(one, FullEntry)]


def test_the_number_of_an_entry_is_the_position_of_its_row_and_leaves_no_gap_for_sensitive_rows() -> None:
    hidden = {"service_type": ServiceType.MENTAL_HEALTH, "basis": Basis.CONSENT}
    plain = [a_row(reference="b", version="v-b"), a_row(reference="d", version="v-d", ended_on=date(2026, 3, 1))]
    sensitive = [a_row(reference=name, version=f"v-{name}", **hidden) for name in ("a", "c", "e")]
    rows = sorted([*plain, *sensitive], key=lambda row: row.reference)
    with_hidden, without = decided(*rows), decided(*plain)
    numbered = [(one.number, one.involvement.reference) for one in with_hidden.entries if isinstance(one, FullEntry)]
    assert numbered == [(1, "b"), (2, "d")]
    assert numbered == [
        (one.number, one.involvement.reference) for one in without.entries if isinstance(one, FullEntry)
    ]
    assert [shown.reference for shown in with_hidden.shown[:2]] == ["b", "d"]
    assert {shown.form for shown in with_hidden.shown[2:]} == {Form.BROKERED}


def test_brokered_police_leave_no_gap_either() -> None:
    rows = [a_row(reference="a", service_type=ServiceType.POLICE), a_row(reference="b")]
    decision = decided(*rows, purpose=Purpose.HEALTH_CARE)
    assert numbers(decision) == [(1, "b")]
    assert [shown.reference for shown in decision.shown] == ["b", "a"]

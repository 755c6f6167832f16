"""Which records a given asker may be shown, and in what form."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.access_records import Form, Shown
from chalicelib.domain.authority import Purpose, Standing
from chalicelib.domain.disclosure import BrokeredEntry, Decision, FullEntry
from chalicelib.domain.errors import CannotAnswer
from chalicelib.domain.involvement import Practitioner, ServiceType, Status
from chalicelib.domain.ringing_order import MAX_RECORDS_PER_AUTHORITY
from chalicelib.domain.values import replace
from tests.support.examples import (
    BRENT,
    EALING,
    HARINGEY,
    NOW,
    POLICE,
    a_caller,
    a_row,
    an_authority,
    decided,
)

ASKER = Practitioner(id="sw-1", name="The Asker", role="Social worker")
WIDE = (Purpose.SAFEGUARDING, Purpose.CHILD_PROTECTION)
NARROW = (Purpose.EDUCATION_WELFARE, Purpose.HEALTH_CARE)


# Whether the child is known.


def own(**changes: object) -> dict[str, object]:
    return {"authority_code": HARINGEY, "practitioner": ASKER, **changes}


def entries_of(decision: Decision) -> list[str]:
    return [
        entry.involvement.reference if isinstance(entry, FullEntry) else f"brokered {entry.service_type}"
        for entry in decision.entries
    ]


def test_a_child_without_records_is_not_known_and_the_answer_is_complete() -> None:
    decision = decided()
    assert (decision.known, decision.complete, decision.shielded, decision.entries) == (False, True, False, ())


def test_a_live_row_of_another_authority_makes_the_child_known_and_is_shown() -> None:
    decision = decided(a_row(reference="theirs"))
    assert decision.known
    [entry] = decision.entries
    assert isinstance(entry, FullEntry)
    assert (entry.authority.code, entry.status, entry.own) == (EALING, Status.CURRENT, False)


def test_the_askers_own_row_is_marked_as_own_and_does_not_make_the_child_known() -> None:
    decision = decided(a_row(**own()))
    assert not decision.known
    assert [entry.own for entry in decision.entries] == [True]


def test_a_colleagues_row_makes_the_child_known() -> None:
    decision = decided(a_row(authority_code=HARINGEY))
    assert decision.known
    assert [entry.own for entry in decision.entries] == [False]


def test_the_same_practitioner_id_in_another_authority_is_another_practitioner() -> None:
    decision = decided(a_row(**own(authority_code=EALING)))
    assert decision.known
    assert [entry.own for entry in decision.entries] == [False]


@pytest.mark.parametrize(
    ("askers", "rows", "own"),
    [
        ("Trust A", "Trust B", False),
        ("Trust A", "Trust A", True),
        (None, None, True),
        (None, "Trust B", False),
        ("Trust A", None, False),
    ],
)
def test_the_same_practitioner_id_in_another_organisation_is_another_practitioner(
    askers: str | None, rows: str | None, own: bool
) -> None:
    row = a_row(authority_code=HARINGEY, practitioner=ASKER, organisation=rows)
    [entry] = decided(row, caller=replace(a_caller(), organisation=askers)).entries
    assert entry.own is own


@pytest.mark.parametrize(("askers", "rows"), [(None, "Elm School"), ("Elm School", None), ("Elm School", "Oak School")])
def test_none_but_your_own_is_never_said_of_somebody_whose_organisation_only_one_side_names(
    askers: str | None, rows: str | None
) -> None:
    """Two schools of one authority may both have a `t-1`."""
    row = a_row(authority_code=HARINGEY, practitioner=ASKER, organisation=rows)
    assert decided(row, caller=replace(a_caller(), organisation=askers)).known


def test_an_answer_draws_on_a_limited_number_of_one_authoritys_rows_and_on_all_others() -> None:
    """It keeps the rows that one would ring first. The others make the answer incomplete, and are not in the access
    record."""
    newest, older = date(2026, 3, 9), date(2026, 3, 8)
    many = [a_row(reference=f"many-{n:03}", confirmed_on=newest if n >= 60 else older) for n in range(70)]
    decision = decided(*many, a_row(authority_code=BRENT, reference="one"))
    assert (decision.known, decision.complete) == (True, False)
    shown = [row.reference for row in decision.shown]
    assert len(shown) == len(decision.entries) == MAX_RECORDS_PER_AUTHORITY + 1
    assert {"one", *(f"many-{number:03}" for number in range(60, 70))} <= set(shown)
    assert decided(*many[:MAX_RECORDS_PER_AUTHORITY]).complete


def test_a_row_that_was_left_out_still_makes_the_child_known() -> None:
    own = [a_row(authority_code=HARINGEY, reference=f"own-{n:03}", practitioner=ASKER) for n in range(60)]
    decision = decided(*own, a_row(authority_code=HARINGEY, reference="z", practitioner=replace(ASKER, id="another")))
    assert (decision.known, all(entry.own for entry in decision.entries)) == (True, True)


def test_the_access_record_of_a_shielded_child_is_limited_in_the_same_way_and_the_answer_does_not_show_it() -> None:
    many = [a_row(reference=f"many-{number:03}") for number in range(70)]
    decision = decided(*many, shielded=True)
    assert (len(decision.shown), decision.left_out, decision.complete) == (MAX_RECORDS_PER_AUTHORITY, True, True)


@pytest.mark.parametrize("purpose", Purpose)
def test_fifty_own_records_and_a_hidden_one_give_the_answer_of_fifty_own_records(purpose: Purpose) -> None:
    mine = [a_row(**own(reference=f"own-{number:02}")) for number in range(MAX_RECORDS_PER_AUTHORITY)]
    hidden = a_row(authority_code=HARINGEY, reference="hidden", service_type=ServiceType.MENTAL_HEALTH)
    if purpose in NARROW:
        assert decided(*mine, hidden, purpose=purpose) == decided(*mine, purpose=purpose)
    assert decided(*mine, hidden, purpose=purpose).complete


def test_how_many_sensitive_records_there_are_does_not_make_the_answer_incomplete() -> None:
    """They share one entry."""
    many = [a_row(reference=f"{number}", service_type=ServiceType.MENTAL_HEALTH) for number in range(70)]
    decision = decided(*many)
    assert (decision.complete, decision.entries) == (True, (BrokeredEntry(None, own=False),))
    assert (len(decision.shown), decision.left_out) == (MAX_RECORDS_PER_AUTHORITY, True)


def test_a_row_does_not_exist_from_the_second_it_expires() -> None:
    assert decided(a_row(expires_at=NOW + timedelta(seconds=1))).known
    decision = decided(a_row(expires_at=NOW))
    assert (decision.known, decision.complete, decision.entries, decision.shown) == (False, True, (), ())


def test_the_rows_of_a_suspended_authority_are_still_served() -> None:
    assert decided(a_row(), authorities=[an_authority(EALING, standing=Standing.SUSPENDED)]).known


# The form in which a row is shown.


@pytest.mark.parametrize("purpose", NARROW)
@pytest.mark.parametrize("service_type", [ServiceType.POLICE, ServiceType.YOUTH_JUSTICE])
def test_each_brokered_row_shows_its_service_and_nothing_else(purpose: Purpose, service_type: ServiceType) -> None:
    decision = decided(a_row(service_type=service_type, authority_code=POLICE), purpose=purpose)
    assert decision.known
    assert decision.entries == (BrokeredEntry(service_type, own=False),)


@pytest.mark.parametrize("purpose", NARROW)
def test_a_row_that_the_purpose_may_not_see_is_not_hinted_at(purpose: Purpose) -> None:
    with_it = decided(a_row(service_type=ServiceType.MENTAL_HEALTH), purpose=purpose)
    assert with_it == decided(purpose=purpose)


@pytest.mark.parametrize("purpose", WIDE)
def test_all_sensitive_rows_together_give_one_entry(purpose: Purpose) -> None:
    decision = decided(
        a_row(service_type=ServiceType.MENTAL_HEALTH, reference="1"),
        a_row(service_type=ServiceType.SEXUAL_HEALTH, reference="2", authority_code=BRENT),
        a_row(service_type=ServiceType.POLICE, sensitive=True, reference="3", authority_code=POLICE),
        purpose=purpose,
    )
    assert decision.known
    assert decision.entries == (BrokeredEntry(None, own=False),)


def test_the_sensitive_entry_is_own_only_if_every_row_in_it_is() -> None:
    mine = a_row(**own(service_type=ServiceType.MENTAL_HEALTH))
    theirs = a_row(service_type=ServiceType.MENTAL_HEALTH)
    assert decided(mine).entries == (BrokeredEntry(None, own=True),)
    assert not decided(mine).known
    for rows in ((mine, theirs), (theirs, mine)):
        assert decided(*rows).entries == (BrokeredEntry(None, own=False),)
        assert decided(*rows).known


# The order of the entries.


def test_the_entries_of_one_authority_are_sorted_by_whom_to_ring_first() -> None:
    housing = ServiceType.HOUSING
    yesterday, before = date(2026, 3, 9), date(2026, 3, 8)
    in_order = [
        a_row(reference="lead, social care", lead_professional=True, confirmed_on=before),
        a_row(reference="social care, new", confirmed_on=yesterday),
        a_row(reference="new", service_type=housing, confirmed_on=yesterday),
        a_row(reference="old 1", service_type=housing, confirmed_on=before),
        a_row(reference="old 2", service_type=housing, confirmed_on=before),
        a_row(reference="unconfirmed, lead", lead_professional=True, confirmed_on=date(2025, 1, 1)),
        a_row(reference="unconfirmed", service_type=housing, confirmed_on=date(2025, 1, 1)),
        a_row(reference="previous", ended_on=yesterday),
        a_row(reference="previous, old", service_type=housing, ended_on=yesterday),
    ]
    expected = [row.reference for row in in_order]
    assert entries_of(decided(*in_order)) == expected
    assert entries_of(decided(*reversed(in_order))) == expected


def test_authorities_take_turns_within_each_status() -> None:
    ended = date(2026, 1, 1)
    in_order = [
        a_row(reference="Brent's lead", authority_code=BRENT, lead_professional=True, service_type=ServiceType.HOUSING),
        a_row(reference="Ealing 1"),
        a_row(reference="Haringey 1", authority_code=HARINGEY, service_type=ServiceType.HOUSING),
        a_row(reference="Brent 2", authority_code=BRENT),
        a_row(reference="Ealing 2", service_type=ServiceType.HOUSING),
        a_row(reference="Ealing 3", service_type=ServiceType.SCHOOL),
        a_row(reference="Haringey, previous", authority_code=HARINGEY, ended_on=ended),
        a_row(reference="Ealing, previous", service_type=ServiceType.SCHOOL, ended_on=ended),
    ]
    assert entries_of(decided(*reversed(in_order))) == [row.reference for row in in_order]


def test_fifty_records_marked_as_lead_push_nobody_back() -> None:
    many = [a_row(reference=f"many-{number:02}", lead_professional=True) for number in range(50)]
    worker = a_row(reference="worker", authority_code=BRENT, service_type=ServiceType.HOUSING)
    lead = a_row(reference="lead", authority_code=HARINGEY, lead_professional=True)
    assert entries_of(decided(*many, worker, lead))[:4] == ["many-00", "lead", "worker", "many-01"]


def test_a_second_lead_of_one_authority_keeps_its_mark_and_ranks_as_if_it_had_none() -> None:
    rows = [
        a_row(reference="new", confirmed_on=date(2026, 3, 9)),
        a_row(reference="lead", lead_professional=True, confirmed_on=date(2026, 3, 8)),
        a_row(reference="other lead", lead_professional=True, confirmed_on=date(2026, 3, 7)),
    ]
    decision = decided(*rows)
    assert entries_of(decision) == ["lead", "new", "other lead"]
    last = decision.entries[-1]
    assert isinstance(last, FullEntry)
    assert last.involvement.details.work.lead_professional


def test_brokered_entries_come_after_full_ones_and_the_sensitive_one_comes_last() -> None:
    rows = [
        a_row(service_type=ServiceType.YOUTH_JUSTICE, authority_code=BRENT),
        a_row(service_type=ServiceType.POLICE, authority_code=POLICE),
        a_row(reference="previous", service_type=ServiceType.HOUSING, ended_on=date(2026, 1, 1)),
    ]
    expected = ["previous", "brokered police", "brokered youth_justice"]
    assert entries_of(decided(*rows, purpose=Purpose.HEALTH_CARE)) == expected
    sensitive = a_row(service_type=ServiceType.MENTAL_HEALTH)
    assert entries_of(decided(sensitive, rows[2])) == ["previous", "brokered None"]


# Unreadable rows.


def test_an_unreadable_row_beside_a_readable_one_gives_known_and_incomplete() -> None:
    decision = decided(a_row(), unreadable=1)
    assert (decision.known, decision.complete) == (True, False)


def test_an_unreadable_row_alone_cannot_be_answered() -> None:
    with pytest.raises(CannotAnswer):
        decided(unreadable=1)


def test_an_unreadable_row_beside_the_askers_own_cannot_be_answered() -> None:
    with pytest.raises(CannotAnswer):
        decided(a_row(**own()), unreadable=1)


def test_an_unreadable_row_beside_an_expired_one_cannot_be_answered() -> None:
    with pytest.raises(CannotAnswer):
        decided(a_row(expires_at=NOW), unreadable=1)


def test_an_unreadable_row_beside_one_not_shown_cannot_be_answered() -> None:
    with pytest.raises(CannotAnswer):
        decided(a_row(service_type=ServiceType.MENTAL_HEALTH), unreadable=1, purpose=Purpose.HEALTH_CARE)


def test_a_row_of_an_authority_missing_from_the_registry_counts_as_unreadable() -> None:
    with pytest.raises(CannotAnswer):
        decided(a_row(), authorities=[])
    decision = decided(a_row(), a_row(authority_code=BRENT), authorities=[an_authority(BRENT)])
    assert (decision.known, decision.complete, len(decision.entries)) == (True, False, 1)


def test_an_expired_row_of_an_authority_missing_from_the_registry_does_not_exist() -> None:
    decision = decided(a_row(expires_at=NOW), authorities=[])
    assert (decision.known, decision.complete) == (False, True)


# Shielded children.


@pytest.mark.parametrize("purpose", Purpose)
def test_a_shielded_child_is_known_and_no_entry_is_shown(purpose: Purpose) -> None:
    decision = decided(a_row(), shielded=True, purpose=purpose)
    assert (decision.known, decision.complete, decision.shielded, decision.entries) == (True, True, True, ())


def test_a_shielded_child_is_known_even_without_records() -> None:
    decision = decided(shielded=True)
    assert (decision.known, decision.shielded) == (True, True)


def test_an_unreadable_row_of_a_shielded_child_is_for_the_access_record_only() -> None:
    for decision in (decided(shielded=True, unreadable=1), decided(a_row(), authorities=[], shielded=True)):
        assert (decision.known, decision.complete, decision.all_read) == (True, True, False)


# The rows in the access record.


def test_the_access_record_lists_each_row_that_the_answer_drew_on_with_its_form() -> None:
    decision = decided(
        a_row(reference="full", version="v1"),
        a_row(reference="one", version="v2", service_type=ServiceType.MENTAL_HEALTH),
        a_row(reference="two", version="v3", service_type=ServiceType.MENTAL_HEALTH, authority_code=BRENT),
        a_row(reference="expired", expires_at=NOW),
    )
    assert set(decision.shown) == {
        Shown(EALING, "full", "v1", Form.FULL),
        Shown(EALING, "one", "v2", Form.BROKERED),
        Shown(BRENT, "two", "v3", Form.BROKERED),
    }


def test_the_access_record_leaves_out_rows_that_the_purpose_may_not_see() -> None:
    decision = decided(a_row(), a_row(service_type=ServiceType.MENTAL_HEALTH), purpose=Purpose.HEALTH_CARE)
    assert [shown.form for shown in decision.shown] == [Form.FULL]


@pytest.mark.parametrize("purpose", Purpose)
def test_the_access_record_of_a_shielded_child_lists_every_live_row_for_the_desk(purpose: Purpose) -> None:
    sensitive = a_row(reference="two", service_type=ServiceType.MENTAL_HEALTH)
    decision = decided(a_row(reference="one"), sensitive, a_row(expires_at=NOW), shielded=True, purpose=purpose)
    assert {(shown.reference, shown.form) for shown in decision.shown} == {
        ("one", Form.SHIELDED),
        ("two", Form.SHIELDED),
    }


def test_the_rows_shown_do_not_depend_on_whose_they_are() -> None:
    row = a_row(**own())
    assert decided(row).shown == decided(row, caller=a_caller(EALING, "other")).shown

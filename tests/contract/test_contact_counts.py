"""What every ContactCounts does, and how each AccessLog and InvolvementStore serves outcomes and quality."""

from datetime import date
from typing import Any

import pytest

from chalicelib.adapters.unattended.contact_counts import DynamoContactCounts
from chalicelib.application.unattended.ports import ContactCounts
from chalicelib.domain.access_records import Act, ActRecord
from chalicelib.domain.involvement import Practitioner
from chalicelib.domain.outcomes import ContactOutcome, ContactOutcomes, EntryOutcome, RungContact, Week
from chalicelib.domain.quality import Glance
from tests.support.examples import a_caller, act, involvement, write
from tests.support.fakes import FakeContactCounts

from .conftest import FakeSubject, Subject

ADA, TEAM = RungContact("sw-9", "020 7946 0001"), RungContact(None, "020 7946 0002")
NOW, BEFORE = Week(2026, 49), Week(2026, 48)
LEFT, REACHED = ContactOutcome.LEFT, ContactOutcome.REACHED


@pytest.fixture
def counts(request: pytest.FixtureRequest, subject: Subject) -> ContactCounts:
    if isinstance(subject, FakeSubject):
        return FakeContactCounts()
    parts = request.getfixturevalue("stage").services.parts
    return DynamoContactCounts(parts.tables, parts.sealer)


def held(counts: ContactCounts, code: str) -> list[tuple[Week, ContactOutcomes]]:
    found = [(one.week, one.contact) for one in counts.of(code) if one.contact is not None]
    return sorted(found, key=lambda one: (one[0], one[1].rung.phone))


def test_counts_are_kept_by_owner_week_and_contact(subject: Subject, counts: ContactCounts) -> None:
    mine, other = subject.codes
    added = [
        counts.add(mine, NOW, ADA, LEFT, event="1"),
        counts.add(mine, NOW, ADA, LEFT, event="2"),
        counts.add(mine, NOW, ADA, REACHED, event="3"),
        counts.add(mine, BEFORE, ADA, LEFT, event="4"),
        counts.add(mine, NOW, TEAM, LEFT, event="5"),
    ]
    assert added == [True] * 5
    assert held(counts, mine) == [
        (BEFORE, ContactOutcomes(ADA, {LEFT: 1})),
        (NOW, ContactOutcomes(ADA, {LEFT: 2, REACHED: 1})),
        (NOW, ContactOutcomes(TEAM, {LEFT: 1})),
    ]
    assert held(counts, other) == []


def test_an_event_is_counted_once_whatever_the_week(subject: Subject, counts: ContactCounts) -> None:
    mine, other = subject.codes
    assert counts.add(mine, BEFORE, ADA, LEFT, event="1")
    assert not counts.add(mine, NOW, ADA, LEFT, event="1")
    assert counts.add(other, NOW, ADA, LEFT, event="1")
    assert held(counts, mine) == [(BEFORE, ContactOutcomes(ADA, {LEFT: 1}))]


def test_counts_are_removed_one_by_one_and_safely_again(subject: Subject, counts: ContactCounts) -> None:
    mine, _ = subject.codes
    counts.add(mine, BEFORE, ADA, LEFT, event="1")
    counts.add(mine, NOW, ADA, LEFT, event="2")
    [old] = [one for one in counts.of(mine) if one.week == BEFORE]
    counts.remove(mine, old)
    counts.remove(mine, old)
    assert held(counts, mine) == [(NOW, ContactOutcomes(ADA, {LEFT: 1}))]
    assert not counts.add(mine, NOW, ADA, LEFT, event="1")


def test_an_outcome_is_recorded_once_and_the_first_one_stays(subject: Subject) -> None:
    record_id, child = subject.new_id(), subject.new_child()

    def outcome(word: ContactOutcome) -> ActRecord:
        plain: dict[str, Any] = {"id": record_id, "at": subject.clock(), "child": child, "actor": a_caller()}
        return ActRecord(**plain, act=Act.OUTCOME, reference="lookup", outcome=EntryOutcome(12, word))

    assert subject.access_log.append_outcome(outcome(LEFT)) is None
    for word in (LEFT, REACHED):
        assert subject.access_log.append_outcome(outcome(word)) == EntryOutcome(12, LEFT)
    assert subject.acts(child) == [("outcome", None)]


@pytest.mark.parametrize(
    ("changes", "glance"),
    [
        ({}, Glance(ended_on=None, without_phone=False)),
        ({"ended_on": date(2026, 3, 1)}, Glance(ended_on=date(2026, 3, 1), without_phone=False)),
        (
            {"practitioner": Practitioner(id="p", name="Bo", role="Nurse")},
            Glance(ended_on=None, without_phone=True),
        ),
    ],
)
def test_an_entry_knows_whether_the_work_has_ended_and_whether_there_is_a_phone(
    subject: Subject, changes: dict[str, Any], glance: Glance
) -> None:
    code, _ = subject.codes
    row = involvement(subject.new_child(), code, "ref", subject.new_id(), subject.clock(), **changes)
    subject.involvements.save(write(row, None, act(row, subject.new_id())))
    entry = subject.involvements.entry(code, "ref")
    assert entry is not None
    assert subject.involvements.glance(code, entry) == glance

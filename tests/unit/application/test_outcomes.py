"""The asker records what came of a call; the owner alone learns of it, as counts of a week."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.application.unattended.count_outcome import SeenOutcome
from chalicelib.domain.access_records import Act
from chalicelib.domain.authority import Caller, Scope
from chalicelib.domain.errors import (
    InvalidRequest,
    NotFound,
    OutcomeRecorded,
    ScopeNotGranted,
    SystemMayNotLookUp,
    TooLate,
    Unavailable,
)
from chalicelib.domain.involvement import Basis, ServiceType
from chalicelib.domain.notices import NoticeKind
from chalicelib.domain.outcomes import ContactOutcome, ContactOutcomes, EntryOutcome, RungContact, Week
from chalicelib.domain.values import replace
from tests.support.examples import NOW, NUMBER, a_caller, an_authority, registration

from .world import QUESTION, World

ASKER, OWNER = a_caller("A1"), a_caller("A2")
ADA = RungContact("sw-9", "020 7946 0001")
AFTER_THE_WEEK = datetime(2026, 3, 16, 1, tzinfo=UTC)


def looked_up(world: World, **changes: Any) -> str:
    world.register("ref", registration(**changes), OWNER)
    return world.look_up(QUESTION, ASKER).lookup_id


def record(world: World, lookup_id: str, word: str = "no_answer", entry: int = 1, caller: Caller = ASKER) -> bool:
    days = (NOW.date(),)
    return world.record_outcome(lookup_id, days, EntryOutcome(entry, ContactOutcome(word)), caller)


def seen(world: World) -> SeenOutcome:
    """The last outcome, as the stream delivers it."""
    act, [lookup] = world.log.acts[-1], world.log.lookups
    assert act.outcome is not None
    shown = lookup.disclosed.rows[act.outcome.entry - 1]
    return SeenOutcome(id=act.id, asked_at=lookup.at, child=lookup.child, shown=shown, outcome=act.outcome.outcome)


def count(world: World) -> dict[tuple[Week, RungContact], dict[ContactOutcome, int]]:
    world.count_outcome(seen(world))
    return {key: dict(counts) for key, counts in world.counts.held.get("A2", {}).items()}


def test_an_outcome_is_recorded_under_the_child_with_its_lookup(world: World) -> None:
    lookup_id = looked_up(world)
    assert record(world, lookup_id, "left")
    act = world.log.acts[-1]
    assert (act.act, act.child, act.reference) == (Act.OUTCOME, world.pseudonyms.child_key(NUMBER), lookup_id)
    assert (act.outcome, act.concerns) == (EntryOutcome(1, ContactOutcome.LEFT), "A1")
    assert world.meter["OutcomesNotReached"] == 1


def test_the_same_outcome_again_is_no_second_and_another_is_refused(world: World) -> None:
    lookup_id = looked_up(world)
    assert record(world, lookup_id, "reached")
    world.clock.now += timedelta(hours=2)
    assert not record(world, lookup_id, "reached")
    with pytest.raises(OutcomeRecorded):
        record(world, lookup_id, "wrong_number")
    assert (world.acts.count("outcome"), world.meter["OutcomesReached"]) == (1, 1)
    assert world.meter["OutcomesNotReached"] == 0


def test_a_colleague_may_record_it_but_nobody_else_and_no_system(world: World) -> None:
    lookup_id = looked_up(world)
    with pytest.raises(NotFound):
        record(world, lookup_id, caller=OWNER)
    with pytest.raises(SystemMayNotLookUp):
        record(world, lookup_id, caller=a_caller("A1", "system:feed"))
    with pytest.raises(ScopeNotGranted):
        record(world, lookup_id, caller=replace(ASKER, scopes=frozenset({Scope.REGISTER})))
    assert "outcome" not in world.acts
    assert record(world, lookup_id, caller=a_caller("A1", "a-colleague"))


@pytest.mark.parametrize("entry", [0, 2, 99])
def test_an_entry_that_the_lookup_did_not_show_is_not_found(world: World, entry: int) -> None:
    with pytest.raises(NotFound):
        record(world, looked_up(world), entry=entry)


def test_a_brokered_entry_or_a_shielded_answer_takes_no_outcome(world: World) -> None:
    with pytest.raises(NotFound):
        record(world, looked_up(world, service_type=ServiceType.MENTAL_HEALTH, basis=Basis.CONSENT))
    world.store.shields[world.pseudonyms.child_key(NUMBER)] = date(2027, 1, 1)
    with pytest.raises(NotFound):
        record(world, world.look_up(QUESTION, ASKER).lookup_id)


def test_an_outcome_is_taken_for_seven_days(world: World) -> None:
    lookup_id = looked_up(world)
    world.clock.now = NOW + timedelta(days=7, seconds=1)
    with pytest.raises(TooLate):
        record(world, lookup_id)
    world.clock.now = NOW + timedelta(days=7)
    assert record(world, lookup_id)


def test_whether_the_lookup_is_anothers_is_decided_before_whether_it_is_too_late(world: World) -> None:
    lookup_id = looked_up(world)
    world.clock.now = NOW + timedelta(days=30)
    with pytest.raises(NotFound):
        record(world, lookup_id, caller=OWNER)


def test_a_lookup_whose_access_record_does_not_open_is_not_found(world: World) -> None:
    lookup_id = looked_up(world)
    world.lookups.damaged.add(lookup_id)
    with pytest.raises(NotFound):
        record(world, lookup_id)


def test_recording_shows_nothing_of_what_happened_to_the_record_since(world: World) -> None:
    first = looked_up(world)
    world.store.shields[world.pseudonyms.child_key(NUMBER)] = date(2027, 1, 1)
    assert record(world, first)
    world.store.shields.clear()
    world.store.rows.clear()
    assert not record(world, first)


def test_an_outcome_is_counted_for_the_owner_once(world: World) -> None:
    record(world, looked_up(world), "wrong_number")
    expected = {(Week(2026, 11), ADA): {ContactOutcome.WRONG_NUMBER: 1}}
    assert count(world) == expected
    world.clock.now += timedelta(days=8)
    assert count(world) == expected
    assert (list(world.counts.held), world.meter["OutcomesCounted"]) == (["A2"], 1)


def test_nothing_is_counted_once_the_child_is_shielded(world: World) -> None:
    record(world, looked_up(world))
    world.store.shields[world.pseudonyms.child_key(NUMBER)] = date(2027, 1, 1)
    assert count(world) == {}


def test_nothing_is_counted_once_the_record_has_changed_or_gone(world: World) -> None:
    record(world, looked_up(world))
    world.register("ref", registration(lead_professional=True), OWNER)
    assert count_last_outcome(world) == {}
    world.store.rows.clear()
    assert count_last_outcome(world) == {}


def count_last_outcome(world: World) -> dict[str, Any]:
    last = next(act for act in reversed(world.log.acts) if act.outcome is not None)
    world.log.acts.append(last)
    world.count_outcome(seen(world))
    return {**world.counts.held}


def test_nothing_is_counted_for_an_expired_record_or_an_authority_that_is_gone(world: World) -> None:
    record(world, looked_up(world))
    owner = world.registry.known.pop("A2")
    assert count(world) == {}
    world.registry.known["A2"] = owner
    world.clock.now = NOW + timedelta(days=365 * 3)
    assert count(world) == {}


def counted(world: World, **counts: int) -> None:
    for word, times in counts.items():
        for number in range(times):
            world.counts.add("A2", Week(2026, 11), ADA, ContactOutcome(word), event=f"{word}-{number}")


def test_a_week_becomes_one_notice_without_child_reference_asker_or_day(world: World) -> None:
    counted(world, reached=4, wrong_number=2)
    world.clock.now = AFTER_THE_WEEK
    assert world.report_outcomes(lambda: True)
    [notice] = world.notices.posted["A2"].values()
    assert (notice.kind, notice.at) == (NoticeKind.CONTACT_OUTCOMES, datetime(2026, 3, 16, tzinfo=UTC))
    assert (notice.child, notice.reference, notice.by, notice.purpose, notice.expires_at) == (None,) * 5
    assert notice.contact == ContactOutcomes(ADA, {ContactOutcome.REACHED: 4, ContactOutcome.WRONG_NUMBER: 2})
    assert world.counts.held["A2"] == {}
    [shown] = world.read_notices(0, 100, OWNER).notices
    assert (shown.practitioner_id, shown.phone) == ("sw-9", "020 7946 0001")
    assert shown.outcomes == {ContactOutcome.REACHED: 4, ContactOutcome.WRONG_NUMBER: 2}
    assert world.read_notices(0, 100, ASKER).notices == ()


def test_a_week_in_which_everybody_was_reached_is_no_news(world: World) -> None:
    counted(world, reached=4)
    world.clock.now = AFTER_THE_WEEK
    world.report_outcomes(lambda: True)
    assert (world.notices.posted, world.counts.held["A2"]) == ({}, {})


def test_a_week_is_reported_an_hour_after_its_end(world: World) -> None:
    counted(world, left=1)
    world.clock.now = AFTER_THE_WEEK - timedelta(seconds=1)
    world.report_outcomes(lambda: True)
    assert world.notices.posted == {}
    world.clock.now = AFTER_THE_WEEK
    world.report_outcomes(lambda: True)
    assert len(world.notices.posted["A2"]) == 1


def test_a_run_that_stops_before_the_deletion_is_repeated_without_a_second_notice(world: World) -> None:
    counted(world, left=1)
    world.clock.now = AFTER_THE_WEEK
    held = {key: value.copy() for key, value in world.counts.held["A2"].items()}
    world.report_outcomes(lambda: True)
    world.counts.held["A2"] = held
    world.report_outcomes(lambda: True)
    assert (len(world.notices.posted["A2"]), world.counts.held["A2"]) == (1, {})
    assert world.meter["ContactNotices"] == 1


def test_counts_that_cannot_be_read_are_deleted_without_a_notice(world: World) -> None:
    counted(world, left=1)
    world.clock.now = AFTER_THE_WEEK
    [weekly] = world.counts.of("A2")
    world.counts.unreadable.add(weekly.key)
    world.report_outcomes(lambda: True)
    assert (world.notices.posted, world.counts.held["A2"]) == ({}, {})


def test_the_failure_of_one_authority_costs_no_other(world: World) -> None:
    world.registry.known["A0"] = an_authority("A0")
    world.counts.broken_for.add("A0")
    counted(world, left=1)
    world.clock.now = AFTER_THE_WEEK
    with pytest.raises(Unavailable):
        world.report_outcomes(lambda: True)
    assert len(world.notices.posted["A2"]) == 1
    assert world.meter["SweepFailures"] == 1


def test_a_run_without_time_goes_on_later(world: World) -> None:
    assert not world.report_outcomes(lambda: False)


def test_the_notice_of_a_week_is_shown_for_90_days(world: World) -> None:
    counted(world, left=1)
    world.clock.now = AFTER_THE_WEEK
    world.report_outcomes(lambda: True)
    world.clock.now = AFTER_THE_WEEK + timedelta(days=90)
    assert world.read_notices(0, 100, OWNER).notices == ()
    assert world.read_quality(0, 100, OWNER).contacts_failed == ()


def test_quality_reads_the_register_first_and_then_the_contacts_that_failed(world: World) -> None:
    for reference in ("a", "b", "c"):
        world.register(reference, registration(), OWNER)
    world.store.entries["A2", "b"] = replace(world.store.entries["A2", "b"], undecided_on=NOW.date())
    counted(world, not_theirs=1)
    world.clock.now = AFTER_THE_WEEK
    world.report_outcomes(lambda: True)
    first = world.read_quality(None, 2, OWNER)
    assert (first.records, first.next) == (2, "b")
    assert [(reference, remark.undecided) for reference, remark in first.remarks] == [("a", False), ("b", True)]
    second = world.read_quality(first.next, 2, OWNER)
    assert (second.records, second.next) == (1, 0)
    third = world.read_quality(second.next, 2, OWNER)
    assert (third.records, third.remarks, third.next) == (0, (), None)
    assert third.contacts_failed == (ContactOutcomes(ADA, {ContactOutcome.NOT_THEIRS: 1}),)
    assert world.acts[-3:] == ["quality_read"] * 3


def test_quality_is_of_the_callers_own_register_and_needs_its_scope(world: World) -> None:
    world.register("theirs", registration(), OWNER)
    assert world.read_quality(None, 10, ASKER).records == 0
    with pytest.raises(ScopeNotGranted):
        world.read_quality(None, 10, replace(ASKER, scopes=frozenset({Scope.LOOKUP})))


def test_a_cursor_beyond_the_last_notice_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest):
        world.read_quality(5, 10, OWNER)


def test_lookups_count_how_well_confirmed_the_entries_are_that_they_show(world: World) -> None:
    world.register("new", registration(), OWNER)
    world.register("over", registration(ended_on=date(2026, 3, 1)), OWNER)
    world.register("hidden", registration(service_type=ServiceType.MENTAL_HEALTH, basis=Basis.CONSENT), OWNER)
    world.look_up(QUESTION, ASKER)
    assert (world.meter["EntriesCurrent"], world.meter["EntriesPrevious"]) == (1, 1)
    world.clock.now = NOW + timedelta(days=200)
    world.look_up(QUESTION, ASKER)
    assert (world.meter["EntriesCurrent"], world.meter["EntriesUnconfirmed"]) == (1, 1)

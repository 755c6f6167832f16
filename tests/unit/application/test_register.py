from datetime import timedelta

import pytest

from chalicelib.application.amend import Amendment
from chalicelib.domain.authority import Scope
from chalicelib.domain.child import ChildKey
from chalicelib.domain.errors import (
    AlreadyExpired,
    AnotherChild,
    Erased,
    InvalidRequest,
    NoBasisAfter18,
    RecordUnreadable,
    ScopeNotGranted,
    TraceNumber,
    Unavailable,
    VersionMismatch,
)
from chalicelib.domain.involvement import Basis, ServiceType
from chalicelib.domain.values import replace
from tests.support.examples import NUMBER, OTHER_NUMBER, TODAY, a_caller, an_authority, registration

from .world import World

ME = a_caller("A1")


def test_a_first_registration_is_created_and_recorded(world: World) -> None:
    receipt = world.register("ref", registration(), ME)
    assert receipt.created
    assert receipt.confirmed_on == TODAY
    assert world.acts == ["registered"]
    assert world.usage.heartbeats == ["A1"]


def test_the_same_body_within_28_days_writes_nothing(world: World) -> None:
    first = world.register("ref", registration(), ME)
    world.clock.now += timedelta(days=28)
    again = world.register("ref", registration(), ME)
    assert again == replace(first, created=False)
    assert world.store.saves == 1
    assert world.acts == ["registered"]
    assert world.meter["RegistrationsUnchanged"] == 1


def test_the_same_body_needs_no_kms_within_28_days(world: World) -> None:
    world.register("ref", registration(), ME)
    world.pseudonyms.broken = True
    assert not world.register("ref", registration(), ME).created


def test_the_same_body_after_28_days_confirms_the_record(world: World) -> None:
    first = world.register("ref", registration(), ME)
    world.clock.now += timedelta(days=29)
    again = world.register("ref", registration(), ME)
    assert again.confirmed_on == TODAY + timedelta(days=29)
    assert again.expires_at > first.expires_at
    assert again.version != first.version
    assert not again.created


def test_an_unchanged_record_still_counts_as_a_heartbeat(world: World) -> None:
    for _ in range(2):
        world.register("ref", registration(), ME)
    assert world.usage.heartbeats == ["A1", "A1"]


def test_another_body_replaces_the_record(world: World) -> None:
    world.register("ref", registration(), ME)
    receipt = world.register("ref", registration(lead_professional=True), ME)
    assert not receipt.created
    assert world.acts == ["registered", "replaced"]
    assert len(world.store.rows) == 1


def test_another_child_is_refused_and_the_entry_is_marked_once(world: World) -> None:
    first = world.register("ref", registration(), ME)
    for day in range(3):
        with pytest.raises(AnotherChild):
            world.register("ref", registration(OTHER_NUMBER), ME)
        entry = world.store.entries["A1", "ref"]
        assert (entry.version, entry.undecided_on) == (first.version, TODAY)
        world.clock.now += timedelta(days=1)
        assert world.meter["RecordsUndecided"] == day + 1
    assert world.acts == ["registered", "undecided", "undecided", "undecided"]
    assert {record.child for record in world.log.acts} == {world.log.acts[0].child}
    assert world.store.due["A1", "ref"] == TODAY
    assert world.usage.heartbeats == ["A1"]


def test_the_right_child_sent_again_decides_it_even_unchanged(world: World) -> None:
    first = world.register("ref", registration(), ME)
    with pytest.raises(AnotherChild):
        world.register("ref", registration(OTHER_NUMBER), ME)
    again = world.register("ref", registration(), ME)
    assert (again.version != first.version, again.created) == (True, False)
    assert world.store.entries["A1", "ref"].undecided_on is None
    assert world.register("ref", registration(), ME).version == again.version


def test_a_withdrawn_reference_is_free_for_another_child_at_once(world: World) -> None:
    world.register("ref", registration(), ME)
    with pytest.raises(AnotherChild):
        world.register("ref", registration(OTHER_NUMBER), ME)
    world.withdraw("ref", ME)
    receipt = world.register("ref", registration(OTHER_NUMBER), ME)
    assert receipt.created
    assert world.store.entries["A1", "ref"].undecided_on is None
    [row] = world.store.rows.values()
    assert row.child == world.pseudonyms.child_key(OTHER_NUMBER)


def test_a_record_of_ended_work_is_marked_too(world: World) -> None:
    """The row that is refused is of a child who is on record nowhere."""
    world.register("ref", registration(ended_on=TODAY), ME)
    world.clock.now += timedelta(days=1)
    with pytest.raises(AnotherChild):
        world.register("ref", registration(OTHER_NUMBER), ME)
    assert world.store.entries["A1", "ref"].undecided_on == world.clock.now.date()
    assert world.acts == ["registered", "undecided"]


def test_an_ended_record_gives_way_to_another_child(world: World) -> None:
    first = world.register("ref", registration(), ME)
    world.clock.now = first.expires_at
    assert world.register("ref", registration(OTHER_NUMBER), ME).created
    assert world.acts == ["registered", "expired", "registered"]


def test_a_lost_row_whose_child_is_remembered_still_refuses_another_child(world: World) -> None:
    world.register("ref", registration(), ME)
    world.store.rows.clear()
    with pytest.raises(AnotherChild):
        world.register("ref", registration(OTHER_NUMBER), ME)
    assert not world.register("ref", registration(), ME).created
    assert len(world.store.rows) == 1


@pytest.mark.parametrize(("row_is_there", "acts"), [(True, ["registered", "withdrawn"]), (False, ["registered"])])
def test_if_neither_row_nor_memory_opens_the_new_body_repairs_the_record(
    world: World, row_is_there: bool, acts: list[str]
) -> None:
    first = world.register("ref", registration(), ME)
    world.store.damaged.add(first.version)
    world.store.memory.clear()
    if not row_is_there:
        world.store.rows.clear()
    receipt = world.register("ref", registration(OTHER_NUMBER), ME)
    assert not receipt.created
    assert world.acts[1:] == acts
    [row] = world.store.rows.values()
    assert (row.child, row.version) == (world.pseudonyms.child_key(OTHER_NUMBER), receipt.version)


def superseded(world: World) -> tuple[ChildKey, ChildKey]:
    old, new = world.pseudonyms.child_key(NUMBER), world.pseudonyms.child_key(OTHER_NUMBER)
    world.store.pointers[old] = new
    return old, new


def test_a_record_goes_to_the_present_number_and_never_back(world: World) -> None:
    first = world.register("ref", registration(NUMBER), ME)
    world.clock.now += timedelta(days=1)
    old, new = superseded(world)
    second = world.register("ref", registration(OTHER_NUMBER), ME)
    assert not second.trace_number
    assert [(act.act, act.child, act.version or act.id) for act in world.log.acts[1:]] == [
        ("replaced", new, second.version),
        ("renumbered", old, first.version),
    ]
    third = world.register("ref", registration(NUMBER), ME)
    assert third.trace_number
    [row] = world.store.rows.values()
    assert (row.child, row.details.first_registered_on) == (new, TODAY)
    assert world.acts[3:] == ["replaced"]
    assert world.register("ref", registration(NUMBER), ME) == third
    assert not world.register("ref", registration(OTHER_NUMBER), ME).trace_number


def test_a_record_under_a_superseded_number_stays_and_its_receipts_say_to_trace_it(world: World) -> None:
    world.register("ref", registration(NUMBER), ME)
    old, _ = superseded(world)
    changed = world.register("ref", registration(NUMBER, lead_professional=True), ME)
    assert changed.trace_number
    assert world.register("ref", registration(NUMBER, lead_professional=True), ME) == changed
    [row] = world.store.rows.values()
    assert row.child == old


def test_a_new_record_under_a_superseded_number_is_stored_under_that_number(world: World) -> None:
    old, _ = superseded(world)
    receipt = world.register("ref", registration(NUMBER), ME)
    assert (receipt.created, receipt.trace_number) == (True, True)
    [row] = world.store.rows.values()
    assert row.child == old
    assert world.acts == ["registered"]


def test_a_new_record_under_a_retired_number_is_refused_and_recorded(world: World) -> None:
    child = world.pseudonyms.child_key(NUMBER)
    world.store.pointers[child] = child
    for _ in range(2):
        with pytest.raises(TraceNumber):
            world.register("ref", registration(NUMBER), ME)
    assert world.store.rows == {}
    assert [(act.act, act.child, act.authority_code, act.reference) for act in world.log.acts] == [
        ("number_refused", child, "A1", "ref")
    ] * 2
    assert world.meter["NumbersRefused"] == 2


def test_a_record_under_a_number_retired_since_goes_on_until_it_ends(world: World) -> None:
    world.register("ref", registration(NUMBER), ME)
    child = world.pseudonyms.child_key(NUMBER)
    world.store.pointers[child] = child
    receipt = world.register("ref", registration(NUMBER, lead_professional=True), ME)
    assert (receipt.created, receipt.trace_number) == (False, True)


def test_a_record_never_goes_to_a_present_number_that_was_retired(world: World) -> None:
    world.register("ref", registration(NUMBER), ME)
    old, new = superseded(world)
    world.store.pointers[new] = new
    assert world.register("ref", registration(OTHER_NUMBER), ME).trace_number
    [row] = world.store.rows.values()
    assert row.child == old


def test_a_confirmation_keeps_the_mark_and_the_end_of_the_work_takes_it_away(world: World) -> None:
    world.register("ref", registration(), ME)
    with pytest.raises(AnotherChild):
        world.register("ref", registration(OTHER_NUMBER), ME)
    world.clock.now += timedelta(days=1)
    today = world.clock().date()
    world.amend("ref", Amendment(apply=lambda work: work, changes_work=False, confirmed_on=today), ME)
    assert world.store.entries["A1", "ref"].undecided_on == TODAY
    assert world.store.due["A1", "ref"] == today
    end = Amendment(apply=lambda work: replace(work, ended_on=TODAY), changes_work=True)
    world.amend("ref", end, ME)
    assert world.store.entries["A1", "ref"].undecided_on is None
    assert world.store.due["A1", "ref"] > today


def test_a_record_that_expired_is_created_anew(world: World) -> None:
    first = world.register("ref", registration(), ME)
    world.clock.now = first.expires_at
    again = world.register("ref", registration(), ME)
    assert again.created
    assert world.acts == ["registered", "registered"]


def test_a_record_that_would_already_have_expired_is_not_stored(world: World) -> None:
    long_ago = TODAY.replace(year=TODAY.year - 2)
    with pytest.raises(AlreadyExpired):
        world.register("ref", registration(service_type=ServiceType.SCHOOL, started_on=long_ago, ended_on=long_ago), ME)
    assert (world.store.saves, world.acts) == (0, [])


def test_a_record_of_an_adult_is_refused_with_the_bases_that_would_carry_it(world: World) -> None:
    nineteen = TODAY.replace(year=TODAY.year - 19)
    with pytest.raises(NoBasisAfter18) as refused:
        world.register("ref", registration(date_of_birth=nineteen), ME)
    assert refused.value.bases == ("consent", "leaving_care")
    assert (world.store.saves, world.acts) == (0, [])
    assert world.register("ref", registration(date_of_birth=nineteen, basis=Basis.LEAVING_CARE), ME).created


def test_unusual_dates_are_accepted_and_counted_once_for_each_write(world: World) -> None:
    before_birth = registration(date_of_birth=TODAY, started_on=TODAY - timedelta(days=100))
    for _ in range(2):
        world.register("ref", before_birth, ME)
    assert (world.meter["Registrations"], world.meter["UnusualDates"]) == (1, 1)
    world.register("other", registration(), ME)
    assert (world.meter["Registrations"], world.meter["UnusualDates"]) == (2, 1)


def test_a_live_record_whose_new_body_would_have_expired_ends_at_once(world: World) -> None:
    long_ago = TODAY.replace(year=TODAY.year - 2)
    world.register("ref", registration(service_type=ServiceType.SCHOOL, started_on=long_ago), ME)
    ended = registration(service_type=ServiceType.SCHOOL, started_on=long_ago, ended_on=long_ago)
    assert world.register("ref", ended, ME).expires_at == world.clock.now
    [row] = world.store.rows.values()
    assert not row.is_live(world.clock.now)


def test_if_match_must_name_the_live_version(world: World) -> None:
    with pytest.raises(VersionMismatch):
        world.register("ref", registration(), ME, if_match="*")
    first = world.register("ref", registration(), ME)
    with pytest.raises(VersionMismatch):
        world.register("ref", registration(lead_professional=True), ME, if_match="another")
    second = world.register("ref", registration(lead_professional=True), ME, if_match=first.version)
    assert world.register("ref", registration(), ME, if_match="*").version != second.version
    world.clock.now += timedelta(days=9999)
    with pytest.raises(VersionMismatch):
        world.register("ref", registration(), ME, if_match="*")


def test_a_conflict_is_retried(world: World) -> None:
    world.store.rivals = 3
    assert world.register("ref", registration(), ME).created
    assert world.store.saves == 4


def test_after_four_conflicts_the_service_is_unavailable(world: World) -> None:
    world.store.rivals = 99
    with pytest.raises(Unavailable):
        world.register("ref", registration(), ME)
    assert (world.acts, world.usage.heartbeats) == ([], [])


def test_an_erased_reference_may_not_be_used_again(world: World) -> None:
    world.register("ref", registration(), ME)
    world.store.entries["A1", "ref"] = replace(world.store.entries["A1", "ref"], erased=True)
    with pytest.raises(Erased):
        world.register("ref", registration(), ME)


def test_a_new_body_replaces_a_row_that_does_not_open(world: World) -> None:
    world.store.damaged.add(world.register("ref", registration(), ME).version)
    world.register("ref", registration(lead_professional=True), ME)
    assert len(world.store.of_child(world.pseudonyms.child_key(registration().nhs_number), set()).involvements) == 1


def test_an_entry_that_does_not_open_is_an_unreadable_record(world: World) -> None:
    world.store.damaged_entries.add("ref")
    with pytest.raises(RecordUnreadable):
        world.register("ref", registration(), ME)


def test_the_record_keeps_the_day_it_was_first_registered(world: World) -> None:
    world.register("ref", registration(), ME)
    world.clock.now += timedelta(days=40)
    world.register("ref", registration(), ME)
    [row] = world.store.rows.values()
    assert row.details.first_registered_on == TODAY


def test_a_body_without_a_birth_date_keeps_the_cap_of_one_that_had_it(world: World) -> None:
    world.register("ref", registration(date_of_birth=TODAY.replace(year=TODAY.year - 17)), ME)
    world.register("ref", registration(), ME)
    [row] = world.store.rows.values()
    assert row.details.cap_on == TODAY.replace(year=TODAY.year + 1, day=1)


def test_the_scope_is_needed_before_anything_is_read(world: World) -> None:
    world.store.broken = True
    with pytest.raises(ScopeNotGranted):
        world.register("ref", registration(), a_caller("A1", scopes={Scope.LOOKUP}))


def test_work_with_impossible_dates_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest):
        world.register("ref", registration(started_on=TODAY + timedelta(days=2)), ME)
    assert world.store.saves == 0


@pytest.mark.parametrize("port", ["store", "pseudonyms", "digests"])
def test_if_a_port_fails_nothing_is_written(world: World, port: str) -> None:
    getattr(world, port).broken = True
    with pytest.raises(Unavailable):
        world.register("ref", registration(), ME)
    world.store.broken = False
    assert (world.store.rows, world.acts, world.usage.heartbeats) == ({}, [], [])


def test_the_same_reference_of_another_authority_is_another_record(world: World) -> None:
    world.register("ref", registration(), ME)
    assert world.register("ref", registration(), replace(ME, authority=an_authority("A2"))).created
    assert len(world.store.rows) == 2

"""Each event notifies everybody whom it concerns exactly once, however often and in whatever order events arrive."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.application.unattended.notify import MAX_NOTICES_PER_AUTHORITY, SeenAct, SeenLookup
from chalicelib.domain.access_records import Act
from chalicelib.domain.authority import Caller, Purpose, Scope, Standing
from chalicelib.domain.child import ChildKey
from chalicelib.domain.errors import InvalidRequest, ScopeNotGranted, Unavailable
from chalicelib.domain.involvement import Basis, Practitioner, ServiceType
from chalicelib.domain.limits import SoftLimit
from chalicelib.domain.notices import REGISTERED_A_DAY, NoticeKind, Originator, about_to_lapse
from chalicelib.domain.values import replace
from tests.support.examples import NOW, NUMBER, OTHER_NUMBER, a_caller, an_authority, registration

from .world import World

ME, OTHER = a_caller("A1"), a_caller("A2")


@pytest.fixture
def child(world: World) -> ChildKey:
    world.registry.known["A3"] = an_authority("A3")
    return world.pseudonyms.child_key(NUMBER)


def register(world: World, reference: str, who: Caller, **changes: Any) -> SeenAct:
    """Registers a record, and returns the act as the stream delivers it."""
    practitioner = Practitioner(id=f"p-{reference}", name="Bo Lund", role="Nurse")
    world.register(reference, registration(**{"practitioner": practitioner, **changes}), who)
    record = world.log.acts[-1]
    assert record.child is not None
    return SeenAct(
        id=record.id,
        at=record.at,
        act=record.act,
        child=record.child,
        authority_code=who.authority.code,
        reference=reference,
    )


def looked_up(world: World, child: ChildKey, code: str = "A2", **changes: Any) -> SeenLookup:
    plain: dict[str, Any] = {
        "id": f"lookup-{code}",
        "at": world.clock(),
        "child": child,
        "by": Originator(authority_code=code, practitioner_id="sw-2"),
        "purpose": Purpose.SAFEGUARDING,
    }
    return SeenLookup(**{**plain, **changes})


def visible(world: World, who: Caller = ME) -> list[tuple[NoticeKind, str | None]]:
    return [(notice.kind, notice.reference) for notice in world.read_notices(0, 100, who).notices]


def posted(world: World) -> list[tuple[str, NoticeKind, str | None]]:
    return sorted(
        (code, notice.kind, notice.reference) for code, mine in world.notices.posted.items() for notice in mine.values()
    )


def test_a_registration_notifies_every_other_owner_and_not_its_own(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    register(world, "another", ME)
    world.notify(register(world, "new", OTHER))
    assert posted(world) == [("A1", NoticeKind.REGISTERED, "another"), ("A1", NoticeKind.REGISTERED, "one")]
    assert world.meter["NoticesPosted"] == 2
    [entry, _] = world.read_notices(0, 100, ME).notices
    assert entry.authority == world.registry.known["A2"]


@pytest.mark.parametrize("act", [Act.SUPERSEDED, Act.NUMBER_RETIRED])
def test_every_owner_of_a_record_under_a_number_that_is_no_longer_in_use_is_notified(
    world: World, child: ChildKey, act: Act
) -> None:
    present = world.pseudonyms.child_key(OTHER_NUMBER)
    register(world, "mine", ME)
    register(world, "theirs", OTHER)
    world.register("under-the-present", registration(OTHER_NUMBER), OTHER)
    world.store.pointers[child] = child if act is Act.NUMBER_RETIRED else present
    seen = SeenAct(id="id", at=world.clock(), act=act, child=child)
    world.notify(seen)
    world.notify(seen)
    assert posted(world) == [
        ("A1", NoticeKind.TRACE_NUMBER, "mine"),
        ("A2", NoticeKind.TRACE_NUMBER, "theirs"),
    ]
    world.notify(replace(seen, act=Act.SHIELD_REVIEWED))
    assert len(posted(world)) == 2


def test_a_notice_to_trace_the_number_is_hidden_once_the_present_number_was_sent(world: World, child: ChildKey) -> None:
    register(world, "mine", ME)
    world.store.pointers[child] = world.pseudonyms.child_key(OTHER_NUMBER)
    world.notify(SeenAct(id="id", at=world.clock(), act=Act.SUPERSEDED, child=child))
    assert visible(world) == [(NoticeKind.TRACE_NUMBER, "mine")]
    world.register("mine", registration(OTHER_NUMBER), ME)
    assert visible(world) == []


def test_an_authority_with_many_records_gets_a_limited_number_of_notices(world: World, child: ChildKey) -> None:
    """Otherwise thousands of records of one child would notify each other."""
    for number in range(MAX_NOTICES_PER_AUTHORITY + 5):
        register(world, f"mine-{number:02}", ME)
    world.notify(looked_up(world, child))
    world.notify(register(world, "theirs", OTHER))
    assert len(visible(world)) == 2 * MAX_NOTICES_PER_AUTHORITY


def test_registering_and_withdrawing_in_turns_brings_one_notice_a_day(world: World, child: ChildKey) -> None:
    register(world, "mine", ME)
    for day in (1, 2):
        for _ in range(20):
            world.notify(register(world, "theirs", OTHER))
            world.withdraw("theirs", OTHER)
        assert len(posted(world)) == day
        world.clock.now += timedelta(days=1)


def test_registering_under_ever_new_references_brings_a_bounded_number_of_notices_a_day(
    world: World, child: ChildKey
) -> None:
    register(world, "mine", ME)
    for number in range(60):
        world.notify(register(world, f"theirs-{number}", OTHER))
        world.withdraw(f"theirs-{number}", OTHER)
    assert len(posted(world)) <= REGISTERED_A_DAY


def test_workers_registered_on_one_day_bring_notices_of_their_own(world: World, child: ChildKey) -> None:
    register(world, "mine", ME)
    for reference in ("case-1", "case-2", "case-3"):
        world.notify(register(world, reference, OTHER))
    assert visible(world) == [(NoticeKind.REGISTERED, "mine")] * 3


def test_a_notice_whose_record_is_gone_stays_for_another_that_was_registered_that_day(
    world: World, child: ChildKey
) -> None:
    """The other one may have brought no notice of its own."""
    register(world, "mine", ME)
    world.notify(register(world, "theirs", OTHER))
    world.withdraw("theirs", OTHER)
    assert visible(world) == []
    register(world, "next", OTHER)
    assert visible(world) == [(NoticeKind.REGISTERED, "mine")]
    world.withdraw("next", OTHER)
    world.clock.now += timedelta(days=1)
    register(world, "tomorrow", OTHER)
    assert visible(world) == []


def test_a_sensitive_record_stands_in_for_no_other_and_a_record_that_is_gone_notifies_nobody(
    world: World, child: ChildKey
) -> None:
    register(world, "mine", ME)
    gone = register(world, "theirs", OTHER)
    world.withdraw("theirs", OTHER)
    register(world, "sensitive", OTHER, service_type=ServiceType.SEXUAL_HEALTH, basis=Basis.CONSENT)
    world.notify(gone)
    assert posted(world) == []
    register(world, "open", OTHER)
    world.notify(gone)
    assert posted(world) == []


@pytest.mark.parametrize("act", sorted(set(Act) - {Act.REGISTERED, Act.DISPUTED, Act.SUPERSEDED, Act.NUMBER_RETIRED}))
def test_no_other_act_notifies_anybody(world: World, child: ChildKey, act: Act) -> None:
    register(world, "one", ME)
    world.notify(replace(register(world, "new", OTHER), act=act))
    assert posted(world) == []


def test_a_sensitive_registration_notifies_nobody_and_stores_nothing(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    world.notify(register(world, "new", OTHER, service_type=ServiceType.SEXUAL_HEALTH, basis=Basis.CONSENT))
    assert posted(world) == []


def test_an_asker_in_a_sensitive_service_stays_unnamed_when_its_record_is_gone(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    sensitive = Originator(authority_code="A2", practitioner_id="sw-2", sensitive=True)
    world.notify(looked_up(world, child, "A2", by=sensitive))
    world.notify(looked_up(world, child, "A2", id="later"))
    then, later = world.read_notices(0, 100, ME).notices
    assert (then.authority, then.purpose) == (None, None)
    assert later.authority == world.registry.known["A2"]


def test_no_notice_about_others_is_stored_for_owners_of_a_shielded_child(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    seen = register(world, "new", OTHER)
    world.store.shields[child] = NOW.date()
    world.notify(seen)
    world.notify(looked_up(world, child))
    assert posted(world) == []


def test_only_the_broker_desk_sees_notices_about_a_shielded_child(world: World, child: ChildKey) -> None:
    desk = a_caller("DESK")
    world.registry.known["DESK"] = an_authority("DESK")
    register(world, "one", ME)
    world.notify(looked_up(world, child))
    assert visible(world, desk) == []
    world.store.shields[child] = NOW.date()
    world.notify(looked_up(world, child, id="lookup-2"))
    world.notify(register(world, "new", OTHER))
    world.notify(register(world, "secret", OTHER, service_type=ServiceType.SEXUAL_HEALTH, basis=Basis.CONSENT))
    assert visible(world, desk) == [(NoticeKind.LOOKED_UP, None), *[(NoticeKind.REGISTERED, None)] * 2]
    [notice, *_] = world.read_notices(0, 100, desk).notices
    assert (notice.lookup_id, notice.authority and notice.authority.code) == ("lookup-2", "A2")
    del world.store.shields[child]
    assert visible(world, desk) == []


def shielded(world: World, child: ChildKey, id_: str = "shield-1", **changes: Any) -> SeenAct:
    """Shields the child, and returns the act as the stream delivers it."""
    world.store.shields[child] = NOW.date()
    world.store.shielded_since.setdefault(child, world.clock())
    by = Originator(authority_code="A2", practitioner_id="sw-2", role="Social worker")
    return SeenAct(**{"id": id_, "at": world.clock(), "act": Act.SHIELDED, "child": child, "by": by, **changes})


def test_owners_hear_once_that_a_child_is_shielded_and_never_by_whom(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    register(world, "school", ME, service_type=ServiceType.SCHOOL)
    world.notify(shielded(world, child))
    world.clock.now += timedelta(days=1)
    world.notify(shielded(world, child, "shield-2"))
    assert visible(world) == [(NoticeKind.SHIELDED, "one")]
    [notice] = world.read_notices(0, 100, ME).notices
    assert (notice.authority, notice.role, notice.practitioner_id, notice.lookup_id) == (None, None, None, None)
    [stored] = world.notices.posted["A1"].values()
    assert stored.by is None


def test_the_broker_desk_hears_who_shielded_each_time(world: World, child: ChildKey) -> None:
    desk = a_caller("DESK")
    world.registry.known["DESK"] = an_authority("DESK")
    world.notify(shielded(world, child))
    world.notify(shielded(world, child, "shield-2", by=None))
    first, by_an_operator = world.read_notices(0, 100, desk).notices
    assert (first.kind, first.authority and first.authority.code, first.role) == ("shielded", "A2", "Social worker")
    assert (by_an_operator.kind, by_an_operator.authority) == ("shielded", None)


def test_the_shielders_own_authority_hears_once_a_day_that_it_has_passed_a_limit(world: World, child: ChildKey) -> None:
    limit = {"over_soft_limit": SoftLimit.PRACTITIONER}
    for number in range(3):
        world.notify(shielded(world, child, f"shield-{number}", **limit))
    world.notify(looked_up(world, child, **limit))
    assert [(n.kind, n.practitioner_id) for n in world.read_notices(0, 100, OTHER).notices] == [
        (NoticeKind.SOFT_LIMIT, "sw-2"),
        (NoticeKind.SOFT_LIMIT, "sw-2"),
    ]


def test_an_insider_who_looks_and_then_shields_is_not_hidden_by_the_shield(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    world.notify(looked_up(world, child, id="before"))
    world.clock.now += timedelta(minutes=1)
    world.notify(shielded(world, child))
    world.clock.now += timedelta(minutes=1)
    world.notify(looked_up(world, child, id="after"))
    before, shield = world.read_notices(0, 100, ME).notices
    assert (before.lookup_id, before.authority, before.purpose) == ("before", None, None)
    assert shield.kind is NoticeKind.SHIELDED


def test_a_desk_that_is_not_in_the_registry_gets_no_notice_and_causes_no_error(world: World, child: ChildKey) -> None:
    world.store.shields[child] = NOW.date()
    world.notify(looked_up(world, child))
    assert posted(world) == []


def test_a_lookup_notifies_other_authorities_with_current_social_care(world: World, child: ChildKey) -> None:
    register(world, "care", ME)
    register(world, "school", ME, service_type=ServiceType.SCHOOL)
    register(world, "ended", ME, ended_on=NOW.date())
    register(world, "theirs", OTHER)
    register(world, "third", a_caller("A3"))
    world.notify(looked_up(world, child))
    assert posted(world) == [("A1", NoticeKind.LOOKED_UP, "care"), ("A3", NoticeKind.LOOKED_UP, "third")]


def test_a_removed_authority_gets_no_notices_and_causes_none(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    seen = register(world, "new", OTHER)
    world.registry.known["A2"] = an_authority("A2", standing=Standing.REMOVED)
    world.notify(seen)
    world.notify(looked_up(world, child, "A3"))
    assert posted(world) == [("A1", NoticeKind.LOOKED_UP, "one")]


def test_a_dispute_notifies_the_owner_as_long_as_the_record_is_disputed(world: World, child: ChildKey) -> None:
    seen = replace(register(world, "one", ME), act=Act.DISPUTED)
    undisputed = world.store.rows[child, "A1", "one"]
    world.store.rows[child, "A1", "one"] = replace(undisputed, details=replace(undisputed.details, disputed=True))
    world.notify(seen)
    assert visible(world) == [(NoticeKind.DISPUTED, "one")]
    world.store.rows[child, "A1", "one"] = undisputed
    assert visible(world) == []


def test_a_dispute_that_was_cleared_before_the_event_arrived_notifies_nobody(world: World, child: ChildKey) -> None:
    seen = replace(register(world, "one", ME), act=Act.DISPUTED)
    world.notify(seen)
    del world.store.rows[child, "A1", "one"]
    world.notify(seen)
    assert posted(world) == []


def test_a_soft_limit_notifies_the_askers_own_authority_once_a_day(world: World, child: ChildKey) -> None:
    limit = {"over_soft_limit": SoftLimit.PRACTITIONER}
    for index in range(3):
        world.notify(looked_up(world, child, "A1", id=f"lookup-{index}", **limit))
    assert [notice.practitioner_id for notice in world.read_notices(0, 100, ME).notices] == ["sw-2"]
    world.notify(looked_up(world, child, "A1", by=Originator(authority_code="A1", practitioner_id="sw-3"), **limit))
    world.clock.now += timedelta(days=1)
    world.notify(looked_up(world, child, "A1", **limit))
    assert [notice.practitioner_id for notice in world.read_notices(0, 100, ME).notices] == ["sw-2", "sw-3", "sw-2"]


def test_a_notice_about_the_authoritys_own_limit_names_no_practitioner(world: World, child: ChildKey) -> None:
    for sub in ("sw-2", "sw-3"):
        by = Originator(authority_code="A1", practitioner_id=sub)
        world.notify(looked_up(world, child, "A1", by=by, over_soft_limit=SoftLimit.AUTHORITY))
    assert [notice.practitioner_id for notice in world.read_notices(0, 100, ME).notices] == [None]


def test_events_that_arrive_twice_or_in_another_order_leave_the_same_notices(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    seen: list[SeenAct | SeenLookup] = [
        register(world, "two", OTHER),
        register(world, "three", a_caller("A3")),
        looked_up(world, child, over_soft_limit=SoftLimit.PRACTITIONER),
    ]
    states = []
    for order in itertools.permutations([*seen, seen[0], seen[2]]):
        world.notices.posted.clear()
        world.notices.numbers.clear()
        for event in order:
            world.notify(event)
        states.append(posted(world))
    assert len(states[0]) == 7
    assert all(state == states[0] for state in states)


def test_an_event_that_failed_half_way_is_finished_when_it_arrives_again(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    register(world, "two", ME)
    seen = register(world, "new", OTHER)
    world.notices.broken = True
    with pytest.raises(Unavailable):
        world.notify(seen)
    world.notices.broken = False
    world.notify(seen)
    world.notify(seen)
    assert len(posted(world)) == 2


def test_reading_notices_needs_the_scope_and_an_access_record(world: World, child: ChildKey) -> None:
    with pytest.raises(ScopeNotGranted):
        world.read_notices(0, 100, a_caller("A1", scopes=frozenset(Scope) - {Scope.NOTICES}))
    world.log.broken = True
    with pytest.raises(Unavailable):
        world.read_notices(0, 100, ME)
    world.log.broken = False
    world.read_notices(0, 100, a_caller("A1", "system:inbox"))
    assert world.acts == ["notices_read"]


def test_reading_beyond_the_last_notice_is_refused(world: World, child: ChildKey) -> None:
    world.notices.post(about_to_lapse("A1", "one", child, NOW, days=30, at=NOW))
    assert world.read_notices(1, 100, ME).next_after == 1
    with pytest.raises(InvalidRequest):
        world.read_notices(2, 100, ME)


def test_a_notice_that_an_unreadable_row_may_hide_makes_the_page_incomplete(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    world.notify(looked_up(world, child))
    world.store.damaged.add(world.store.rows[child, "A1", "one"].version)
    page = world.read_notices(0, 100, ME)
    assert (page.notices, page.complete, page.next_after) == ((), False, 1)


def test_an_unreadable_row_of_another_authority_leaves_the_page_complete(world: World, child: ChildKey) -> None:
    register(world, "one", ME)
    register(world, "theirs", a_caller("A3"))
    world.notify(looked_up(world, child))
    world.store.damaged.add(world.store.rows[child, "A3", "theirs"].version)
    page = world.read_notices(0, 100, ME)
    assert ([notice.authority for notice in page.notices], page.complete) == ([None], True)

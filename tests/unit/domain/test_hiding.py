"""Who is hidden from owners, behind what, and which lookups are named after all."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.access_records import Act
from chalicelib.domain.child import ChildKey
from chalicelib.domain.disclosure import ChildRecords
from chalicelib.domain.hiding import (
    NOTHING,
    HiddenLookup,
    RecordAct,
    hide_colleagues,
    hiding_of,
    is_named_after_all,
    live_rows,
)
from chalicelib.domain.involvement import Basis, Involvement, Practitioner, ServiceType
from chalicelib.domain.values import replace
from tests.support.examples import NOW, TODAY, involvement

CHILD = ChildKey("C#1#x")
CLINIC: dict[str, Any] = {"service_type": ServiceType.SEXUAL_HEALTH, "basis": Basis.CONSENT}


def row(reference: str, sub: str = "n-1", days: int = 0, code: str = "A2", **changes: Any) -> Involvement:
    person = Practitioner(id=sub, name="Ada Okafor", role="Nurse")
    made = involvement(CHILD, code, reference, "v", practitioner=person, **changes)
    return replace(made, details=replace(made.details, first_registered_on=TODAY - timedelta(days=days)))


def behind(*rows: Involvement, sub: str = "n-1") -> bytes:
    hiding = hiding_of("A2", sub, ChildRecords(rows), NOW)
    assert hiding.hidden
    return hiding.behind


def act(act: Act, days: float, reference: str = "r", code: str = "A2") -> RecordAct:
    return RecordAct(at=NOW + timedelta(days=days), act=act, authority_code=code, reference=reference)


def named(hidden: bytes, *acts: RecordAct, at: datetime = NOW) -> bool:
    return is_named_after_all(HiddenLookup(id="l", at=at, authority_code="A2", behind=hidden), acts)


BEHIND_R = behind(row("r", **CLINIC))


@pytest.mark.parametrize("undoing", [Act.WITHDRAWN, Act.NO_LONGER_SENSITIVE])
@pytest.mark.parametrize(("registered", "undone"), [(0, 0), (0, 28), (-20, 8), (-28, 0)])
def test_a_record_that_was_undone_within_28_days_of_its_registration_hides_nobody(
    undoing: Act, registered: int, undone: int
) -> None:
    assert named(BEHIND_R, act(Act.REGISTERED, registered), act(undoing, undone))


@pytest.mark.parametrize(("registered", "undone"), [(0, 28.1), (-20, 9), (-29, 0)])
def test_a_record_that_stood_for_longer_keeps_hiding(registered: float, undone: float) -> None:
    assert not named(BEHIND_R, act(Act.REGISTERED, registered), act(Act.WITHDRAWN, undone))


@pytest.mark.parametrize("end", [Act.EXPIRED, Act.ERASED, Act.RENUMBERED, Act.AMENDED, Act.REPLACED, Act.READ])
def test_a_record_that_ended_in_any_other_way_keeps_hiding(end: Act) -> None:
    assert not named(BEHIND_R, act(Act.REGISTERED, 0), act(end, 1))


def test_only_the_record_behind_which_the_asker_hid_counts() -> None:
    registered = act(Act.REGISTERED, 0)
    assert not named(BEHIND_R, registered, act(Act.WITHDRAWN, 1, "another"))
    assert not named(BEHIND_R, act(Act.REGISTERED, 0, code="A3"), act(Act.WITHDRAWN, 1, code="A3"))
    assert not named(BEHIND_R, act(Act.WITHDRAWN, 1))
    assert not named(NOTHING, registered, act(Act.WITHDRAWN, 1))


def test_a_record_that_was_undone_before_the_lookup_and_registered_again_is_judged_from_then() -> None:
    again = (act(Act.REGISTERED, -5), act(Act.WITHDRAWN, -4), act(Act.REGISTERED, -3))
    assert not named(BEHIND_R, *again)
    assert named(BEHIND_R, *again, act(Act.WITHDRAWN, 2))


def test_registering_it_again_afterwards_changes_nothing() -> None:
    assert named(BEHIND_R, act(Act.REGISTERED, 0), act(Act.WITHDRAWN, 1), act(Act.REGISTERED, 1))


def test_with_two_records_both_must_have_been_undone() -> None:
    two = behind(row("r", **CLINIC), row("s", **CLINIC))
    both = [act(Act.REGISTERED, 0, name) for name in ("r", "s")]
    assert not named(two, *both, act(Act.WITHDRAWN, 1, "r"))
    assert named(two, *both, act(Act.WITHDRAWN, 1, "r"), act(Act.WITHDRAWN, 1, "s"))


def test_the_oldest_records_count_so_that_a_newer_one_proves_nothing() -> None:
    many = behind(row("old", days=90, **CLINIC), *(row(f"new-{number}", **CLINIC) for number in range(5)))
    acts = [act(what, 0, f"new-{number}") for number in range(5) for what in (Act.REGISTERED, Act.WITHDRAWN)]
    assert not named(many, *acts)


def test_a_practitioner_is_hidden_by_sensitive_work_of_its_own_only() -> None:
    rows = (row("r", "n-1", **CLINIC), row("open", "sw-2"))
    assert hiding_of("A2", "n-1", ChildRecords(rows), NOW).hidden
    assert not hiding_of("A2", "sw-2", ChildRecords(rows), NOW).hidden
    assert not hiding_of("A3", "n-1", ChildRecords(rows), NOW).hidden
    assert not hiding_of("A2", "n-1", ChildRecords((replace(rows[0], expires_at=NOW),)), NOW).hidden


def test_a_colleague_is_judged_by_how_long_the_records_had_stood_when_it_asked() -> None:
    records = ChildRecords((row("r", days=37, **CLINIC),))
    live = live_rows("A2", records, NOW)
    assert hide_colleagues(live, TODAY - timedelta(days=9))
    assert not hide_colleagues(live, TODAY - timedelta(days=10))


def test_whoever_is_hidden_as_a_colleague_is_never_named_by_a_record_of_its_own() -> None:
    colleague = behind(row("r", **CLINIC), row("old", "n-2", days=28, **CLINIC))
    own = act(Act.REGISTERED, 0), act(Act.WITHDRAWN, 1)
    assert not named(colleague, *own)
    assert named(colleague, *own, act(Act.NO_LONGER_SENSITIVE, 1, "old"))


def test_a_record_that_is_made_open_within_28_days_of_the_lookup_hides_nobody_however_old_it_is() -> None:
    assert named(BEHIND_R, act(Act.NO_LONGER_SENSITIVE, 28))
    assert not named(BEHIND_R, act(Act.NO_LONGER_SENSITIVE, 28.1))
    assert not named(BEHIND_R, act(Act.NO_LONGER_SENSITIVE, -1))


def test_the_marks_have_one_size_however_many_records_there_are() -> None:
    sizes = {len(behind(*(row(f"r-{number}", **CLINIC) for number in range(count)))) for count in (1, 2, 3, 9)}
    assert sizes == {len(NOTHING)} == {len(hiding_of("A2", "n-1", ChildRecords(), NOW).behind)}

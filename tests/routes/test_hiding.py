"""Nobody hides behind a record of its own making, and an honest clinic stays hidden."""

from typing import Any

import pytest

from tests.support.console import operate
from tests.support.stage import BRENT, EALING, HARINGEY, Stage

SNOOPER = "sw-snoops"


@pytest.fixture
def child(stage: Stage) -> str:
    return stage.new_child()


@pytest.fixture
def reference(stage: Stage, child: str) -> str:
    """The owner's record, in social care."""
    own = stage.new_reference()
    assert stage.register(child, own).status == 201
    return own


def hide(stage: Stage, child: str, sub: str = SNOOPER, **changes: Any) -> str:
    """Registers sensitive work of this practitioner of Brent."""
    person = {"id": sub, "name": "Bo Lund", "role": "Nurse"}
    clinic = {"service_type": "sexual_health", "basis": "consent", "practitioner": person, **changes}
    theirs = stage.new_reference()
    assert stage.register(child, theirs, stage.token(BRENT), **clinic).status == 201
    return theirs


def look(stage: Stage, child: str, sub: str = SNOOPER) -> None:
    assert stage.look_up(child, stage.token(BRENT, sub)).status == 200


def withdraw(stage: Stage, theirs: str) -> None:
    assert stage.call("DELETE", f"/v1/involvements/{theirs}", token=stage.token(BRENT)).status == 204


def patch(stage: Stage, theirs: str, **changes: Any) -> None:
    assert stage.call("PATCH", f"/v1/involvements/{theirs}", changes, token=stage.token(BRENT)).status == 200


def askers(stage: Stage, reference: str) -> list[str | None]:
    """The authorities that the owner is shown, newest first."""
    reply = stage.call("GET", f"/v1/involvements/{reference}/accesses", token=stage.token(HARINGEY))
    assert reply.status == 200, reply.body
    for one in reply.json["accesses"]:
        assert (one["authority"] is None) == (one["purpose"] is None)
    return [one["authority"] and one["authority"]["code"] for one in reply.json["accesses"]]


def test_the_snooper_who_registers_a_sensitive_record_looks_and_withdraws_is_named(
    stage: Stage, child: str, reference: str
) -> None:
    theirs = hide(stage, child)
    look(stage, child)
    assert askers(stage, reference) == [None]
    withdraw(stage, theirs)
    assert askers(stage, reference) == [BRENT]


@pytest.mark.parametrize("days", [1, 27])
def test_it_is_named_however_late_within_28_days_it_withdraws(
    stage: Stage, child: str, reference: str, days: int
) -> None:
    theirs = hide(stage, child)
    look(stage, child)
    stage.clock.advance(days=days)
    withdraw(stage, theirs)
    assert askers(stage, reference) == [BRENT]


def test_a_record_that_stood_for_longer_hides_after_it_was_withdrawn(stage: Stage, child: str, reference: str) -> None:
    theirs = hide(stage, child)
    look(stage, child)
    stage.clock.advance(days=29)
    withdraw(stage, theirs)
    assert askers(stage, reference) == [None]


@pytest.mark.parametrize("service", ["school", "hospital"])
def test_making_the_record_an_open_one_is_the_same_trick(
    stage: Stage, child: str, reference: str, service: str
) -> None:
    theirs = hide(stage, child)
    look(stage, child)
    patch(stage, theirs, service_type=service)
    assert askers(stage, reference) == [BRENT]


def test_so_is_taking_its_mark_away(stage: Stage, child: str, reference: str) -> None:
    theirs = hide(stage, child, service_type="school", sensitive=True)
    look(stage, child)
    patch(stage, theirs, sensitive=False)
    assert askers(stage, reference) == [BRENT]


def test_so_is_sending_it_again_with_another_service(stage: Stage, child: str, reference: str) -> None:
    theirs = hide(stage, child)
    look(stage, child)
    assert stage.register(child, theirs, stage.token(BRENT), service_type="school").status == 200
    assert askers(stage, reference) == [BRENT]


def test_registering_it_again_hides_the_snooper_only_as_long_as_it_stands(
    stage: Stage, child: str, reference: str
) -> None:
    withdraw_first = hide(stage, child)
    look(stage, child)
    withdraw(stage, withdraw_first)
    again = hide(stage, child)
    assert askers(stage, reference) == [None]
    stage.clock.advance(days=40)
    withdraw(stage, again)
    assert askers(stage, reference) == [BRENT]


def test_work_registered_in_the_name_of_another_hides_nobody_else(stage: Stage, child: str, reference: str) -> None:
    hide(stage, child, "n-another")
    look(stage, child)
    assert askers(stage, reference) == [BRENT]


def test_the_walk_in_clinic_that_honestly_registers_looks_and_ends_its_work_stays_hidden(
    stage: Stage, child: str, reference: str
) -> None:
    theirs = hide(stage, child, "n-clinic")
    look(stage, child, "n-clinic")
    stage.clock.advance(days=1)
    patch(stage, theirs, ended_on=stage.today.isoformat())
    assert askers(stage, reference) == [None]
    stage.clock.advance(days=60)
    assert askers(stage, reference) == [None]


def test_a_made_up_record_does_not_hide_a_colleague(stage: Stage, child: str, reference: str) -> None:
    hide(stage, child)
    look(stage, child, "sw-colleague")
    assert askers(stage, reference) == [BRENT]


def test_a_colleague_at_a_clinic_that_has_long_known_the_child_stays_hidden(
    stage: Stage, child: str, reference: str
) -> None:
    hide(stage, child, "n-clinic")
    stage.clock.advance(days=28)
    look(stage, child, "n-colleague")
    assert askers(stage, reference) == [None]


def test_the_auditor_sees_the_practitioner_and_that_the_lookup_was_hidden(stage: Stage, child: str) -> None:
    hide(stage, child)
    look(stage, child)
    look(stage, child, "sw-colleague")
    stage.look_up(child, stage.token(EALING))
    report = operate("access_report", authority=BRENT, day=stage.today.isoformat())
    hidden = {one["practitioner"]: one["hidden_from_owners"] for one in report["lookups"]}
    assert (hidden[SNOOPER], hidden["sw-colleague"]) == (True, False)


def stood_open(stage: Stage, child: str, sub: str = SNOOPER) -> str:
    """Open work of Brent that has stood for 40 days."""
    theirs = hide(stage, child, sub, service_type="school")
    stage.clock.advance(days=40)
    return theirs


@pytest.mark.parametrize("asker", [SNOOPER, "sw-colleague"])
def test_an_old_open_record_that_is_made_sensitive_for_one_lookup_hides_neither_its_practitioner_nor_a_colleague(
    stage: Stage, child: str, reference: str, asker: str
) -> None:
    theirs = stood_open(stage, child)
    patch(stage, theirs, sensitive=True)
    look(stage, child, asker)
    assert askers(stage, reference) == [None]
    patch(stage, theirs, sensitive=False)
    assert askers(stage, reference) == [BRENT]


def test_a_colleague_at_a_clinic_stays_hidden_when_one_of_its_two_records_is_made_open(
    stage: Stage, child: str, reference: str
) -> None:
    hide(stage, child, "n-clinic")
    other = hide(stage, child, "n-other", service_type="school", sensitive=True)
    stage.clock.advance(days=40)
    look(stage, child, "n-colleague")
    patch(stage, other, sensitive=False)
    assert askers(stage, reference) == [None]

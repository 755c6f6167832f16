from datetime import timedelta

import pytest
from msgspec.structs import force_setattr

from chalicelib.application.receipts import Receipt
from chalicelib.application.register_batch import LATEST_START, BatchRow, Outcome
from chalicelib.domain.authority import Scope
from chalicelib.domain.child import ChildKey, NhsNumber
from chalicelib.domain.errors import FieldError, InvalidRequest, NotAttempted, ScopeNotGranted, Unavailable
from chalicelib.domain.involvement import Basis, Registration, ServiceType
from tests.support.examples import a_caller, registration
from tests.support.fakes import FakeDigests, FakePseudonyms

from .world import World

ME = a_caller("A1")


def row(reference: str) -> BatchRow:
    return BatchRow(reference, registration())


def failed(outcomes: list[Outcome]) -> dict[str | None, type[Exception]]:
    return {row.reference: type(row.result) for row in outcomes if isinstance(row.result, Exception)}


def test_every_row_gets_its_outcome_in_order(world: World) -> None:
    outcomes = world.register_batch([row(f"ref-{number}") for number in range(100)], ME)
    assert [outcome.reference for outcome in outcomes] == [f"ref-{number}" for number in range(100)]
    assert all(isinstance(outcome.result, Receipt) and outcome.result.created for outcome in outcomes)
    assert len(world.store.rows) == 100
    assert world.meter["BatchRows"] == 100


def test_a_row_is_registered_as_a_put_would_register_it(world: World) -> None:
    world.register("ref-1", registration(), ME)
    [unchanged, new] = world.register_batch([row("ref-1"), row("ref-2")], ME)
    assert isinstance(unchanged.result, Receipt)
    assert not unchanged.result.created
    assert world.meter["RegistrationsUnchanged"] == 1
    assert isinstance(new.result, Receipt)
    assert world.acts == ["registered", "registered"]


def test_a_bad_row_does_not_affect_the_others(world: World) -> None:
    rows = [
        row("good-1"),
        BatchRow("bad-1", InvalidRequest(FieldError("nhs_number", "is missing"))),
        BatchRow(None, InvalidRequest(FieldError("reference", "is missing"))),
        BatchRow("bad-2", registration(service_type=ServiceType.MENTAL_HEALTH, basis=Basis.STATUTORY)),
        row("good-2"),
    ]
    outcomes = world.register_batch(rows, ME)
    assert failed(outcomes) == {"bad-1": InvalidRequest, None: InvalidRequest, "bad-2": InvalidRequest}
    assert {reference for _, reference in world.store.entries} == {"good-1", "good-2"}


def test_an_unexpected_error_affects_only_its_own_row(world: World) -> None:
    class OddDigests(FakeDigests):
        def digest(self, authority_code: str, reference: str, registration: Registration) -> bytes:
            if reference == "odd":
                raise ZeroDivisionError
            return super().digest(authority_code, reference, registration)

    force_setattr(world.register, "digests", OddDigests())
    outcomes = world.register_batch([row("odd"), row("good")], ME)
    assert failed(outcomes) == {"odd": ZeroDivisionError}
    assert ("A1", "good") in world.store.entries


def test_a_repeated_reference_is_refused_in_both_rows(world: World) -> None:
    broken = BatchRow("twice", InvalidRequest(FieldError("team", "is missing")))
    for second in (row("twice"), broken):
        outcomes = world.register_batch([row("twice"), row("once"), second], ME)
        for outcome in (outcomes[0], outcomes[2]):
            assert isinstance(outcome.result, InvalidRequest)
            assert outcome.result.errors == (FieldError("reference", "is in this batch more than once"),)
    assert [reference for _, reference in world.store.entries] == ["once"]


def test_two_rows_without_a_reference_do_not_count_as_repeated(world: World) -> None:
    nameless = BatchRow(None, InvalidRequest(FieldError("reference", "is missing")))
    for outcome in world.register_batch([nameless, nameless], ME):
        assert isinstance(outcome.result, InvalidRequest)
        assert outcome.result.errors == (FieldError("reference", "is missing"),)


def test_a_row_for_which_no_time_is_left_is_not_attempted(world: World) -> None:
    class SlowPseudonyms(FakePseudonyms):
        def child_key(self, nhs_number: NhsNumber) -> ChildKey:
            world.clock.now += LATEST_START + timedelta(seconds=1)
            return super().child_key(nhs_number)

    force_setattr(world.register, "pseudonyms", SlowPseudonyms())
    outcomes = world.register_batch([row(f"ref-{number}") for number in range(20)], ME)
    late = failed(outcomes)
    assert late
    assert set(late.values()) == {NotAttempted}
    assert len(world.store.entries) == 20 - len(late) > 0
    assert world.meter["BatchRowsNotAttempted"] == len(late)


def test_if_the_store_fails_every_row_is_unavailable(world: World) -> None:
    world.store.broken = True
    assert failed(world.register_batch([row("a"), row("b")], ME)) == {"a": Unavailable, "b": Unavailable}


def test_without_the_scope_no_row_is_read(world: World) -> None:
    with pytest.raises(ScopeNotGranted):
        world.register_batch([row("a")], a_caller("A1", scopes=frozenset({Scope.LOOKUP})))
    assert world.store.entries == {}

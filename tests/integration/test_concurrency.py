"""Parallel writers. Threads call the use cases, because the app serves one request at a time."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from chalicelib.adapters.decoding import decode
from chalicelib.adapters.http.requests import RegistrationBody, registration
from chalicelib.application.receipts import Receipt
from chalicelib.application.shield import ShieldRequest
from chalicelib.domain.authority import Caller
from chalicelib.domain.errors import AnotherChild, KnownToError, Unavailable
from chalicelib.domain.involvement import Registration
from tests.support.console import operate, pair
from tests.support.examples import TEST_STAGE
from tests.support.faults import Faults
from tests.support.rows import Rows
from tests.support.stage import Stage

pytestmark = pytest.mark.system

ROUNDS = 40


def sent(stage: Stage, child: str, **changes: object) -> Registration:
    body = json.dumps(stage.body(child, **changes)).encode()
    return registration(decode(body, RegistrationBody), TEST_STAGE)


def caller(stage: Stage) -> Caller:
    return stage.services.tokens.caller(f"Bearer {stage.token()}")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Returns the result of each act, or the error of ours that it raised."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except KnownToError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def rows_of(rows: Rows, *children: str) -> list[str]:
    return [row["version"]["S"] for child in children for row in rows.of_child(child)]


@pytest.mark.parametrize("stands_already", [False, True], ids=["first", "again"])
def test_two_puts_of_one_reference_under_two_children_leave_exactly_one_row(
    stage: Stage, rows: Rows, stands_already: bool
) -> None:
    who = caller(stage)
    for _ in range(ROUNDS):
        one, other, reference = stage.new_child(), stage.new_child(), stage.new_reference()
        if stands_already:
            stage.services.register(reference, sent(stage, one, lead_professional=True), who)
        done = at_once(
            *(partial(stage.services.register, reference, sent(stage, child), who) for child in (one, other))
        )
        [receipt] = [receipt for receipt in done if isinstance(receipt, Receipt)]
        [refused] = [error for error in done if isinstance(error, AnotherChild)]
        if stands_already:
            assert done == [receipt, refused]
        [version] = rows_of(rows, one, other)
        entry = rows.entry(reference)
        assert entry is not None
        assert entry["version"]["S"] == version == receipt.version


def test_a_put_of_another_child_and_a_put_of_the_right_one_at_once_leave_a_true_mark(stage: Stage, rows: Rows) -> None:
    """Whichever comes last decides: the mark is there exactly if the refusal came after the right body."""
    who = caller(stage)
    for _ in range(ROUNDS // 2):
        one, other, reference = stage.new_child(), stage.new_child(), stage.new_reference()
        stage.services.register(reference, sent(stage, one), who)
        at_once(
            partial(stage.services.register, reference, sent(stage, one, lead_professional=True), who),
            partial(stage.services.register, reference, sent(stage, other), who),
        )
        entry = rows.entry(reference)
        assert entry is not None
        acts = [act for act in rows.acts(one) if act != "registered"]
        assert ("undecided_on" in entry) == (acts[-1] == "undecided" and acts != ["undecided", "replaced"])
        assert rows.of_child(other) == []
        assert [row["version"] for row in rows.of_child(one)] == [entry["version"]]


def test_a_put_of_the_new_number_while_the_old_one_is_superseded_leaves_one_row(stage: Stage, rows: Rows) -> None:
    who = caller(stage)
    for _ in range(ROUNDS // 4):
        old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
        stage.services.register(reference, sent(stage, old), who)
        receipt, answer = at_once(
            partial(stage.services.register, reference, sent(stage, new, lead_professional=True), who),
            partial(operate, "supersede_nhs_number", pairs=pair(old, new)),
        )
        assert isinstance(answer, dict)
        assert answer["done"], answer
        assert isinstance(receipt, Receipt | AnotherChild)
        entry = rows.entry(reference)
        assert entry is not None
        [row] = [row for child in (old, new) for row in rows.of_child(child) if row["sk"]["S"].startswith("I#")]
        assert (row["pk"], row["version"]) == (entry["child"], entry["version"])
        assert (row["pk"]["S"] == rows.key_of(new)) == isinstance(receipt, Receipt)
        assert stage.services.register(reference, sent(stage, new), who).created is False
        assert "undecided_on" not in (rows.entry(reference) or {})


def test_a_put_and_a_delete_at_once_leave_both_entry_and_row_or_neither(stage: Stage, rows: Rows) -> None:
    who = caller(stage)
    for _ in range(ROUNDS):
        child, reference = stage.new_child(), stage.new_reference()
        stage.services.register(reference, sent(stage, child), who)
        change = sent(stage, child, lead_professional=True)
        at_once(
            partial(stage.services.register, reference, change, who), partial(stage.services.withdraw, reference, who)
        )
        entry = rows.entry(reference)
        assert rows_of(rows, child) == ([] if entry is None else [entry["version"]["S"]])


def test_shields_put_at_once_become_one_with_the_later_review(stage: Stage, rows: Rows) -> None:
    who = caller(stage)
    for _ in range(ROUNDS // 4):
        child = sent(stage, stage.new_child()).nhs_number
        days = [stage.today + timedelta(days=ahead) for ahead in (30, 60)]
        requests = [ShieldRequest(nhs_number=child, reason="threats", review_on=day) for day in days]
        given = at_once(*(partial(stage.services.shield, request, who) for request in requests))
        assert given == [None, None]
        assert rows.one_of(child.digits)["review_on"] == {"S": days[1].isoformat()}
        assert rows.acts(child.digits) == ["shielded", "shielded"]


def test_a_writer_whose_entry_changes_under_it_decides_again(stage: Stage, faults: Faults, rows: Rows) -> None:
    who = caller(stage)
    one, reference = stage.new_child(), stage.new_reference()
    reached, released = faults.hold("TransactWriteItems", times=1)
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(stage.services.register, reference, sent(stage, one), who)
        assert reached.wait(timeout=5)
        stage.services.register(reference, sent(stage, one, lead_professional=True), who)
        released.set()
        slow.result()
    assert len(rows.of_child(one)) == 1
    assert rows.acts(one) == ["registered", "replaced"]


def test_a_writer_who_always_loses_the_race_gives_up(stage: Stage, faults: Faults, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    faults.cancel("ConditionalCheckFailed")
    with pytest.raises(Unavailable):
        stage.services.register(reference, sent(stage, child), caller(stage))
    assert faults.operations.count("TransactWriteItems") == 4
    assert rows.of_child(child) == []

"""A supersede made by mistake is undone without losing a record and without a wrong disclosure."""

from contextlib import suppress
from typing import Any

import pytest

from chalicelib import unattended
from tests.support.console import operate, pair, proposal, propose, run
from tests.support.faults import Faults, Killed
from tests.support.log_lines import counted
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, Stage
from tests.support.streams import changed, deliver

pytestmark = pytest.mark.system


def ref(number: str) -> str:
    """The reference of the record that is there first under the number. It may not hold the number."""
    return "undo-" + number[:3:-1]


def linked(stage: Stage) -> tuple[str, str]:
    old, new = stage.new_child(), stage.new_child()
    stage.register(old, ref(old))
    stage.register(new, ref(new), stage.token(EALING))
    stage.clock.advance(seconds=1)
    assert operate("supersede_nhs_number", pairs=pair(old, new))["done"]
    stage.clock.advance(seconds=1)
    return old, new


def undo(old: str, new: str) -> dict[str, Any]:
    return operate("undo_supersede", old_nhs_number=old, new_nhs_number=new)


def shown(stage: Stage, number: str) -> list[str]:
    answer = stage.look_up(number, stage.token(BRENT)).json
    return sorted(entry["authority"]["name"] for entry in answer["involvements"])


def test_each_number_finds_only_its_own_records_again(stage: Stage, rows: Rows) -> None:
    old, new = linked(stage)
    first = propose("undo_supersede", old_nhs_number=old, new_nhs_number=new)
    assert (first["done"], shown(stage, old)) == (True, ["Ealing", "Haringey"])
    assert "Other former numbers of the new one: 0." in first["answer"]
    assert undo(old, new)["done"]
    assert (shown(stage, old), shown(stage, new)) == (["Haringey"], ["Ealing"])
    assert [row["sk"]["S"][:2] for row in rows.of_child(old) + rows.of_child(new)] == ["I#", "I#"]
    assert "supersede_undone" in rows.acts(old)
    assert "supersede_undone" in rows.acts(new)
    entry = rows.entry(ref(old))
    assert entry is not None
    assert "trace_number_on" not in entry
    assert stage.register(old, ref(old)).json["trace_number"] is False
    assert undo(old, new)["code"] == "refused"


def test_records_in_doubt_are_named_by_owner_and_reference_until_they_are_withdrawn(stage: Stage) -> None:
    old, new = linked(stage)
    assert stage.register(new, ref(old)).status == 200, "this record came from the old number"
    fresh = stage.new_reference()
    assert stage.register(new, fresh, stage.token(BRENT)).status == 201
    assert stage.register(old, stage.new_reference(), stage.token(BRENT)).status == 201
    assert stage.register(new, ref(new), stage.token(EALING), lead_professional=True).status == 200
    refused = undo(old, new)
    assert (refused["done"], refused["code"]) == (False, "refused")
    assert f"they are: {BRENT} {fresh}, E09000014 {ref(old)}. Ask" in refused["answer"]
    assert shown(stage, old) == shown(stage, new)
    assert stage.call("DELETE", f"/v1/involvements/{fresh}", token=stage.token(BRENT)).status == 204
    assert stage.call("DELETE", f"/v1/involvements/{ref(old)}").status == 204
    assert undo(old, new)["done"]
    assert shown(stage, new) == ["Ealing"]
    assert stage.register(old, ref(old)).status == 201
    assert shown(stage, old) == ["Brent", "Haringey"]


def test_a_shield_under_one_of_the_numbers_stands_in_the_way(stage: Stage) -> None:
    old, new = linked(stage)
    stage.shield(new)
    assert "Shield every number" in undo(old, new)["answer"]
    stage.shield(old)
    assert undo(old, new)["done"]
    assert [stage.look_up(number).json["shielded"] for number in (old, new)] == [True, True]


def test_a_record_that_does_not_open_stands_in_the_way(stage: Stage, rows: Rows) -> None:
    old, new = linked(stage)
    [row] = [row for row in rows.of_child(new) if row["sk"]["S"].startswith("I#")]
    rows.put({**row, "sealed": {"B": b"damaged"}})
    assert "does not open" in undo(old, new)["answer"]


@pytest.mark.parametrize("wrong", ["turned round", "same", "strangers"])
def test_numbers_that_are_not_linked_so_are_refused(stage: Stage, rows: Rows, wrong: str) -> None:
    old, new = linked(stage)
    numbers = {"turned round": (new, old), "same": (old, old), "strangers": (old, stage.new_child())}[wrong]
    assert undo(*numbers)["answer"].startswith("Refused. The old number is not superseded by the new one.")
    assert shown(stage, old) == ["Ealing", "Haringey"]
    assert "found_unchanged" in rows.acts(numbers[0])


def test_other_former_numbers_stay_linked(stage: Stage) -> None:
    old, new = linked(stage)
    other = stage.new_child()
    stage.register(other)
    operate("supersede_nhs_number", pairs=pair(other, new))
    assert (
        "Other former numbers of the new one: 1."
        in (propose("undo_supersede", old_nhs_number=old, new_nhs_number=new)["answer"])
    )
    assert undo(old, new)["done"]
    assert shown(stage, old) == ["Haringey"]
    assert shown(stage, other) == shown(stage, new) == ["Ealing", "Haringey"]


def test_the_watcher_finds_pointer_and_list_explained(stage: Stage, rows: Rows) -> None:
    old, new = linked(stage)
    entry = rows.entry(ref(old))
    gone = [row for row in rows.of_child(old) + rows.of_child(new) if row["sk"]["S"] in {"M#", "F#"}]
    undo(old, new)
    with counted() as metrics:
        for row in gone:
            deliver(unattended.watch_involvements, changed(row, None, stage.clock()))
        deliver(unattended.watch_involvements, changed(entry, rows.entry(ref(old)), stage.clock()))
    assert metrics.count("RowsRemovedUnexplained") == 0
    assert metrics.count("RowsEditedByHand") == 0


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("after", range(0, 15, 2))
def test_killed_anywhere_it_is_all_or_nothing(stage: Stage, faults: Faults, after: int, done: bool) -> None:
    old, new = linked(stage)
    code = proposal("undo_supersede", old_nhs_number=old, new_nhs_number=new)
    faults.kill(after=after, times=1, done=done)
    with suppress(Killed):
        run("undo_supersede", old_nhs_number=old, new_nhs_number=new, proposal=code)
    faults.clear()
    both = shown(stage, old), shown(stage, new)
    assert both in ((["Haringey"], ["Ealing"]), (["Ealing", "Haringey"], ["Ealing", "Haringey"]))
    answer = run("undo_supersede", old_nhs_number=old, new_nhs_number=new, proposal=code)
    assert answer["done"] or answer["code"] == "refused"
    assert (shown(stage, old), shown(stage, new)) == (["Haringey"], ["Ealing"])


def test_a_record_that_came_before_the_new_number_was_superseded_in_its_turn_stands_in_the_way(stage: Stage) -> None:
    """The later supersede writes the pointer of the old number again. What came before it is in doubt all the same."""
    old, new = linked(stage)
    last, stays = stage.new_child(), stage.new_reference()
    assert stage.register(new, ref(old)).status == 200
    assert stage.register(new, stays, stage.token(BRENT)).status == 201
    stage.clock.advance(seconds=1)
    assert operate("supersede_nhs_number", pairs=pair(new, last))["done"]
    answer = undo(old, last)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert f"{BRENT} {stays}" in answer["answer"]
    assert ref(old) in answer["answer"]


def test_a_record_whose_owner_sent_the_old_number_for_it_stands_in_the_way(stage: Stage) -> None:
    """It was registered under the new number before the two were linked, so its acts do not show whose child it is."""
    old, new = linked(stage)
    assert stage.register(old, ref(new), stage.token(EALING)).status == 200
    answer = undo(old, new)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert f"{EALING} {ref(new)}" in answer["answer"]


def test_a_number_that_was_retired_before_is_retired_again_afterwards(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    assert operate("retire_nhs_number", nhs_number=old)["done"]
    stage.clock.advance(seconds=1)
    assert operate("supersede_nhs_number", pairs=pair(old, new))["done"]
    stage.clock.advance(seconds=1)
    assert undo(old, new)["done"]
    assert rows.acts(old)[-2:] == ["supersede_undone", "number_retired"]
    assert stage.register(old, stage.new_reference()).code == "trace_number"
    assert stage.look_up(old).json["trace_number"] is True


def test_the_owner_of_a_record_is_no_longer_asked_to_trace_a_number_that_is_right(stage: Stage) -> None:
    old, new = linked(stage)
    for record in (changed(None, row, stage.clock()) for row in Rows(stage).access_records(old, "E#")):
        deliver(unattended.post_notices, record)

    def asked() -> list[str]:
        notices = stage.call("GET", "/v1/notices").json["notices"]
        return [one["reference"] for one in notices if one["kind"] == "trace_number"]

    assert ref(old) in asked()
    assert undo(old, new)["done"]
    assert ref(old) not in asked()

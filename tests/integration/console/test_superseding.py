"""A superseded NHS number: both numbers become one child at one instant, and no lookup says "none" in between."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.application.console.supersede_nhs_number import Pair, Result
from chalicelib.domain.access_records import Operator
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.wiring import console as console_wiring
from tests.support.console import operate, pair, proposal, propose, run
from tests.support.faults import Faults, Killed
from tests.support.log_lines import Metrics, counted
from tests.support.rows import HALVES, Rows
from tests.support.stage import EALING, HARINGEY, Stage
from tests.support.streams import changed, deliver

pytestmark = pytest.mark.system

DONE = "The old number is superseded. Both numbers now find all that is on record under either."
WHO = Operator("j.doe", "ticket 12")
ALREADY = "The old number is superseded by the new one already. Nothing was changed."


def supersede(old: str, new: str) -> dict[str, Any]:
    return operate("supersede_nhs_number", pairs=pair(old, new))


def proposal_of(old: str, new: str) -> str:
    return proposal("supersede_nhs_number", pairs=pair(old, new))


def superseded(stage: Stage) -> tuple[str, str]:
    old, new = stage.new_child(), stage.new_child()
    assert supersede(old, new)["answer"] == DONE
    return old, new


def found(stage: Stage, child: str) -> int:
    reply = stage.look_up(child, stage.token(EALING))
    assert reply.status == 200
    return len(reply.json["involvements"])


def acts(rows: Rows, child: str) -> list[str]:
    found = [row["act"]["S"] for row in rows.access_records(child, "E#")]
    return [act for act in found if act not in HALVES]


def test_both_numbers_find_the_records_of_either(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    stage.register(old)
    stage.register(new, token=stage.token(EALING, "sw-2"))
    answer = supersede(old, new)
    assert (answer["done"], answer["answer"]) == (True, DONE)
    assert (found(stage, old), found(stage, new)) == (2, 2)
    assert acts(rows, old) == ["registered", "previewed", "superseded"]
    assert acts(rows, new) == ["registered", "supersedes"]


def test_a_proposal_says_what_it_would_do_and_changes_nothing(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    stage.register(old)
    answer = propose("supersede_nhs_number", pairs=pair(old, new))
    assert answer["done"] is True
    told = "Proposed. Pairs to supersede: 1 of 1. Involvements on record: 1 under the old number, 0 under the new one."
    assert answer["answer"].startswith(told)
    assert "Never do this for an adoption" in answer["answer"]
    assert acts(rows, old) == ["registered", "previewed"]
    assert (found(stage, old), found(stage, new)) == (1, 0)


def test_the_proposal_of_other_numbers_supersedes_nothing(stage: Stage) -> None:
    old, new, other = (stage.new_child() for _ in range(3))
    for code in (proposal_of(new, old), proposal_of(old, other), "", "A" * 200):
        answer = run("supersede_nhs_number", pairs=pair(old, new), proposal=code)
        assert answer["code"] in {"refused", "invalid_request"}
    code = proposal_of(old, new)
    assert run("supersede_nhs_number", pairs=pair(old, new), proposal=code)["done"]


def test_the_tables_alone_do_not_show_that_two_numbers_are_one_child(stage: Stage, rows: Rows) -> None:
    old, new = superseded(stage)
    of_old, of_new = rows.key_of(old), rows.key_of(new)
    assert of_new not in str([*rows.of(of_old), *rows.of(of_old, ACCESS)])
    assert of_old not in str([*rows.of(of_new), *rows.of(of_new, ACCESS)])


def test_repeating_it_changes_nothing(stage: Stage, rows: Rows) -> None:
    old, new = superseded(stage)
    before = rows.of_child(old) + rows.of_child(new)
    assert supersede(old, new)["answer"] == ALREADY
    assert rows.of_child(old) + rows.of_child(new) == before


def test_a_new_record_and_a_shield_under_the_old_number_are_stored_under_it_and_found_under_both(
    stage: Stage, rows: Rows
) -> None:
    old, new = superseded(stage)
    assert stage.register(old).status == 201
    assert stage.shield(old).status == 200
    assert [row["sk"]["S"][:2] for row in rows.of_child(old)] == ["I#", "M#", "S#"]
    assert [row["sk"]["S"][:2] for row in rows.of_child(new)] == ["F#"]
    assert acts(rows, old) == ["previewed", "superseded", "registered", "shielded"]
    for number in (old, new):
        assert stage.look_up(number).json["shielded"]


def test_a_feed_that_still_sends_the_old_number_writes_nothing(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    reference = stage.new_reference()
    version = stage.register(old, reference).json["version"]
    supersede(old, new)
    assert stage.register(old, reference).json["version"] == version
    assert acts(rows, old) == ["registered", "previewed", "superseded"]


@pytest.mark.parametrize("number", ["old", "new"])
def test_a_record_keeps_what_it_is_whichever_number_its_owner_sends(stage: Stage, rows: Rows, number: str) -> None:
    old, new = stage.new_child(), stage.new_child()
    reference = stage.new_reference()
    first = stage.register(old, reference, date_of_birth="2015-06-30").json
    supersede(old, new)
    second = stage.register(old if number == "old" else new, reference, lead_professional=True)
    assert second.status == 200
    assert second.json["expires_at"] == first["expires_at"]
    assert (found(stage, old), found(stage, new)) == (1, 1)


def test_the_cap_of_a_record_goes_with_it_to_the_present_number(stage: Stage) -> None:
    old, new = stage.new_child(), stage.new_child()
    reference = stage.new_reference()
    capped = stage.register(old, reference, date_of_birth=stage.nearly_adult).json["expires_at"]
    supersede(old, new)
    assert stage.register(new, reference).json["expires_at"] == capped


def test_amending_and_withdrawing_still_work(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    reference = stage.new_reference()
    stage.register(old, reference)
    supersede(old, new)
    path = f"/v1/involvements/{reference}"
    assert stage.call("PATCH", path, {"lead_professional": True}).status == 200
    assert stage.call("GET", path).json["lead_professional"]
    assert stage.call("DELETE", path).status == 204
    assert (found(stage, old), found(stage, new)) == (0, 0)


def test_a_number_superseded_twice_leads_to_the_last(stage: Stage, rows: Rows) -> None:
    numbers = [stage.new_child() for _ in range(4)]
    for number in numbers:
        stage.register(number)
    for old, new in pairwise(numbers):
        assert supersede(old, new)["answer"] == DONE
    assert [found(stage, number) for number in numbers] == [4, 4, 4, 4]
    stage.register(numbers[0])
    assert [row["sk"]["S"][:2] for row in rows.of_child(numbers[0])] == ["I#", "I#", "M#"]
    assert [found(stage, number) for number in numbers] == [5, 5, 5, 5]


def test_two_old_numbers_may_lead_to_one(stage: Stage) -> None:
    first, second, new = (stage.new_child() for _ in range(3))
    for number in (first, second):
        stage.register(number)
        assert supersede(number, new)["done"]
    assert [found(stage, number) for number in (first, second, new)] == [2, 2, 2]


def test_nonsense_is_refused_in_a_sentence(stage: Stage, rows: Rows) -> None:
    old, new = superseded(stage)
    other = stage.new_child()
    before = rows.of_child(old) + rows.of_child(new) + rows.of_child(other)
    for refused, why in (
        ((new, old), "Refused. The new number was itself superseded, by the old one: that would be a circle."),
        ((other, old), "Refused. The new number was itself superseded: use the number that the child has now."),
        ((old, other), "Refused. The old number was superseded already, by another number."),
        ((old, old), "Refused. The old number and the new one are the same."),
    ):
        answer = supersede(*refused)
        assert (answer["done"], answer["code"]) == (False, "refused")
        assert answer["answer"].startswith(why)
    assert rows.of_child(old) + rows.of_child(new) + rows.of_child(other) == before


def test_an_answer_without_a_change_is_recorded_too(stage: Stage, rows: Rows, faults: Faults) -> None:
    """Otherwise an operator could try out unseen which numbers are one child."""
    old, new = superseded(stage)
    other = stage.new_child()
    supersede(old, new)
    supersede(new, old)
    supersede(old, other)
    assert acts(rows, old) == ["previewed", "superseded", "found_unchanged", "found_unchanged"]
    assert acts(rows, new) == ["supersedes", "found_unchanged"]
    faults.throttle("PutItem")
    assert [supersede(*pair)["code"] for pair in ((old, new), (new, old), (old, other))] == ["unavailable"] * 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"old_nhs_number": "1234567890"}, "pairs[0].old_nhs_number"),
        ({"new_nhs_number": "4010232137"}, "pairs[0].new_nhs_number"),
        ({"new_nhs_number": None}, "pairs.new_nhs_number"),
        ({"new_nhs_number": 9990000018}, "pairs.new_nhs_number"),
        ({"pairs": []}, "pairs"),
        ({"pairs": None}, "pairs"),
        ({"requested_by": None}, "requested_by"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_no_number_is_refused(stage: Stage, metrics: Metrics, change: dict[str, Any], field: str) -> None:
    numbers = {"old_nhs_number": stage.new_child(), "new_nhs_number": stage.new_child()}
    numbers |= {name: value for name, value in change.items() if name in numbers}
    event = {
        "pairs": [{name: value for name, value in numbers.items() if value is not None}],
        **{name: value for name, value in change.items() if name not in numbers},
    }
    answer = operate("supersede_nhs_number", **event)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"].startswith(f"Refused. {field} ")


def test_neither_number_is_in_answer_or_log(stage: Stage, metrics: Metrics) -> None:
    old, new = stage.new_child(), stage.new_child()
    said = json.dumps([supersede(old, new), supersede(new, old)]) + str(metrics.lines)
    assert old not in said
    assert new not in said


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("after", range(12))
def test_killed_anywhere_it_is_all_or_nothing_and_the_same_again_finishes_it(
    stage: Stage, faults: Faults, after: int, done: bool
) -> None:
    old, new = stage.new_child(), stage.new_child()
    stage.register(old)
    code = proposal_of(old, new)
    faults.kill(after=after, times=1, done=done)
    with suppress(Killed):
        run("supersede_nhs_number", pairs=pair(old, new), proposal=code)
    faults.clear()
    assert found(stage, old) == 1
    assert found(stage, new) in (0, 1)
    assert run("supersede_nhs_number", pairs=pair(old, new), proposal=code)["done"]
    assert (found(stage, old), found(stage, new)) == (1, 1)


def test_one_of_two_supersessions_that_would_make_a_ring_is_refused(stage: Stage, rows: Rows, faults: Faults) -> None:
    one, other = stage.new_child(), stage.new_child()
    stage.register(one)
    code = proposal_of(one, other)
    reached, release = faults.hold("TransactWriteItems", times=1)
    use_case = console_wiring.functions().supersede_nhs_number
    with ThreadPoolExecutor(1) as beside:
        slow = beside.submit(use_case, [Pair(NhsNumber(one), NhsNumber(other))], code, lambda: True, WHO)
        assert reached.wait(5)
        assert supersede(other, one)["done"]
        release.set()
        with pytest.raises(Refused):
            slow.result()
    assert (found(stage, one), found(stage, other)) == (1, 1)


def test_the_later_of_two_supersessions_that_make_a_chain_leads_on(stage: Stage, faults: Faults) -> None:
    first, second, third = (stage.new_child() for _ in range(3))
    stage.register(first)
    code = proposal_of(second, third)
    reached, release = faults.hold("TransactWriteItems", times=1)
    use_case = console_wiring.functions().supersede_nhs_number
    with ThreadPoolExecutor(1) as beside:
        slow = beside.submit(use_case, [Pair(NhsNumber(second), NhsNumber(third))], code, lambda: True, WHO)
        assert reached.wait(5)
        assert supersede(first, second)["done"]
        release.set()
        assert [answer.result for answer in slow.result()] == [Result.SUPERSEDED]
    assert [found(stage, number) for number in (first, second, third)] == [1, 1, 1]


def test_a_record_that_moves_to_the_present_number_while_it_is_read_is_not_missed(
    stage: Stage, rows: Rows, faults: Faults
) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    supersede(old, new)
    reached, release = faults.hold("Query", about="C#1#", after=1, times=1)
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(stage.services.parts.involvements.of_child, rows.key_of(new), frozenset())
        assert reached.wait(5)
        assert stage.register(new, reference).status == 200
        release.set()
        assert [row.reference for row in asked.result().involvements] == [reference]


def test_a_record_that_moves_beyond_the_present_number_while_it_is_read_never_means_none(
    stage: Stage, rows: Rows, faults: Faults
) -> None:
    first, second, third, reference = stage.new_child(), stage.new_child(), stage.new_child(), stage.new_reference()
    supersede(first, second)
    stage.register(second, reference)
    reached, release = faults.hold("Query", about="C#1#", after=1, times=1)
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(stage.services.parts.involvements.of_child, rows.key_of(second), frozenset())
        assert reached.wait(5)
        supersede(second, third)
        assert stage.register(third, reference).status == 200
        release.set()
        with pytest.raises(Unavailable):
            asked.result()
    assert found(stage, second) == 1


def test_an_expired_row_of_the_same_reference_hides_no_live_one(stage: Stage, rows: Rows) -> None:
    """TTL deletes a register entry and its row separately. The reference may be reused while the old row is there."""
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(new, reference, service_type="school", ended_on=stage.today.isoformat())
    stage.clock.advance(days=370)
    left = rows.one_of(new)
    entry = rows.entry(reference)
    assert entry is not None
    rows.delete(entry)
    stage.register(old, reference)
    supersede(old, new)
    assert [row["sk"] for row in rows.of_child(new) if row["sk"]["S"].startswith("I#")] == [left["sk"]]
    assert (found(stage, old), found(stage, new)) == (1, 1)


def test_an_expired_row_of_the_same_reference_hides_no_damaged_one(stage: Stage, rows: Rows) -> None:
    """A row that does not open may be live, under either of the numbers."""
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference, service_type="school", ended_on=stage.today.isoformat())
    stage.clock.advance(days=370)
    entry = rows.entry(reference)
    assert entry is not None
    rows.delete(entry)
    stage.register(new, reference)
    rows.put({**rows.one_of(new), "version": {"S": "0"}})
    supersede(old, new)
    for number in (old, new):
        assert stage.look_up(number, stage.token(EALING)).code == "cannot_answer"


def test_nothing_is_half_done_if_aws_does_not_answer(stage: Stage, faults: Faults, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    faults.throttle("TransactWriteItems")
    answer = supersede(old, new)
    assert (answer["done"], answer["code"]) == (False, "unavailable")
    faults.clear()
    assert rows.of_child(old) + rows.of_child(new) == []


@pytest.mark.parametrize("sort_key", ["M#", "F#"])
def test_a_damaged_pointer_gives_no_answer_and_blocks_superseding(stage: Stage, rows: Rows, sort_key: str) -> None:
    old, new = superseded(stage)
    stage.register(new, token=stage.token(HARINGEY))
    [pointer] = [row for row in rows.of_child(old) + rows.of_child(new) if row["sk"]["S"] == sort_key]
    rows.put({**pointer, "sealed": {"B": b"damaged"}})
    assert stage.look_up(old).status == 503
    assert supersede(old, stage.new_child())["code"] == "unavailable"


def test_a_shield_is_lifted_whichever_number_it_was_put_under(stage: Stage) -> None:
    for shielded, named in ((0, 0), (0, 1), (1, 0), (1, 1)):
        numbers = stage.new_child(), stage.new_child()
        stage.shield(numbers[shielded])
        supersede(*numbers)
        assert operate("unshield_child", nhs_number=numbers[named])["answer"].startswith("The shield is lifted.")
        assert not any(stage.look_up(number).json["shielded"] for number in numbers)


def test_an_operator_shields_both_numbers_by_the_old_one(stage: Stage, rows: Rows) -> None:
    old, new = superseded(stage)
    review_on = stage.today.replace(year=stage.today.year + 1, day=1).isoformat()
    assert operate("shield_child", nhs_number=old, review_on=review_on)["done"]
    assert [row["sk"]["S"] for row in rows.of_child(old)] == ["M#", "S#"]
    assert [stage.look_up(number).json["shielded"] for number in (old, new)] == [True, True]


def test_the_accesses_of_a_record_show_lookups_under_either_number(stage: Stage) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    before = [stage.look_up(child, stage.token(EALING)).json["lookup_id"] for child in (old, new)]
    supersede(old, new)
    after = [stage.look_up(child, stage.token(EALING)).json["lookup_id"] for child in (old, new)]
    told = stage.call("GET", f"/v1/involvements/{reference}/accesses").json["accesses"]
    assert [one["lookup_id"] for one in told] == sorted([*before, *after], reverse=True)


def listed(*pairs: tuple[str, str], **more: Any) -> dict[str, Any]:
    event = [{"old_nhs_number": old, "new_nhs_number": new} for old, new in pairs]
    return operate("supersede_nhs_number", pairs=event, **more)


def results(answer: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["pair"], one["result"]) for one in answer["pairs"]]


def test_a_list_takes_one_code_and_every_pair_is_answered(stage: Stage, rows: Rows) -> None:
    numbers = [(stage.new_child(), stage.new_child()) for _ in range(6)]
    for old, _ in numbers:
        stage.register(old)
    supersede(*numbers[1])
    stage.shield(numbers[2][1])
    supersede(numbers[3][0], stage.new_child())
    event = [{"old_nhs_number": old, "new_nhs_number": new} for old, new in numbers]
    first = propose("supersede_nhs_number", pairs=event)
    assert (
        "Pairs to supersede: 3 of 6. Involvements on record: 3 under the old numbers, 0 under the new ones."
        in (first["answer"])
    )
    expected = ["to supersede", "already superseded", "held back", "refused", "to supersede", "to supersede"]
    assert [result for _, result in results(first)] == expected
    answer = run("supersede_nhs_number", pairs=event, proposal=first["proposal"])
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert results(answer) == [*enumerate([word.replace("to supersede", "superseded") for word in expected], start=1)]
    assert answer["pairs"][2]["why"].startswith("The child is shielded. Decide about this child separately")
    assert answer["pairs"][3]["why"].startswith("The old number was superseded already, by another number.")
    assert not any(number in str(answer) for pair_ in numbers for number in pair_)
    for index in (0, 1, 4, 5):
        assert found(stage, numbers[index][1]) == 1
    assert acts(rows, numbers[2][0]) == ["registered", "found_unchanged", "found_unchanged"]


def test_a_pair_of_a_shielded_child_alone_is_an_operators_decision(stage: Stage) -> None:
    old, new = stage.new_child(), stage.new_child()
    stage.shield(old)
    assert supersede(old, new)["answer"] == DONE
    assert stage.look_up(new).json["shielded"]


def test_repeating_a_list_is_safe(stage: Stage, rows: Rows) -> None:
    numbers = [(stage.new_child(), stage.new_child()) for _ in range(3)]
    assert listed(*numbers)["done"]
    before = [row for pair_ in numbers for number in pair_ for row in rows.of_child(number)]
    again = listed(*numbers)
    assert (again["done"], {result for _, result in results(again)}) == (True, {"already superseded"})
    assert [row for pair_ in numbers for number in pair_ for row in rows.of_child(number)] == before


def test_pairs_that_contradict_each_other_are_all_refused(stage: Stage) -> None:
    one, two, three, four, five, other = (stage.new_child() for _ in range(6))
    answer = listed((one, two), (one, three), (three, four), (other, five), (four, four))
    assert [result for _, result in results(answer)] == ["refused"] * 3 + ["superseded"] + ["refused"]
    assert answer["pairs"][0]["why"].startswith("Another pair of the list is about the same number.")
    assert listed((one, five), (two, five))["done"], "two old numbers may lead to one"


def test_the_code_is_of_this_list_in_this_order(stage: Stage) -> None:
    numbers = [(stage.new_child(), stage.new_child()) for _ in range(2)]
    events = [[{"old_nhs_number": old, "new_nhs_number": new} for old, new in some] for some in (numbers, numbers[:1])]
    code = proposal("supersede_nhs_number", pairs=events[1])
    assert run("supersede_nhs_number", pairs=events[0], proposal=code)["code"] == "refused"


def test_more_than_500_pairs_are_refused(stage: Stage) -> None:
    one = {"old_nhs_number": stage.new_child(), "new_nhs_number": stage.new_child()}
    assert run("supersede_nhs_number", pairs=[one] * 501)["code"] == "invalid_request"


def test_what_does_not_fit_into_the_time_is_not_done_and_the_same_again_does_it(stage: Stage) -> None:
    numbers = [(stage.new_child(), stage.new_child()) for _ in range(3)]
    pairs = [Pair(NhsNumber(old), NhsNumber(new)) for old, new in numbers]
    event = [{"old_nhs_number": old, "new_nhs_number": new} for old, new in numbers]
    code = proposal("supersede_nhs_number", pairs=event)
    use_case = console_wiring.functions().supersede_nhs_number
    left = iter([True, True, True, True])  # the keys of three pairs, and one pair
    answers = use_case(pairs, code, lambda: next(left, False), WHO)
    assert [answer.result for answer in answers] == [Result.SUPERSEDED, Result.NOT_DONE, Result.NOT_DONE]
    answer = run("supersede_nhs_number", pairs=event, proposal=code)
    assert [result for _, result in results(answer)] == ["already superseded", "superseded", "superseded"]
    with pytest.raises(Refused):
        use_case(pairs, code, lambda: False, WHO)


def test_a_pair_that_aws_fails_costs_no_other(stage: Stage, faults: Faults) -> None:
    numbers = [(stage.new_child(), stage.new_child()) for _ in range(3)]
    event = [{"old_nhs_number": old, "new_nhs_number": new} for old, new in numbers]
    code = proposal("supersede_nhs_number", pairs=event)
    faults.refuse("TransactWriteItems", "AccessDeniedException", after=1, times=1)
    answer = run("supersede_nhs_number", pairs=event, proposal=code)
    assert (answer["done"], answer["code"]) == (False, "unavailable")
    assert [result for _, result in results(answer)] == ["superseded", "not done", "superseded"]
    assert run("supersede_nhs_number", pairs=event, proposal=code)["done"]


# To trace the number anew


def test_owners_under_the_old_number_hear_to_trace_it_and_nobody_else_does(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    mine, theirs = stage.new_reference(), stage.new_reference()
    stage.register(old, mine)
    stage.register(new, theirs, stage.token(EALING))
    supersede(old, new)
    for number in (old, new):
        for row in rows.of(rows.key_of(number), ACCESS):
            deliver(unattended.post_notices, changed(None, row, stage.clock()))
    [notice] = [one for one in notices_of(stage, mine, HARINGEY) if one["kind"] == "trace_number"]
    assert (notice["kind"], notice["authority"], notice["lookup_id"]) == ("trace_number", None, None)
    assert "trace_number" not in str(notices_of(stage, theirs, EALING))
    unchanged = stage.register(old, mine)
    assert (unchanged.json["trace_number"], unchanged.status) == (True, 200)
    assert stage.register(new, theirs, stage.token(EALING)).json["trace_number"] is False
    assert stage.register(new, mine).json["trace_number"] is False
    assert "trace_number" not in str(notices_of(stage, mine, HARINGEY))
    assert "trace_number_on" not in (rows.entry(mine) or {})


def notices_of(stage: Stage, reference: str, authority: str) -> list[dict[str, Any]]:
    token, found, after = stage.token(authority), [], "0"
    while True:
        page = stage.call("GET", "/v1/notices", query={"after": [after]}, token=token).json
        found += [notice for notice in page["notices"] if notice["reference"] == reference]
        if page["next_after"] == after:
            return found
        after = page["next_after"]


def test_an_interrupted_run_is_finished_by_the_same_again(stage: Stage, rows: Rows, faults: Faults) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    code = proposal_of(old, new)
    faults.refuse("TransactWriteItems", "AccessDeniedException", after=1)
    assert run("supersede_nhs_number", pairs=pair(old, new), proposal=code)["code"] == "unavailable"
    faults.clear()
    assert "trace_number_on" not in (rows.entry(reference) or {})
    assert supersede(old, new)["answer"] == ALREADY
    assert (rows.entry(reference) or {})["trace_number_on"] == {"S": stage.today.isoformat()}


def test_a_lookup_under_an_old_number_says_to_trace_it_unless_the_child_is_shielded(stage: Stage) -> None:
    old, new = superseded(stage)
    stage.register(new, token=stage.token(EALING))
    asked = {number: stage.look_up(number).json for number in (old, new)}
    assert [asked[number]["trace_number"] for number in (old, new)] == [True, False]
    assert "trace it anew" in asked[old]["statement"]
    assert "trace it anew" not in asked[new]["statement"]
    stage.shield(new)
    shielded = stage.look_up(old).json
    assert (shielded["shielded"], shielded["trace_number"]) == (True, False)
    assert "trace" not in shielded["statement"].replace(stage.look_up(new).json["statement"], "")


def test_a_batch_row_under_an_old_number_says_to_trace_it(stage: Stage) -> None:
    old, new = superseded(stage)
    body = [{"reference": stage.new_reference(), **stage.body(number)} for number in (old, new)]
    results = stage.call("POST", "/v1/involvement-batches", {"involvements": body}).json["results"]
    assert [row["receipt"]["trace_number"] for row in results] == [True, False]


def test_a_patch_says_to_trace_the_number_too(stage: Stage) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    supersede(old, new)
    patched = stage.call("PATCH", f"/v1/involvements/{reference}", {"lead_professional": True})
    assert patched.json["trace_number"] is True
    assert stage.register(old, reference).json["trace_number"] is True


def test_a_marked_record_alarms_nobody(stage: Stage, rows: Rows) -> None:
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    before = rows.entry(reference)
    supersede(old, new)
    with counted() as metrics:
        deliver(unattended.watch_involvements, changed(before, rows.entry(reference), stage.clock()))
    assert metrics.count("RowsEditedByHand") == 0

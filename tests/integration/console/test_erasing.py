"""An erased child is found nowhere and does not come back, and access records show the erasure."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, NOTICES
from chalicelib.domain.access_records import Operator
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.notices import Notice, NoticeKind
from chalicelib.wiring import console as console_wiring
from tests.support.console import operate, pair, proposal, propose, run
from tests.support.faults import Faults, Killed
from tests.support.log_lines import Metrics
from tests.support.rows import HALVES, Rows
from tests.support.stage import EALING, HARINGEY, HOSPITAL, Stage
from tests.support.streams import changed, deliver

NOTHING = "Nothing is on record about this child. Nothing was changed."


def erase(child: str) -> dict[str, Any]:
    return operate("erase_child", nhs_number=child)


def acts(rows: Rows, child: str) -> list[tuple[str, str | None]]:
    found = [row for row in rows.access_records(child, "E#") if row["act"]["S"] not in HALVES]
    return [(row["act"]["S"], row.get("reference", {}).get("S")) for row in found]


def test_an_erased_child_is_known_to_nobody(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child, "erase-1")
    stage.register(child, "erase-2", token=stage.token(EALING))
    stage.shield(child)
    answer = erase(child)
    assert answer["done"]
    assert answer["answer"].startswith("Erased: 2 involvements, 1 shield. For 25 years")
    assert rows.of_child(child) == []
    reply = stage.look_up(child, stage.token(HOSPITAL))
    assert (reply.json["known"], reply.json["shielded"]) == (False, False)


def test_a_proposal_says_what_it_would_do_and_changes_nothing(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.shield(child)
    before = rows.of_child(child)
    answer = propose("erase_child", nhs_number=child)
    assert answer["done"] is True
    assert answer["answer"].startswith("Proposed. This would erase 1 involvement, 1 shield, and every notice")
    assert answer["answer"].endswith(f"run erase_child with the same fields and proposal {answer['proposal']}.")
    assert rows.of_child(child) == before
    [made] = [row for row in rows.access_records(child) if row["act"]["S"] == "proposed"]
    assert made["sk"]["S"] == f"E#{answer['proposal']}"


def test_each_erased_row_has_an_access_record_of_its_own(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    version = stage.register(child, "erased-1").json["version"]
    stage.shield(child)
    erase(child)
    assert acts(rows, child)[-2:] == [("erased", "erased-1"), ("unshielded", None)]
    [erased] = [row for row in rows.of(rows.key_of(child), ACCESS) if row["act"]["S"] == "erased"]
    assert (erased["version"]["S"], erased["authority"]["S"]) == (version, HARINGEY)
    assert (erased["requested_by"]["S"], erased["reason"]["S"]) == ("j.doe", "ticket 12")


def test_a_feed_that_sends_it_again_is_refused_and_its_withdrawal_changes_nothing(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    erase(child)
    for _ in range(2):
        refused = stage.register(child, reference)
        assert (refused.status, refused.code) == (409, "erased")
    assert stage.call("GET", f"/v1/involvements/{reference}").status == 404
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    assert stage.register(stage.new_child(), reference).code == "erased"
    assert rows.of_child(child) == []


def test_a_tombstone_names_no_child_and_goes_when_no_record_could_be_left(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    erase(child)
    tombstone = rows.entry(reference)
    assert tombstone is not None
    assert rows.key_of(child) not in str(tombstone)
    assert "due" not in tombstone
    years = (int(tombstone["ttl"]["N"]) - int(tombstone["erased_at"]["N"])) / (365.25 * 86400)
    assert 24.9 < years < 25.1


def test_a_new_reference_is_a_new_decision(stage: Stage) -> None:
    child = stage.new_child()
    stage.register(child)
    erase(child)
    assert stage.register(child).status == 201
    assert stage.look_up(child, stage.token(EALING)).json["known"]


def test_erasing_what_is_not_there_changes_nothing_and_is_recorded(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child, "gone-1")
    erase(child)
    for _ in range(2):
        assert erase(child)["answer"] == NOTHING
    assert acts(rows, child)[1:] == [("erased", "gone-1"), ("erased", None), ("erased", None)]


def test_every_number_of_the_child_is_erased(stage: Stage, rows: Rows) -> None:
    old, new = stage.new_child(), stage.new_child()
    stage.register(old)
    stage.register(new)
    operate("supersede_nhs_number", pairs=pair(old, new))
    assert erase(old)["answer"].startswith("Erased: 2 involvements.")
    assert [row["sk"]["S"] for row in rows.of_child(old) + rows.of_child(new)] == ["M#", "F#"]
    assert not stage.look_up(old).json["known"]


def test_notices_about_the_child_go_too(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    posted = Notice(
        recipient=HARINGEY, kind=NoticeKind.LOOKED_UP, source="s-1", at=stage.clock(), child=rows.key_of(child)
    )
    assert stage.services.parts.notices.post(posted)
    [mark] = rows.of(rows.key_of(child), NOTICES)
    assert erase(child)["answer"].startswith("Erased: 1 involvement, 1 notice")
    assert rows.of(rows.key_of(child), NOTICES) == []
    sort_key = f"N#{int(mark['number']['N']):012}"
    assert not [row for row in rows.of(f"N#{HARINGEY}", NOTICES) if row["sk"]["S"] == sort_key]


def test_a_dispute_delivered_after_the_erasure_leaves_no_notice(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    operate("dispute_record", authority=HARINGEY, reference=reference, disputed=True)
    [dispute] = [row for row in rows.of(rows.key_of(child), ACCESS) if row["act"]["S"] == "disputed"]
    erase(child)
    assert deliver(unattended.post_notices, changed(None, dispute, stage.clock())) == []
    assert rows.of(rows.key_of(child), NOTICES) == []


def test_a_row_that_does_not_open_is_erased_too(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    row = rows.one_of(child)
    rows.put({**row, "sealed": {"S": "odd"}, "version": {"N": "1"}})
    rows.put({"pk": row["pk"], "sk": {"S": "X#what"}})
    assert erase(child)["answer"].startswith("Erased: 1 involvement, 1 unreadable row.")
    assert rows.of_child(child) == []


def test_an_entry_whose_row_was_removed_by_hand_is_erased_too(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    rows.delete(rows.one_of(child))
    assert erase(child)["answer"].startswith("Erased: 1 involvement.")
    assert rows.key_of(child) not in str(rows.entry(reference))
    assert stage.register(child, reference).code == "erased"
    assert acts(rows, child)[-1] == ("erased", reference)
    assert erase(child)["answer"] == NOTHING


def test_an_entry_that_now_belongs_to_another_child_stays(stage: Stage, rows: Rows) -> None:
    child, other, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    stage.call("DELETE", f"/v1/involvements/{reference}")
    stage.register(other, reference)
    assert erase(child)["answer"] == NOTHING
    assert stage.call("GET", f"/v1/involvements/{reference}").status == 200


def test_a_damaged_notice_mark_does_not_block_an_erasure(stage: Stage, rows: Rows) -> None:
    """The notice that it names is never shown, because its record is gone. TTL deletes the notice."""
    child = stage.new_child()
    stage.register(child)
    for name, damaged in (("D#a", {"authority": {"S": HARINGEY}, "number": {"S": "7"}}), ("D#b", {})):
        rows.put({"pk": {"S": rows.key_of(child)}, "sk": {"S": name}, **damaged}, NOTICES)
    assert erase(child)["answer"].startswith("Erased: 1 involvement, 2 unreadable rows.")
    assert rows.of(rows.key_of(child), NOTICES) == []
    assert erase(child)["answer"] == NOTHING


def test_the_record_of_another_child_under_the_reference_stays(stage: Stage, rows: Rows) -> None:
    """A row left behind by a hand edit goes; the register entry is that of the other child."""
    child, other, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    left_behind = rows.one_of(child)
    stage.call("DELETE", f"/v1/involvements/{reference}")
    stage.register(other, reference)
    rows.put(left_behind)
    erase(child)
    assert rows.of_child(child) == []
    assert stage.call("GET", f"/v1/involvements/{reference}").status == 200


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("after", range(2, 14))
def test_killed_anywhere_the_same_again_finishes_it(
    stage: Stage, rows: Rows, faults: Faults, after: int, done: bool
) -> None:
    child = stage.new_child()
    references = [stage.new_reference() for _ in range(2)]
    for reference in references:
        stage.register(child, reference)
    code = proposal("erase_child", nhs_number=child)
    faults.kill(after=after, times=1, done=done)
    with suppress(Killed):
        run("erase_child", nhs_number=child, proposal=code)
    faults.clear()
    for row in rows.of_child(child):
        reference = row["sk"]["S"].rpartition("#")[2]
        assert "erased_at" not in (rows.entry(reference) or {})
    assert run("erase_child", nhs_number=child, proposal=code)["done"]
    assert rows.of_child(child) == []
    erased = [reference for act, reference in acts(rows, child) if act == "erased" and reference]
    assert sorted(erased) == sorted(references)


def test_a_record_that_changes_meanwhile_is_erased_in_its_new_version(stage: Stage, rows: Rows, faults: Faults) -> None:
    child = stage.new_child()
    stage.register(child)
    faults.cancel("ConditionalCheckFailed", times=2)
    assert erase(child)["answer"].startswith("Erased: 1 involvement.")
    assert [act for act, _ in acts(rows, child)] == ["registered", "erased"]


def test_a_number_superseded_meanwhile_takes_no_record_out_of_reach(stage: Stage, rows: Rows, faults: Faults) -> None:
    """Another operator supersedes the number, and then a feed sends the record under the new one."""
    old, new, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    code = proposal("erase_child", nhs_number=old)
    reached, release = faults.hold("Query", about=rows.key_of(old), times=1)
    use_case = console_wiring.functions().erase_child
    with ThreadPoolExecutor(1) as beside:
        slow = beside.submit(use_case, NhsNumber(old), code, Operator("j.doe", "ticket 12"))
        assert reached.wait(5)
        assert operate("supersede_nhs_number", pairs=pair(old, new))["done"]
        assert stage.register(new, reference).status == 200
        release.set()
        assert slow.result().involvements == 1
    assert not stage.look_up(old, stage.token(EALING)).json["known"]
    assert stage.register(new, reference).code == "erased"


def test_an_erasure_cut_short_by_aws_claims_nothing_more(stage: Stage, rows: Rows, faults: Faults) -> None:
    child = stage.new_child()
    for _ in range(2):
        stage.register(child)
    faults.throttle("TransactWriteItems", after=1)
    answer = erase(child)
    assert (answer["done"], len(rows.of_child(child))) == (False, 1)
    assert answer["answer"] == (
        "AWS failed just now. The work may be half done: run the same event again to finish it."
    )


def test_the_operator_is_asked_to_repeat_if_aws_does_not_answer(stage: Stage, faults: Faults) -> None:
    child = stage.new_child()
    stage.register(child)
    faults.throttle("TransactWriteItems")
    assert erase(child)["code"] == "unavailable"
    faults.clear()
    assert stage.look_up(child, stage.token(EALING)).json["known"]


@pytest.mark.parametrize(
    "change", [{"nhs_number": "1234567890"}, {"reason": None}, {"requested_by": ""}, {"all": True}]
)
def test_nonsense_is_refused(stage: Stage, metrics: Metrics, change: dict[str, Any]) -> None:
    child = stage.new_child()
    answer = operate("erase_child", **{"nhs_number": child, **change})
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert child not in json.dumps(answer) + str(metrics.lines)

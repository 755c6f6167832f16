"""A retired number: nothing new is registered under it, and nothing that is on record is lost."""

from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS
from tests.support.console import operate, pair, propose, run
from tests.support.log_lines import Metrics, counted
from tests.support.rows import Rows
from tests.support.stage import EALING, Stage
from tests.support.streams import changed, deliver


def retire(number: str) -> dict[str, Any]:
    return operate("retire_nhs_number", nhs_number=number)


def test_a_proposal_says_what_would_be_and_changes_nothing(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    stage.register(child)
    answer = propose("retire_nhs_number", nhs_number=child)
    assert answer["done"] is True
    assert "Involvements on record: 1." in answer["answer"]
    assert stage.register(child).status == 201
    assert rows.acts(child) == ["registered", "registered"]


def test_new_records_are_refused_and_recorded_and_those_on_record_stay(stage: Stage, rows: Rows) -> None:
    child, reference, new = stage.new_child(), stage.new_reference(), stage.new_reference()
    stage.register(child, reference)
    assert retire(child)["done"]
    refused = stage.register(child, new, stage.token(EALING))
    assert (refused.status, refused.code) == (409, "trace_number")
    assert rows.entry(new, EALING) is None
    [record] = [row for row in rows.access_records(child) if row["act"]["S"] == "number_refused"]
    assert (record["authority"]["S"], record["reference"]["S"]) == (EALING, new)
    assert "practitioner" in record
    answer = stage.look_up(child, stage.token(EALING)).json
    assert (answer["known"], answer["complete"], answer["trace_number"]) == (True, True, True)
    kept = stage.register(child, reference, lead_professional=True)
    assert (kept.status, kept.json["trace_number"]) == (200, True)
    assert stage.register(child, reference, lead_professional=True).json["trace_number"] is True
    assert stage.call("DELETE", f"/v1/involvements/{reference}").status == 204
    assert stage.register(child, reference).code == "trace_number"


def test_a_batch_row_under_a_retired_number_is_refused_alone(stage: Stage) -> None:
    child = stage.new_child()
    retire(child)
    body = [{"reference": stage.new_reference(), **stage.body(number)} for number in (child, stage.new_child())]
    results = stage.call("POST", "/v1/involvement-batches", {"involvements": body}).json["results"]
    assert [row["status"] for row in results] == [409, 201]
    assert results[0]["problem"]["code"] == "trace_number"


def test_a_shield_is_taken_and_hides_that_the_number_is_retired(stage: Stage) -> None:
    child = stage.new_child()
    retire(child)
    assert stage.shield(child).status == 200
    answer = stage.look_up(child).json
    assert (answer["shielded"], answer["trace_number"]) == (True, False)
    assert operate("unshield_child", nhs_number=child)["done"]


def test_owners_hear_in_the_same_words_as_for_a_superseded_number(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    before, after = rows.entry(reference), stage.call("GET", "/v1/notices").json["next_after"]
    retire(child)
    with counted() as metrics:
        for row in rows.of(rows.key_of(child), ACCESS):
            assert deliver(unattended.post_notices, changed(None, row, stage.clock())) == []
        deliver(unattended.watch_involvements, changed(before, rows.entry(reference), stage.clock()))
    [notice] = [
        one
        for one in stage.call("GET", "/v1/notices", query={"after": [after]}).json["notices"]
        if one["reference"] == reference
    ]
    assert (notice["kind"], notice["authority"]) == ("trace_number", None)
    assert metrics.count("RowsEditedByHand") == 0


def test_repeating_it_changes_nothing_and_a_superseded_number_is_refused(stage: Stage, rows: Rows) -> None:
    child, old, new = (stage.new_child() for _ in range(3))
    retire(child)
    before = rows.of_child(child)
    assert retire(child)["answer"] == "Refused. The number is retired already. Nothing was changed."
    assert rows.of_child(child) == before
    operate("supersede_nhs_number", pairs=pair(old, new))
    refused = retire(old)
    assert (refused["done"], refused["code"]) == (False, "refused")


def test_a_retired_number_can_be_superseded_and_supersedes_nothing(stage: Stage) -> None:
    retired, present, old = (stage.new_child() for _ in range(3))
    stage.register(retired)
    retire(retired)
    assert operate("supersede_nhs_number", pairs=pair(old, retired))["code"] == "refused"
    assert operate("supersede_nhs_number", pairs=pair(retired, present))["done"]
    assert stage.look_up(present, stage.token(EALING)).json["known"] is True
    assert stage.register(retired).status == 201


@pytest.mark.parametrize("number", ["old", "present"])
def test_the_present_number_of_a_child_can_be_retired_and_every_number_still_finds_it(
    stage: Stage, number: str
) -> None:
    old, present, reference = stage.new_child(), stage.new_child(), stage.new_reference()
    stage.register(old, reference)
    operate("supersede_nhs_number", pairs=pair(old, present))
    assert retire(present)["done"]
    asked = old if number == "old" else present
    answer = stage.look_up(asked, stage.token(EALING)).json
    assert (answer["known"], answer["trace_number"]) == (True, True)
    kept = stage.register(present, reference)
    assert (kept.status, kept.json["trace_number"]) == (200, True)


def test_no_number_is_in_answer_or_log(stage: Stage, metrics: Metrics) -> None:
    child = stage.new_child()
    said = str([run("retire_nhs_number", nhs_number=child), retire(child), retire(child)]) + str(metrics.lines)
    assert child not in said


def test_a_number_superseded_by_one_that_was_retired_takes_no_new_record_either(stage: Stage) -> None:
    old, present = stage.new_child(), stage.new_child()
    assert operate("supersede_nhs_number", pairs=pair(old, present))["done"]
    assert operate("retire_nhs_number", nhs_number=present)["done"]
    assert stage.register(old, stage.new_reference()).code == "trace_number"

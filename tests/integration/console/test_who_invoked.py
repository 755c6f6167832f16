"""Every access record of a console function has AWS's id of the invocation, under which CloudTrail names the caller."""

from types import SimpleNamespace

from chalicelib import console
from chalicelib.adapters.dynamodb.schema import ACCESS
from tests.support.rows import Rows
from tests.support.stage import Stage

REQUEST_ID = "4f5d4b1e-0000-0000-0000-000000000001"


def test_the_access_record_and_the_answer_have_the_id_of_the_invocation(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    event = {
        "requested_by": "somebody else",
        "reason": "ticket 12",
        "nhs_number": child,
        "review_on": f"{stage.clock().date().replace(year=stage.clock().year + 1, day=1)}",
    }
    answer = console.shield_child(event, SimpleNamespace(aws_request_id=REQUEST_ID))
    assert (answer["done"], answer["correlation_id"]) == (True, REQUEST_ID)
    [record] = rows.of(rows.key_of(child), ACCESS)
    assert (record["requested_by"]["S"], record["request_id"]["S"]) == ("somebody else", REQUEST_ID)


def test_a_caller_of_the_api_leaves_no_such_id(stage: Stage, rows: Rows) -> None:
    child = stage.new_child()
    assert stage.register(child).status == 201
    [record] = rows.of(rows.key_of(child), ACCESS)
    assert "request_id" not in record

"""No text may hold the NHS number of the request at hand, in any grouping, and no other ten digits are refused."""

from typing import Any

import pytest

from tests.support.rows import Rows
from tests.support.stage import Reply, Stage

WRITTEN = ["{}", "x{}y", "20{}17", "{0[0]}{0[1]} {0[2]}{0[3]}{0[4]}{0[5]}-{0[6]}{0[7]}{0[8]}{0[9]}"]
BARE = ["20260529191751", "1780082271000", "4010232137", "9434765919"]
TEXTS = ["practitioner.id", "practitioner.name", "practitioner.role", "team.name", "organisation"]
CLAIMS = ["sub", "role", "jti", "organisation"]


def errors(reply: Reply) -> list[str]:
    assert (reply.status, reply.code) == (400, "invalid_request"), reply.body
    assert {error["problem"] for error in reply.json["errors"]} == {"may not hold an NHS number"}
    return [error["field"] for error in reply.json["errors"]]


def full_width(number: str) -> str:
    return "".join(chr(ord(digit) + 0xFEE0) for digit in number)


def body_with(stage: Stage, child: str, field: str, text: str) -> dict[str, Any]:
    body = stage.body(child)
    part, _, name = field.partition(".")
    return {**body, part: {**body[part], name: text} if name else text}


def put(stage: Stage, body: dict[str, Any], **claims: Any) -> Reply:
    path = f"/v1/involvements/{stage.new_reference()}"
    return stage.call("PUT", path, body, token=stage.token(**claims))


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("written", WRITTEN)
def test_no_text_of_a_record_may_hold_its_own_number(stage: Stage, field: str, written: str, rows: Rows) -> None:
    child = stage.new_child()
    assert errors(put(stage, body_with(stage, child, field, written.format(child)))) == [field]
    assert errors(put(stage, body_with(stage, child, field, full_width(child)))) == [field]
    assert rows.of_child(child) == []


@pytest.mark.parametrize("field", ["practitioner.phone", "team.phone"])
def test_a_phone_may_not_be_the_number_of_the_child(stage: Stage, field: str) -> None:
    child = stage.new_child()
    spaced = f"{child[:3]} {child[3:6]} {child[6:]}"
    assert errors(put(stage, body_with(stage, child, field, spaced))) == [field]
    another = body_with(stage, stage.new_child(), field, "943 476 5919")
    assert put(stage, another).status == 201


@pytest.mark.parametrize("text", BARE)
@pytest.mark.parametrize("field", TEXTS)
def test_other_bare_digits_pass_in_every_text_of_a_record(stage: Stage, field: str, text: str) -> None:
    assert put(stage, body_with(stage, stage.new_child(), field, text)).status == 201


@pytest.mark.parametrize("field", TEXTS)
def test_no_text_of_a_record_or_an_amendment_may_hold_any_number_in_three_groups(stage: Stage, field: str) -> None:
    reference = stage.new_reference()
    assert stage.register(stage.new_child(), reference).status == 201
    part, _, name = field.partition(".")
    for number in ("401-023-2137", "9434765919"):
        text = f"about {number}"
        patch = {part: {name: text} if name else text}
        replies = (
            put(stage, body_with(stage, stage.new_child(), field, text)),
            stage.call("PATCH", f"/v1/involvements/{reference}", patch),
        )
        for reply in replies:
            assert errors(reply) == [field] if "-" in number else reply.status in {200, 201}


@pytest.mark.parametrize("written", ["{}", "a{}", "{}-1", "1.{}"])
def test_the_reference_of_a_record_may_not_hold_its_number(stage: Stage, written: str) -> None:
    child = stage.new_child()
    reference = written.format(child)
    reply = stage.call("PUT", f"/v1/involvements/{reference}", stage.body(child))
    assert errors(reply) == ["reference"]
    assert child not in reply.body
    assert stage.call("PUT", f"/v1/involvements/{reference}", stage.body(stage.new_child())).status == 201


@pytest.mark.parametrize("written", ["{}", "x{}", "{0[0]}.{0[1]}.{0[2]}{0[3]}{0[4]}{0[5]}{0[6]}{0[7]}{0[8]}{0[9]}"])
def test_a_batch_row_whose_reference_holds_its_number_is_refused_without_an_echo(stage: Stage, written: str) -> None:
    child = stage.new_child()
    row = {"reference": written.format(child), **stage.body(child)}
    for sent in (row, {**row, "started_on": "never"}, {**row, "team": None}):
        reply = stage.call("POST", "/v1/involvement-batches", {"involvements": [sent]})
        [result] = reply.json["results"]
        assert (result["reference"], result["status"]) == (None, 400)
        assert row["reference"] not in reply.body


def test_a_batch_row_with_another_number_in_its_reference_is_written(stage: Stage) -> None:
    row = {"reference": f"x{stage.new_child()}", **stage.body(stage.new_child())}
    [result] = stage.call("POST", "/v1/involvement-batches", {"involvements": [row]}).json["results"]
    assert (result["reference"], result["status"]) == (row["reference"], 201)


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("written", WRITTEN)
def test_no_claim_of_the_token_may_hold_the_number_of_the_request(stage: Stage, claim: str, written: str) -> None:
    child = stage.new_child()
    claims = {claim: written.format(child)}
    review_on = stage.today.replace(year=stage.today.year + 1).isoformat()
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    shield = {"nhs_number": child, "reason": "threats", "review_on": review_on}
    for reply in (
        stage.call("POST", "/v1/lookups", question, token=stage.token(**claims)),
        stage.call("POST", "/v1/shields", shield, token=stage.token(**claims)),
        put(stage, stage.body(child), **claims),
    ):
        assert errors(reply) == [f"token.{claim}"]
        assert child not in reply.body
    assert stage.look_up(child).json["known"] is False
    assert stage.look_up(stage.new_child(), stage.token(**claims)).status == 200


@pytest.mark.parametrize("text", BARE)
@pytest.mark.parametrize("claim", CLAIMS)
def test_other_bare_digits_pass_in_every_claim(stage: Stage, claim: str, text: str) -> None:
    assert stage.look_up(stage.new_child(), stage.token(**{claim: text})).status == 200


@pytest.mark.parametrize(
    "written", ["{}", "case {}", "LAC/{0[0]}{0[1]}/{0[2]}{0[3]}{0[4]}{0[5]}{0[6]}{0[7]}{0[8]}{0[9]}"]
)
def test_a_case_reference_may_not_hold_the_number_that_is_asked_for(stage: Stage, written: str) -> None:
    child = stage.new_child()
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": written.format(child)}
    assert errors(stage.call("POST", "/v1/lookups", question)) == ["case_reference"]
    other = {**question, "nhs_number": stage.new_child()}
    assert stage.call("POST", "/v1/lookups", other).json["case_reference"] == written.format(child)


@pytest.mark.parametrize("reason", ["see {}", "about 943 476 5919"])
def test_the_reason_of_a_shield_may_not_hold_a_number(stage: Stage, reason: str) -> None:
    child = stage.new_child()
    review_on = stage.today.replace(year=stage.today.year + 1).isoformat()
    shield = {"nhs_number": child, "reason": reason.format(child), "review_on": review_on}
    assert errors(stage.call("POST", "/v1/shields", shield)) == ["reason"]
    assert stage.call("POST", "/v1/shields", {**shield, "reason": "case 20260529191751"}).status == 200

"""Batches: one call with many rows, each of which works like a PUT."""

import json
from typing import Any

import pytest

from chalicelib.adapters.telemetry import NAMESPACE
from tests.support.log_lines import Lines, metrics, only_line
from tests.support.stage import EALING, HARINGEY, Reply, Stage

from .test_bad_input import BAD_NUMBERS, HOLDING_A_NUMBER, NO_REFERENCES, NO_TEXTS, PUT, TEXTS, UNREADABLE, spoilt

PATH = "/v1/involvement-batches"
CANARY = "canary7f3a"


def send(stage: Stage, *rows: Any, token: str | None = None) -> Reply:
    return stage.call("POST", PATH, {"involvements": rows}, token=token)


def row(stage: Stage, **changes: Any) -> dict[str, Any]:
    return {"reference": stage.new_reference(), **stage.body(stage.new_child()), **changes}


def results(reply: Reply) -> list[Any]:
    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"] == "application/json"
    found: list[Any] = reply.json["results"]
    return found


def refused(stage: Stage, sent: Any) -> Any:
    """Sends the row between two good ones, checks that those are stored, and returns the row's result."""
    before, after = row(stage), row(stage)
    reply = send(stage, before, sent, after)
    first, middle, last = results(reply)
    assert (first["status"], last["status"]) == (201, 201)
    assert set(middle) == {"reference", "status", "problem"}
    problem = middle["problem"]
    assert middle["status"] == problem["status"]
    assert problem["correlation_id"] == reply.headers["X-Correlation-ID"]
    assert CANARY not in reply.body
    return middle


def test_a_row_has_the_same_effect_as_a_put(stage: Stage) -> None:
    new, known = row(stage), row(stage)
    reference = known["reference"]
    body = {name: value for name, value in known.items() if name != "reference"}
    put = stage.call("PUT", f"/v1/involvements/{reference}", body)
    first, second = results(send(stage, new, {**known, "lead_professional": True}))
    assert (first["reference"], first["status"]) == (new["reference"], 201)
    assert (second["reference"], second["status"]) == (reference, 200)
    assert second["receipt"]["version"] != put.json["version"]
    for result in (first, second):
        own = stage.call("GET", f"/v1/involvements/{result['reference']}").json
        receipt = {name: own[name] for name in ("reference", "version", "confirmed_on", "expires_at")}
        assert result["receipt"] == {**receipt, "trace_number": False}
    assert stage.look_up(new["nhs_number"]).json["known"] is True


def test_a_hundred_unchanged_rows_write_nothing_the_next_night(stage: Stage, lines: Lines) -> None:
    rows = [row(stage) for _ in range(100)]
    first = results(send(stage, *rows))
    assert [result["status"] for result in first] == [201] * 100
    assert [result["reference"] for result in first] == [sent["reference"] for sent in rows]
    lines()
    again = send(stage, *rows)
    assert [result["receipt"] for result in results(again)] == [result["receipt"] for result in first]
    line = only_line(lines, again)
    assert {"BatchRows": 100, "RegistrationsUnchanged": 100}.items() <= metrics(line).items()
    assert line["aws_calls"] >= 200


def test_a_batch_writes_one_line_with_no_more_values_than_cloudwatch_takes(stage: Stage, lines: Lines) -> None:
    rows = [row(stage) for _ in range(100)]
    send(stage, *rows)
    lines()
    line = only_line(lines, send(stage, *rows))
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert line["aws_calls"] >= 200
    assert 50 <= max(len(line[metric["Name"]]) for metric in directive["Metrics"]) <= 100


def test_the_rows_belong_to_the_caller(stage: Stage) -> None:
    sent = row(stage)
    results(send(stage, sent, token=stage.token(EALING)))
    assert stage.call("GET", f"/v1/involvements/{sent['reference']}", token=stage.token(HARINGEY)).status == 404
    assert stage.call("GET", f"/v1/involvements/{sent['reference']}", token=stage.token(EALING)).status == 200


@pytest.mark.parametrize("field", TEXTS[PUT])
@pytest.mark.parametrize("kind", ["number", "list", "object of text"])
def test_a_row_is_refused_with_the_same_field_error_as_its_put(stage: Stage, field: str, kind: str) -> None:
    body = spoilt(stage, PUT, field, NO_TEXTS[kind])
    reference = stage.new_reference()
    result = refused(stage, {"reference": reference, **body})
    assert (result["reference"], result["status"]) == (reference, 400)
    assert result["problem"]["errors"] == PUT.send(stage, body).json["errors"]


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_a_row_with_no_nhs_number_is_refused(stage: Stage, number: str) -> None:
    [error] = refused(stage, row(stage, nhs_number=number))["problem"]["errors"]
    assert error["field"] == "nhs_number"


@pytest.mark.parametrize("reference", [*NO_REFERENCES, *HOLDING_A_NUMBER, 5, None, [], {CANARY: CANARY}])
def test_an_invalid_reference_is_not_echoed(stage: Stage, reference: Any) -> None:
    result = refused(stage, row(stage, reference=reference))
    assert (result["reference"], result["status"]) == (None, 400)
    assert [error["field"] for error in result["problem"]["errors"]] == ["reference"]


@pytest.mark.parametrize("sent", [5, None, True, CANARY, [], [CANARY], {}, {CANARY: CANARY}, {"reference": "only"}])
def test_a_row_that_is_not_an_involvement_is_refused(stage: Stage, sent: Any) -> None:
    assert refused(stage, sent)["problem"]["code"] == "invalid_request"


def test_a_field_sent_twice_spoils_only_its_own_row(stage: Stage) -> None:
    good, odd = json.dumps(row(stage)), json.dumps(row(stage))
    reply = stage.call("POST", PATH, f'{{"involvements": [{good}, {odd[:-1]}, "nhs_number": "9990000018"}}]}}')
    assert [result["status"] for result in results(reply)] == [201, 400]
    assert results(reply)[1]["problem"]["errors"] == [{"field": "", "problem": "has a field twice"}]


def test_a_number_too_long_to_parse_spoils_only_its_own_row(stage: Stage) -> None:
    good, odd = json.dumps(row(stage)), json.dumps(row(stage))
    reply = stage.call("POST", PATH, f'{{"involvements": [{good}, {odd[:-1]}, "age": {"9" * 5_000}}}]}}')
    assert [result["status"] for result in results(reply)] == [201, 400]


def test_a_reference_in_two_rows_is_refused_in_both(stage: Stage) -> None:
    one, two, other = row(stage), row(stage), row(stage)
    two["reference"] = one["reference"]
    first, between, last = results(send(stage, one, other, two))
    assert between["status"] == 201
    for result in (first, last):
        assert (result["reference"], result["status"]) == (one["reference"], 400)
        [error] = result["problem"]["errors"]
        assert error == {"field": "reference", "problem": "is in this batch more than once"}
    assert stage.call("GET", f"/v1/involvements/{one['reference']}").status == 404


def test_the_rules_on_retention_and_sensitive_services_apply_row_by_row(stage: Stage) -> None:
    ended = row(stage, started_on="2001-01-01", ended_on="2001-02-01")
    assert refused(stage, ended)["problem"]["code"] == "already_expired"
    sensitive = row(stage, service_type="mental_health", basis="statutory")
    assert refused(stage, sensitive)["problem"]["errors"][0]["field"] == "basis"


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_row_that_is_not_json_spoils_the_whole_body(stage: Stage, name: str) -> None:
    bad = UNREADABLE[name]
    raw = bad.encode("utf-8", "surrogatepass") if isinstance(bad, str) else bad
    good = json.dumps(row(stage)).encode()
    reply = stage.call("POST", PATH, b'{"involvements": [' + good + b", " + raw + b"]}")
    if reply.status != 200:
        assert (reply.status, reply.code) == (400, "unreadable_body")
    assert CANARY not in reply.body


@pytest.mark.parametrize("scope", ["lookup", "", "notices accesses shield"])
def test_a_batch_needs_the_scope_to_register(stage: Stage, scope: str) -> None:
    reply = send(stage, row(stage), token=stage.token(scope=scope))
    assert (reply.status, reply.code) == (403, "scope_not_granted")


def test_a_feed_may_send_batches(stage: Stage) -> None:
    assert results(send(stage, row(stage), token=stage.token(sub="system:nightly")))[0]["status"] == 201


def test_the_largest_batch_of_the_longest_rows_fits(stage: Stage) -> None:
    """So a client can fill batches by number of rows, without measuring bytes, unless names are very long."""
    long = {"id": "p" * 64, "name": "N" * 100, "role": "R" * 100, "phone": "020 7946 0001 ext. 12345678"}
    rows = [row(stage, practitioner=long, organisation="O" * 200) for _ in range(100)]
    rows = [{**one, "reference": one["reference"].ljust(64, "x")} for one in rows]
    assert [result["status"] for result in results(send(stage, *rows))] == [201] * 100


def test_refused_rows_are_counted(stage: Stage, lines: Lines) -> None:
    line = only_line(lines, send(stage, row(stage), row(stage, nhs_number="1")))
    assert {"BatchRows": 2, "BatchRowsRefused": 1, "Registrations": 1}.items() <= metrics(line).items()

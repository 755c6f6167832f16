"""The OpenAPI description matches the API: it is generated, complete, and its examples get the documented answers."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib.adapters import ids
from chalicelib.adapters.http.openapi import FILE
from chalicelib.adapters.http.problems import PROBLEMS
from chalicelib.domain.authority import Purpose, Scope
from chalicelib.domain.notices import Notice, NoticeKind, Originator
from infra.local.authorities import authorities
from infra.local.synthetic import SAMPLES, synthetic_set
from infra.openapi import examples, generate
from infra.openapi.descriptions import FIELDS, SCHEMAS
from infra.openapi.examples import ANOTHER_CHILD, CHILD, Json
from infra.openapi.operations import OPERATIONS, Operation
from tests.support.documented import check_documented, description
from tests.support.history import Sealing
from tests.support.rows import Rows
from tests.support.stage import EALING, HARINGEY, HOSPITAL, Reply, Stage, call


def test_the_committed_description_is_what_make_openapi_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == generate.text()


def test_every_route_is_described_and_nothing_else_is() -> None:
    assert set(OPERATIONS) == {(method, path) for path, methods in app.routes.items() for method in methods}


def test_the_description_is_valid_openapi_3_1() -> None:
    assert [*OpenAPIV31SpecValidator(description()).iter_errors()] == []
    broken = {**description(), "paths": {"/v1/health": {"get": {"responses": {"200": {}}}}}}
    assert [*OpenAPIV31SpecValidator(broken).iter_errors()] != []


def test_every_example_conforms_to_its_schema() -> None:
    shown = [*_shown(description()["paths"])]
    assert len(shown) > 15
    for content in shown:
        schema = {**content["schema"], "components": description()["components"]}
        assert [*OAS31Validator(schema).iter_errors(content["example"])] == []


def _shown(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        if "example" in part and "in" not in part:
            yield part
        else:
            for value in part.values():
                yield from _shown(value)


def test_the_example_of_a_shield_hides_no_child_of_the_guide() -> None:
    loaded = synthetic_set([*authorities()], date(2026, 11, 22))
    known = Counter(record.registration.nhs_number.digits for record in loaded)
    assert known[ANOTHER_CHILD] > 1
    assert ANOTHER_CHILD not in SAMPLES
    example = OPERATIONS["POST", "/v1/shields"].example
    assert example is not None
    assert example["nhs_number"] == ANOTHER_CHILD


def test_the_example_of_an_answer_does_not_contradict_itself() -> None:
    answer, entries = examples.ANSWER, examples.ANSWER["involvements"]
    assert answer["case_reference"] == examples.QUESTION["case_reference"]
    assert answer["known"] == any(not entry["own"] for entry in entries)
    assert answer["withheld"]["brokered"] == [entry["form"] for entry in entries].count("brokered")
    assert (answer["broker_desk"] is not None) == (answer["withheld"]["brokered"] > 0)
    whole = all(sector["authorities"] == sector["reporting"] for sector in answer["coverage"])
    assert ("Not every authority reports" in answer["statement"]) == (not whole)
    assert answer["checkpoint"]["closed_at"] < answer["asked_at"]


def test_the_examples_tell_one_story() -> None:
    asked_at = examples.ANSWER["asked_at"]
    assert _made_at(examples.LOOKUP_ID) == asked_at
    assert _made_at(examples.VERSION)[:10] == examples.RECEIPT["confirmed_on"]
    [access], [notice] = examples.ACCESSES["accesses"], examples.NOTICES["notices"]
    proven = json.loads(examples.LOOKUP_PROOF["record"])
    assert access["asked_at"] == notice["at"] == proven["at"] == asked_at
    assert access["authority"] == notice["authority"]
    assert (access["authority"]["code"], access["role"]) == (proven["authority"], proven["role"])
    assert {access["lookup_id"], notice["lookup_id"], proven["id"]} == {examples.LOOKUP_ID}
    minute, later = examples.LOOKUP_PROOF["minute"], examples.LOOKUP_PROOF["checkpoint"]
    assert examples.CHECKPOINT["number"] < minute["number"] <= later["number"]
    assert examples.CHECKPOINT["closed_at"] < asked_at < minute["closed_at"] <= later["closed_at"]
    assert examples.ANSWER["involvements"][0]["practitioner"]["id"] != proven["practitioner"]


def _made_at(ulid: str) -> str:
    return f"{ids.made_at(ulid):%FT%TZ}"


# Words that a later version may add


def test_what_is_sent_is_closed_and_what_is_answered_is_open() -> None:
    document = description()
    sent = {json.dumps(body["schema"]) for body in _bodies(document["paths"])}
    closed = _reached([json.loads(schema) for schema in sent])
    assert {"Registration", "Purpose", "ServiceType", "PractitionerPatch"} <= closed
    schemas = document["components"]["schemas"]
    assert all(schemas[name].get("additionalProperties") is False for name in closed if "enum" not in schemas[name])
    opened = {name: schema for name, schema in schemas.items() if name not in closed}
    assert {"Answer", "InvolvementEntry", "Notice", "Problem"} <= opened.keys()
    for name, schema in opened.items():
        shown = json.dumps(schema)
        assert not any(word in shown for word in ('"enum"', '"const"', '"additionalProperties": false')), name
        assert not _reached(schema) & closed, name


def test_an_answer_with_words_of_a_later_version_still_fits_the_description() -> None:
    entry = {**examples.ANSWER["involvements"][0], "status": "asleep", "service_type": "wardship", "mood": "calm"}
    form = {"form": "summarised", "own": False, "service_type": None}
    answer = {**examples.ANSWER, "involvements": [entry, form], "urgent": True}
    problem = {**examples.BATCH_RESULTS["results"][1]["problem"], "code": "too_early", "status": 425}
    notice = {**examples.NOTICES["notices"][0], "kind": "moved", "purpose": "audit"}
    for name, body in (("Answer", answer), ("Problem", problem), ("Notice", notice)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": description()["components"]}
        assert [*OAS31Validator(schema).iter_errors(body)] == []


def test_no_answer_needs_a_discriminator() -> None:
    assert '"discriminator"' not in FILE.read_text(encoding="utf-8")


def test_every_text_that_is_sent_has_a_largest_length() -> None:
    schemas = description()["components"]["schemas"]
    sent = _reached([body["schema"] for body in _bodies(description()["paths"])])
    for name in sent:
        for field, held in schemas[name].get("properties", {}).items():
            for option in held.get("anyOf", [held]):
                is_text = option.get("type") == "string" and "format" not in option
                assert not is_text or {"maxLength", "pattern"} <= option.keys(), f"{name}.{field}"
    parameters = [
        one for path in description()["paths"].values() for call in path.values() for one in call["parameters"]
    ]
    texts = [
        one["schema"] for one in parameters if one.get("in") in {"path", "query"} and "minimum" not in one["schema"]
    ]
    assert len(texts) > 5
    assert all("pattern" in schema for schema in texts)


def test_an_empty_patch_does_not_fit_the_description() -> None:
    schema = {"$ref": "#/components/schemas/Amendment", "components": description()["components"]}
    empty: tuple[Json, ...] = ({}, {"team": {}}, {"practitioner": {}})
    for patch in empty:
        assert [*OAS31Validator(schema).iter_errors(patch)] != []
    assert [*OAS31Validator(schema).iter_errors({"ended_on": None})] == []


def _bodies(paths: Any) -> Iterator[Any]:
    for path in paths.values():
        for operation in path.values():
            yield from operation.get("requestBody", {}).get("content", {}).values()


def _reached(part: Any) -> set[str]:
    """The schemas that a part refers to, directly or through others."""
    names = {name.rpartition("/")[2] for name in _references(part)}
    return names.union(*(_reached(description()["components"]["schemas"][name]) for name in names))


def test_every_operation_has_a_unique_name() -> None:
    assert len({operation.name for operation in OPERATIONS.values()}) == len(OPERATIONS)


def test_every_problem_is_documented_for_the_calls_that_can_cause_it() -> None:
    documented = {code for operation in OPERATIONS.values() for code in operation.codes}
    of_no_operation = {"no_such_route", "method_not_allowed"}
    of_a_row = {"not_attempted"}
    assert documented == PROBLEMS.keys() - of_no_operation - of_a_row


def test_every_schema_reference_resolves() -> None:
    for name in _references(description()):
        part = description()
        for step in name.removeprefix("#/").split("/"):
            part = part[step]
        assert part


def test_every_field_that_a_schema_requires_is_among_its_properties() -> None:
    for name, schema in description()["components"]["schemas"].items():
        assert set(schema.get("required", ())) <= schema.get("properties", {}).keys(), name


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_the_description_holds_no_file_path_and_no_python_class_name() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert not any(word in text for word in ("chalicelib", "/home", "/usr", "msgspec", "localhost"))
    assert re.findall(r"\b_[A-Z]\w+|\b[A-Z]\w+Body\b", text) == []


def _fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in description()["components"]["schemas"].items():
        for field, held in schema.get("properties", {}).items():
            yield name, field, held


def test_every_field_has_a_description_in_sentences() -> None:
    for schema, field, held in _fields():
        assert re.fullmatch(r"[A-Z`].{10,400}\.", held.get("description", "")), f"{schema}.{field}"


def test_no_description_is_left_over_from_a_removed_field() -> None:
    known = {name for schema, field, _ in _fields() for name in (field, f"{schema}.{field}")}
    assert FIELDS.keys() - known == set()
    shown = FILE.read_text(encoding="utf-8")
    assert [name for name, words in SCHEMAS.items() if json.dumps(words, ensure_ascii=False) not in shown] == []


def test_optional_fields_have_no_default_in_the_description() -> None:
    """Client generators treat a field with a default as one that is always present."""
    assert [f"{schema}.{field}" for schema, field, held in _fields() if "default" in held] == []


def test_every_time_is_described_as_one() -> None:
    times = [(schema, field, held) for schema, field, held in _fields() if field == "at" or field.endswith("_at")]
    assert len(times) > 5
    for schema, field, held in times:
        [time] = [option for option in held.get("anyOf", [held]) if option.get("type") == "string"]
        assert time.get("format") == "date-time", f"{schema}.{field}"


def test_the_description_is_served_compactly_to_anybody(stage: Stage) -> None:
    reply = call("GET", "/v1/openapi.json")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.json == description()
    assert "\n" not in reply.body
    assert len(reply.body) < 125_000


def test_the_tests_notice_an_undocumented_answer() -> None:
    shield: dict[str, object] = {"shielded": True, "review_on": "2027-01-31"}

    def answer(status: int, code: str | None = None) -> dict[str, Any]:
        content_type = "application/json" if code is None else "application/problem+json"
        body = shield if code is None else description()["components"]["examples"][code]["value"]
        return {"statusCode": status, "headers": {"Content-Type": content_type}, "body": json.dumps(body)}

    check_documented("POST", "/v1/shields", answer(200))
    check_documented("POST", "/v1/shields", answer(403, "scope_not_granted"))
    for wrong in (answer(302), answer(409, "erased"), answer(403, "purpose_not_granted")):
        with pytest.raises(AssertionError, match="not documented"):
            check_documented("POST", "/v1/shields", wrong)
    for wrong in ({"review_on": None}, {"reason": "not for you"}):
        with pytest.raises(AssertionError, match="the body is not documented"):
            check_documented("POST", "/v1/shields", answer(200) | {"body": json.dumps(shield | wrong)})


# The examples, sent


def _dated(example: Any, stage: Stage) -> Any:
    """Replaces the fixed dates of the examples, which would become too old."""
    days = {"review_on": stage.today + timedelta(days=300), "confirmed_on": stage.today}
    if not isinstance(example, dict):
        return example
    return {name: days[name].isoformat() if name in days else value for name, value in example.items()}


def _send(stage: Stage, method: str, path: str, lookup_id: str = "") -> Reply:
    operation = OPERATIONS[method, path]
    token = None if operation.scope is None else stage.token(_caller(operation), scope=operation.scope.value)
    sent = path.replace("{reference}", "ref-1").replace("{lookup_id}", lookup_id)
    query = {"after": [_noticed(stage)]} if operation.name == "read_notices" else None
    return call(method, sent, _dated(operation.example, stage), token=token, query=query)


def _noticed(stage: Stage) -> str:
    """The cursor just before the notice of the hospital's lookup."""
    notices = stage.services.parts.notices
    last = notices.page(HARINGEY, 0, 1).given
    looked_up = Notice(
        recipient=HARINGEY,
        kind=NoticeKind.LOOKED_UP,
        source="01LOOKUP",
        at=stage.clock(),
        child=Rows(stage).key_of(CHILD),
        reference="ref-1",
        by=Originator(authority_code=HOSPITAL, practitioner_id="nurse"),
        purpose=Purpose.SAFEGUARDING,
    )
    assert notices.post(looked_up)
    return str(last)


def _caller(operation: Operation) -> str:
    """Haringey registers; the hospital asks."""
    return HOSPITAL if operation.scope is Scope.LOOKUP else HARINGEY


def _round(stage: Stage) -> dict[tuple[str, str, int], Reply]:
    """Sends every example, in an order and by authorities that produce every documented answer."""
    involvement, batches = "/v1/involvements/{reference}", "/v1/involvement-batches"
    sensitive = {"service_type": "mental_health", "basis": "consent"}
    stage.call("DELETE", "/v1/involvements/ref-1", token=stage.token(HARINGEY))
    stage.register(CHILD, "ref-sensitive", stage.token(EALING), **sensitive)
    calls = [
        ("POST", batches),
        ("DELETE", involvement),
        ("PUT", involvement),
        ("PUT", involvement),
        ("PATCH", involvement),
        ("GET", involvement),
        ("GET", "/v1/involvements"),
        ("POST", "/v1/lookups"),
        ("POST", "/v1/lookups/{lookup_id}/outcomes"),
        ("POST", "/v1/lookups/{lookup_id}/outcomes"),
        ("GET", f"{involvement}/accesses"),
        ("GET", "/v1/notices"),
        ("GET", "/v1/quality"),
        ("GET", "/v1/findings"),
        ("POST", "/v1/shields"),
        ("POST", "/v1/shields"),
        ("GET", "/v1/history"),
        ("GET", "/v1/history/lookups/{lookup_id}"),
        ("GET", "/v1/health"),
        ("HEAD", "/v1/health"),
        ("GET", "/v1/openapi.json"),
    ]
    sealing = Sealing(stage, Rows(stage))
    replies: dict[tuple[str, str, int], Reply] = {}
    for method, path in calls:
        looked_up = replies.get(("POST", "/v1/lookups", 200))
        reply = _send(stage, method, path, looked_up.json["lookup_id"] if looked_up else "")
        replies[method, path, reply.status] = reply
        if path == "/v1/lookups":
            sealing.seal()
    return replies


def test_every_example_gets_the_documented_answer(stage: Stage) -> None:
    replies = _round(stage)
    documented = {(*route, status) for route, operation in OPERATIONS.items() for status in operation.answers}
    assert replies.keys() == documented
    for (method, path, status), reply in replies.items():
        _check_answer(OPERATIONS[method, path], status, reply)


def _check_answer(operation: Operation, status: int, reply: Reply) -> None:
    answer = operation.answers[status]
    if answer is None:
        assert reply.body == ""
        return
    kind, example = answer
    if kind is dict:
        return
    # Both conform to the schema, because it is made from this type. Neither has a field that the other lacks.
    for body in (reply.body, json.dumps(example)):
        msgspec.json.decode(body, type=kind)
    _same_shape(reply.json, example, operation.name)


def _same_shape(answered: Any, example: Any, where: str) -> None:
    if isinstance(example, dict) and isinstance(answered, dict):
        assert answered.keys() == example.keys(), where
        for name, value in example.items():
            _same_shape(answered[name], value, f"{where}.{name}")
    elif isinstance(example, list) and isinstance(answered, list):
        for one, other in zip(answered, example, strict=False):
            _same_shape(one, other, f"{where}[]")
    elif isinstance(example, str) and isinstance(answered, str) and where.endswith((".status", ".form", ".code")):
        assert answered == example, where
    else:
        assert answered is None or example is None or type(answered) is type(example), where


@pytest.mark.parametrize("route", OPERATIONS, ids=" ".join)
def test_every_example_of_a_body_has_the_fields_of_its_type(route: tuple[str, str]) -> None:
    operation = OPERATIONS[route]
    assert (operation.body is None) == (operation.example is None)
    if operation.body is not None:
        msgspec.convert(operation.example, operation.body)

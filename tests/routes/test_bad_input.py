"""Bad input never causes a 5xx and is never echoed. It always gets a problem document of the same form."""

import base64
import gzip
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from app import app
from chalicelib.domain.authority import Purpose
from chalicelib.domain.involvement import Basis, ServiceType
from chalicelib.domain.values import replace
from chalicelib.wiring import api
from tests.support.cases import each
from tests.support.console import operate
from tests.support.rows import Rows, as_text
from tests.support.stage import HARINGEY, Reply, Stage, call

CANARY = "canary7f3a"
LOOKUPS, INVOLVEMENT, REGISTER, SHIELDS, BATCHES, NOTICES = (
    "/v1/lookups",
    "/v1/involvements/{reference}",
    "/v1/involvements",
    "/v1/shields",
    "/v1/involvement-batches",
    "/v1/notices",
)
OUTCOMES, NO_LOOKUP = "/v1/lookups/{lookup_id}/outcomes", "01ARZ3NDEKTSV4RRFFQ69G5FAV"
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "correlation_id"}
GOOD, BAD_CHECK_DIGIT, ISSUED = "9990000042", "9990000043", "4010232137"


@dataclass(frozen=True)
class Route:
    """A route that takes a body, and the largest body in bytes that it reads."""

    method: str
    path: str
    largest: int = 8192

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def body(self, stage: Stage) -> dict[str, Any]:
        """A valid body."""
        child = stage.new_child()
        if self.path == LOOKUPS:
            return {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
        if self.path == SHIELDS:
            review_on = (stage.today + timedelta(days=9)).isoformat()
            return {"nhs_number": child, "reason": "At risk", "review_on": review_on}
        if self.path == OUTCOMES:
            return {"entry": 1, "outcome": "no_answer"}
        if self.path == BATCHES:
            return {"involvements": [{"reference": stage.new_reference(), **stage.body(child)}]}
        return stage.body(child) if self.method == "PUT" else {"lead_professional": True}

    def send(self, stage: Stage, body: Any, *, path: str | None = None, **headers: str | list[str]) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = path or self.path.replace("{reference}", stage.new_reference()).replace("{lookup_id}", NO_LOOKUP)
        return stage.call(self.method, path, body, headers=named)


ROUTES = (
    Route("POST", LOOKUPS),
    Route("PUT", INVOLVEMENT),
    Route("PATCH", INVOLVEMENT),
    Route("POST", SHIELDS),
    Route("POST", BATCHES, largest=256 * 1024),
    Route("POST", OUTCOMES),
)
LOOKUP, PUT, PATCH, SHIELD, BATCH, OUTCOME = ROUTES
every_route = each("route", ROUTES)


def assert_problem(reply: Reply, status: int, *codes: str) -> Any:
    assert reply.status == status, reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    problem = reply.json
    assert set(problem) - {"errors"} == PROBLEM_FIELDS
    assert problem["status"] == status
    assert problem["code"] in codes
    assert problem["type"] == f"urn:known-to:problem:{problem['code']}"
    assert problem["correlation_id"] == reply.headers["X-Correlation-ID"]
    assert str(uuid.UUID(problem["correlation_id"])) == problem["correlation_id"]
    assert problem["title"]
    assert problem["detail"]
    assert CANARY not in reply.body + str(reply.headers)
    return problem


def field_error(reply: Reply, field: str) -> str:
    problem = assert_problem(reply, 400, "invalid_request")
    assert all(set(error) == {"field", "problem"} for error in problem["errors"])
    assert {error["field"] for error in problem["errors"]} == {field}
    return ", ".join(error["problem"] for error in problem["errors"])


def on_record(stage: Stage, child: str | None = None) -> str:
    """The address of an existing record."""
    reference = stage.new_reference()
    assert stage.register(child or stage.new_child(), reference).status == 201
    return f"/v1/involvements/{reference}"


def address(stage: Stage, route: Route) -> str:
    """A PUT gets a new reference, because a reference never changes child."""
    if route is OUTCOME:
        child = stage.new_child()
        stage.register(child)
        return OUTCOMES.replace("{lookup_id}", stage.look_up(child).json["lookup_id"])
    if route.method == "PUT":
        return route.path.replace("{reference}", stage.new_reference())
    return on_record(stage) if "{reference}" in route.path else route.path


def test_the_valid_bodies_that_these_tests_alter_are_accepted(stage: Stage) -> None:
    for route in ROUTES:
        assert route.send(stage, route.body(stage), path=address(stage, route)).status in {200, 201}


# Bodies that are not a JSON object in UTF-8

DEEP = 100_000
UNREADABLE: Mapping[str, bytes | str] = {
    "empty": b"",
    "blank": b"  \r\n",
    "truncated": b'{"nhs_number": "999',
    "trailing comma": b'{"a": 1,}',
    "two objects": b"{}{}",
    "text behind": b"{} " + CANARY.encode(),
    "form": f"nhs_number={CANARY}".encode(),
    "single quotes": b"{'nhs_number': '1'}",
    "comment": b"{} // " + CANARY.encode(),
    "NaN": b'{"nhs_number": NaN}',
    "Infinity": b'{"nhs_number": Infinity}',
    "minus Infinity": b'{"nhs_number": -Infinity}',
    "hex": b'{"nhs_number": 0x10}',
    "leading zero": b'{"nhs_number": 0123}',
    "plus": b'{"nhs_number": +1}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"nhs_number": "1"}'.encode("utf-16"),
    "UTF-16 big-endian": '{"nhs_number": "1"}'.encode("utf-16-be"),
    "UTF-32": '{"nhs_number": "1"}'.encode("utf-32"),
    "Latin-1": '{"nhs_number": "é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"nhs_number": "\xc0\xaf"}',
    "UTF-8 surrogate": b'{"nhs_number": "\xed\xa0\x80"}',
    "invalid byte": b'{"nhs_number": "\xff"}',
    "raw NUL": b'{"nhs_number": "\x00"}',
    "raw newline": b'{"nhs_number": "a\nb"}',
    "NUL alone": b"\x00",
    "lone surrogate": '{"nhs_number": "\ud800"}',
    "escaped lone surrogate": b'{"nhs_number": "\\ud800"}',
    "escaped reversed pair": b'{"nhs_number": "\\udc00\\ud800"}',
    "deep array": b"[" * 4000,
    "deep object": b'{"a":' * 1500,
    "gzip": gzip.compress(b"{}"),
    "XML": b"<nhs_number>1</nhs_number>",
}  # fmt: skip


@every_route
@each("name", UNREADABLE)
def test_a_body_that_is_not_json_in_utf8_is_refused(stage: Stage, route: Route, name: str) -> None:
    assert_problem(route.send(stage, UNREADABLE[name]), 400, "unreadable_body", "invalid_request")


@every_route
@each("root", ["[]", '"text"', "1", "-1.5", "true", "false", "null", "1e999", "9" * 4000, "[[[[]]]]"])
def test_a_root_that_is_not_an_object_is_refused(stage: Stage, route: Route, root: str) -> None:
    assert_problem(route.send(stage, root), 400, "unreadable_body", "invalid_request")


@every_route
def test_a_missing_body_is_refused(stage: Stage, route: Route) -> None:
    reply = route.send(stage, None, Content_Type="application/json")
    assert_problem(reply, 400, "unreadable_body", "invalid_request")


@every_route
@each("filler", [b"[", b'{"a":', b'{"practitioner":', b" ", b"x" * 9_000_000])
def test_an_oversize_body_is_413_however_deeply_nested(stage: Stage, route: Route, filler: bytes) -> None:
    assert_problem(route.send(stage, filler * (route.largest // len(filler) + 1)), 413, "too_large")


@every_route
def test_the_size_limit_is_exact_to_the_byte(stage: Stage, route: Route) -> None:
    body = json.dumps(route.body(stage)).encode()
    path = address(stage, route)
    assert route.send(stage, body.ljust(route.largest), path=path).status in {200, 201}
    assert_problem(route.send(stage, body.ljust(route.largest + 1), path=path), 413, "too_large")


@each("body", [b"[" * DEEP, b'{"involvements":[' + b"[" * DEEP, b'{"a":' * (DEEP // 2)])
def test_a_deeply_nested_batch_within_the_size_limit_is_refused(stage: Stage, body: bytes) -> None:
    assert_problem(BATCH.send(stage, body), 400, "unreadable_body", "invalid_request")


@every_route
@each("body", ["%%%", "====", "A", "e30", "é", "\ud800", "!" * 100, CANARY])
def test_an_invalid_base64_body_is_refused(stage: Stage, route: Route, body: str) -> None:
    assert_problem(_as_base64(stage, route, body), 400, "unreadable_body", "invalid_request")


def test_a_base64_body_is_read(stage: Stage) -> None:
    body = base64.b64encode(json.dumps(LOOKUP.body(stage)).encode()).decode()
    assert _as_base64(stage, LOOKUP, body).status == 200


def _as_base64(stage: Stage, route: Route, body: str) -> Reply:
    """API Gateway sends binary bodies this way; the common helper does not."""
    event = {
        "headers": {"Authorization": f"Bearer {stage.token()}", "Content-Type": "application/json"},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"reference": "ref-bad-input", "lookup_id": NO_LOOKUP},
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": True,
        "requestContext": {"resourcePath": route.path, "httpMethod": route.method, "requestId": str(uuid.uuid4())},
    }
    reply = app(event, None)
    return Reply(reply["statusCode"], reply["headers"], reply["body"])


# Media types


@every_route
@each(
    "media_type",
    [
        *("text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded", "*/*", "application/*"),
        *(f"multipart/form-data; boundary={CANARY}", "application/jsonp", "application/json5"),
        *("application/json, text/plain", "application/json; charset=", f"application/json; {CANARY}=1"),
        *("application/json; charset=utf-16", "application/json; charset=latin-1", "application/json; charset=utf-7"),
        *("application/json; charset=utf-8; charset=utf-16",),
        *("application/problem+json", "application/ld+json", ";", " ", "json", CANARY, "application/json\tx"),
    ],
)  # fmt: skip
def test_an_unsupported_media_type_is_415(stage: Stage, route: Route, media_type: str) -> None:
    assert_problem(route.send(stage, route.body(stage), Content_Type=media_type), 415, "unsupported_media_type")


@every_route
def test_a_missing_media_type_is_415(stage: Stage, route: Route) -> None:
    assert_problem(route.send(stage, route.body(stage), Content_Type=""), 415, "unsupported_media_type")


@every_route
@each(
    "types",
    [["application/json", "application/json"], ["application/json", "text/plain"], ["text/plain", "application/json"]],
)
def test_more_than_one_media_type_is_415(stage: Stage, route: Route, types: list[str]) -> None:
    assert_problem(route.send(stage, route.body(stage), Content_Type=types), 415, "unsupported_media_type")


@each("route", [LOOKUP, PUT, SHIELD, BATCH])
def test_only_patch_accepts_a_merge_patch(stage: Stage, route: Route) -> None:
    reply = route.send(stage, route.body(stage), Content_Type="application/merge-patch+json")
    assert_problem(reply, 415, "unsupported_media_type")


@each(
    "media_type",
    [
        *("application/json", "Application/JSON", "application/json;charset=utf-8", "application/json; charset=UTF-8"),
        *('application/json; charset="utf-8"', " application/json "),
    ],
)
def test_json_in_utf8_is_accepted_however_its_media_type_is_written(stage: Stage, media_type: str) -> None:
    assert LOOKUP.send(stage, LOOKUP.body(stage), Content_Type=media_type).status == 200


@every_route
@each("encoding", ["gzip", "GZIP", "deflate", "br", "identity, gzip", "x", CANARY])
def test_a_compressed_body_is_415(stage: Stage, route: Route, encoding: str) -> None:
    body = gzip.compress(json.dumps(route.body(stage)).encode())
    assert_problem(route.send(stage, body, Content_Encoding=encoding), 415, "unsupported_media_type")


def test_the_encoding_identity_is_accepted(stage: Stage) -> None:
    assert LOOKUP.send(stage, LOOKUP.body(stage), Content_Encoding="identity").status == 200


# Fields


@every_route
@each("name", [CANARY, "nhs_numbers", "NHS_NUMBER", "__proto__", "", "\n", "nhs number", "é", "$", "a.b"])
def test_an_unknown_field_is_refused_and_the_known_ones_are_named(stage: Stage, route: Route, name: str) -> None:
    problem = field_error(route.send(stage, {**route.body(stage), name: CANARY}), "")
    assert problem.startswith("has a field that is not known here; known are: ")


@each("route", [PUT, PATCH])
@each("field", ["practitioner", "team"])
def test_an_unknown_nested_field_is_refused_with_its_path(stage: Stage, route: Route, field: str) -> None:
    body = {**route.body(stage), field: {**stage.body(GOOD)[field], CANARY: CANARY}}
    assert field_error(route.send(stage, body), field).startswith("has a field that is not known here")


REQUIRED = {
    LOOKUP: ("nhs_number", "purpose", "case_reference"),
    PUT: ("nhs_number", "service_type", "basis", "practitioner", "team", "started_on"),
    SHIELD: ("nhs_number", "reason", "review_on"),
    BATCH: ("involvements",),
    OUTCOME: ("entry", "outcome"),
}


@each(("route", "name"), [(route, name) for route, names in REQUIRED.items() for name in names])
def test_a_missing_field_is_named(stage: Stage, route: Route, name: str) -> None:
    body = route.body(stage)
    del body[name]
    assert field_error(route.send(stage, body), name) == "is missing"


@each(
    ("field", "name"),
    [*(("practitioner", name) for name in ("id", "name", "role")), ("team", "name"), ("team", "phone")],
)
def test_a_missing_nested_field_is_named_with_its_path(stage: Stage, field: str, name: str) -> None:
    body = stage.body(stage.new_child())
    body[field] = {key: value for key, value in body[field].items() if key != name}
    assert field_error(PUT.send(stage, body), f"{field}.{name}") == "is missing"


TEXTS = {
    LOOKUP: ("nhs_number", "purpose", "case_reference"),
    PUT: (
        *("nhs_number", "service_type", "basis", "started_on", "ended_on", "date_of_birth", "organisation"),
        *("practitioner.id", "practitioner.name", "practitioner.role", "practitioner.phone", "practitioner.email"),
        *("team.name", "team.phone"),
    ),
    PATCH: (
        *("service_type", "basis", "started_on", "ended_on", "date_of_birth", "confirmed_on", "organisation"),
        *("practitioner.id", "practitioner.name", "practitioner.role", "practitioner.phone", "practitioner.email"),
        *("team.name", "team.phone"),
    ),
    SHIELD: ("nhs_number", "reason", "review_on"),
}
FIELDS = [(route, field) for route, places in TEXTS.items() for field in places]
ROWS: Mapping[str, Any] = {
    **{"text": CANARY, "empty": [], "object": {CANARY: CANARY}, "null": None, "true": True, "number": 5},
    **{"101 rows": [{CANARY: CANARY}] * 101},
}
NO_TEXTS = {
    **{"true": True, "false": False, "0": 0, "number": 9_990_000_042, "float": 1.5, "list": [], "object": {}},
    **{"list of text": [CANARY], "object of text": {"$ref": CANARY}, "huge": 10**400},
}


def spoilt(stage: Stage, route: Route, field: str, value: Any) -> dict[str, Any]:
    """A valid body with one value replaced."""
    body = route.body(stage)
    outer, _, inner = field.partition(".")
    if inner:
        body[outer] = {**stage.body(GOOD)[outer], inner: value}
    else:
        body[outer] = value
    return body


@each(("route", "field"), FIELDS)
@each("kind", NO_TEXTS)
def test_a_text_field_of_another_type_is_refused_with_its_path(
    stage: Stage, route: Route, field: str, kind: str
) -> None:
    body = spoilt(stage, route, field, NO_TEXTS[kind])
    assert field_error(route.send(stage, body), field)


@each("kind", ROWS)
def test_a_batch_must_be_a_list_of_1_to_100_rows(stage: Stage, kind: str) -> None:
    words = field_error(BATCH.send(stage, {"involvements": ROWS[kind]}), "involvements")
    assert words == "must be a JSON array, not empty and not too long"


def test_a_batch_with_its_list_sent_twice_is_refused(stage: Stage) -> None:
    body = json.dumps(BATCH.body(stage))
    assert field_error(BATCH.send(stage, f"{body[:-1]}, {body[1:]}"), "") == "has a field twice"


@each("number", ["1e999", "-1e999", "1E400", "9" * 5000, "-0", "0.1e-400"])
@every_route
def test_even_the_largest_number_is_refused_without_an_error_of_ours(stage: Stage, route: Route, number: str) -> None:
    field = (*REQUIRED.get(route, ()), *TEXTS.get(route, ()))[0]
    body = json.dumps(spoilt(stage, route, field, "@@")).replace('"@@"', number)
    assert_problem(route.send(stage, body), 400, "invalid_request", "unreadable_body")


@each("route", [PUT, PATCH])
@each("name", ["lead_professional", "sensitive"])
@each("value", [0, 1, "true", "", [], {}, 1.0, CANARY])
def test_a_flag_must_be_true_or_false(stage: Stage, route: Route, name: str, value: Any) -> None:
    assert field_error(route.send(stage, {**route.body(stage), name: value}), name)


@each("route", [PUT, PATCH])
@each("field", ["practitioner", "team"])
@each("value", ["text", 1, True, [], [{}], CANARY])
def test_a_nested_body_must_be_an_object(stage: Stage, route: Route, field: str, value: Any) -> None:
    assert field_error(route.send(stage, {**route.body(stage), field: value}), field)


WORDS = {"purpose": Purpose, "service_type": ServiceType, "basis": Basis}


@each(
    ("route", "field"),
    [(LOOKUP, "purpose"), *((r, p) for r in (PUT, PATCH) for p in ("service_type", "basis"))],
)
@each("value", [CANARY, "", "Safeguarding", "SOCIAL_CARE", "social care", "statutory ", "consent\0"])
def test_a_word_outside_an_enumeration_is_refused(stage: Stage, route: Route, field: str, value: str) -> None:
    problem = field_error(route.send(stage, spoilt(stage, route, field, value)), field)
    assert problem == f"is not one of: {', '.join(WORDS[field])}"


def test_the_refusal_of_a_field_sent_twice_echoes_nothing(stage: Stage) -> None:
    body = json.dumps(LOOKUP.body(stage))
    reply = LOOKUP.send(stage, f'{body[:-1]}, "purpose": "{CANARY}"}}')
    assert_problem(reply, 400, "invalid_request", "unreadable_body")


# The identifier

BAD_NUMBERS = (
    *(BAD_CHECK_DIGIT, "0000000000", "1111111111", "9999999999", "999000004", "99900000420", "", " "),
    *("9990 00 0042", "999 0000042", "999.000.0042", " 999 000 0042", "999 000 0042 ", "999 000 0043"),
    *(" 9990000042", "9990000042 ", "9990000042\n", "\t9990000042", "999\n000\n0042", "999\u2009000\u20090042"),
    *("９９９００００042", "٩٩٩٠٠٠٠٠٤٢", "999000004²", "99900\u200b00042", "\ufeff9990000042", "999000004\u0662"),
    *("+9990000042", "-999000004", "9.99000004e9", "0x253767A0AA", "999000004O", "9990000042\0", CANARY, "'; --"),
    *("NHS9990000042", "%39990000042", "9" * 4000),
)  # fmt: skip


@each("route", [LOOKUP, PUT, SHIELD])
@each("number", BAD_NUMBERS)
def test_text_that_is_not_an_nhs_number_of_ten_plain_digits_is_refused(stage: Stage, route: Route, number: str) -> None:
    reply = route.send(stage, {**route.body(stage), "nhs_number": number})
    assert field_error(reply, "nhs_number").startswith("is not a valid NHS number")
    assert len(number) < 5 or number not in reply.body


@each("route", [LOOKUP, PUT, SHIELD])
@each("number", [ISSUED, "0123456881"])
def test_outside_production_an_issued_number_is_refused(stage: Stage, route: Route, number: str) -> None:
    reply = route.send(stage, {**route.body(stage), "nhs_number": number})
    assert field_error(reply, "nhs_number")
    assert number not in reply.body


@pytest.fixture
def production(stage: Stage) -> Stage:
    """The same service, set to be in production. The stage fixture installs the original one again."""
    settings = replace(stage.settings, stage="production")
    api.install(replace(stage.services, parts=replace(stage.services.parts, settings=settings)))
    return stage


@each("route", [LOOKUP, PUT, SHIELD])
def test_production_refuses_synthetic_numbers_and_accepts_issued_ones(production: Stage, route: Route) -> None:
    synthetic = route.body(production)
    reply = route.send(production, synthetic)
    assert "is not accepted on this stage" in field_error(reply, "nhs_number")
    assert synthetic["nhs_number"] not in reply.body
    assert route.send(production, {**synthetic, "nhs_number": ISSUED}).status in {200, 201}


def test_batches_and_console_functions_apply_the_same_rule_to_numbers(production: Stage) -> None:
    synthetic = production.new_child()
    bodies = [production.body(number) for number in (synthetic, ISSUED)]
    rows = [{"reference": production.new_reference(), **body} for body in bodies]
    reply = production.call("POST", "/v1/involvement-batches", {"involvements": rows})
    assert [result["status"] for result in reply.json["results"]] in ([400, 200], [400, 201])
    assert "not accepted on this stage" in operate("unshield_child", nhs_number=synthetic)["answer"]
    assert operate("unshield_child", nhs_number=ISSUED).get("code") != "invalid_request"
    disputed = {"authority": HARINGEY, "reference": rows[1]["reference"], "disputed": True}
    assert "not accepted on this stage" in operate("dispute_record", nhs_number=synthetic, **disputed)["answer"]
    assert operate("dispute_record", nhs_number=ISSUED, **disputed)["done"]


# References

HOLDING_A_NUMBER = (
    *("999-000-0042", "999.000.0042", "999_000_0042", "case.999-000-0042", "case_401-023-2137.a", "1-943.476-5919"),
)
BARE_DIGITS = (
    *(GOOD, ISSUED, f"case-{GOOD}", f"x{GOOD}y", "1" + GOOD, "20260529191751", "1780082271000", "0000000000"),
)
NO_REFERENCES = (
    *("a" * 65, "é", "a/b", "a\\b", "a%2Fb", "..", ".", "a\0", "a\n", "a:b", "a;b", "a?b", "a#b", "١"),
    *(f"{CANARY}!", f"../{CANARY}", "a b", "a+b"),
)
OF_A_CASE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:# ")


@each("reference", HOLDING_A_NUMBER)
def test_a_case_reference_holding_an_nhs_number_is_refused(stage: Stage, reference: str) -> None:
    reply = LOOKUP.send(stage, {**LOOKUP.body(stage), "case_reference": reference})
    assert "NHS number" in field_error(reply, "case_reference")
    assert reference not in reply.body


@each("method", ["PUT", "PATCH", "GET", "DELETE", "GET accesses"])
@each("reference", HOLDING_A_NUMBER)
def test_a_reference_holding_an_nhs_number_is_refused(stage: Stage, method: str, reference: str) -> None:
    reply = _by_reference(stage, method, reference)
    assert "NHS number" in field_error(reply, "reference")
    assert reference not in reply.body


@each("reference", [*(text for text in NO_REFERENCES if not OF_A_CASE.issuperset(text)), "", " ", " a", "a ", "a" * 65])
def test_a_case_reference_may_only_have_plain_characters(stage: Stage, reference: str) -> None:
    reply = LOOKUP.send(stage, {**LOOKUP.body(stage), "case_reference": reference})
    assert "1 to 64 of the characters" in field_error(reply, "case_reference")


@each("method", ["PUT", "PATCH", "GET", "DELETE", "GET accesses"])
@each("reference", NO_REFERENCES)
def test_a_reference_may_only_have_plain_characters(stage: Stage, method: str, reference: str) -> None:
    assert "1 to 64 of the characters" in field_error(_by_reference(stage, method, reference), "reference")


def _by_reference(stage: Stage, method: str, reference: str) -> Reply:
    """The path parameter as API Gateway decodes it: slashes and all."""
    body = {"PUT": stage.body(stage.new_child()), "PATCH": {"lead_professional": True}}.get(method)
    method, _, part = method.partition(" ")
    resource = f"{INVOLVEMENT}/{part}" if part else INVOLVEMENT
    event = {
        "headers": {"Authorization": f"Bearer {stage.token()}", "Content-Type": "application/json"},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"reference": reference},
        "stageVariables": None,
        "body": None if body is None else json.dumps(body),
        "requestContext": {"resourcePath": resource, "httpMethod": method, "requestId": str(uuid.uuid4())},
    }
    reply = app(event, None)
    return Reply(reply["statusCode"], reply["headers"], reply["body"])


@each("reference", ["a", "A-1_b.C", "a" * 64, BAD_CHECK_DIGIT, "...", "2026-11-22.1", *BARE_DIGITS])
def test_all_other_references_are_accepted(stage: Stage, reference: str) -> None:
    registered = PUT.send(stage, PUT.body(stage), path=f"/v1/involvements/{reference}")
    assert registered.status in {200, 201}


@each("reference", ["a", "A-1_b.C", "LAC/2026/004", "CP: 12 #3", "a/b", "a:b", "a#b", "..", "x" * 64, *BARE_DIGITS])
def test_all_other_case_references_are_accepted(stage: Stage, reference: str) -> None:
    assert LOOKUP.send(stage, {**LOOKUP.body(stage), "case_reference": reference}).json["case_reference"] == reference


# Dates

NO_DATES = (
    *("", " ", "2026-02-29", "2025-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31"),
    *("0000-01-01", "10000-01-01", "-2026-01-01", "+2026-01-01", "26-01-01", "2026-1-1", "20260101", "2026-W01-1"),
    *("2026-01-01T00:00:00Z", "2026-01-01 ", " 2026-01-01", "01/02/2026", "01.02.2026", "1767225600000", "1767225600"),
    *("today", "2026-01-01\0", "２０２６-01-01", CANARY),
)
DATES = [
    *((PUT, name) for name in ("started_on", "ended_on", "date_of_birth")),
    *((PATCH, name) for name in ("started_on", "ended_on", "date_of_birth", "confirmed_on")),
    (SHIELD, "review_on"),
]


@each(("route", "name"), DATES)
@each("value", NO_DATES)
def test_text_that_is_not_a_date_is_refused(stage: Stage, route: Route, name: str, value: str) -> None:
    assert (
        field_error(route.send(stage, {**route.body(stage), name: value}), name) == "is not a date written YYYY-MM-DD"
    )


@each(("route", "name"), DATES)
@each("value", [1_767_225_600_000, 1_767_225_600, 20260101, 1.5, True, [2026, 1, 1]])
def test_a_date_must_be_text(stage: Stage, route: Route, name: str, value: Any) -> None:
    assert field_error(route.send(stage, {**route.body(stage), name: value}), name)


@each(("route", "name"), [pair for pair in DATES if pair[0] is not SHIELD])
@each("value", ["9999-12-31", "2999-01-01"])
def test_a_date_after_tomorrow_is_refused(stage: Stage, route: Route, name: str, value: str) -> None:
    reply = route.send(stage, {**route.body(stage), name: value}, path=on_record(stage))
    assert "tomorrow" in field_error(reply, name)


@each("value", ["0001-01-01", "0001-12-31", "1582-10-10", "1900-03-01"])
@each("name", ["started_on", "ended_on", "date_of_birth"])
def test_very_old_dates_never_cause_a_5xx(stage: Stage, name: str, value: str) -> None:
    for route in (PUT, PATCH):
        reply = route.send(stage, {**route.body(stage), name: value}, path=on_record(stage))
        assert reply.status < 500, reply.body


@each("value", ["9999-12-31", "9999-12-01"])
def test_a_review_date_in_the_last_possible_year_never_causes_a_5xx(stage: Stage, value: str) -> None:
    assert SHIELD.send(stage, {**SHIELD.body(stage), "review_on": value}).status < 500


def test_work_may_start_tomorrow_or_on_29_february(stage: Stage) -> None:
    for started_on in (stage.today + timedelta(days=1), stage.today, date(2024, 2, 29)):
        reference = stage.new_reference()
        assert stage.register(stage.new_child(), reference, started_on=started_on.isoformat()).status == 201


def test_fields_that_contradict_each_other_are_refused(stage: Stage) -> None:
    day = stage.today - timedelta(days=40)
    before = {**stage.body(stage.new_child()), "ended_on": day.isoformat()}
    assert field_error(PUT.send(stage, before), "ended_on") == "may not be before started_on"
    long_before = (stage.today - timedelta(days=301)).isoformat()
    unborn = {**stage.body(stage.new_child()), "started_on": long_before, "date_of_birth": stage.today.isoformat()}
    problem = "may not be more than 300 days after started_on"
    assert field_error(PUT.send(stage, unborn), "date_of_birth") == problem


# Text

NAMES = [
    *(
        (PUT, field)
        for field in ("organisation", "practitioner.id", "practitioner.name", "practitioner.role", "team.name")
    ),
    *((PATCH, field) for field in ("organisation", "practitioner.name", "team.name")),
    (SHIELD, "reason"),
]
CONTROLS = (
    *("", " ", "a\nb", "a\r\nINFO forged line", "a\tb", "a\0b", "\x1b[31mred", "a\x7fb", "a\x85b", "a\u2028b"),
    *("a\u2029b", "a\u202eb", "a\u2066b\u2069", "a\n", "\u3000", f"{CANARY}\n"),
)


@each(("route", "field"), NAMES)
@each("text", CONTROLS)
def test_empty_text_and_control_characters_are_refused(stage: Stage, route: Route, field: str, text: str) -> None:
    assert field_error(route.send(stage, spoilt(stage, route, field, text)), field)


@each(("route", "field"), NAMES)
@each(
    "text",
    ["\u200b", "Ada\u2060", "\ufeffAda", "A\u00adda", "\u200e", "Ada\ufe0f", "\u3164", "A\u2800B", "A\U000e0061B"],
)
def test_text_with_a_character_that_cannot_be_seen_is_refused(
    stage: Stage, route: Route, field: str, text: str
) -> None:
    reply = route.send(stage, spoilt(stage, route, field, text), path=address(stage, route))
    assert field_error(reply, field).startswith("has characters that cannot be seen")


@each(("route", "field"), NAMES)
def test_text_that_is_too_long_is_refused(stage: Stage, route: Route, field: str) -> None:
    longest = 1000 if route is SHIELD else 200
    right = spoilt(stage, route, field, "x" * longest)
    assert route.send(stage, right, path=address(stage, route)).status in {200, 201}
    assert "too long" in field_error(route.send(stage, spoilt(stage, route, field, "x" * (longest + 1))), field)
    assert_problem(route.send(stage, spoilt(stage, route, field, "x" * 10_000)), 413, "too_large")


@each("phone", ["", "1", "020 7946 0001\n", "call me", "0" * 51, "=1+1", "020\u202e7946", "+", CANARY])
@each("field", ["practitioner.phone", "team.phone"])
def test_text_that_is_not_a_phone_number_is_refused(stage: Stage, field: str, phone: str) -> None:
    assert field_error(PUT.send(stage, spoilt(stage, PUT, field, phone)), field)


@each("phone", ["999", "+44 20 7946 0001", "(020) 7946-0001", "020 7946 0001 option 2 or 020 7946 0002 EXT4455"])
def test_phone_numbers_are_accepted_as_people_write_them(stage: Stage, phone: str) -> None:
    assert PUT.send(stage, spoilt(stage, PUT, "team.phone", phone)).status in {200, 201}


@each("email", ["", "a", "@", "a@", "@b", "a b@c", "a@b\n", "a@b@c", "a@b" + "c" * 300, "a@\u202eb", CANARY])
def test_text_that_is_not_an_email_address_is_refused(stage: Stage, email: str) -> None:
    assert field_error(PUT.send(stage, spoilt(stage, PUT, "practitioner.email", email)), "practitioner.email")


PLAIN = (
    *('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "<script>alert(1)</script>", "</textarea>", "O'Brien; DROP"),
    *("%s%n%x", "{0.__class__}", "${jndi:ldap://x}", "{{7*7}}", "Zoë Nuñez-Łukasz", "李小龍", "👩🏽 Nurse"),
    *('a\\b"c', "null", "\ufdfd"),
)


@each("text", PLAIN)
def test_formulae_and_markup_are_plain_text_and_come_back_unchanged_as_json(stage: Stage, text: str) -> None:
    child = stage.new_child()
    practitioner = {**stage.body(child)["practitioner"], "name": text}
    assert stage.register(child, practitioner=practitioner, organisation=text).status == 201
    reply = stage.look_up(child)
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    [entry] = reply.json["involvements"]
    assert (entry["practitioner"]["name"], entry["organisation"]) == (text, text)


# Queries, methods, addresses


@each(
    "query",
    [
        {CANARY: ["1"]},
        {"limit": ["1"], CANARY: [CANARY]},
        {"limit": ["1", "2"]},
        {"limit": ["1", "1"]},
        {"cursor": ["YQ", "YQ"]},
        {"Limit": ["1"]},
        {"limit[]": ["1"]},
        {"": [""]},
        {"nhs_number": [GOOD]},
        {"limit": [CANARY]},
        {"cursor": [CANARY]},
        {"cursor": ["\ud800"]},
        {"limit": ["\ud800"]},
    ],
)
def test_unknown_or_repeated_query_parameters_are_refused(stage: Stage, query: dict[str, list[str]]) -> None:
    reply = stage.call("GET", REGISTER, query=query)
    assert_problem(reply, 400, "invalid_request")
    assert GOOD not in reply.body


@each(
    "query",
    [
        {CANARY: ["1"]},
        {"after": ["1"], CANARY: [CANARY]},
        {"after": ["0", "0"]},
        {"cursor": ["0"]},
        {"After": ["0"]},
        {"after": [CANARY]},
        {"after": ["-1"]},
        {"after": ["٣"]},
        {"after": ["\ud800"]},
        {"after": [GOOD]},
        {"after": ["9" * 100_000]},
        {"limit": ["101"]},
        {"limit": [CANARY]},
    ],
)
def test_unknown_or_invalid_query_parameters_for_notices_are_refused(stage: Stage, query: dict[str, list[str]]) -> None:
    reply = stage.call("GET", NOTICES, query=query)
    assert_problem(reply, 400, "invalid_request")
    assert GOOD not in reply.body


METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", CANARY.upper()}


@each(
    ("path", "method"),
    [(path, method) for path, allowed in app.routes.items() for method in sorted(METHODS - set(allowed))],
)
def test_a_wrong_method_is_405_and_the_answer_lists_the_allowed_ones(stage: Stage, path: str, method: str) -> None:
    reply = stage.call(method, path.replace("{reference}", "ref-1").replace("{lookup_id}", NO_LOOKUP))
    assert_problem(reply, 405, "method_not_allowed")
    assert CANARY.upper() not in reply.body
    assert set(reply.headers["Allow"].split(", ")) == set(app.routes[path])


@each("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_override_header_has_no_effect(stage: Stage, header: str) -> None:
    path = on_record(stage)
    assert stage.call("GET", path, headers={header: "DELETE"}).status == 200
    assert stage.call("GET", path).status == 200


@every_route
def test_huge_headers_change_nothing(stage: Stage, route: Route) -> None:
    headers = {"X-Canary": "x" * 100_000, "Accept": "*/*", "Cookie": CANARY * 1000}
    reply = route.send(stage, route.body(stage), path=address(stage, route), **headers)
    assert reply.status in {200, 201}


@each("accept", ["", "*/*", "text/html", "application/octet-stream", "image/png", CANARY, "\ud800"])
def test_the_answer_is_json_whatever_the_accept_header_says(stage: Stage, accept: str) -> None:
    reply = LOOKUP.send(stage, LOOKUP.body(stage), Accept=accept)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")


@each("if_match", ["", "*", '""', '"', 'W/"x"', '"a", "b"', "\ud800", CANARY, "x" * 9000])
@each("method", ["PUT", "PATCH", "DELETE"])
def test_an_odd_if_match_causes_nothing_worse_than_412(stage: Stage, method: str, if_match: str) -> None:
    child = stage.new_child()
    path = on_record(stage, child)
    body = {"PUT": stage.body(child), "PATCH": {"lead_professional": True}}.get(method)
    reply = stage.call(method, path, body, headers={"If-Match": if_match})
    if reply.status >= 300:
        assert_problem(reply, 412, "version_mismatch")


@each("path", [LOOKUPS, REGISTER])
def test_an_event_without_headers_as_a_console_test_sends_it_is_refused_properly(stage: Stage, path: str) -> None:
    event = {
        **{"headers": None, "multiValueHeaders": None, "multiValueQueryStringParameters": None, "pathParameters": None},
        **{"stageVariables": None, "body": None, "isBase64Encoded": False},
        "requestContext": {
            "resourcePath": path,
            "httpMethod": next(iter(app.routes[path])),
            "requestId": str(uuid.uuid4()),
        },
    }
    reply = app(event, None)
    assert_problem(Reply(reply["statusCode"], reply["headers"], reply["body"]), 401, "not_signed_in")


def test_no_refused_request_stored_anything(stage: Stage, rows: Rows) -> None:
    for route in ROUTES:
        route.send(stage, {**route.body(stage), CANARY: CANARY})
        for field in TEXTS.get(route, ()):
            route.send(stage, spoilt(stage, route, field, f"{CANARY}\n"))
    assert CANARY not in as_text(rows.everything())


def test_a_body_is_not_read_before_the_caller_is_signed_in(stage: Stage) -> None:
    replies = [call("POST", LOOKUPS, body, token="junk") for body in (b"[" * DEEP, b"", b"{}", {"nhs_number": GOOD})]
    assert {(reply.status, reply.code) for reply in replies} == {(401, "not_signed_in")}


# The caller's own correlation id

CALLERS_ID = "0b6f1c1e-4a37-4d0c-9d0a-3f5f5a1b2c3d"
NO_UUIDS = (
    *("", " ", "Ada Okafor", "9990000042", CANARY, CALLERS_ID[:-1], f"{CALLERS_ID}0", f"{{{CALLERS_ID}}}"),
    *(f"urn:uuid:{CALLERS_ID}", CALLERS_ID.replace("-", ""), f"{CALLERS_ID},{CALLERS_ID}", f"{CALLERS_ID}\n"),
    *("00000000-0000-0000-0000-009990000042", "0b6f1c1e-4a37-0d0c-9d0a-3f5f5a1b2c3d"),
)  # fmt: skip


@each("route", [LOOKUP, PUT])
def test_the_callers_own_uuid_comes_back_beside_ours(stage: Stage, route: Route) -> None:
    reply = route.send(stage, route.body(stage), X_Correlation_ID=CALLERS_ID.upper())
    assert reply.headers["X-Caller-Correlation-ID"] == CALLERS_ID
    assert reply.headers["X-Correlation-ID"] != CALLERS_ID


@each("sent", NO_UUIDS)
@pytest.mark.usefixtures("stage")
def test_any_other_correlation_id_of_a_caller_is_dropped(sent: str) -> None:
    reply = call("GET", "/v1/health", headers={"X-Correlation-ID": sent})
    assert reply.status == 200
    assert "X-Caller-Correlation-ID" not in reply.headers

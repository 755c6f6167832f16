"""Any bytes that a caller sends are a valid body, or get a refusal that quotes nothing of them."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.decoding import decode
from chalicelib.adapters.http.problems import problem_response
from chalicelib.adapters.http.requests import (
    AmendmentBody,
    LookupBody,
    RegistrationBody,
    ShieldBody,
    amendment,
    question,
    registration,
    shield_request,
)
from chalicelib.domain.errors import InvalidRequest
from tests.support.examples import TEST_STAGE, some_work

CANARY = "Qx7Zk"
KINDS: list[type[msgspec.Struct]] = [LookupBody, RegistrationBody, AmendmentBody, ShieldBody]
BODIES: dict[type[msgspec.Struct], dict[str, Any]] = {
    LookupBody: {"nhs_number": "9990000018", "purpose": "safeguarding", "case_reference": "case-1"},
    RegistrationBody: {
        "nhs_number": "9990000018",
        "service_type": "social_care",
        "basis": "statutory",
        "practitioner": {
            "id": "sw-9",
            "name": "Ada",
            "role": "Social worker",
            "phone": "020 7946 0001",
            "email": "a@b",
        },
        "team": {"name": "Assessment", "phone": "020 7946 0002"},
        "started_on": "2026-01-05",
        "ended_on": None,
        "organisation": "Leisure",
    },
    AmendmentBody: {
        "basis": "concern",
        "practitioner": {"name": "Ada", "phone": None},
        "team": {"name": "Assessment"},
        "confirmed_on": "2026-01-05",
    },
    ShieldBody: {"nhs_number": "9990000018", "reason": "Police protection", "review_on": "2026-09-01"},
}

CANARY_TEXT = st.builds("{}{}{}".format, st.text(max_size=5), st.just(CANARY), st.text(max_size=5))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | CANARY_TEXT | st.text(max_size=5)
NAMES = CANARY_TEXT | st.sampled_from(sorted({name for kind in KINDS for name in kind.__struct_fields__}))
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


def read(raw: bytes, kind: type[msgspec.Struct]) -> InvalidRequest | None:
    """Reads the bytes into domain values, as the routes do. Returns the refusal, if there is one."""
    try:
        body = decode(raw, kind)
        if isinstance(body, LookupBody):
            question(body, TEST_STAGE)
        elif isinstance(body, RegistrationBody):
            registration(body, TEST_STAGE)
        elif isinstance(body, ShieldBody):
            shield_request(body, TEST_STAGE)
        elif isinstance(body, AmendmentBody):
            amendment(body).apply(some_work())
    except InvalidRequest as refused:
        return refused
    return None


def told(refused: InvalidRequest) -> str:
    """Everything that a caller, a log line or a traceback could show of a refusal."""
    problem = problem_response(refused.code, "correlation-1", refused).body.decode()
    return f"{problem} {refused!r} {refused} {refused.__cause__} {refused.__suppress_context__ or refused.__context__}"


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@given(st.binary(), st.sampled_from(KINDS))
def test_any_bytes_are_read_or_refused(raw: bytes, kind: type[msgspec.Struct]) -> None:
    read(raw, kind)


@given(JSON, st.sampled_from(KINDS))
def test_any_json_is_read_or_refused_without_quoting_it(value: Any, kind: type[msgspec.Struct]) -> None:
    refused = read(encoded(value), kind)
    if refused is not None:
        assert CANARY not in told(refused)


@given(st.sampled_from(KINDS), st.data())
def test_a_wrong_value_of_a_field_is_never_quoted(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    body = json.loads(json.dumps(BODIES[kind]))
    target = body
    name = data.draw(st.sampled_from(sorted(target)))
    if isinstance(target[name], dict) and data.draw(st.booleans()):
        target = target[name]
        name = data.draw(st.sampled_from(sorted(target)))
    target[name] = data.draw(JSON)
    refused = read(encoded(body), kind)
    if refused is not None:
        assert CANARY not in told(refused)


@given(st.sampled_from(KINDS), st.data())
def test_an_unknown_field_is_refused_without_quoting_it(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    body = json.loads(json.dumps(BODIES[kind]))
    parts = [body, *(value for value in body.values() if isinstance(value, dict))]
    data.draw(st.sampled_from(parts))[data.draw(CANARY_TEXT)] = data.draw(LEAVES)
    refused = read(encoded(body), kind)
    assert refused is not None
    assert CANARY not in told(refused)


@given(st.sampled_from(KINDS), st.data())
def test_a_truncated_or_altered_body_is_read_or_refused(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    raw = bytearray(encoded(BODIES[kind]))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    read(bytes(raw), kind)
    refused = read(bytes(raw[:place]), kind)
    assert refused is not None


def test_the_unaltered_examples_are_accepted() -> None:
    assert [read(encoded(body), kind) for kind, body in BODIES.items()] == [None] * len(KINDS)

"""What callers may send, field by field. A refusal never quotes what was sent."""

import json
from datetime import date
from typing import Any

import pytest
from msgspec import Struct

from chalicelib.adapters.decoding import decode
from chalicelib.adapters.http.requests import (
    AmendmentBody,
    LookupBody,
    RegistrationBody,
    ShieldBody,
    amendment,
    batch,
    question,
    registration,
    shield_request,
)
from chalicelib.domain.authority import Purpose
from chalicelib.domain.errors import FieldError, InvalidRequest, UnreadableBody
from chalicelib.domain.involvement import Basis, Practitioner, ServiceType, Team, Work
from tests.support.examples import PRODUCTION, TEST_STAGE, some_work

PUT: dict[str, Any] = {
    "nhs_number": "9990000018",
    "service_type": "social_care",
    "basis": "statutory",
    "practitioner": {"id": "sw-9", "name": "Ada Okafor", "role": "Social worker"},
    "team": {"name": "Assessment team", "phone": "020 7946 0002"},
    "started_on": "2026-01-05",
}
QUESTION = {"nhs_number": "9990000018", "purpose": "safeguarding", "case_reference": "case-1"}
SHIELD = {"nhs_number": "9990000018", "reason": "Police protection", "review_on": "2026-09-01"}
KINDS: list[type[Struct]] = [LookupBody, RegistrationBody, AmendmentBody, ShieldBody]


def refusal(body: Any, kind: type[Struct] = RegistrationBody) -> FieldError:
    with pytest.raises(InvalidRequest) as refused:
        decode(body if isinstance(body, bytes) else json.dumps(body).encode(), kind)
    [fault] = refused.value.errors
    return fault


def put(**changes: Any) -> dict[str, Any]:
    """A PUT body. `practitioner__name` changes a nested field."""
    body = json.loads(json.dumps(PUT))
    for name, value in changes.items():
        part, _, field = name.partition("__")
        target, key = (body[part], field) if field else (body, name)
        target[key] = value
    return dict(body)


def test_a_lookup_body_becomes_a_question() -> None:
    asked = question(decode(json.dumps(QUESTION).encode(), LookupBody), TEST_STAGE)
    assert asked.nhs_number.digits == "9990000018"
    assert (asked.purpose, asked.case_reference) == (Purpose.SAFEGUARDING, "case-1")


def test_a_put_body_becomes_a_registration() -> None:
    body = put(ended_on="2026-02-01", date_of_birth="2015-04-03", lead_professional=True, organisation="Leisure")
    sent = registration(decode(json.dumps(body).encode(), RegistrationBody), TEST_STAGE)
    assert sent.nhs_number.digits == "9990000018"
    assert sent.date_of_birth == date(2015, 4, 3)
    assert sent.work == Work(
        service_type=ServiceType.SOCIAL_CARE,
        basis=Basis.STATUTORY,
        practitioner=Practitioner(id="sw-9", name="Ada Okafor", role="Social worker"),
        team=Team(name="Assessment team", phone="020 7946 0002"),
        started_on=date(2026, 1, 5),
        ended_on=date(2026, 2, 1),
        lead_professional=True,
        organisation="Leisure",
    )


def test_a_shield_body_becomes_a_shield_request() -> None:
    asked = shield_request(decode(json.dumps(SHIELD).encode(), ShieldBody), TEST_STAGE)
    assert (asked.nhs_number.digits, asked.reason) == ("9990000018", "Police protection")
    assert asked.review_on == date(2026, 9, 1)


def test_every_call_refuses_an_nhs_number_of_another_kind_of_stage() -> None:
    with pytest.raises(InvalidRequest):
        question(decode(json.dumps(QUESTION).encode(), LookupBody), PRODUCTION)
    with pytest.raises(InvalidRequest):
        registration(decode(json.dumps(PUT).encode(), RegistrationBody), PRODUCTION)
    with pytest.raises(InvalidRequest):
        shield_request(decode(json.dumps(SHIELD).encode(), ShieldBody), PRODUCTION)


def test_a_case_reference_may_not_hold_an_nhs_number() -> None:
    body = decode(json.dumps({**QUESTION, "case_reference": "x-999-000-0018"}).encode(), LookupBody)
    with pytest.raises(InvalidRequest) as refused:
        question(body, TEST_STAGE)
    assert refused.value.errors[0].field == "case_reference"


# Bodies.

NOT_JSON = {
    "nothing": b"",
    "cut short": b"{",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-32": "{}".encode("utf-32"),
    "gzip": b"\x1f\x8b\x08\x00",
    "a NUL": b"\x00",
    "single quotes": b"{'nhs_number': 1}",
    "an open object in an unknown place": b"{" * 100_000,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_bytes_that_are_not_json_in_utf_8_are_unreadable(raw: bytes, kind: type[Struct]) -> None:
    with pytest.raises(UnreadableBody) as refused:
        decode(raw, kind)
    assert refused.value.errors == (FieldError("", "is not JSON in UTF-8"),)


def test_a_batch_that_is_nested_too_deep_is_refused_with_that_reason() -> None:
    with pytest.raises(UnreadableBody) as refused:
        batch(b'{"involvements": [%s1%s]}' % (b"[" * 100_000, b"]" * 100_000), TEST_STAGE)
    assert refused.value.errors == (FieldError("", "is nested too deep"),)


def test_the_time_to_refuse_a_name_full_of_brackets_grows_no_faster_than_its_length() -> None:
    """In quadratic time this would take half a minute."""
    assert refusal({" - at `$" + "[" * 100_000: 1}).field == ""


TEXT_NOT_JSON = [b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\\ud83d", b"a\nb", b"a\x00b", b"\\x41", b"cut short\\"]


@pytest.mark.parametrize("text", TEXT_NOT_JSON)
def test_values_that_json_in_utf_8_cannot_hold_are_unreadable(text: bytes) -> None:
    with pytest.raises(UnreadableBody):
        decode(b'{"reason": "%s"}' % text, ShieldBody)


def test_two_documents_in_one_body_are_refused() -> None:
    with pytest.raises(UnreadableBody):
        decode(json.dumps(QUESTION).encode() * 2, LookupBody)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"x"', b"true", b"[" * 100_000, b"1e999", b"9" * 5_000])
def test_a_body_that_is_not_an_object_is_refused(raw: bytes, kind: type[Struct]) -> None:
    with pytest.raises(InvalidRequest):
        decode(raw, kind)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"9" * 5_000, b"[" * 100_000])
@pytest.mark.parametrize("kind", KINDS)
def test_an_absurd_value_of_a_field_is_a_bad_request_and_nothing_worse(number: bytes, kind: type[Struct]) -> None:
    for name in kind.__struct_fields__:
        with pytest.raises(InvalidRequest):
            decode(b'{"%s": %s}' % (name.encode(), number), kind)


@pytest.mark.parametrize("name", PUT)
def test_a_missing_field_is_named(name: str) -> None:
    body = {key: value for key, value in PUT.items() if key != name}
    assert refusal(body) == FieldError(name, "is missing")


@pytest.mark.parametrize("place", ["practitioner.name", "practitioner.id", "practitioner.role", "team.phone"])
def test_a_missing_nested_field_is_named_with_its_path(place: str) -> None:
    part, field = place.split(".")
    body = put()
    del body[part][field]
    assert refusal(body) == FieldError(place, "is missing")


def test_an_unknown_field_is_refused_and_the_known_ones_are_named() -> None:
    fault = refusal({**QUESTION, "surname": "Smith"}, LookupBody)
    assert fault.field == ""
    assert fault.problem.endswith("known are: nhs_number, purpose, case_reference")
    fault = refusal(put(team__fax="1"))
    assert fault.field == "team"
    assert fault.problem.endswith("known are: name, phone")
    fault = refusal({"team": {"fax": "1"}}, AmendmentBody)
    assert (fault.field, fault.problem[-11:]) == ("team", "name, phone")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["x - at `$.canary", "x - at `$.practitioner.canary", " - at `$.team.name.canary"])
def test_an_unknown_field_whose_name_looks_like_a_path_is_refused_like_any_other(name: str, kind: type[Struct]) -> None:
    fault = refusal({name: 1}, kind)
    assert "canary" not in f"{fault.field} {fault.problem}"


WRONG_TYPES = [
    ("nhs_number", 9990000018),
    ("nhs_number", None),
    ("nhs_number", ["9990000018"]),
    ("service_type", 1),
    ("practitioner", "Ada"),
    ("practitioner", None),
    ("practitioner", []),
    ("practitioner__name", 123),
    ("practitioner__name", None),
    ("team__phone", 2079460002),
    ("started_on", 20260105),
    ("started_on", 1767571200000),
    ("started_on", None),
    ("lead_professional", 1),
    ("lead_professional", "true"),
    ("lead_professional", None),
    ("sensitive", 0),
    ("organisation", 5),
]


@pytest.mark.parametrize(("name", "value"), WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_named(name: str, value: Any) -> None:
    assert refusal(put(**{name: value})).field == name.replace("__", ".")


@pytest.mark.parametrize(
    ("name", "value"), [("service_type", "social_worker"), ("basis", "Consent"), ("service_type", "")]
)
def test_a_word_outside_an_enumeration_is_refused(name: str, value: str) -> None:
    words = {"service_type": ServiceType, "basis": Basis}[name]
    assert refusal(put(**{name: value})) == FieldError(name, f"is not one of: {', '.join(words)}")


def test_a_field_sent_twice_is_refused() -> None:
    for twice in (
        b'{"nhs_number": "9990000018", "nhs_number": "9990000026"}',
        b'{"team": {"name": "a", "name": "b", "phone": "020 7946 0001"}}',
    ):
        whole = json.dumps(put()).encode()[:-1] + b"," + twice[1:]
        with pytest.raises(InvalidRequest) as refused:
            decode(whole, RegistrationBody)
        assert refused.value.errors == (FieldError("", "has a field twice"),)


def test_the_error_for_a_wrong_type_names_the_right_type() -> None:
    assert refusal(put(nhs_number=9990000018)).problem == "must be a JSON string, in quotes"
    assert refusal(put(sensitive="yes")).problem == "must be true or false"
    assert refusal(put(team="Assessment team")).problem == "must be a JSON object"
    assert refusal(put(started_on=20260101)).problem == "must be a date in quotes, written YYYY-MM-DD"


@pytest.mark.parametrize("name", ["started_on", "ended_on", "date_of_birth"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-02-29",
        "2026-13-01",
        "2026-01-32",
        "0000-01-01",
        "10000-01-01",
        "-2026-01-05",
        "2026-1-5",
        "20260105",
        "2026-W02-1",
        "05/01/2026",
        "2026-01-05 ",
        "2026-01-05T00:00:00Z",
        "２０２６-01-05",
        "1767571200000",
    ],
)
def test_a_date_must_be_a_real_day_written_yyyy_mm_dd(name: str, text: str) -> None:
    assert refusal(put(**{name: text})) == FieldError(name, "is not a date written YYYY-MM-DD")


def test_29_february_is_a_date_in_a_leap_year() -> None:
    assert decode(json.dumps(put(started_on="2024-02-29")).encode(), RegistrationBody).started_on == date(2024, 2, 29)


# Text.

FIELDS_OF_TEXT = ["practitioner__id", "practitioner__name", "practitioner__role", "team__name", "organisation"]
CANNOT_BE_SEEN = "has characters that cannot be seen, such as line breaks, or none that can be seen"
NO_TEXT = [
    "",
    " ",
    "\t",
    "a\n",
    "a\nb",
    "a\r\nb",
    "a\x00",
    "a\x1b[31m",
    "\x7f",
    "a\x85",
    "a\u2028b",
    "a\u202eb",
    "a\u2066b",
    "Ada\u200b",
    "\ufeffAda",
    "A\u00adda",
    "Ada\ufe0f",
    "Ada\U000e0041",
]


@pytest.mark.parametrize("name", FIELDS_OF_TEXT)
@pytest.mark.parametrize("text", [*NO_TEXT, "x" * 201, "x" * 10_000])
def test_text_that_is_empty_too_long_or_not_printable_is_refused(name: str, text: str) -> None:
    fault = refusal(put(**{name: text}))
    assert fault.field == name.replace("__", ".")
    wrong_length = not 1 <= len(text) <= 200
    assert fault.problem == ("must not be empty or too long" if wrong_length else CANNOT_BE_SEEN)


@pytest.mark.parametrize(
    "text", ["Ó Súilleabháin", "李小龍", "عائشة", "=SUM(A1)", "<b>x</b>", "{0}%s", "x" * 200, "O'Neil"]
)
def test_any_printable_name_is_accepted_unchanged(text: str) -> None:
    body = decode(json.dumps(put(practitioner__name=text)).encode(), RegistrationBody)
    assert body.practitioner.name == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "020 7946 0002",
            "+44 (0)20 7946 0002",
            "(020) 7946 0002",
            "999",
            "01632 960001 ext. 12",
            "01632 960001 x 123",
        ),
        *("020 7946 0002 option 2", "020 7946 0002, option 2", "020 7946 0002 opt 2", "020 7946 0002 Opt. 2"),
        *("020 7946 0002 extension 12", "020 7946 0002 EXT4455", "02079460002x123", "020 7946 0002 option 2 ext 12"),
        *("020 7946 0002 or 020 7946 0003", "020 7946 0002 / 07700 900001", "020 7946 0002,07700 900001"),
        *("020 7946 0002 ext 4455; 07700 900001 option 1", "020 7946 0002 OR 101", "0" * 30 + " or " + "0" * 30),
    ],
)
def test_phone_numbers_are_accepted_as_people_write_them(text: str) -> None:
    assert decode(json.dumps(put(team__phone=text)).encode(), RegistrationBody).team.phone == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "020 7946 0002 or",
            "or 020 7946 0002",
            "020 7946 0002 or 020 7946 0003 or 020 7946 0004",
            "option 2",
            "--1--",
        ),
        *("020 7946 0002 option", "020 7946 0002 ask for Ada", "020 7946 0002 ext 123456789", "020 7946 0002 # 2"),
        *("", "none", "12", "=1+1", "-1-2-3", "@12345", "020 7946 0002\n", "٠٢٠ ٧٩٤٦", "<020>", "1" * 51, "020;79"),
    ],
)
def test_text_that_cannot_be_dialled_is_refused_as_a_phone_number(text: str) -> None:
    assert refusal(put(team__phone=text)).field == "team.phone"


@pytest.mark.parametrize("text", ["", "ada", "@x", "ada@", "a b@x", "a@b@c", "ada@x\n", "a\u202e@x", "x" * 254 + "@x"])
def test_text_that_is_not_an_email_address_is_refused(text: str) -> None:
    assert refusal(put(practitioner__email=text)).field == "practitioner.email"


# Patches.


def patched(patch: dict[str, Any], work: Work | None = None) -> Work:
    return amendment(decode(json.dumps(patch).encode(), AmendmentBody)).apply(work or some_work())


def test_a_patch_changes_only_the_fields_that_it_names() -> None:
    before = some_work(organisation="Leisure")
    assert patched({"basis": "concern"}, before) == some_work(organisation="Leisure", basis=Basis.CONCERN)
    assert patched({"started_on": "2025-11-30"}) == some_work(started_on=date(2025, 11, 30))
    assert patched({"sensitive": True}) == some_work(sensitive=True)


def test_a_patch_can_change_a_nested_field() -> None:
    practitioner = Practitioner(id="sw-9", name="New Name", role="Social worker", phone="020 7946 0001")
    assert patched({"practitioner": {"name": "New Name"}}) == some_work(practitioner=practitioner)


def test_null_removes_an_optional_field() -> None:
    before = some_work(organisation="Leisure", ended_on=date(2026, 1, 1))
    assert patched({"organisation": None, "ended_on": None}, before) == some_work()
    assert patched({"practitioner": {"phone": None}}).practitioner.phone is None


@pytest.mark.parametrize(
    "patch",
    [
        {"basis": None},
        {"sensitive": None},
        {"started_on": None},
        {"confirmed_on": None},
        {"date_of_birth": None},
        {"team": None},
        {"team": {"phone": None}},
        {"practitioner": {"id": None}},
        {"nhs_number": "9990000018"},
    ],
)
def test_a_patch_may_not_remove_a_required_field_or_name_another_child(patch: dict[str, Any]) -> None:
    refusal(patch, AmendmentBody)


def test_an_empty_patch_is_empty_and_a_confirmation_is_not() -> None:
    assert amendment(decode(b"{}", AmendmentBody)).is_empty
    assert amendment(decode(b'{"team": {}, "practitioner": {}}', AmendmentBody)).is_empty
    confirming = amendment(decode(b'{"confirmed_on": "2026-03-10"}', AmendmentBody))
    assert not confirming.is_empty
    assert not confirming.changes_work
    assert confirming.confirmed_on == date(2026, 3, 10)
    assert not amendment(decode(b'{"date_of_birth": "2015-04-03"}', AmendmentBody)).is_empty
    assert amendment(decode(b'{"organisation": null}', AmendmentBody)).changes_work

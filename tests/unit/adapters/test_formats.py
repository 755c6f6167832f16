"""The storage formats, name for name: what is on record must open for as long as it is kept."""

import json
from datetime import date

import pytest

from chalicelib.adapters.sealing.formats import (
    canonical_body,
    read_details,
    read_disclosed,
    write_details,
    write_disclosed,
)
from chalicelib.application.store_errors import Unreadable
from chalicelib.domain.access_records import Disclosed, Form, Shown
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.involvement import Basis, Practitioner, Registration, ServiceType
from chalicelib.domain.values import replace
from tests.support.examples import some_details, some_work

FULL = some_details(
    service_type=ServiceType.MENTAL_HEALTH,
    basis=Basis.CONSENT,
    practitioner=Practitioner(
        id="p-1", name="Ada Okafor", role="Nurse", phone="020 7946 0001", email="ada@trust.example"
    ),
    ended_on=date(2026, 2, 1),
    lead_professional=True,
    sensitive=True,
    organisation="Clinic",
    cap_on=date(2032, 5, 1),
    disputed=True,
)
FULL_AS_STORED = {
    "service_type": "mental_health",
    "basis": "consent",
    "practitioner_id": "p-1",
    "practitioner_name": "Ada Okafor",
    "practitioner_role": "Nurse",
    "practitioner_phone": "020 7946 0001",
    "practitioner_email": "ada@trust.example",
    "team_name": "Assessment team",
    "team_phone": "020 7946 0002",
    "started_on": "2025-12-01",
    "ended_on": "2026-02-01",
    "lead_professional": True,
    "sensitive": True,
    "organisation": "Clinic",
    "confirmed_on": "2026-03-10",
    "first_registered_on": "2025-12-01",
    "cap_on": "2032-05-01",
    "disputed": True,
}
LEAST = some_details(practitioner=Practitioner(id="sw-9", name="Ada Okafor", role="Social worker"))
LEAST_AS_STORED = {
    "service_type": "social_care",
    "basis": "statutory",
    "practitioner_id": "sw-9",
    "practitioner_name": "Ada Okafor",
    "practitioner_role": "Social worker",
    "team_name": "Assessment team",
    "team_phone": "020 7946 0002",
    "started_on": "2025-12-01",
    "confirmed_on": "2026-03-10",
    "first_registered_on": "2025-12-01",
}
DISCLOSED = Disclosed(
    known=True,
    complete=False,
    rows=(Shown("E09000009", "ref-1", "v1", Form.FULL), Shown("RAP", "ref-2", "v2", Form.BROKERED)),
)


def test_details_are_written_under_names_that_never_change() -> None:
    assert json.loads(write_details(FULL)) == FULL_AS_STORED
    assert json.loads(write_details(LEAST)) == LEAST_AS_STORED


def test_details_that_were_written_are_read() -> None:
    assert read_details(json.dumps(FULL_AS_STORED).encode()) == FULL
    assert read_details(json.dumps(LEAST_AS_STORED).encode()) == LEAST


def test_a_field_that_a_later_release_added_does_no_harm() -> None:
    assert read_details(json.dumps({**LEAST_AS_STORED, "added_later": [1]}).encode()) == LEAST


@pytest.mark.parametrize("name", LEAST_AS_STORED)
def test_details_that_lack_a_field_are_unreadable(name: str) -> None:
    stored = {key: value for key, value in LEAST_AS_STORED.items() if key != name}
    with pytest.raises(Unreadable):
        read_details(json.dumps(stored).encode())


@pytest.mark.parametrize("name", FULL_AS_STORED)
@pytest.mark.parametrize("value", [7, [], {}])
def test_details_with_a_field_of_another_type_are_unreadable(name: str, value: object) -> None:
    with pytest.raises(Unreadable):
        read_details(json.dumps({**FULL_AS_STORED, name: value}).encode())


@pytest.mark.parametrize("name", ["service_type", "basis", "started_on", "cap_on"])
def test_details_with_a_word_that_is_not_ours_are_unreadable(name: str) -> None:
    with pytest.raises(Unreadable):
        read_details(json.dumps({**FULL_AS_STORED, name: "elsewhere"}).encode())


def test_what_was_disclosed_is_read_as_it_was_written() -> None:
    for disclosed in (DISCLOSED, replace(DISCLOSED, sensitive=True)):
        assert read_disclosed(write_disclosed(disclosed)) == disclosed


def test_its_length_does_not_tell_who_asked_from_a_sensitive_service() -> None:
    for rows in (DISCLOSED.rows, ()):
        lengths = {len(write_disclosed(replace(DISCLOSED, rows=rows, sensitive=was))) for was in (True, False)}
        assert len(lengths) == 1


def test_the_length_of_details_tells_little() -> None:
    lengths = [len(write_details(details)) for details in (FULL, LEAST)]
    assert [length % 64 for length in lengths] == [0, 0]


@pytest.mark.parametrize("text", [b"", b"{}", b"x\x9c", write_disclosed(DISCLOSED).rstrip(b"\0")[:-1]])
def test_what_was_not_written_so_is_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable):
        read_disclosed(text)


def test_a_put_body_has_one_spelling() -> None:
    registration = Registration(
        nhs_number=NhsNumber("9990000018"), work=some_work(organisation="Clinic"), date_of_birth=date(2014, 5, 17)
    )
    assert json.loads(canonical_body("ref-1", registration)) == [
        "ref-1",
        "9990000018",
        "2014-05-17",
        "social_care",
        "statutory",
        "sw-9",
        "Ada Okafor",
        "Social worker",
        "020 7946 0001",
        None,
        "Assessment team",
        "020 7946 0002",
        "2025-12-01",
        None,
        False,
        False,
        "Clinic",
    ]

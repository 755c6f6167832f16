"""The storage formats, byte for byte: what is stored must stay readable for as long as it is kept."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from chalicelib.adapters.sealing.formats import (
    canonical_body,
    read_contact,
    read_details,
    read_disclosed,
    read_glance,
    read_notice,
    read_remembered,
    write_contact,
    write_details,
    write_disclosed,
    write_notice,
    write_remembered,
)
from chalicelib.application.store_errors import Unreadable
from chalicelib.domain.access_records import Disclosed, Form, Shown
from chalicelib.domain.authority import RegistryField
from chalicelib.domain.child import NhsNumber
from chalicelib.domain.involvement import Basis, Details, Practitioner, Registration, ServiceType
from chalicelib.domain.notices import about_contact, about_registry
from chalicelib.domain.outcomes import ContactOutcome, ContactOutcomes, RungContact, Week
from chalicelib.domain.quality import Glance
from chalicelib.domain.values import replace
from tests.support.examples import remembered, some_details, some_work

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
FULL_AS_BYTES = (
    b'{"service_type":"mental_health","basis":"consent","practitioner_id":"p-1","practitioner_name":"Ada Okafor",'
    b'"practitioner_role":"Nurse","team_name":"Assessment team","team_phone":"020 7946 0002","started_on":"2025-12-01",'
    b'"confirmed_on":"2026-03-10","first_registered_on":"2025-12-01","practitioner_phone":"020 7946 0001",'
    b'"practitioner_email":"ada@trust.example","ended_on":"2026-02-01","cap_on":"2032-05-01","organisation":"Clinic",'
    b'"lead_professional":true,"sensitive":true,"disputed":true}'
)
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
LEAST_AS_BYTES = (
    b'{"service_type":"social_care","basis":"statutory","practitioner_id":"sw-9","practitioner_name":"Ada Okafor",'
    b'"practitioner_role":"Social worker","team_name":"Assessment team","team_phone":"020 7946 0002",'
    b'"started_on":"2025-12-01","confirmed_on":"2026-03-10","first_registered_on":"2025-12-01"}'
)
DISCLOSED = Disclosed(
    known=True,
    complete=False,
    rows=(Shown("E09000009", "ref-1", "v1", Form.FULL), Shown("RAP", "ref-2", "v2", Form.BROKERED)),
)


def test_details_are_stored_under_names_that_never_change() -> None:
    assert json.loads(write_details(FULL)) == FULL_AS_STORED
    assert json.loads(write_details(LEAST)) == LEAST_AS_STORED


@pytest.mark.parametrize(
    ("details", "text", "bytes_stored"), [(FULL, FULL_AS_BYTES, 512), (LEAST, LEAST_AS_BYTES, 320)]
)
def test_details_are_written_byte_for_byte_as_before(details: Details, text: bytes, bytes_stored: int) -> None:
    assert write_details(details) == text.ljust(bytes_stored)


def test_stored_details_can_be_read() -> None:
    assert read_details(json.dumps(FULL_AS_STORED).encode()) == FULL
    assert read_details(json.dumps(LEAST_AS_STORED).encode()) == LEAST


def test_a_field_added_by_a_later_release_is_ignored() -> None:
    assert read_details(json.dumps({**LEAST_AS_STORED, "added_later": [1]}).encode()) == LEAST


@pytest.mark.parametrize("name", LEAST_AS_STORED)
def test_details_without_a_required_field_are_unreadable(name: str) -> None:
    stored = {key: value for key, value in LEAST_AS_STORED.items() if key != name}
    with pytest.raises(Unreadable):
        read_details(json.dumps(stored).encode())


@pytest.mark.parametrize("name", FULL_AS_STORED)
@pytest.mark.parametrize("value", [7, [], {}])
def test_details_with_a_field_of_another_type_are_unreadable(name: str, value: object) -> None:
    with pytest.raises(Unreadable):
        read_details(json.dumps({**FULL_AS_STORED, name: value}).encode())


@pytest.mark.parametrize("name", ["service_type", "basis", "started_on", "cap_on"])
def test_details_with_an_unknown_word_or_a_bad_date_are_unreadable(name: str) -> None:
    with pytest.raises(Unreadable):
        read_details(json.dumps({**FULL_AS_STORED, name: "elsewhere"}).encode())


def test_the_disclosed_rows_read_back_as_they_were_written() -> None:
    for disclosed in (DISCLOSED, replace(DISCLOSED, sensitive=True), replace(DISCLOSED, left_out=True)):
        assert read_disclosed(write_disclosed(disclosed)) == disclosed


def test_the_length_does_not_reveal_whether_a_sensitive_service_asked() -> None:
    for rows in (DISCLOSED.rows, ()):
        lengths = {len(write_disclosed(replace(DISCLOSED, rows=rows, sensitive=was))) for was in (True, False)}
        assert len(lengths) == 1


def test_the_length_of_details_is_a_whole_number_of_blocks() -> None:
    lengths = [len(write_details(details)) for details in (FULL, LEAST)]
    assert [length % 64 for length in lengths] == [0, 0]


@pytest.mark.parametrize("text", [b"", b"{}", b"x\x9c", write_disclosed(DISCLOSED).rstrip(b"\0")[:-1]])
def test_bytes_in_another_format_are_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable):
        read_disclosed(text)


def test_a_put_body_has_one_fixed_spelling() -> None:
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


@pytest.mark.parametrize(
    ("details", "date_of_birth", "text"),
    [
        (
            FULL,
            date(2014, 5, 17),
            b'["ref-1","9990000018","2014-05-17","mental_health","consent","p-1","Ada Okafor","Nurse","020 7946 0001",'
            b'"ada@trust.example","Assessment team","020 7946 0002","2025-12-01","2026-02-01",true,true,"Clinic"]',
        ),
        (
            LEAST,
            None,
            b'["ref-1","9990000018",null,"social_care","statutory","sw-9","Ada Okafor","Social worker",null,null,'
            b'"Assessment team","020 7946 0002","2025-12-01",null,false,false,null]',
        ),
    ],
)
def test_a_put_body_is_spelled_byte_for_byte_as_before(
    details: Details, date_of_birth: date | None, text: bytes
) -> None:
    registration = Registration(nhs_number=NhsNumber("9990000018"), work=details.work, date_of_birth=date_of_birth)
    assert canonical_body("ref-1", registration) == text


def test_what_an_entry_remembers_is_written_byte_for_byte_as_before_and_always_of_one_size() -> None:
    full = b'["2026-03-10","2025-12-01","2032-05-01",null,true,"2026-02-01",false]'
    least = b'["2026-03-10","2025-12-01",null,null,false,null,true]'
    assert (write_remembered(FULL), write_remembered(LEAST)) == (full.ljust(128), least.ljust(128))
    most = replace(FULL, plain_cap_on=date(2032, 5, 1), work=LEAST.work)
    assert len(write_remembered(most)) == 128


@pytest.mark.parametrize("details", [FULL, LEAST])
def test_one_text_holds_what_is_remembered_and_what_is_seen_at_a_glance(details: Details) -> None:
    work = details.work
    assert read_remembered(write_remembered(details)) == remembered(details)
    expected = Glance(ended_on=work.ended_on, without_phone=work.practitioner.phone is None)
    assert read_glance(write_remembered(details)) == expected


@pytest.mark.parametrize("read", [read_remembered, read_glance, read_contact])
@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'["2026-03-10"]', b"[1,2]", b"\xff"])
def test_a_damaged_text_is_unreadable(read: Callable[[bytes], object], text: bytes) -> None:
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize("rung", [RungContact("sw-9", "020 7946 0001"), RungContact(None, "x")])
def test_a_rung_contact_and_its_notice_are_read_as_they_were_written(rung: RungContact) -> None:
    assert read_contact(write_contact(rung)) == rung
    counts = {ContactOutcome.LEFT: 2, ContactOutcome.REACHED: 1}
    notice = about_contact("RAP", Week(2026, 48), ContactOutcomes(rung, counts), "W#2026-W48#token")
    assert read_notice(write_notice(notice), "RAP") == notice


def test_a_notice_of_a_changed_registry_item_is_read_as_it_was_written() -> None:
    changed = (RegistryField.JWKS, RegistryField.OTHER)
    notice = about_registry("RAP", changed, "01SOURCE", at=datetime(2026, 11, 30, tzinfo=UTC))
    assert read_notice(write_notice(notice), "RAP") == notice
    assert b'"changed":["jwks","other"]' in write_notice(notice)

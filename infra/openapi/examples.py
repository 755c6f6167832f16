"""An example of each call and its answer. A test sends every call and compares the form of the answers."""

from typing import Any

import msgspec

from chalicelib.adapters.http.answer_bodies import InvolvementEntry
from chalicelib.adapters.http.requests import RegistrationBody, WorkBody

Json = dict[str, Any]

CHILD = "9990000018"
ANOTHER_CHILD = "9990000212"
"""Known to four practitioners. The example of a shield uses this child, so that `CHILD` stays unshielded."""

CORRELATION_ID = "5e0f3a52-0f0c-4f0e-9a57-8c6f1d6f9f61"
VERSION = "01M818K6FG4N1WV0Y9W8Z3D5HC"
LOOKUP_ID = "01M82T51HR2M5K0Q4T6V8X9YZA"
_WARD = {"name": "North Middlesex Hospital duty team", "phone": "020 7946 0999"}
_DESK = {"name": "National broker desk", "phone": "020 7946 0100"}

QUESTION: Json = {"nhs_number": CHILD, "purpose": "safeguarding", "case_reference": "case-17"}

REGISTRATION: Json = {
    "nhs_number": CHILD,
    "service_type": "social_care",
    "basis": "statutory",
    "practitioner": {"id": "sw-1", "name": "Ada Okafor", "role": "Social worker", "phone": "020 7946 0001"},
    "team": {"name": "Assessment team", "phone": "020 7946 0002"},
    "started_on": "2026-02-01",
    "date_of_birth": "2015-06-30",
}

_REGISTER_ROW: Json = {
    "reference": "ref-1",
    "version": VERSION,
    "confirmed_on": "2026-11-22",
    "expires_at": "2028-11-22T00:00:00Z",
}
RECEIPT: Json = {**_REGISTER_ROW, "trace_number": False}

AMENDMENT: Json = {"confirmed_on": "2026-11-22", "practitioner": {"phone": "020 7946 0003"}}

SHIELD: Json = {"nhs_number": ANOTHER_CHILD, "reason": "Threats against the family", "review_on": "2027-09-30"}

BATCH: Json = {
    "involvements": [
        {"reference": "ref-1", **REGISTRATION},
        {"reference": "ref-2", **REGISTRATION, "service_type": "mental_health"},
    ]
}

BATCH_RESULTS: Json = {
    "results": [
        {"reference": "ref-1", "status": 201, "receipt": RECEIPT},
        {
            "reference": "ref-2",
            "status": 400,
            "problem": {
                "type": "urn:known-to:problem:invalid_request",
                "title": "The request is not valid",
                "status": 400,
                "detail": "Correct the fields listed in errors and send it again.",
                "code": "invalid_request",
                "correlation_id": CORRELATION_ID,
                "errors": [
                    {
                        "field": "basis",
                        "problem": "must be consent, duty_to_share, leaving_care or significant_harm for a sensitive "
                        "service",
                    }
                ],
            },
        },
    ]
}

_SENT: Json = msgspec.to_builtins(msgspec.convert(REGISTRATION, RegistrationBody))
"""With the default of each field that `REGISTRATION` leaves out."""
_WORK = {name: _SENT[name] for name in WorkBody.__struct_fields__}

OWN: Json = {**_REGISTER_ROW, "status": "current", "first_registered_on": "2026-02-03", **_WORK, "disputed": False}

_AUTHORITY = {
    "code": "E09000014",
    "name": "Haringey",
    "duty_contact": {"name": "Haringey duty team", "phone": "020 7946 0999"},
}
_SHOWN = {"entry": 1, **OWN, "authority": _AUTHORITY, "own": False}

CHECKPOINT: Json = {
    "number": 525600,
    "closed_at": "2026-11-22T23:40:00Z",
    "root": "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    "history": "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "key_id": "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "signature": "MEUCIQDExampleOfASignatureThatVerifiesNothingAtAllAAAAAAAAAAAAAIgExample0fASignatureThatVerifiesNoth",
}

_LATER_CHECKPOINT: Json = {
    **CHECKPOINT,
    "number": 525605,
    "closed_at": "2026-11-22T23:45:00Z",
    "root": "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "history": "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
}

ANSWER: Json = {
    "lookup_id": LOOKUP_ID,
    "asked_at": "2026-11-22T23:41:07Z",
    "case_reference": "case-17",
    "known": True,
    "complete": True,
    "shielded": False,
    "trace_number": False,
    "statement": "Known to another practitioner. Not every authority reports: see coverage.",
    "involvements": [
        {"form": "full", **{name: _SHOWN[name] for name in InvolvementEntry.__struct_fields__}},
        {
            "form": "brokered",
            "description": "a sensitive service",
            "service_type": None,
            "contact": _DESK,
            "own": False,
        },
    ],
    "withheld": {"brokered": 1, "never_shown": []},
    "broker_desk": _DESK,
    "coverage": [
        {
            "sector": "local_authority",
            "authorities": 153,
            "reporting": 152,
            "silent": [{"code": "E09000009", "name": "Ealing", "last_write_at": "2026-11-02T03:10:00Z"}],
            "removed": 0,
        }
    ],
    "checkpoint": CHECKPOINT,
}

HISTORY: Json = {
    "checkpoint": _LATER_CHECKPOINT,
    "consistency": ["6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"],
    "public_key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEExampleOfAPublicKeyThatVerifiesNothingAtAllAAAAAAAAAAAAAAAAA==",
}

LOOKUP_PROOF: Json = {
    "record": '{"id":"'
    + LOOKUP_ID
    + '","at":"2026-11-22T23:41:07Z","authority":"RAP","practitioner":"nurse-7","role":"Paediatric nurse",'
    + '"purpose":"safeguarding","case_reference":"case-17"}',
    "salt": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "hidden": "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "minute": {
        "number": 525601,
        "closed_at": "2026-11-22T23:42:00Z",
        "root": "06cc2bd1c54fb9bd3f41df1b1e5e5c3a0b1f9a5d7be8a6f0d4bd1c2e8f7a9055",
        "index": 817,
        "proof": ["93f1c0b7a24e5d6880b1a2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607"],
    },
    "inclusion": ["5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
    "checkpoint": _LATER_CHECKPOINT,
}

OUTCOME: Json = {"entry": 1, "outcome": "no_answer"}

QUALITY: Json = {
    "records": 2,
    "unconfirmed": ["ref-2"],
    "lapsing": [],
    "undecided": [],
    "trace_number": [],
    "without_phone": ["ref-2"],
    "contacts_failed": [
        {"practitioner_id": "sw-1", "phone": "020 7946 0001", "outcomes": {"reached": 1, "wrong_number": 2}}
    ],
    "next_cursor": "notices.0",
}

REGISTER_PAGE: Json = {"involvements": [_REGISTER_ROW], "next_cursor": "cmVmLTE"}

ACCESSES: Json = {
    "accesses": [
        {
            "lookup_id": LOOKUP_ID,
            "asked_at": "2026-11-22T23:41:07Z",
            "purpose": "safeguarding",
            "authority": {"code": "RAP", "name": "North Middlesex Hospital", "duty_contact": _WARD},
            "role": "Paediatric nurse",
        }
    ],
    "complete": True,
}

FINDINGS: Json = {
    "findings": [
        {
            "id": "3",
            "rule": "volume",
            "practitioner_ids": ["sw-4711"],
            "people": 1,
            "found_on": "2026-11-22",
            "first_on": "2026-11-22",
            "last_on": "2026-11-22",
            "counts": {"lookups": 41, "usual": 4, "usual_of_team": 9},
            "lookup_ids": [LOOKUP_ID],
        }
    ],
    "complete": True,
    "next_after": "3",
}

NOTICES: Json = {
    "notices": [
        {
            "id": "17",
            "kind": "looked_up",
            "at": "2026-11-22T23:41:07Z",
            "reference": "ref-1",
            "authority": {"code": "RAP", "name": "North Middlesex Hospital", "duty_contact": _WARD},
            "lookup_id": LOOKUP_ID,
            "purpose": "safeguarding",
            "practitioner_id": None,
            "expires_at": None,
            "phone": None,
            "outcomes": None,
            "changed": None,
            "role": None,
        }
    ],
    "complete": True,
    "next_after": "17",
}

SHIELDED: Json = {"shielded": True, "review_on": "2027-09-30"}

HEALTH: Json = {"status": "ok"}

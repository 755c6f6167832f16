"""The floor: a handler on bare botocore, written by hand, that makes the same AWS calls as ours for a lookup and a PUT.

Its clients have our settings, it sends the same requests with items as large, and answers with as much JSON;
`tests/integration/test_floor.py` checks that. It has no framework, no models, no token, no sealing, no log line.
A service that makes the same calls can hardly be cheaper, so we measure ours as a multiple of it.
"""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
from botocore.config import Config

_AUTHORITY = "E09000014"
_DAY, _LATER, _TTL = "2026-11-27", {"N": "1858896000"}, {"N": "1985126400"}
_SEALED, _REMEMBERED, _DIGEST = b"x" * 414, b"x" * 158, b"x" * 32
_LOOKUP_BYTES = {0: 350, 1: 350, 5: 670, 50: 1310}  # by rows found: about the size of what ours seals
_ACT_BYTES = 158
_ONCE = {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": "pk"}}
_RETURN_FOUND = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
_CONTACT = {"name": "Haringey duty team", "phone": "020 7946 0999"}
_ENTRY = {
    "form": "full",
    "authority": {"code": _AUTHORITY, "name": "Haringey", "duty_contact": _CONTACT},
    "organisation": None,
    "service_type": "social_care",
    "status": "current",
    "lead_professional": False,
    "started_on": _DAY,
    "ended_on": None,
    "confirmed_on": _DAY,
    "practitioner": {
        "id": "sw-9",
        "name": "Ada Okafor",
        "role": "Social worker",
        "phone": "020 7946 0001",
        "email": None,
    },
    "team": {"name": "Assessment team", "phone": "020 7946 0002"},
    "own": False,
    "disputed": False,
}
_COVERAGE: list[dict[str, Any]] = [
    {"sector": sector, "authorities": 3, "reporting": 1, "silent": [], "removed": 0}
    for sector in ("health", "local_authority", "police")
]
_CHECKPOINT = {
    "number": 1,
    "closed_at": "2026-11-27T12:00:00Z",
    **dict.fromkeys(("root", "history", "key_id"), "0" * 64),
    "signature": "0" * 96,
}


class Floor:
    def __init__(self, stage: str, mac_key: str) -> None:
        session = botocore.session.get_session()
        self.dynamodb = _client(session, "dynamodb")
        self.dynamodb_once = _client(session, "dynamodb", read_timeout=0.5, tries=1)
        self.kms = _client(session, "kms")
        self._names = {name: f"knownto-{stage}-{name}" for name in ("involvements", "access", "usage")}
        self._mac_key = mac_key
        self._beside = ThreadPoolExecutor(2)

    def look_up(self, event: dict[str, Any]) -> dict[str, Any]:
        asked = json.loads(event["body"])
        counting = self._beside.submit(self._count)
        pk = self._mac(asked["nhs_number"])
        counting.result()
        found = self.dynamodb.query(
            TableName=self._names["involvements"],
            KeyConditionExpression="#0 = :0",
            ExpressionAttributeNames={"#0": "pk"},
            ExpressionAttributeValues={":0": {"S": pk}},
            ConsistentRead=True,
        )["Items"]
        lookup_id = _new_id()
        record = {
            **_record(pk, f"L#{lookup_id}", _LOOKUP_BYTES[len(found)]),
            "day": {"S": f"{_AUTHORITY}#{_DAY}"},
        }
        self.dynamodb.put_item(TableName=self._names["access"], Item=record, **_ONCE, **_RETURN_FOUND)
        answer = {
            "lookup_id": lookup_id,
            "asked_at": "2026-11-27T12:00:00Z",
            "case_reference": asked["case_reference"],
            "known": bool(found),
            "complete": True,
            "shielded": False,
            "statement": "Known to another practitioner. Not every authority reports: see coverage.",
            "trace_number": False,
            "involvements": [_ENTRY for _ in found],
            "withheld": {"brokered": 0, "never_shown": []},
            "broker_desk": None,
            "coverage": _COVERAGE,
            "checkpoint": _CHECKPOINT,
        }
        return {"statusCode": 200, "body": json.dumps(answer, separators=(",", ":"))}

    def register(self, event: dict[str, Any]) -> dict[str, Any]:
        sent, reference = json.loads(event["body"]), event["pathParameters"]["reference"]
        involvements, access = self._names["involvements"], self._names["access"]
        key = {"pk": {"S": f"A#{_AUTHORITY}"}, "sk": {"S": f"R#{reference}"}}
        self.dynamodb.get_item(TableName=involvements, Key=key, ConsistentRead=True)
        pk, version = self._mac(sent["nhs_number"]), _new_id()
        self.dynamodb.query(
            TableName=involvements,
            KeyConditionExpression="(#0 = :0 AND begins_with (#1, :1))",
            ExpressionAttributeNames={"#0": "pk", "#1": "sk"},
            ExpressionAttributeValues={":0": {"S": pk}, ":1": {"S": f"I#{_AUTHORITY}#"}},
            ConsistentRead=True,
        )
        shared = {"version": {"S": version}, "expires_at": _LATER, "ttl": _LATER}
        entry = {
            **key,
            "child": {"S": pk},
            "confirmed_on": {"S": _DAY},
            "due": {"S": "2028-08-29#0"},
            "digest": {"B": _DIGEST},
            "remembered": {"B": _REMEMBERED},
            **shared,
        }
        row = {"pk": {"S": pk}, "sk": {"S": f"I#{_AUTHORITY}#{reference}"}, "sealed": {"B": _SEALED}, **shared}
        record = _record(pk, f"E#{_new_id()}", _ACT_BYTES)
        superseded = {"pk": {"S": pk}, "sk": {"S": "M#"}}
        self.dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": involvements, "Item": entry, **_ONCE, **_RETURN_FOUND}},
                {"Put": {"TableName": involvements, "Item": row}},
                {"Put": {"TableName": access, "Item": record, **_ONCE, **_RETURN_FOUND}},
                {"ConditionCheck": {"TableName": involvements, "Key": superseded, **_ONCE, **_RETURN_FOUND}},
            ]
        )
        receipt = {
            "reference": reference,
            "version": version,
            "confirmed_on": _DAY,
            "expires_at": "2028-11-27T00:00:00Z",
            "trace_number": False,
        }
        return {"statusCode": 201, "body": json.dumps(receipt, separators=(",", ":"))}

    def _mac(self, number: str) -> str:
        message = f"knownto|child|v1|{number}".encode()
        made = self.kms.generate_mac(KeyId=self._mac_key, MacAlgorithm="HMAC_SHA_256", Message=message)["Mac"]
        return "C#1#" + base64.urlsafe_b64encode(made).rstrip(b"=").decode()

    def _count(self) -> None:
        self.dynamodb_once.update_item(
            TableName=self._names["usage"],
            Key={"pk": {"S": f"P#{_AUTHORITY}#floor-practitioner-1"}, "sk": {"S": _DAY}},
            UpdateExpression="SET #0 = :0 ADD #1 :1, #2 :2",
            ExpressionAttributeNames={"#0": "ttl", "#1": "day", "#2": "h12"},
            ExpressionAttributeValues={":0": _LATER, ":1": {"N": "1"}, ":2": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )


def _record(pk: str, sk: str, sealed_bytes: int) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, "ttl": _TTL, "sealed": {"B": b"x" * sealed_bytes}}


def _client(session: Any, service: str, read_timeout: float = 1, tries: int = 3) -> Any:
    config = Config(
        user_agent=f"known-to botocore/{botocore.__version__}",
        connect_timeout=0.5,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": tries},
        parameter_validation=False,
    )
    return session.create_client(service, region_name=os.environ["AWS_REGION"], config=config)


def _new_id() -> str:
    return f"{time.time_ns():026}"

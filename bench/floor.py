"""The floor: a hand-written handler that makes the same AWS calls as ours for a lookup and a PUT, on bare botocore.

No framework, no models, no token, no sealing, no log line: it only calls. Nothing that answers the same question
through the same calls can be cheaper, so ours is measured as a multiple of it.
"""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
from botocore.config import Config

_CONFIG = Config(connect_timeout=0.5, read_timeout=1, parameter_validation=False)


class Floor:
    def __init__(self, stage: str, mac_key: str, session: Any = None) -> None:
        session = session or botocore.session.get_session()
        region = os.environ["AWS_REGION"]
        self.dynamodb = session.create_client("dynamodb", region_name=region, config=_CONFIG)
        self.kms = session.create_client("kms", region_name=region, config=_CONFIG)
        self._names = {name: f"knownto-{stage}-{name}" for name in ("involvements", "access", "usage")}
        self._mac_key = mac_key
        self._beside = ThreadPoolExecutor(1)

    def look_up(self, event: dict[str, Any]) -> dict[str, Any]:
        asked = json.loads(event["body"])
        counting = self._beside.submit(self._count)
        pk = self._mac(asked["nhs_number"])
        counting.result()
        found = self.dynamodb.query(
            TableName=self._names["involvements"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )["Items"]
        lookup_id = str(time.time_ns())
        self.dynamodb.put_item(
            TableName=self._names["access"],
            Item=self._record(pk, f"L#{lookup_id}"),
            ConditionExpression="attribute_not_exists(pk)",
        )
        body = {"lookup_id": lookup_id, "involvements": [row["version"]["S"] for row in found if "version" in row]}
        return {"statusCode": 200, "body": json.dumps(body)}

    def register(self, event: dict[str, Any]) -> dict[str, Any]:
        sent, reference = json.loads(event["body"]), event["pathParameters"]["reference"]
        pk = self._mac(sent["nhs_number"])
        entry = {"pk": {"S": "A#E09000014"}, "sk": {"S": f"R#{reference}"}}
        self.dynamodb.get_item(TableName=self._names["involvements"], Key=entry, ConsistentRead=True)
        version = str(time.time_ns())
        number = {"N": "1900000000"}
        shared = {"version": {"S": version}, "expires_at": number, "ttl": number}
        row = {
            "pk": {"S": pk},
            "sk": {"S": f"I#E09000014#{reference}"},
            "sealed": {"B": event["body"].encode()},
            **shared,
        }
        self.dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": self._names["involvements"],
                        "Item": {**entry, "child": {"S": pk}, "due": {"S": "2028-01-01#0"}, **shared},
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
                {"Put": {"TableName": self._names["involvements"], "Item": row}},
                {"Put": {"TableName": self._names["access"], "Item": self._record(pk, f"E#{version}")}},
            ]
        )
        return {"statusCode": 201, "body": json.dumps({"version": version})}

    def _mac(self, number: str) -> str:
        message = f"knownto|child|v1|{number}".encode()
        made = self.kms.generate_mac(KeyId=self._mac_key, MacAlgorithm="HMAC_SHA_256", Message=message)["Mac"]
        return "C#1#" + base64.urlsafe_b64encode(made).rstrip(b"=").decode()

    def _count(self) -> None:
        self.dynamodb.update_item(
            TableName=self._names["usage"],
            Key={"pk": {"S": "P#E09000014#floor"}, "sk": {"S": "2026-01-01"}},
            UpdateExpression="SET #t = :t ADD #d :one, #h :one",
            ExpressionAttributeNames={"#t": "ttl", "#d": "day", "#h": "h12"},
            ExpressionAttributeValues={":t": {"N": "1900000000"}, ":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )

    def _record(self, pk: str, sk: str) -> dict[str, Any]:
        return {
            "pk": {"S": pk},
            "sk": {"S": sk},
            "at": {"N": "1790000000"},
            "ttl": {"N": "1990000000"},
            "authority": {"S": "E09000014"},
            "practitioner": {"S": "sw-1"},
            "role": {"S": "Social worker"},
            "act": {"S": "looked_up"},
            "purpose": {"S": "safeguarding"},
            "case_reference": {"S": "case-1"},
            "authority_date": {"S": "E09000014#2026-01-01"},
            "shown": {"B": b"x" * 60},
        }

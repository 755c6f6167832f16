"""What runs while nobody is at work: a row edited or removed by hand, and one that TTL deletes, meet their watchers."""

import base64
import time
from typing import Any

from chalicelib.adapters.tables import ACCESS, INVOLVEMENTS, TTL_ATTRIBUTE, table_name

from .stage import Deployed, Step, expect

_PATIENCE_SECONDS = 60
_LONG_AGO = 1_600_000_000


class Unattended:
    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._row: dict[str, Any] = {}

    def steps(self) -> list[Step]:
        return [
            ("An access record edited by hand is noticed, through the table's stream", self.edit_access_record),
            ("An involvement removed by hand is noticed, through the table's stream", self.remove_involvement),
            (
                "One that TTL removes leaves an access record (a made event: the emulator's TTL writes no stream)",
                self.expire,
            ),
        ]

    def edit_access_record(self) -> None:
        key = {name: self._first(ACCESS, "L#")[name] for name in ("pk", "sk")}
        self._deployed.client("dynamodb").update_item(
            TableName=self._table(ACCESS),
            Key=key,
            UpdateExpression="SET #why = :another",
            ExpressionAttributeNames={"#why": "purpose"},
            ExpressionAttributeValues={":another": {"S": "another"}},
        )
        self._expect_counted("AccessRecordsTampered")

    def remove_involvement(self) -> None:
        self._row = self._first(INVOLVEMENTS, "I#")
        key = {name: self._row[name] for name in ("pk", "sk")}
        self._deployed.client("dynamodb").delete_item(TableName=self._table(INVOLVEMENTS), Key=key)
        self._expect_counted("RowsRemovedUnexplained")

    def expire(self) -> None:
        """Of the row that was just removed: it is as if TTL had done it."""
        long_ago = {"N": str(_LONG_AGO)}
        event = _removed_by_ttl({**self._row, "expires_at": long_ago, TTL_ATTRIBUTE: long_ago})
        before = self._acts()
        for _ in range(2):
            answer = self._deployed.invoke(f"knownto-{self._deployed.name}-watch-involvements", event)
            expect(answer == {"batchItemFailures": []}, f"the watcher to take the record: {answer}")
        expect(self._acts() == before + 1, "one access record, however often the stream tells of it")

    def _expect_counted(self, metric: str) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not any(metric in line for line in self._deployed.logs()):
            expect(time.monotonic() < until, f"{metric} in the logs of a watcher within {_PATIENCE_SECONDS} s")
            time.sleep(0.5)

    def _first(self, table: str, begins: str) -> dict[str, Any]:
        return next(item for item in self._items(table) if item["sk"]["S"].startswith(begins))

    def _acts(self) -> int:
        return sum(item["sk"]["S"].startswith("E#") for item in self._items(ACCESS))

    def _items(self, table: str) -> list[dict[str, Any]]:
        return self._deployed.items(self._table(table))

    def _table(self, table: str) -> str:
        return table_name(self._deployed.name, table)


def _removed_by_ttl(row: dict[str, Any]) -> dict[str, Any]:
    image = {name: {kind: _as_json(value) for kind, value in typed.items()} for name, typed in row.items()}
    return {
        "Records": [
            {
                "eventID": "1",
                "eventName": "REMOVE",
                "eventSource": "aws:dynamodb",
                "eventVersion": "1.1",
                "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
                "dynamodb": {
                    "ApproximateCreationDateTime": int(time.time()),
                    "Keys": {name: image[name] for name in ("pk", "sk")},
                    "OldImage": image,
                    "SequenceNumber": "1",
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
            }
        ]
    }


def _as_json(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value

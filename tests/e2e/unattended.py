"""The unattended functions: schedules, and the watchers of rows that are edited or removed by hand, or deleted by
TTL."""

import base64
import time
from collections.abc import Callable
from typing import Any

from chalice.app import ScheduledEventConfig

from app import app
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, TTL_ATTRIBUTE, table_name

from .stage import Deployed, Step, expect

_PATIENCE_SECONDS = 120
_LONG_AGO = 1_600_000_000


class Unattended:
    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._row: dict[str, Any] = {}
        self._scheduled = self._hurry()

    def steps(self) -> list[Step]:
        return [
            ("An access record edited by hand is noticed, through the table's stream", self.edit_access_record),
            ("An involvement removed by hand is noticed, through the table's stream", self.remove_involvement),
            *((f"{name} runs on its schedule, which we made shorter", self._ran(name)) for name in self._scheduled),
            (
                "A row that TTL deletes gets an access record (our own event: the emulator's TTL writes no stream)",
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
        """Sends an event as if TTL had deleted the row that was just removed."""
        long_ago = {"N": str(_LONG_AGO)}
        event = _removed_by_ttl({**self._row, "expires_at": long_ago, TTL_ATTRIBUTE: long_ago})
        before = self._acts()
        for _ in range(2):
            answer = self._deployed.invoke(f"knownto-{self._deployed.name}-watch-involvements", event)
            expect(answer == {"batchItemFailures": []}, f"the watcher to take the record: {answer}")
        expect(self._acts() == before + 1, "one access record, however often the stream delivers the event")

    def _ran(self, name: str) -> Callable[[], None]:
        return lambda: self._expect_logged(
            lambda line: line.get("function") == name and line.get("finished") == 1, name
        )

    def _hurry(self) -> list[str]:
        """Makes every schedule of the stage run each minute. Returns the names of the functions."""
        events = self._deployed.client("events")
        rules = [rule for rule in events.list_rules()["Rules"] if "ScheduleExpression" in rule]
        for rule in rules:
            events.put_rule(Name=rule["Name"], ScheduleExpression="rate(1 minute)")
        targets = [t for rule in rules for t in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
        found = {t["Arn"].partition(f":knownto-{self._deployed.name}-")[2].replace("-", "_") for t in targets}
        written = {source.name for source in app.event_sources if isinstance(source, ScheduledEventConfig)}
        expect(found == written, f"a schedule for each of {written}, and found {found}")
        return sorted(found)

    def _expect_counted(self, metric: str) -> None:
        self._expect_logged(lambda line: metric in line, metric)

    def _expect_logged(self, is_it: Callable[[dict[str, Any]], bool], what: str) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not any(is_it(line) for line in self._deployed.logs()):
            expect(time.monotonic() < until, f"{what} in the logs within {_PATIENCE_SECONDS} s")
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

"""What Lambda does between the tables' streams and `app.py`, as the template says: which function gets which records,
how many at a time, and how often a record that fails is tried again."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from chalice.app import DynamoDBEventConfig
from chalice.utils import to_cfn_resource_name

import app
from chalicelib import unattended
from infra.build.template import Template

Record = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class StreamMapping:
    """One function and the stream that feeds it."""

    name: str
    function: Callable[[Any, Any], dict[str, Any]]
    stream: str
    shard: str
    patterns: list[Any]
    batch_size: int
    retries: int
    position: str | None = None
    """The number of the last record that is done with; None before the first."""
    tried: dict[str, int] = field(default_factory=dict)

    def go_on(self, streams: Any) -> bool:
        """Hands over the next batch. False if there is none, or if it has to be tried again."""
        batch = self._next(streams)
        numbers = [_number(record) for record in batch]
        failed = self._failed([record for record in batch if self._is_wanted(record)])
        stuck = next((number for number in numbers if number in failed), None)
        if stuck is None:
            self.position = numbers[-1] if numbers else self.position
            return bool(numbers)
        if before := numbers[: numbers.index(stuck)]:
            self.position = before[-1]
        return self._gives_up(stuck)

    def _next(self, streams: Any) -> list[Record]:
        records = streams.get_records(ShardIterator=self._iterator(streams), Limit=self.batch_size)["Records"]
        return [_as_lambda_has_it(record, self.stream) for record in records]

    def _iterator(self, streams: Any) -> str:
        """Anew each time: one that is kept would be too old after a quarter of an hour of a sleeping machine."""
        of_shard = {"StreamArn": self.stream, "ShardId": self.shard}
        first = {**of_shard, "ShardIteratorType": "TRIM_HORIZON"}
        after = {**of_shard, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.position}
        try:
            return str(streams.get_shard_iterator(**(after if self.position else first))["ShardIterator"])
        except streams.exceptions.TrimmedDataAccessException:  # nothing since, for a day
            return str(streams.get_shard_iterator(**first)["ShardIterator"])

    def _is_wanted(self, record: Record) -> bool:
        return not self.patterns or any(matches(pattern, record) for pattern in self.patterns)

    def _failed(self, records: list[Record]) -> set[str]:
        if not records:
            return set()
        try:
            reply = self.function({"Records": records}, SimpleNamespace(aws_request_id=str(uuid4())))
        except Exception as error:  # as Lambda: whatever it was, the batch is tried again
            print(f"{self.name}: {type(error).__name__}", flush=True)
            return {_number(record) for record in records}
        return {failure["itemIdentifier"] for failure in reply["batchItemFailures"]}

    def _gives_up(self, number: str) -> bool:
        self.tried[number] = self.tried.get(number, 0) + 1
        if self.tried[number] <= self.retries:
            return False
        print(f"{self.name}: record {number} is given up after {self.tried.pop(number)} tries", flush=True)
        self.position = number
        return True


def stream_mappings(dynamodb: Any, streams: Any, stage: str, template: Template) -> list[StreamMapping]:
    """Of every function in `app.py` that a stream feeds."""
    resources = template["Resources"]
    found = []
    for source in app.app.event_sources:
        if not isinstance(source, DynamoDBEventConfig):
            continue
        [event] = resources[to_cfn_resource_name(source.name)]["Properties"]["Events"].values()
        fed = event["Properties"]
        [table, _] = fed["Stream"]["Fn::GetAtt"]
        name = resources[table]["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", stage)
        stream = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]  # ministack has but one
        made = StreamMapping(
            name=source.name,
            function=getattr(unattended, source.name),
            stream=stream,
            shard=shard["ShardId"],
            patterns=[json.loads(one["Pattern"]) for one in fed.get("FilterCriteria", {}).get("Filters", [])],
            batch_size=source.batch_size,
            retries=fed["MaximumRetryAttempts"],
        )
        found.append(made)
    return found


def matches(pattern: Any, value: Any) -> bool:
    """As Lambda's filters do, as far as the template uses them: nested names, and lists of texts or prefixes."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(matches(nested, value.get(name)) for name, nested in pattern.items())
    return any(str(value).startswith(one["prefix"]) if isinstance(one, dict) else value == one for one in pattern)


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _as_lambda_has_it(record: Record, stream: str) -> Record:
    made: Record = json.loads(json.dumps({**record, "eventSourceARN": stream}, default=_plain))
    return made


def _plain(value: bytes | datetime) -> str | float:
    return value.timestamp() if isinstance(value, datetime) else base64.b64encode(value).decode()

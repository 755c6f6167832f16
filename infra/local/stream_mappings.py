"""Does the work of Lambda between the tables' streams and `app.py`. The template says which function gets which stream
records, how many at a time, and how long a failed one is tried again."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
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
    """One function, and the stream that it reads."""

    name: str
    function: Callable[[Any, Any], dict[str, Any]]
    stream: str
    shard: str
    patterns: list[Any]
    batch_size: int
    max_age_seconds: int
    clock: Callable[[], float] = time.time
    position: str | None = None
    """The sequence number of the last finished stream record; None before the first."""

    def hand_over(self, streams: Any) -> bool:
        """Hands the next batch to the function. Returns False if there is none, or if it must be tried again."""
        batch = self._next(streams)
        numbers = [_number(record) for record in batch]
        failed = self._failed([record for record in batch if self._is_wanted(record)])
        stuck = next((number for number in numbers if number in failed), None)
        if stuck is None:
            self.position = numbers[-1] if numbers else self.position
            return bool(numbers)
        at = numbers.index(stuck)
        self.position = numbers[at - 1] if at else self.position
        return self._gives_up(batch[at])

    def _next(self, streams: Any) -> list[Record]:
        records = streams.get_records(ShardIterator=self._iterator(streams), Limit=self.batch_size)["Records"]
        return [_as_lambda_gives_it(record, self.stream) for record in records]

    def _iterator(self, streams: Any) -> str:
        """Returns a new iterator each time: a kept one expires if the machine sleeps for 15 minutes."""
        of_shard = {"StreamArn": self.stream, "ShardId": self.shard}
        first = {**of_shard, "ShardIteratorType": "TRIM_HORIZON"}
        after = {**of_shard, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.position}
        try:
            return str(streams.get_shard_iterator(**(after if self.position else first))["ShardIterator"])
        except streams.exceptions.TrimmedDataAccessException:  # its records have expired: none has come for a day
            return str(streams.get_shard_iterator(**first)["ShardIterator"])

    def _is_wanted(self, record: Record) -> bool:
        return not self.patterns or any(matches(pattern, record) for pattern in self.patterns)

    def _failed(self, records: list[Record]) -> set[str]:
        if not records:
            return set()
        try:
            reply = self.function({"Records": records}, SimpleNamespace(aws_request_id=str(uuid4())))
        except Exception as error:  # as on Lambda, any exception means that the batch is tried again
            print(f"{self.name}: {type(error).__name__}", flush=True)
            return {_number(record) for record in records}
        return {failure["itemIdentifier"] for failure in reply["batchItemFailures"]}

    def _gives_up(self, record: Record) -> bool:
        """Lambda tries a stream record again until it is too old. A bad one was put aside by the function itself."""
        if self.clock() - record["dynamodb"]["ApproximateCreationDateTime"] <= self.max_age_seconds:
            return False
        self.position = _number(record)
        print(f"{self.name}: gave up stream record {self.position}, which is too old", flush=True)
        return True


def stream_mappings(dynamodb: Any, streams: Any, stage: str, template: Template) -> list[StreamMapping]:
    """Returns one for every function in `app.py` that reads a stream."""
    resources = template["Resources"]
    found = []
    for source in app.app.event_sources:
        if not isinstance(source, DynamoDBEventConfig):
            continue
        [event] = resources[to_cfn_resource_name(source.name)]["Properties"]["Events"].values()
        properties = event["Properties"]
        [table, _] = properties["Stream"]["Fn::GetAtt"]
        name = resources[table]["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", stage)
        stream = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        [shard] = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]  # ministack has only one
        made = StreamMapping(
            name=source.name,
            function=getattr(unattended, source.name),
            stream=stream,
            shard=shard["ShardId"],
            patterns=[json.loads(one["Pattern"]) for one in properties.get("FilterCriteria", {}).get("Filters", [])],
            batch_size=source.batch_size,
            max_age_seconds=properties["MaximumRecordAgeInSeconds"],
        )
        found.append(made)
    return found


def matches(pattern: Any, value: Any) -> bool:
    """Applies the kinds of Lambda filter that the template uses: nested names, and lists of texts or prefixes."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(matches(nested, value.get(name)) for name, nested in pattern.items())
    return any(str(value).startswith(one["prefix"]) if isinstance(one, dict) else value == one for one in pattern)


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _as_lambda_gives_it(record: Record, stream: str) -> Record:
    made: Record = json.loads(json.dumps({**record, "eventSourceARN": stream}, default=_plain))
    return made


def _plain(value: bytes | datetime) -> str | float:
    return value.timestamp() if isinstance(value, datetime) else base64.b64encode(value).decode()

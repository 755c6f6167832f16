"""The stream mappings of the local stage hand over each stream record, try it again, or log that they gave it up."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS, INVOLVEMENTS, NOTICES, REGISTRY, table_name
from infra.build.template import merged
from infra.local.aws import turn_on_streams
from infra.local.stream_mappings import Record, StreamMapping, matches, stream_mappings
from infra.local.unattended import TEMPLATE
from tests.support.stage import STAGE, Stage

MAX_AGE = 23 * 3600


@dataclass
class Taker:
    """A function like those in `app.py`: keeps its events, and fails for the keys in `bad`."""

    bad: set[str] = field(default_factory=set)
    calls: list[list[Record]] = field(default_factory=list)
    raises: bool = False

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        assert context.aws_request_id
        self.calls.append(event["Records"])
        if self.raises:
            raise RuntimeError("Ada Okafor")
        failed = [record["dynamodb"]["SequenceNumber"] for record in event["Records"] if key(record) in self.bad]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}

    @property
    def taken(self) -> list[list[str]]:
        return [[key(record) for record in records] for records in self.calls]


def key(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["pk"]["S"])


class Watched:
    """A new table with a stream, and a mapping of that stream."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.dynamodb = stage.aws.client("dynamodb")
        self.streams = stage.aws.client("dynamodbstreams")
        self.name = name
        self.taker = Taker()
        made = self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        stream = made["TableDescription"]["LatestStreamArn"]
        [shard] = self.streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        self.mapping = StreamMapping(
            name="taker",
            function=self.taker,
            stream=stream,
            shard=shard["ShardId"],
            patterns=[],
            batch_size=3,
            max_age_seconds=MAX_AGE,
        )

    def put(self, *keys: str) -> None:
        for one in keys:
            self.dynamodb.put_item(TableName=self.name, Item={"pk": {"S": one}, "sealed": {"B": b"\xff\x00"}})

    def hand_over(self) -> bool:
        return self.mapping.hand_over(self.streams)


@pytest.fixture
def watched(stage: Stage) -> Iterator[Watched]:
    made = Watched(stage, f"watched-{stage.new_reference()}")
    yield made
    made.dynamodb.delete_table(TableName=made.name)


def test_stream_records_come_once_in_order_and_in_batches(watched: Watched) -> None:
    assert not watched.hand_over()
    watched.put("a", "b", "c", "d")
    assert watched.hand_over()
    assert watched.hand_over()
    assert not watched.hand_over()
    assert watched.taker.taken == [["a", "b", "c"], ["d"]]


def test_a_stream_record_looks_as_lambda_gives_it(watched: Watched) -> None:
    watched.put("a")
    watched.hand_over()
    [[record]] = watched.taker.calls
    assert record == json.loads(json.dumps(record))
    assert record["eventSourceARN"] == watched.mapping.stream
    assert (record["eventName"], record["eventSource"]) == ("INSERT", "aws:dynamodb")
    assert record["dynamodb"]["NewImage"]["sealed"] == {"B": "/wA="}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)


def test_the_first_failed_record_and_all_after_it_are_tried_again(watched: Watched) -> None:
    watched.put("a", "b", "c", "d")
    watched.taker.bad = {"b"}
    assert not watched.hand_over()
    watched.taker.bad.clear()
    assert watched.hand_over()
    assert watched.taker.taken == [["a", "b", "c"], ["b", "c", "d"]]


def test_a_record_that_keeps_failing_is_tried_until_it_is_too_old_and_then_the_next_ones_are_handed_over(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.put("a", "b", "c")
    watched.taker.bad = {"b"}
    assert not any(watched.hand_over() for _ in range(20))
    assert capsys.readouterr().out == ""
    watched.mapping.clock = lambda: time.time() + MAX_AGE + 1
    assert watched.hand_over()
    assert watched.hand_over()
    assert watched.taker.taken == [["a", "b", "c"], *([["b", "c"]] * 20), ["c"]]
    assert "too old" in capsys.readouterr().out


def test_an_exception_fails_the_whole_batch_and_its_text_is_not_logged(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.put("a", "b")
    watched.taker.raises = True
    assert not watched.hand_over()
    watched.taker.raises = False
    assert watched.hand_over()
    assert watched.taker.taken == [["a", "b"], ["a", "b"]]
    assert capsys.readouterr().out == "taker: RuntimeError\n"


def test_a_mapping_whose_position_has_expired_starts_with_the_oldest_record(watched: Watched) -> None:
    watched.put("a")
    watched.mapping.position = "00000000000000000000000000000"
    assert watched.hand_over()
    assert watched.taker.taken == [["a"]]


def test_only_what_a_pattern_wants_is_handed_over(watched: Watched) -> None:
    watched.mapping.patterns = [{"eventName": ["REMOVE"]}, {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "C#"}]}}}}]
    watched.put("C#1", "A#1")
    watched.dynamodb.delete_item(TableName=watched.name, Key={"pk": {"S": "A#1"}})
    assert watched.hand_over()
    assert watched.taker.taken == [["C#1", "A#1"]]
    assert [record["eventName"] for record in watched.taker.calls[0]] == ["INSERT", "REMOVE"]


@pytest.mark.parametrize("value", [{}, {"a": None}, {"a": "x"}, {"a": {}}, {"a": {"b": 1}}, None, "a"])
def test_a_pattern_does_not_match_a_missing_value(value: Any) -> None:
    assert not matches({"a": {"b": ["x", {"prefix": "y"}]}}, value)


@pytest.mark.parametrize("text", ["x", "y", "yes"])
def test_a_pattern_matches_a_text_or_a_prefix(text: str) -> None:
    assert matches({"a": {"b": ["x", {"prefix": "y"}]}}, {"a": {"b": text}, "c": 1})


def test_each_function_reads_the_stream_that_the_template_names(stage: Stage) -> None:
    turn_on_streams(stage.aws, STAGE)
    dynamodb, streams = stage.aws.client("dynamodb"), stage.aws.client("dynamodbstreams")
    found = {mapping.name: mapping for mapping in stream_mappings(dynamodb, streams, STAGE, merged(TEMPLATE))}
    tables = {name: mapping.stream.split("/")[1] for name, mapping in found.items()}
    access, involvements = table_name(STAGE, ACCESS), table_name(STAGE, INVOLVEMENTS)
    assert tables == {
        "watch_involvements": involvements,
        "watch_access": access,
        "post_notices": access,
        "gather_leaves": access,
        "watch_registry": table_name(STAGE, REGISTRY),
        "watch_notices": table_name(STAGE, NOTICES),
    }
    assert {mapping.function for mapping in found.values()} == {
        unattended.watch_involvements,
        unattended.watch_access,
        unattended.post_notices,
        unattended.watch_registry,
        unattended.watch_notices,
        unattended.gather_leaves,
    }
    assert {mapping.max_age_seconds for mapping in found.values()} == {MAX_AGE}
    sizes = {name: mapping.batch_size for name, mapping in found.items() if mapping.batch_size != 25}
    assert sizes == {"watch_registry": 1, "watch_notices": 100, "gather_leaves": 100}
    filtered = {name for name, mapping in found.items() if mapping.patterns}
    assert filtered == {"watch_access", "post_notices", "watch_notices", "gather_leaves"}

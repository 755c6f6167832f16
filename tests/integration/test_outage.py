"""AWS is away for six hours. No notice, expiry record or alarm is lost, and all is caught up after."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import ACCESS
from infra.local.stream_mappings import StreamMapping
from tests.support.faults import ANY, Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import EALING, HARINGEY, Stage
from tests.support.streams import Record, changed, number_of

_HOURS, _MAX_AGE = 6, 23 * 3600


@dataclass
class Stream:
    """One shard of a stream, as the mapping reads it."""

    records: list[Record]
    exceptions: Any = field(default_factory=lambda: SimpleNamespace(TrimmedDataAccessException=LookupError))

    def get_shard_iterator(self, SequenceNumber: str = "0", **_: Any) -> dict[str, str]:  # noqa: N803 - as in boto3
        return {"ShardIterator": SequenceNumber}

    def get_records(self, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 - as in boto3
        return {"Records": [one for one in self.records if int(number_of(one)) > int(ShardIterator)][:Limit]}


@dataclass
class Watched:
    """A function with its stream."""

    mapping: StreamMapping
    stream: Stream

    def hand_over(self) -> bool:
        return self.mapping.hand_over(self.stream)

    @property
    def caught_up(self) -> bool:
        return self.mapping.position == number_of(self.stream.records[-1])


def watched(stage: Stage, function: Any, *records: Record) -> Watched:
    mapping = StreamMapping(
        name="watched",
        function=function,
        stream="stream",
        shard="shard",
        patterns=[],
        batch_size=25,
        max_age_seconds=_MAX_AGE,
        clock=lambda: stage.clock().timestamp(),
    )
    return Watched(mapping, Stream([*records]))


def test_aws_is_away_for_six_hours_and_nothing_is_lost(
    stage: Stage, rows: Rows, faults: Faults, metrics: Metrics
) -> None:
    looked_up, expired, deleted = stage.new_child(), stage.new_child(), stage.new_child()
    for child in (looked_up, expired, deleted):
        assert stage.register(child).status == 201
    assert stage.look_up(looked_up, stage.token(EALING)).status == 200
    given = stage.services.parts.notices.page(HARINGEY, 0, 1).given
    ended, gone = rows.one_of(expired), rows.one_of(deleted)
    end = datetime.fromtimestamp(int(ended["expires_at"]["N"]), UTC)
    [lookup] = rows.access_records(looked_up, "L#")
    involvements = watched(
        stage,
        unattended.watch_involvements,
        changed(ended, None, end, by_ttl=True),
        changed(gone, None, stage.clock()),
    )
    access = watched(stage, unattended.post_notices, changed(None, lookup, stage.clock()))

    faults.throttle(ANY)
    for _ in range(_HOURS * 12):
        stage.clock.advance(minutes=5)
        assert not involvements.hand_over()
        assert not access.hand_over()
    assert metrics.count("RowsRemovedUnexplained") == 0

    faults.clear()
    assert rows.acts(expired) == ["registered"]
    while involvements.hand_over() or access.hand_over():
        pass
    assert involvements.caught_up
    assert access.caught_up
    assert sorted(rows.acts(expired)) == ["expired", "registered"]
    assert metrics.count("RowsRemovedUnexplained") == 1
    [waiting] = stage.services.parts.notices.page(HARINGEY, given, 5).waiting
    assert waiting.notice.kind == "looked_up"
    assert len(rows.of(rows.key_of(looked_up), ACCESS)) == 2

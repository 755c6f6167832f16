"""The functions that read the tables' streams, and the settings of their stream mappings. A test holds the template to
this, and an hourly check the running stage."""

from typing import Any

from ...domain.values import Struct
from .schema import ACCESS, INVOLVEMENTS, NOTICES, REGISTRY

PULSE = "PULSE"
"""The partition key of pulses. Nothing else is stored under it."""

_PULSE = f'{{"eventName": ["INSERT"], "dynamodb": {{"Keys": {{"pk": {{"S": ["{PULSE}"]}}}}}}}}'
_CHANGED = '{"eventName": ["MODIFY", "REMOVE"]}'
_NEW = '{"eventName": ["INSERT"]}'
_OF_CHILDREN_AND_AUTHORITIES = (
    '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "C#"}, {"prefix": "A#"}]}}}}'
)
_HEADS_NOTICES_MARKS = '{"dynamodb": {"Keys": {"sk": {"S": ["HEAD", {"prefix": "N#"}, {"prefix": "D#"}]}}}}'


class StreamReader(Struct, frozen=True, kw_only=True):
    """`pulses`: the metric of the pulses that the function saw; None if its table gets none. `patterns`: the stream
    records that it gets; none for all."""

    table: str
    pulses: str | None
    patterns: tuple[str, ...] = ()
    batch_size: int = 25

    def mapping(self) -> dict[str, Any]:
        """The settings of its stream mapping, besides stream, filter and destination."""
        return {**_MAPPING, "BatchSize": self.batch_size}


READERS = {
    "watch_involvements": StreamReader(table=INVOLVEMENTS, pulses="WatchInvolvementsPulses"),
    # Inserts are verified by gather_leaves, which reads each new access record anyway.
    "watch_access": StreamReader(table=ACCESS, pulses="WatchAccessPulses", patterns=(_CHANGED, _PULSE)),
    # One at a time: Lambda delivers a batch again from its first failure on, and each delivery sends a message. No
    # pulse, because every item there is an authority.
    "watch_registry": StreamReader(table=REGISTRY, pulses=None, batch_size=1),
    # Without the counts of outcomes, which change with every call and decide nothing but a weekly notice.
    "watch_notices": StreamReader(
        table=NOTICES, pulses="WatchNoticesPulses", patterns=(_HEADS_NOTICES_MARKS, _PULSE), batch_size=100
    ),
    # An access record of an authority may be that its registry item changed. The others concern nobody else.
    "post_notices": StreamReader(
        table=ACCESS, pulses="PostNoticesPulses", patterns=(_OF_CHILDREN_AND_AUTHORITIES, _PULSE)
    ),
    "gather_leaves": StreamReader(table=ACCESS, pulses="GatherLeavesPulses", patterns=(_NEW,), batch_size=100),
}
"""By the name of the function. Every table with a metric of pulses gets pulses."""

_MAPPING: dict[str, Any] = {
    "StartingPosition": "TRIM_HORIZON",
    "MaximumBatchingWindowInSeconds": 5,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": -1,
    # An hour before the stream forgets it.
    "MaximumRecordAgeInSeconds": 23 * 3600,
}


def is_pulse(record: dict[str, Any]) -> bool:
    """`record`: a stream record of any table."""
    keys = record.get("dynamodb", {}).get("Keys", {})
    return bool(keys.get("pk") == {"S": PULSE})

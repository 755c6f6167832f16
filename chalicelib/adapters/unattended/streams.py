"""The seam between the tables' streams and their watchers: record by record, one bad record never costs another.

A record that fails is reported to Lambda, tried again, and at last told of in the dead-letter queue, by its number
alone. Nothing of it is logged.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalice.app import DynamoDBEvent

from ...application.store_errors import Unreadable
from ...application.unattended.watch_involvements import Row, RowChange, RowKind
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from .. import telemetry
from ..dynamodb import attributes
from ..dynamodb.schema import TTL_ATTRIBUTE
from ..dynamodb.tables import Item
from ..ids import made_at
from ..row_keys import AUTHORITY, CHILD, DUE_SHARDS, INVOLVEMENT, REGISTER, SHIELD, owner_of

_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
_OF_NOW = timedelta(minutes=15)
"""A version is made less than half a minute before it is written; clocks differ."""
_CLOCKS_DIFFER = timedelta(seconds=5)
_SHARDS = frozenset(map(str, range(DUE_SHARDS)))

Record = dict[str, Any]
"""One record of a stream as Lambda hands it over; bytes in its images are base64."""

Failures = dict[str, Any]


def each_record(event: DynamoDBEvent, name: str, handle: Callable[[Record], None]) -> Failures:
    """Hands over every record of a batch; answers with the numbers of those that failed. Writes the one log line."""
    # Imported here, since a lookup's cold start has no use for it.
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

    def handle_one(record: DynamoDBRecord) -> None:
        try:
            handle(record.raw_event)
        except Exception as error:
            telemetry.meter("StreamRecordsFailed")
            if not isinstance(error, Unavailable):
                telemetry.report(error)
            raise Unavailable from None

    telemetry.begin(str(getattr(event.context, "aws_request_id", "unknown")))
    batch = event.to_dict()
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    failures: Failures = {**process_partial_response(batch, handle_one, processor)}
    telemetry.note(function=name, records=len(batch["Records"]), failed=len(failures["batchItemFailures"]))
    telemetry.emit("stream", "UnattendedLatency")
    return failures


def is_tampered(record: Record) -> bool:
    """Of an access record's: all but that it was added, or removed by TTL."""
    expired = record["eventName"] == "REMOVE" and _by_ttl(record)
    return record["eventName"] != "INSERT" and not expired


def row_change(record: Record) -> RowChange:
    """Raises Unreadable for what no stream of the table sends."""
    try:
        changed = record["dynamodb"]
        before, after = changed.get("OldImage"), changed.get("NewImage")
        at = datetime.fromtimestamp(int(changed["ApproximateCreationDateTime"]), UTC)
    except (KeyError, TypeError, ValueError):
        raise Unreadable from None
    return RowChange(
        before=None if before is None else _row(before),
        after=None if after is None else _row(after),
        at=at,
        by_ttl=_by_ttl(record),
        edited=after is not None and _is_edited(before, after, at),
    )


def _by_ttl(record: Record) -> bool:
    who = record.get("userIdentity") or {}
    return all(who.get(name) == value for name, value in _TTL.items())


def _row(image: Item) -> Row | None:
    """None for what is of no child and no authority, such as the canary."""
    pk, sk = attributes.text(image, "pk"), attributes.text(image, "sk")
    ends_well = "expires_at" in image and image.get(TTL_ATTRIBUTE) == image["expires_at"]
    version = attributes.version(image)
    if pk.startswith(CHILD) and sk.startswith(INVOLVEMENT):
        code, reference = owner_of(sk)
        return Row(
            kind=RowKind.INVOLVEMENT,
            child=ChildKey(pk),
            authority_code=code,
            reference=reference,
            version=version,
            expires_at=attributes.or_none(attributes.epoch, image, "expires_at"),
            ends_well=ends_well,
        )
    if pk.startswith(CHILD):
        return Row(
            kind=RowKind.SHIELD if sk.startswith(SHIELD) else RowKind.POINTER, child=ChildKey(pk), version=version
        )
    if pk.startswith(AUTHORITY):
        child = attributes.or_none(attributes.text, image, "child")
        return Row(
            kind=RowKind.ENTRY,
            child=None if child is None else ChildKey(child),
            authority_code=pk.removeprefix(AUTHORITY),
            reference=sk.removeprefix(REGISTER),
            version=version,
            expires_at=attributes.or_none(attributes.epoch, image, "expires_at"),
            ends_well=ends_well,
        )
    return None


def _is_edited(before: Item | None, after: Item, at: datetime) -> bool:
    """Every write of ours has a version of its own, made as it is written. An older one was put back by hand."""
    if before is None or before.get("version") != after.get("version"):
        return not _is_of_now(before, after, at)
    # Only the sweep writes under the version that is there: it moves `due` on.
    return {**before, "due": None} != {**after, "due": None} or not _moved_on(before, after, at)


def _is_of_now(before: Item | None, after: Item, at: datetime) -> bool:
    made, was = _made_at(after), None if before is None else _made_at(before)
    if made is None or abs(at - made) > _OF_NOW:
        return False
    return was is None or made > was - _CLOCKS_DIFFER


def _made_at(image: Item) -> datetime | None:
    with suppress(ValueError):
        return made_at(attributes.version(image) or "")
    return None


def _moved_on(before: Item, after: Item, at: datetime) -> bool:
    """To a later day that a sweep will find, which is never long after the end; out of sight only for a tombstone."""
    if "due" not in after:
        return "erased_at" in after or "due" not in before
    was, due = _due(before), _due(after)
    if was is None or due is None:
        return False
    end = attributes.or_none(attributes.epoch, after, "expires_at")
    latest = max(at.date() + timedelta(days=2), date.min if end is None else end.date())
    return was < due <= latest


def _due(image: Item) -> date | None:
    day, _, shard = (attributes.or_none(attributes.text, image, "due") or "").partition("#")
    with suppress(ValueError):
        return date.fromisoformat(day) if shard in _SHARDS and len(day) == len("2026-01-31") else None
    return None

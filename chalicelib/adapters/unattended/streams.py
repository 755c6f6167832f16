"""The boundary between the tables' streams and the functions that read them.

Each stream record is handled alone, so a bad one never affects another.
If a stream record fails, Lambda gets its sequence number and tries it again. In the end Lambda sends the number to the
dead-letter queue. The content of a stream record is never logged.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from chalice.app import DynamoDBEvent

from ...application.store_errors import Unreadable
from ...application.unattended.watch_involvements import Row, RowChange
from ...domain import explanations as watched
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.explanations import ItemKind
from ...domain.hand_edits import TRACE_NUMBER_MARK, UNDECIDED_MARK, ItemState, is_hand_edit, is_tampering
from .. import telemetry
from ..dynamodb import attributes
from ..dynamodb.schema import TTL_ATTRIBUTE
from ..dynamodb.tables import Item
from ..ids import made_at
from ..row_keys import (
    AUTHORITY,
    CANARY,
    CHILD,
    DUE_SHARDS,
    FORMER,
    INVOLVEMENT,
    POINTER,
    REGISTER,
    SHIELD,
    owner_of,
)

_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
_MARKS = (UNDECIDED_MARK, TRACE_NUMBER_MARK)
_ROWS = {SHIELD: ItemKind.SHIELD, POINTER: ItemKind.POINTER, FORMER: ItemKind.FORMER}
_IN_THE_REGISTER = (ItemKind.ENTRY, ItemKind.TOMBSTONE)
_ENDING = (ItemKind.INVOLVEMENT, *_IN_THE_REGISTER)
_NOT_CONTENT = frozenset({"due", *_MARKS})
_SHARDS = frozenset(map(str, range(DUE_SHARDS)))

StreamRecord = dict[str, Any]
"""A stream record as Lambda passes it to a function. Bytes in its images are base64."""

Failures = dict[str, Any]


def each_record(event: DynamoDBEvent, name: str, handle: Callable[[StreamRecord], None]) -> Failures:
    """Calls `handle` for every stream record of a batch. Returns the numbers of those that failed, as Lambda expects
    them. Writes the one log line."""

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


def is_insert(record: StreamRecord) -> bool:
    return bool(record["eventName"] == "INSERT")


def whole_batch(event: DynamoDBEvent, name: str, handle: Callable[[list[StreamRecord]], None]) -> Failures:
    """Calls `handle` once for all stream records of a batch. If it fails, the whole batch comes again. Writes the one
    log line."""
    telemetry.begin(str(getattr(event.context, "aws_request_id", "unknown")))
    records: list[StreamRecord] = event.to_dict()["Records"]
    failed: list[StreamRecord] = []
    try:
        handle(records)
    except Exception as error:
        telemetry.meter("StreamRecordsFailed", len(records))
        if not isinstance(error, Unavailable):
            telemetry.report(error)
        failed = records
    telemetry.note(function=name, records=len(records), failed=len(failed))
    telemetry.emit("stream", "UnattendedLatency")
    return {"batchItemFailures": [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in failed]}


def is_tampered(record: StreamRecord) -> bool:
    """`record`: a stream record of the Access table."""
    return is_tampering(is_new=is_insert(record), removed_by_ttl=record["eventName"] == "REMOVE" and _by_ttl(record))


def row_change(record: StreamRecord) -> RowChange:
    """`record`: a stream record of the Involvements table. Raises Unreadable if that stream could not have sent it."""
    try:
        changed = record["dynamodb"]
        before, after = changed.get("OldImage"), changed.get("NewImage")
        at = datetime.fromtimestamp(int(changed["ApproximateCreationDateTime"]), UTC)
    except (KeyError, TypeError, ValueError):
        raise Unreadable from None
    old_row, new_row = None if before is None else _row(before), None if after is None else _row(after)
    old_state, new_state = None if before is None else _state(before), None if after is None else _state(after)
    return RowChange(
        before=old_row,
        after=new_row,
        at=at,
        by_ttl=_by_ttl(record),
        edited=new_state is not None and is_hand_edit(old_state, new_state, at),
    )


def _by_ttl(record: StreamRecord) -> bool:
    identity = record.get("userIdentity") or {}
    return all(identity.get(name) == value for name, value in _TTL.items())


def _row(image: Item) -> Row | None:
    """Returns None for the canary, which is about no child and no authority."""
    pk, sk = attributes.text(image, "pk"), attributes.text(image, "sk")
    if (pk, sk) == CANARY:
        return None
    kind = _kind(pk, sk, image)
    code, reference = owner_of(sk) if kind is ItemKind.INVOLVEMENT else (None, None)
    if kind in _IN_THE_REGISTER:
        code, reference = pk.removeprefix(AUTHORITY), sk.removeprefix(REGISTER)
    return Row(
        item=watched.Item(kind=kind, version=attributes.version(image), authority_code=code, reference=reference),
        child=_child(kind, pk, image),
        made_at=_version_made_at(image),
        marks={name: image[name] for name in _MARKS if name in image},
        expires_at=attributes.or_none(attributes.epoch, image, "expires_at"),
        ends_well=kind not in _ENDING or ("expires_at" in image and image.get(TTL_ATTRIBUTE) == image["expires_at"]),
    )


def _kind(pk: str, sk: str, image: Item) -> ItemKind:
    if pk.startswith(AUTHORITY) and sk.startswith(REGISTER):
        return ItemKind.TOMBSTONE if "erased_at" in image else ItemKind.ENTRY
    if pk.startswith(CHILD) and sk.startswith(INVOLVEMENT):
        return ItemKind.INVOLVEMENT
    return _ROWS.get(sk, ItemKind.OTHER) if pk.startswith(CHILD) else ItemKind.OTHER


def _child(kind: ItemKind, pk: str, image: Item) -> ChildKey | None:
    if kind is ItemKind.ENTRY:
        child = attributes.or_none(attributes.text, image, "child")
        return None if child is None else ChildKey(child)
    return ChildKey(pk) if pk.startswith(CHILD) else None


def _state(image: Item) -> ItemState:
    expires_at = attributes.or_none(attributes.epoch, image, "expires_at")
    return ItemState(
        version=image.get("version"),
        version_made_at=_version_made_at(image),
        content={name: value for name, value in image.items() if name not in _NOT_CONTENT},
        has_due="due" in image,
        due_on=_due_on(image),
        marks={name: image[name] for name in _MARKS if name in image},
        undecided_on=attributes.or_none(attributes.day, image, UNDECIDED_MARK),
        trace_number_on=attributes.or_none(attributes.day, image, TRACE_NUMBER_MARK),
        expires_on=None if expires_at is None else expires_at.date(),
        is_tombstone="erased_at" in image,
    )


def _version_made_at(image: Item) -> datetime | None:
    with suppress(ValueError):
        return made_at(attributes.version(image) or "")
    return None


def _due_on(image: Item) -> date | None:
    day, _, shard = (attributes.or_none(attributes.text, image, "due") or "").partition("#")
    with suppress(ValueError):
        return date.fromisoformat(day) if shard in _SHARDS and len(day) == len("2026-01-31") else None
    return None

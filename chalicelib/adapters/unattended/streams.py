"""The boundary between the tables' streams and the functions that read them.

Each stream record is handled alone, so a bad one never affects another. If AWS is away, Lambda gets the stream record's
sequence number and tries it again until it is a day old. If the stream record itself is bad, no retry helps: it is put
aside at once, and the next ones go on. The content of a stream record is never logged.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
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
from ..aws_errors import Contended
from ..dynamodb import attributes
from ..dynamodb.schema import TTL_ATTRIBUTE
from ..dynamodb.stream_readers import READERS, is_pulse
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
from .dead_letters import DeadLetters, StreamRecord
from .stream_records import changed_at, is_by_ttl

_MARKS = (UNDECIDED_MARK, TRACE_NUMBER_MARK)
_ROWS = {SHIELD: ItemKind.SHIELD, POINTER: ItemKind.POINTER, FORMER: ItemKind.FORMER}
_IN_THE_REGISTER = (ItemKind.ENTRY, ItemKind.TOMBSTONE)
_ENDING = (ItemKind.INVOLVEMENT, *_IN_THE_REGISTER)
_NOT_CONTENT = frozenset({"due", *_MARKS})
_SHARDS = frozenset(map(str, range(DUE_SHARDS)))

Failures = dict[str, Any]


def each_record(
    event: DynamoDBEvent, name: str, handle: Callable[[StreamRecord], None], dead_letters: DeadLetters
) -> Failures:
    """Calls `handle` for every stream record of a batch. Returns the numbers of those that must be tried again, as
    Lambda expects them. Writes the one log line."""

    def handle_one(record: DynamoDBRecord) -> None:
        try:
            handle_or_put_aside(record.raw_event)
        except (Unavailable, Contended):
            telemetry.meter("StreamRecordsFailed")
            raise Unavailable from None

    def handle_or_put_aside(record: StreamRecord) -> None:
        try:
            if is_pulse(record):
                return _count_pulse(record, name)
            return handle(record)
        except (Unavailable, Contended):
            raise
        except Exception as error:
            return _put_aside(record, name, error, dead_letters)

    telemetry.begin(str(getattr(event.context, "aws_request_id", "unknown")))
    batch = event.to_dict()
    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    failures: Failures = {**process_partial_response(batch, handle_one, processor)}
    telemetry.note(function=name, records=len(batch["Records"]), failed=len(failures["batchItemFailures"]))
    telemetry.emit("stream", "UnattendedLatency")
    return failures


def _count_pulse(record: StreamRecord, name: str) -> None:
    """Only what the stream delivers is counted. A pulse that is changed or removed decides nothing."""
    metric = READERS[name].pulses
    if metric is not None and record.get("eventName") == "INSERT":
        telemetry.meter(metric)


def whole_batch(
    event: DynamoDBEvent, name: str, handle: Callable[[list[StreamRecord]], None], dead_letters: DeadLetters
) -> Failures:
    """Calls `handle` once for all stream records of a batch. If AWS is away, the whole batch comes again. If a stream
    record is bad, each is handled alone, and the bad one is put aside. Writes the one log line."""
    telemetry.begin(str(getattr(event.context, "aws_request_id", "unknown")))
    records: list[StreamRecord] = event.to_dict()["Records"]
    failed: list[StreamRecord] = []
    try:
        _handle_batch([record for record in records if not is_pulse(record)], name, handle, dead_letters)
        for pulse in filter(is_pulse, records):
            _count_pulse(pulse, name)
    except (Unavailable, Contended):
        telemetry.meter("StreamRecordsFailed", len(records))
        failed = records
    telemetry.note(function=name, records=len(records), failed=len(failed))
    telemetry.emit("stream", "UnattendedLatency")
    return {"batchItemFailures": [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in failed]}


def _handle_batch(
    records: list[StreamRecord], name: str, handle: Callable[[list[StreamRecord]], None], dead_letters: DeadLetters
) -> None:
    """Raises Unavailable or Contended."""
    if not records:
        return None
    try:
        handle(records)
    except (Unavailable, Contended):
        raise
    except Exception as error:
        if len(records) == 1:
            return _put_aside(records[0], name, error, dead_letters)
        for record in records:
            _handle_batch([record], name, handle, dead_letters)


def _put_aside(record: StreamRecord, name: str, error: Exception, dead_letters: DeadLetters) -> None:
    telemetry.report(error)
    dead_letters.put_aside(name, record, error)
    telemetry.meter("StreamRecordsPutAside")


def is_tampered(record: StreamRecord) -> bool:
    """`record`: a stream record of the Access table, which carries only keys. Raises Unreadable."""
    try:
        event_name, keys = record["eventName"], record["dynamodb"]["Keys"]
    except (KeyError, TypeError):
        raise Unreadable from None
    return is_tampering(
        is_new=event_name == "INSERT",
        removed_by_ttl=event_name == "REMOVE" and is_by_ttl(record),
        made_at=_access_record_made_at(keys),
        at=changed_at(record),
    )


def _access_record_made_at(keys: Item) -> datetime | None:
    with suppress(ValueError):
        return made_at((attributes.or_none(attributes.text, keys, "sk") or "").partition("#")[2])
    return None


def row_change(record: StreamRecord) -> RowChange:
    """`record`: a stream record of the Involvements table. Raises Unreadable if that stream could not have sent it."""
    try:
        changed = record["dynamodb"]
        before, after = changed.get("OldImage"), changed.get("NewImage")
    except (KeyError, TypeError, AttributeError):
        raise Unreadable from None
    at = changed_at(record)
    old_row, new_row = None if before is None else _row(before), None if after is None else _row(after)
    old_state, new_state = None if before is None else _state(before), None if after is None else _state(after)
    return RowChange(
        before=old_row,
        after=new_row,
        at=at,
        by_ttl=is_by_ttl(record),
        edited=new_state is not None and is_hand_edit(old_state, new_state, at),
    )


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

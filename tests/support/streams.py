"""Stream records as Lambda hands them to a function, made from stored rows."""

import base64
import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.adapters.dynamodb.tables import Item

_numbers = itertools.count(1)

Record = dict[str, Any]

Letters = Callable[[], list[dict[str, str]]]
"""Returns the dead letters sent since the test began."""


def changed(before: Item | None, after: Item | None, at: datetime, *, by_ttl: bool = False) -> Record:
    """The stream record of a change from `before` to `after`."""
    row = after or before
    assert row is not None
    images = {"OldImage": before, "NewImage": after}
    record: Record = {
        "eventID": f"event-{next(_numbers)}",
        "eventName": "INSERT" if before is None else "REMOVE" if after is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-2",
        "dynamodb": {
            "ApproximateCreationDateTime": at.timestamp(),
            "Keys": {name: row[name] for name in ("pk", "sk", "authority") if name in row and _is_key(name, row)},
            **{name: _as_json(image) for name, image in images.items() if image is not None},
            "SequenceNumber": str(next(_numbers)),
            "SizeBytes": 1,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    if by_ttl:
        record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    return record


def _is_key(name: str, row: Item) -> bool:
    """Only an item of the registry has the authority as its key."""
    return name != "authority" or "pk" not in row


def deliver(function: Callable[[Any, Any], Any], *records: Record) -> list[str]:
    """Delivers one batch. Returns the sequence numbers of the stream records that failed."""
    reply = function({"Records": [*records]}, None)
    return [failure["itemIdentifier"] for failure in reply["batchItemFailures"]]


def number_of(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _as_json(image: Item) -> Item:
    def plain(value: dict[str, Any]) -> dict[str, Any]:
        [(kind, held)] = value.items()
        return {kind: base64.b64encode(held).decode()} if isinstance(held, bytes) else value

    return {name: plain(value) for name, value in image.items()}

"""What every stream record of a table has, read strictly. Anything that DynamoDB would not send raises Unreadable."""

from datetime import UTC, datetime
from typing import Any

from ...application.store_errors import Unreadable
from ...domain.values import Struct
from ..dynamodb.tables import Item

_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class Change(Struct, frozen=True, kw_only=True):
    """`id`: the sequence number, the same if the stream record is delivered again.

    `before` is None if the item is new, `after` if it was removed. Bytes in both are base64. `by_ttl`: TTL removed it.
    """

    id: str
    at: datetime
    keys: Item
    before: Item | None
    after: Item | None
    by_ttl: bool


def read_change(record: dict[str, Any]) -> Change:
    """Raises Unreadable."""
    try:
        changed = record["dynamodb"]
        made = Change(
            id=str(changed["SequenceNumber"]),
            at=changed_at(record),
            keys=changed["Keys"],
            before=changed.get("OldImage"),
            after=changed.get("NewImage"),
            by_ttl=is_by_ttl(record),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unreadable from None
    if made.before is None and made.after is None:
        raise Unreadable
    return made


def changed_at(record: dict[str, Any]) -> datetime:
    """Raises Unreadable."""
    try:
        return datetime.fromtimestamp(int(record["dynamodb"]["ApproximateCreationDateTime"]), UTC)
    except (KeyError, TypeError, ValueError):
        raise Unreadable from None


def is_by_ttl(record: dict[str, Any]) -> bool:
    """True if TTL removed the item."""
    identity = record.get("userIdentity") or {}
    return all(identity.get(name) == value for name, value in _TTL.items())

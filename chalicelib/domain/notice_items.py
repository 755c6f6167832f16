"""What the service itself does to the items of the Notices table, so that any other change is a hand edit.

It appends: one transaction writes a notice, the mark of its source, and the head with the notice's number. It never
changes a notice or a mark. It removes them together if a child is erased, and TTL removes them at their end. Nothing
removes a head.
"""

from datetime import datetime
from enum import Enum

from .hand_edits import WRITTEN_WITHIN
from .values import Struct


class NoticeItemKind(Enum):
    HEAD = "an authority's head, with the number given last"
    NOTICE = "a notice"
    MARK = "the mark of a notice's source"


class NoticeItem(Struct, frozen=True, kw_only=True):
    """An item before or after a change. A field is None if it is missing or unreadable.

    `authority_code`: whose notices it belongs to. `number`: the last one of a head, otherwise the notice's own.
    """

    kind: NoticeItemKind
    authority_code: str | None
    number: int | None
    ends_at: datetime | None = None


class NoticeChange(Struct, frozen=True, kw_only=True):
    """`before` is None if the item is new, `after` if it was removed. Both are of one kind.

    `written_at`: the time that the stamp of `after` vouches for. None if the service did not write it as it is.
    """

    before: NoticeItem | None
    after: NoticeItem | None
    written_at: datetime | None
    at: datetime
    by_ttl: bool = False


def is_written_by_us(change: NoticeChange) -> bool:
    """True if the service wrote the item just now. A stamped item that is older was put back by hand. Notices and marks
    are never written twice, and the number of a head goes up by one, from 1 on."""
    if change.written_at is None or abs(change.at - change.written_at) > WRITTEN_WITHIN:
        return False
    after, before = change.after, change.before
    if after is None or after.kind is not NoticeItemKind.HEAD:
        return before is None
    last = 0 if before is None else before.number
    return last is not None and after.number == last + 1


def has_ended(change: NoticeChange) -> bool:
    """True if TTL removed the item and its end had come. If TTL removed it earlier, somebody had edited its end."""
    before = change.before
    return change.by_ttl and before is not None and before.ends_at is not None and before.ends_at <= change.at

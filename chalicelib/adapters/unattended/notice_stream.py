"""Reads the Notices table's stream. The stream mapping filters out the counts of outcomes in the same table."""

import base64
import binascii
from contextlib import suppress
from typing import Any

from ...application.store_errors import Unreadable
from ...application.unattended.watch_notices import WatchNotices
from ...domain.notice_items import NoticeChange, NoticeItem, NoticeItemKind
from ..dynamodb import attributes
from ..dynamodb.notice_stamps import NoticeStamps
from ..dynamodb.notice_store import HEAD, NOTICE, SOURCE, number_of
from ..dynamodb.schema import TTL_ATTRIBUTE
from ..dynamodb.tables import Item
from .dead_letters import StreamRecord
from .stream_records import read_change


class NoticeStream:
    """Hands each change of a head, a notice or a mark to the watcher."""

    def __init__(self, stamps: NoticeStamps, watch: WatchNotices) -> None:
        self._stamps = stamps
        self._watch = watch

    def __call__(self, record: StreamRecord) -> None:
        """Raises Unreadable if the table's stream could not have sent this, or Unavailable."""
        change = read_change(record)
        before = None if change.before is None else _item(change.before)
        after = None if change.after is None else _item(change.after)
        written_at = None if change.after is None else self._stamps.written_at(_with_bytes(change.after))
        self._watch(NoticeChange(before=before, after=after, written_at=written_at, at=change.at, by_ttl=change.by_ttl))


def _with_bytes(image: Item) -> Item:
    """A stream record has bytes as base64."""
    return {name: {kind: _plain(kind, held) for kind, held in value.items()} for name, value in image.items()}


def _plain(kind: str, held: Any) -> Any:
    if kind != "B":
        return held
    try:
        return base64.b64decode(held)
    except (TypeError, binascii.Error):
        raise Unreadable from None


def _item(image: Item) -> NoticeItem:
    pk, sk = attributes.text(image, "pk"), attributes.text(image, "sk")
    code = pk.removeprefix(NOTICE) if pk.startswith(NOTICE) else None
    if sk == HEAD:
        number = attributes.or_none(attributes.count, image, "last")
        return NoticeItem(kind=NoticeItemKind.HEAD, authority_code=code, number=number)
    ends_at = attributes.or_none(attributes.epoch, image, TTL_ATTRIBUTE)
    if sk.startswith(SOURCE):
        return NoticeItem(
            kind=NoticeItemKind.MARK,
            authority_code=attributes.or_none(attributes.text, image, "authority"),
            number=attributes.or_none(attributes.count, image, "number"),
            ends_at=ends_at,
        )
    return NoticeItem(kind=NoticeItemKind.NOTICE, authority_code=code, number=_number(image), ends_at=ends_at)


def _number(image: Item) -> int | None:
    with suppress(Unreadable):
        return number_of(image)
    return None

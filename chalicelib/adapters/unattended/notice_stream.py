"""Reads the Notices table's stream. The counts of outcomes in the same table are filtered away before."""

from collections.abc import Iterable
from contextlib import suppress

from ...application.store_errors import Unreadable
from ...domain.notice_items import NoticeChange, NoticeItem, NoticeItemKind
from ..dynamodb import attributes
from ..dynamodb.notice_store import HEAD, NOTICE, SOURCE, number_of
from ..dynamodb.schema import TTL_ATTRIBUTE
from ..dynamodb.tables import Item
from .stream_records import read_change
from .streams import StreamRecord


def notice_change(record: StreamRecord) -> NoticeChange:
    """`record`: a stream record of the Notices table. Raises Unreadable if that stream could not have sent it."""
    change = read_change(record)
    return NoticeChange(
        before=None if change.before is None else _item(change.before),
        after=None if change.after is None else _item(change.after),
        at=change.at,
        by_ttl=change.by_ttl,
    )


def given_numbers(records: Iterable[StreamRecord]) -> dict[str, int]:
    """The highest number that each head got, from the heads among the stream records."""
    given: dict[str, int] = {}
    for record in records:
        with suppress(Unreadable):
            head = notice_change(record).after
            if head is not None and head.kind is NoticeItemKind.HEAD and head.authority_code and head.number:
                given[head.authority_code] = max(head.number, given.get(head.authority_code, 0))
    return given


def _item(image: Item) -> NoticeItem:
    pk, sk = attributes.text(image, "pk"), attributes.text(image, "sk")
    if sk.startswith(SOURCE):
        return NoticeItem(
            kind=NoticeItemKind.MARK,
            authority_code=attributes.or_none(attributes.text, image, "authority"),
            number=attributes.or_none(attributes.count, image, "number"),
            ends_at=attributes.or_none(attributes.epoch, image, TTL_ATTRIBUTE),
        )
    code = pk.removeprefix(NOTICE) if pk.startswith(NOTICE) else None
    if sk == HEAD:
        number = attributes.or_none(attributes.count, image, "last")
        return NoticeItem(kind=NoticeItemKind.HEAD, authority_code=code, number=number)
    return NoticeItem(
        kind=NoticeItemKind.NOTICE,
        authority_code=code,
        number=_number(image),
        ends_at=attributes.or_none(attributes.epoch, image, TTL_ATTRIBUTE),
    )


def _number(image: Item) -> int | None:
    with suppress(Unreadable):
        return number_of(image)
    return None

"""The stamps of the Notices table. Each item also names when the service wrote it, and the stamp covers that time."""

from datetime import datetime

from ..sealing.audit_keys import AuditKeys
from . import attributes
from .item_stamps import ItemStamps
from .tables import Item

_PURPOSE = "notice item"
_MAC_BYTES = 16
_WRITTEN_AT = "written_at"


class NoticeStamps:
    """Every method raises Unavailable if the audit key cannot be had."""

    def __init__(self, keys: AuditKeys) -> None:
        self._stamps = ItemStamps(keys, _PURPOSE, _MAC_BYTES)

    def stamped(self, item: Item, now: datetime) -> Item:
        """The item with its time and its stamp."""
        return self._stamps.stamped({**item, _WRITTEN_AT: {"N": str(attributes.seconds(now))}})

    def written_at(self, item: Item) -> datetime | None:
        """When the service wrote the item. None if it did not write it as it is."""
        at = attributes.or_none(attributes.epoch, item, _WRITTEN_AT)
        return at if at is not None and self._stamps.is_genuine(item) else None

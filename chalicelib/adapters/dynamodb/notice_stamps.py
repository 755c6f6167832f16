"""The stamp shows that the service itself wrote an item of the Notices table, as it is and at the time it names.

`stamp` = key version (1 byte) | the first 16 bytes of an HMAC-SHA256 of all other attributes, under the audit key.
"""

import hashlib
import hmac
from datetime import datetime

import msgspec

from ...application.store_errors import Unreadable
from ..sealing.audit_keys import CURRENT_VERSION, AuditKeys
from ..sealing.held_keys import NoKey
from . import attributes
from .tables import Item

_PURPOSE = "notice item"
_MAC_BYTES = 16
_STAMP, _WRITTEN_AT = "stamp", "written_at"


class NoticeStamps:
    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys

    def stamped(self, item: Item, now: datetime) -> Item:
        """The item with its time and its stamp. Raises Unavailable."""
        timed = {**item, _WRITTEN_AT: {"N": str(attributes.seconds(now))}}
        stamp = bytes((CURRENT_VERSION,)) + self._mac(timed, CURRENT_VERSION)
        return {**timed, _STAMP: {"B": stamp}}

    def written_at(self, item: Item) -> datetime | None:
        """When the service wrote the item. None if it did not write it as it is. Raises Unavailable."""
        try:
            stamp, at = attributes.blob(item, _STAMP), attributes.epoch(item, _WRITTEN_AT)
            genuine = hmac.compare_digest(stamp[1:], self._mac(item, stamp[0]))
        except (Unreadable, NoKey, IndexError, TypeError):
            return None
        return at if genuine else None

    def _mac(self, item: Item, version: int) -> bytes:
        """Raises NoKey or Unavailable."""
        content = sorted((name, *value.items()) for name, value in item.items() if name != _STAMP)
        key = self._keys.subkey(_PURPOSE, version)
        return hmac.digest(key, msgspec.msgpack.encode(content), hashlib.sha256)[:_MAC_BYTES]

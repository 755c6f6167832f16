"""The stamp shows that the service itself wrote an item of the history table, as it is.

`stamp` = version of the audit key (1 byte) | HMAC-SHA-256 of all other attributes
"""

import hashlib
import hmac

import msgspec

from ...application.store_errors import Unreadable
from ...domain.errors import Unavailable
from ..sealing.audit_keys import CURRENT_VERSION, AuditKeys
from ..sealing.held_keys import NoKey
from ..telemetry import meter
from . import attributes
from .tables import Item

_PURPOSE = "history item"
_STAMP = "stamp"


class HistoryStamps:
    """Every method raises Unavailable if the audit key is not at hand."""

    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys

    def stamped(self, item: Item) -> Item:
        return {**item, _STAMP: {"B": self._stamp(item, CURRENT_VERSION)}}

    def check(self, item: Item) -> None:
        """Raises Unreadable unless the service wrote the item as it is."""
        stamp = attributes.blob(item, _STAMP)
        if not 1 <= next(iter(stamp), 0) <= CURRENT_VERSION:
            raise Unreadable
        if not hmac.compare_digest(self._stamp(item, stamp[0]), stamp):
            raise Unreadable

    def _stamp(self, item: Item, version: int) -> bytes:
        content = sorted((name, *value.items()) for name, value in item.items() if name != _STAMP)
        try:
            key = self._keys.subkey(_PURPOSE, version)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None
        return bytes((version,)) + hmac.digest(key, msgspec.msgpack.encode(content), hashlib.sha256)

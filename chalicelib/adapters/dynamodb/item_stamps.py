"""A stamp shows that the service itself wrote an item, as it is.

`stamp` = version of the audit key (1 byte) | an HMAC-SHA-256 of all other attributes, or the first bytes of it
"""

import hashlib
import hmac

import msgspec

from ...application.store_errors import Unreadable
from ..sealing.audit_keys import CURRENT_VERSION, AuditKeys
from ..sealing.held_keys import NoKey
from . import attributes
from .tables import Item

_STAMP = "stamp"


class ItemStamps:
    """`purpose`: names the subkey. `mac_bytes`: how many bytes of the HMAC are kept.

    Every method raises Unavailable if the audit key cannot be had.
    """

    def __init__(self, keys: AuditKeys, purpose: str, mac_bytes: int) -> None:
        self._keys = keys
        self._purpose = purpose
        self._mac_bytes = mac_bytes

    def stamped(self, item: Item) -> Item:
        return {**item, _STAMP: {"B": bytes((CURRENT_VERSION,)) + self._mac(item, CURRENT_VERSION)}}

    def is_genuine(self, item: Item) -> bool:
        try:
            stamp = attributes.blob(item, _STAMP)
            return hmac.compare_digest(stamp[1:], self._mac(item, stamp[0]))
        except (Unreadable, NoKey, IndexError, TypeError):
            return False

    def check(self, item: Item) -> None:
        """Raises Unreadable unless the service wrote the item as it is."""
        if not self.is_genuine(item):
            raise Unreadable

    def _mac(self, item: Item, version: int) -> bytes:
        """Raises NoKey too."""
        content = sorted((name, *value.items()) for name, value in item.items() if name != _STAMP)
        key = self._keys.subkey(self._purpose, version)
        return hmac.digest(key, msgspec.msgpack.encode(content), hashlib.sha256)[: self._mac_bytes]

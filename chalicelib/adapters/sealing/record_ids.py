"""Ids of access records that depend on nothing but what they record, so that two records of one event get one id.

The random bits of these ULIDs are a MAC under the audit key. Everything that goes into it can be read in the tables. So
without the key, somebody could work out the id of an access record that is still to come, and put an item in its place.
"""

import hashlib
import hmac
from datetime import datetime

import msgspec

from ...domain.errors import Unavailable
from ..ids import RANDOM_BITS, ulid_of
from ..telemetry import meter
from .audit_keys import AuditKeys
from .held_keys import NoKey

_PURPOSE = "record id"
# Always the first audit key. Under a later one the same event would get another id.
_KEY_VERSION = 1


class RecordIds:
    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys

    def same_id(self, at: datetime, *words: str) -> str:
        """The same ULID for the same time and words. Raises Unavailable."""
        try:
            key = self._keys.subkey(_PURPOSE, _KEY_VERSION)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None
        milliseconds = int(at.timestamp()) * 1000
        mac = hmac.digest(key, msgspec.msgpack.encode((milliseconds, *words)), hashlib.sha256)
        return ulid_of(milliseconds, int.from_bytes(mac[: RANDOM_BITS // 8]))

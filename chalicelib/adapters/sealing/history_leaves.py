"""Makes the leaf of an access record, and the leaves that fill up a minute's tree.

Salts are derived from the audit key, so they are stored nowhere. Without the salt nobody can guess a leaf, and without
the key nobody can distinguish a leaf of an access record from one that fills up.
"""

import hashlib
import hmac

import msgspec

from ...domain.errors import Unavailable
from ...domain.history import Leaf, Padding
from ..telemetry import meter
from .audit_keys import CURRENT_VERSION, AuditKeys
from .held_keys import NoKey

_SALT, _HIDDEN, _PADDING = "history salt", "history hidden", "history padding"


class HistoryLeaves:
    """Every method raises Unavailable if there is no key, or if KMS does not answer."""

    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys

    def of(self, pk: str, sk: str, text: str, sealed: bytes, version: int) -> Leaf:
        """`text`: what a proof shows. `sealed`: the access record as it is stored. `version`: of its audit key."""
        salt = self._derived(_SALT, version, pk, sk)
        return Leaf(text, salt, self._derived(_HIDDEN, version, pk, sk, sealed))

    def padding(self, number: int, version: int = CURRENT_VERSION) -> Padding:
        """`number`: of the checkpoint."""
        key = self._subkey(_PADDING, version)
        return lambda one: hmac.digest(key, f"{number} {one}".encode(), hashlib.sha256)

    def _derived(self, purpose: str, version: int, *content: str | bytes) -> bytes:
        return hmac.digest(self._subkey(purpose, version), msgspec.msgpack.encode(content), hashlib.sha256)

    def _subkey(self, purpose: str, version: int) -> bytes:
        try:
            return self._keys.subkey(purpose, version)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None

"""Seals what the rules on misuse keep: summaries of days, findings, and how far findings were made and read.

They name practitioners, so they are sealed under the audit key, like the access records from which they come.
"""

import hashlib
import hmac
import zlib
from base64 import urlsafe_b64encode

from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ..telemetry import meter
from .audit_keys import CURRENT_VERSION, AuditKeys
from .held_keys import NoKey
from .sealer import Bound, key_version, open_sealed, seal

_SEALING, _CHILDREN = "misuse", "misuse child"
_BLOCK = 256  # bytes
_TOKEN_BYTES = 12


class MisuseTexts:
    """Every method raises Unavailable if the audit key cannot be had."""

    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys

    def seal(self, text: bytes, bound: Bound) -> bytes:
        packed = zlib.compress(text)
        padded = packed.ljust(-(-len(packed) // _BLOCK) * _BLOCK, b"\0")
        try:
            return seal(self._keys.cipher(_SEALING), padded, bound, version=CURRENT_VERSION)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None

    def open(self, sealed: bytes, bound: Bound) -> bytes:
        """Raises Unreadable."""
        try:
            return zlib.decompress(open_sealed(self._keys.cipher(_SEALING, key_version(sealed)), sealed, bound))
        except (NoKey, zlib.error):
            raise Unreadable from None

    def child_token(self, child: ChildKey) -> str:
        """The same for the same child. Summaries hold it in place of the pseudonym, to which nothing leads back."""
        try:
            key = self._keys.subkey(_CHILDREN, CURRENT_VERSION)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None
        return urlsafe_b64encode(hmac.digest(key, child.encode(), hashlib.sha256)[:_TOKEN_BYTES]).decode()

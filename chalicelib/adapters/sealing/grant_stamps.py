"""The stamp that makes an authority's grants count: a MAC over its signing keys, scopes and purposes.

Only functions that carry out a proposal make it, so a hand edit of the registry grants nothing.
`stamp` = version of the audit key (1 byte) | HMAC-SHA-256
"""

import hashlib
import hmac
from collections.abc import Callable

import msgspec

from ...domain.authority import Grants
from .audit_keys import CURRENT_VERSION

_PURPOSE = "registry grants"


class GrantStamps:
    """`subkey`: as `AuditKeys.subkey`."""

    def __init__(self, subkey: Callable[[str, int], bytes]) -> None:
        self._subkey = subkey
        self._verified: dict[str, tuple[Grants, bytes]] = {}

    def stamp(self, grants: Grants) -> bytes:
        """The same for the same grants. Raises Unavailable."""
        return self._stamp(grants, CURRENT_VERSION)

    def counts(self, grants: Grants, stamp: bytes) -> bool:
        """True if two people granted exactly this. Raises Unavailable if the audit key is needed and not at hand.

        A verified stamp is remembered, so a refresh of the registry needs the key only for what is new.
        """
        if self._verified.get(grants.authority_code) == (grants, stamp):
            return True
        if not 1 <= next(iter(stamp), 0) <= CURRENT_VERSION:
            return False
        if not hmac.compare_digest(self._stamp(grants, stamp[0]), stamp):
            return False
        self._verified[grants.authority_code] = (grants, stamp)
        return True

    def _stamp(self, grants: Grants, version: int) -> bytes:
        key = self._subkey(_PURPOSE, version)
        return bytes((version,)) + hmac.digest(key, _canonical(grants), hashlib.sha256)


def _canonical(grants: Grants) -> bytes:
    return msgspec.json.encode(["knownto", "grants", *grants.content])

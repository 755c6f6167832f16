"""The audit key, under which access records are sealed. It is not the service key: the audit must outlive that, and
whoever verifies access records need not be able to open any details."""

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...application.store_errors import Unreadable
from ...domain.errors import Unavailable
from ..telemetry import meter
from .held_keys import HeldKeys, NoKey, Subkey

CURRENT_VERSION = 1
AUDIT_KEY = "AUDIT#"
"""Prefix of keys in the Keys table. A key version follows."""


def audit_context(stage: str, version: int) -> dict[str, str]:
    """The KMS encryption context of the audit key."""
    return {"service": "known-to", "stage": stage, "purpose": "audit-key", "version": str(version)}


class AuditKeys:
    """`wrapped`: reads the wrapped key of a version, or None; may raise Unreadable. It never changes, so it is read
    once."""

    def __init__(self, held: HeldKeys, wrapped: Callable[[int], bytes | None]) -> None:
        self._held = held
        self._wrapped = wrapped
        self._found: dict[int, bytes] = {}

    def is_at_hand(self) -> bool:
        return self._held.has(CURRENT_VERSION)

    def ready(self) -> None:
        """Raises Unavailable unless the audit key can be unwrapped."""
        self.subkey("access record")

    def subkey(self, purpose: str, version: int = CURRENT_VERSION) -> bytes:
        """32 bytes for one purpose.

        Raises NoKey if there was never an audit key of this version, so that nothing can be genuine that names it.
        Raises Unavailable if the key is missing, or if KMS does not answer.
        """
        return self._subkey(purpose, version).plaintext

    def cipher(self, purpose: str, version: int = CURRENT_VERSION) -> AESGCM:
        """AES-256-GCM under that subkey. Raises as `subkey` does."""
        return self._subkey(purpose, version).cipher

    def _subkey(self, purpose: str, version: int) -> Subkey:
        # The version often comes from an item that anybody may have written.
        if not 1 <= version <= CURRENT_VERSION:
            raise NoKey
        wrapped = self._found.get(version) or self._read(version)
        held = self._held.unwrapped(version, wrapped)
        self._found[version] = wrapped
        return held.subkey(None, f"knownto|{purpose}|v1".encode())

    def _read(self, version: int) -> bytes:
        try:
            wrapped = self._wrapped(version)
        except Unreadable:
            wrapped = None
        if wrapped is None:
            meter("MissingKeys")
            raise Unavailable
        return wrapped

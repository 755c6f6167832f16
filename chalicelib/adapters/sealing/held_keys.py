"""Data keys that KMS has unwrapped. Each stays in memory for five minutes, so disabling its KMS key acts within that
time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...application.ports import Clock
from ...domain.values import Hidden, field
from ..aws_errors import aws_errors

_HELD_FOR = timedelta(minutes=5)


class NoKey(Exception):
    """No subkey can be made: the authority has no salt, or there is no key of that version."""


class Subkey(Hidden, frozen=True):
    plaintext: bytes
    cipher: AESGCM


class HeldKey(Hidden, frozen=True):
    """An unwrapped key and the subkeys derived from it.

    Subkeys are cached by salt and purpose, so once a salt is deleted its subkeys cannot be found here either.
    """

    plaintext: bytes
    until: datetime
    subkeys: dict[tuple[bytes | None, bytes], Subkey] = field(default_factory=dict)

    def subkey(self, salt: bytes | None, info: bytes) -> Subkey:
        """32 bytes made with HKDF-SHA256."""
        subkey = self.subkeys.get((salt, info))
        if subkey is None:
            key = HKDF(SHA256(), 32, salt, info).derive(self.plaintext)
            subkey = self.subkeys[salt, info] = Subkey(key, AESGCM(key))
        return subkey


class HeldKeys:
    """`context` makes the KMS encryption context for a key version."""

    def __init__(self, kms: Any, key_id: str, context: Callable[[int], Mapping[str, str]], clock: Clock) -> None:
        self._kms = kms
        self._key_id = key_id
        self._context = context
        self._clock = clock
        self._held: dict[int, HeldKey] = {}
        self._lock = Lock()

    def has(self, version: int) -> bool:
        """True if the key is in memory, so that KMS need not unwrap it."""
        return self._present(version) is not None

    def unwrapped(self, version: int, wrapped: bytes) -> HeldKey:
        """Raises Unavailable if KMS does not answer."""
        with self._lock:
            key = self._present(version)
            if key is None:
                asked_at = self._clock()
                key = HeldKey(self._unwrap(version, wrapped), asked_at + _HELD_FOR)
                self._held[version] = key
            return key

    def _present(self, version: int) -> HeldKey | None:
        now = self._clock()
        key = self._held.get(version)
        return key if key is not None and now < key.until <= now + _HELD_FOR else None

    def _unwrap(self, version: int, wrapped: bytes) -> bytes:
        with aws_errors("KMS"):
            reply = self._kms.decrypt(
                CiphertextBlob=wrapped, KeyId=self._key_id, EncryptionContext=self._context(version)
            )
        return bytes(reply["Plaintext"])

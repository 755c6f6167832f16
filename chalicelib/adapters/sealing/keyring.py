"""Holds the service key, unwrapped by KMS, for five minutes, and derives subkeys from it."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...application.ports import Clock
from ...domain.errors import Unavailable
from ...domain.involvement import Registration
from ...domain.values import Hidden, field
from ..aws_errors import aws_errors
from ..telemetry import meter
from .formats import canonical_body

CURRENT_VERSION = 1
SERVICE_KEY = "SERVICE#"
SALT = "SALT#"
"""Prefixes of keys in the Keys table. A key version follows `SERVICE_KEY`. An authority's code follows `SALT`."""

_HELD_FOR = timedelta(minutes=5)


class NoKey(Exception):
    """No subkey can be made: the authority has no salt, or there is no service key of that version."""


class KeyMaterial(Hidden, frozen=True):
    """The contents of the Keys table: wrapped service keys by version, salts by authority code."""

    wrapped: Mapping[int, bytes]
    salts: Mapping[str, bytes]


def encryption_context(stage: str, version: int, mac_key: str) -> dict[str, str]:
    """The KMS encryption context of the service key.

    It includes the id of the pseudonym key, because under another pseudonym key no child would be found, and every
    lookup would answer "none registered". A replica of that key in another region has the same id, but another ARN.
    """
    return {
        "service": "known-to",
        "stage": stage,
        "purpose": "service-data-key",
        "version": str(version),
        "pseudonyms": mac_key.rpartition("/")[2],
    }


class _Subkey(Hidden, frozen=True):
    plaintext: bytes
    cipher: AESGCM


class _ServiceKey(Hidden, frozen=True):
    """The unwrapped key and the subkeys derived from it.

    Subkeys are cached by salt and purpose, so once a salt is deleted its subkeys cannot be found here either.
    """

    plaintext: bytes
    until: datetime
    subkeys: dict[tuple[bytes | None, bytes], _Subkey] = field(default_factory=dict)


class Keyring:
    """`context` makes the encryption context for a key version, see `encryption_context`."""

    def __init__(
        self,
        kms: Any,
        key_id: str,
        context: Callable[[int], Mapping[str, str]],
        material: Callable[[], KeyMaterial],
        clock: Clock,
    ) -> None:
        self._kms = kms
        self._key_id = key_id
        self._context = context
        self._material = material
        self._clock = clock
        self._held: dict[int, _ServiceKey] = {}
        self._lock = Lock()

    def are_at_hand(self) -> bool:
        """True if the service key is in memory, so that KMS need not unwrap it."""
        return self._held_key(CURRENT_VERSION) is not None

    def ready(self) -> None:
        """Raises Unavailable unless the service key can be unwrapped."""
        try:
            self._service_key(self._material(), CURRENT_VERSION)
        except NoKey:
            raise Unavailable from None

    def subkey(self, purpose: str, authority_code: str | None = None, version: int = CURRENT_VERSION) -> bytes:
        """32 bytes for one purpose, and for one authority if one is given.

        Raises NoKey, or Unavailable if KMS does not answer.
        """
        return self._subkey(purpose, authority_code, version).plaintext

    def cipher(self, purpose: str, authority_code: str | None = None, version: int = CURRENT_VERSION) -> AESGCM:
        """AES-256-GCM under that subkey. Raises as `subkey` does."""
        return self._subkey(purpose, authority_code, version).cipher

    def _subkey(self, purpose: str, authority_code: str | None, version: int) -> _Subkey:
        material = self._material()
        salt = None
        if authority_code is not None:
            salt = material.salts.get(authority_code)
            if salt is None:
                raise NoKey
        service_key = self._service_key(material, version)
        salt_and_info = salt, f"knownto|{purpose}|v1|{authority_code or ''}".encode()
        subkey = service_key.subkeys.get(salt_and_info)
        if subkey is None:
            key = HKDF(SHA256(), 32, *salt_and_info).derive(service_key.plaintext)
            subkey = service_key.subkeys[salt_and_info] = _Subkey(key, AESGCM(key))
        return subkey

    def digest(self, authority_code: str, reference: str, registration: Registration) -> bytes:
        """HMAC of the canonical body, to recognise a repeated PUT. Without the key it reveals nothing."""
        try:
            key = self.subkey("digest", authority_code)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None
        return hmac.digest(key, canonical_body(reference, registration), hashlib.sha256)

    def _service_key(self, material: KeyMaterial, version: int) -> _ServiceKey:
        wrapped = material.wrapped.get(version)
        if wrapped is None:
            # Even if the unwrapped key is still in memory: the wrapped key was deleted so that nothing opens any more.
            raise NoKey
        with self._lock:
            key = self._held_key(version)
            if key is None:
                asked_at = self._clock()
                key = _ServiceKey(self._unwrap(version, wrapped), asked_at + _HELD_FOR)
                self._held[version] = key
            return key

    def _held_key(self, version: int) -> _ServiceKey | None:
        now = self._clock()
        key = self._held.get(version)
        return key if key is not None and now < key.until <= now + _HELD_FOR else None

    def _unwrap(self, version: int, wrapped: bytes) -> bytes:
        with aws_errors("KMS"):
            reply = self._kms.decrypt(
                CiphertextBlob=wrapped,
                KeyId=self._key_id,
                EncryptionContext=self._context(version),
            )
        return bytes(reply["Plaintext"])

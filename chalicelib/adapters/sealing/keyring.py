"""The service data key, unwrapped by KMS and held for five minutes, and the subkeys made from it."""

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
"""How the keys of the Keys table begin; a key version or an authority's code follows."""

_HELD_FOR = timedelta(minutes=5)


class NoKey(Exception):
    """No subkey can be made: the authority's salt is gone, or the version was never ours."""


class KeyMaterial(Hidden, frozen=True):
    """What the Keys table holds. `wrapped` by key version, `salts` by authority code."""

    wrapped: Mapping[int, bytes]
    salts: Mapping[str, bytes]


def encryption_context(stage: str, version: int, mac_key: str) -> dict[str, str]:
    """What the service key was wrapped with, and is unwrapped with only: the key of the pseudonyms among it. Under any
    other no child would be found, and everybody would be told "none registered". Its replica in another region has the
    same id, whatever its ARN."""
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
    """Unwrapped, and what was derived from it: by salt and purpose, so that a shredded salt finds nothing."""

    plaintext: bytes
    until: datetime
    subkeys: dict[tuple[bytes | None, bytes], _Subkey] = field(default_factory=dict)


class Keyring:
    """`context`: see encryption_context, by key version."""

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
        return self._held_key(CURRENT_VERSION) is not None

    def ready(self) -> None:
        """Raises Unavailable if the key that seals cannot be had."""
        try:
            self._service_key(self._material(), CURRENT_VERSION)
        except NoKey:
            raise Unavailable from None

    def subkey(self, purpose: str, authority_code: str | None = None, version: int = CURRENT_VERSION) -> bytes:
        """32 bytes for one purpose, and for one authority where one is named.

        Raises NoKey, or Unavailable where KMS does not answer.
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
        place = salt, f"knownto|{purpose}|v1|{authority_code or ''}".encode()
        made = service_key.subkeys.get(place)
        if made is None:
            key = HKDF(SHA256(), 32, *place).derive(service_key.plaintext)
            made = service_key.subkeys[place] = _Subkey(key, AESGCM(key))
        return made

    def digest(self, authority_code: str, reference: str, registration: Registration) -> bytes:
        """HMAC of the canonical body: recognises the same PUT again, says nothing to who lacks the key."""
        try:
            key = self.subkey("digest", authority_code)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None
        return hmac.digest(key, canonical_body(reference, registration), hashlib.sha256)

    def _service_key(self, material: KeyMaterial, version: int) -> _ServiceKey:
        wrapped = material.wrapped.get(version)
        if wrapped is None:
            raise NoKey  # also where it is at hand: whoever deleted the wrapped key wants nothing opened with it
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

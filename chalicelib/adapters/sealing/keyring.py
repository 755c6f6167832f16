"""The key ring of the service key: derives from it a subkey for each purpose and authority."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...domain.errors import Unavailable
from ...domain.involvement import Registration
from ...domain.values import Hidden
from ..telemetry import meter
from .formats import canonical_body
from .held_keys import HeldKey, HeldKeys, NoKey, Subkey

CURRENT_VERSION = 1
SERVICE_KEY = "SERVICE#"
SALT = "SALT#"
"""Prefixes of keys in the Keys table. A key version follows `SERVICE_KEY`. An authority's code follows `SALT`."""


class KeyMaterial(Hidden, frozen=True):
    """What opens details: the wrapped service keys by version, and the salts by authority code."""

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


class Keyring:
    def __init__(self, held: HeldKeys, material: Callable[[], KeyMaterial]) -> None:
        self._held = held
        self._material = material

    def is_at_hand(self) -> bool:
        """True if the service key is in memory, so that KMS need not unwrap it."""
        return self._held.has(CURRENT_VERSION)

    def ready(self) -> None:
        """Raises Unavailable unless the service key can be unwrapped."""
        try:
            self._service_key(self._material(), CURRENT_VERSION)
        except NoKey:
            raise Unavailable from None

    def has_salt(self, authority_code: str) -> bool:
        return authority_code in self._material().salts

    def subkey(self, purpose: str, authority_code: str | None = None, version: int = CURRENT_VERSION) -> bytes:
        """32 bytes for one purpose, and for one authority if one is given.

        Raises NoKey, or Unavailable if KMS does not answer.
        """
        return self._subkey(purpose, authority_code, version).plaintext

    def cipher(self, purpose: str, authority_code: str | None = None, version: int = CURRENT_VERSION) -> AESGCM:
        """AES-256-GCM under that subkey. Raises as `subkey` does."""
        return self._subkey(purpose, authority_code, version).cipher

    def _subkey(self, purpose: str, authority_code: str | None, version: int) -> Subkey:
        material = self._material()
        salt = None
        if authority_code is not None:
            salt = material.salts.get(authority_code)
            if salt is None:
                raise NoKey
        service_key = self._service_key(material, version)
        return service_key.subkey(salt, f"knownto|{purpose}|v1|{authority_code or ''}".encode())

    def digest(self, authority_code: str, reference: str, registration: Registration) -> bytes:
        """HMAC of the canonical body, to recognise a repeated PUT. Without the key it reveals nothing."""
        try:
            key = self.subkey("digest", authority_code)
        except NoKey:
            meter("MissingKeys")
            raise Unavailable from None
        return hmac.digest(key, canonical_body(reference, registration), hashlib.sha256)

    def _service_key(self, material: KeyMaterial, version: int) -> HeldKey:
        wrapped = material.wrapped.get(version)
        if wrapped is None:
            # Even if the unwrapped key is still in memory: the wrapped key was deleted so that nothing opens any more.
            raise NoKey
        return self._held.unwrapped(version, wrapped)

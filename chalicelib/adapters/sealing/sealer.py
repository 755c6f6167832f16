"""Seals with AES-256-GCM under a subkey, bound to the item's keys, version and expiry.

`sealed` = format (1 byte) | key version (1 byte) | nonce (12 bytes) | ciphertext and tag.
If a hand edit gives a sealed text another key, version or expiry, it no longer opens.
"""

import hashlib
import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ...application.store_errors import Unreadable
from ...domain.access_records import Disclosed
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.involvement import Details, Remembered
from ...domain.notices import Notice
from ...domain.outcomes import RungContact
from ...domain.quality import Glance
from ..telemetry import meter
from .formats import (
    FORMAT,
    notice_source,
    read_contact,
    read_details,
    read_disclosed,
    read_glance,
    read_notice,
    read_remembered,
    read_words,
    write_contact,
    write_details,
    write_disclosed,
    write_notice,
    write_reason,
    write_remembered,
    write_words,
)
from .held_keys import NoKey
from .keyring import CURRENT_VERSION, Keyring

NONCE_BYTES = 12
_HEADER_BYTES = 2 + NONCE_BYTES

_SHORT_TOKEN = 20  # characters, 120 bits

NO_EXPIRY = 0
Bound = tuple[str, str, str, int]
"""The values that a sealed text is bound to: pk, sk, version or child, expires_at (epoch seconds, or NO_EXPIRY)."""

OpenDetails = Callable[[bytes, str, Bound], Details]
"""Takes `sealed`, the authority's code and the binding. Raises Unreadable, or Unavailable if KMS does not answer."""

Key = TypeVar("Key", bytes, AESGCM)


def seal(
    cipher: AESGCM, plaintext: bytes, bound: Bound, *, version: int = CURRENT_VERSION, nonce: bytes | None = None
) -> bytes:
    """`version`: of the key. `nonce`: by default a random one."""
    nonce = nonce or os.urandom(NONCE_BYTES)
    header = bytes((FORMAT, version))
    return header + nonce + cipher.encrypt(nonce, plaintext, _additional_data(header, bound))


def open_sealed(cipher: AESGCM, sealed: bytes, bound: Bound) -> bytes:
    """Raises Unreadable unless the text was sealed with this cipher's key and this binding."""
    header, nonce, ciphertext = sealed[:2], sealed[2:_HEADER_BYTES], sealed[_HEADER_BYTES:]
    try:
        return cipher.decrypt(nonce, ciphertext, _additional_data(header, bound))
    except (InvalidTag, ValueError):
        raise Unreadable from None


def key_version(sealed: bytes) -> int:
    """The version of the key. Raises Unreadable for an unknown format."""
    if len(sealed) <= _HEADER_BYTES or sealed[0] != FORMAT:
        raise Unreadable
    return sealed[1]


def _additional_data(header: bytes, bound: Bound) -> bytes:
    return msgspec.json.encode([*header, *bound])


class Sealer:
    """Seals and opens texts for the tables.

    Opening may raise Unreadable. Both raise Unavailable if KMS does not answer.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal_details(self, details: Details, authority_code: str, bound: Bound) -> bytes:
        return self._seal("details", authority_code, write_details(details), bound)

    def open_details(self, sealed: bytes, authority_code: str, bound: Bound) -> Details:
        return read_details(self._open("details", authority_code, sealed, bound))

    def open_details_of_one_read(self) -> OpenDetails:
        """Like `open_details`, for rows that were read together: it fetches each authority's cipher only once.

        Discard it with the rows, because it keeps the ciphers for as long as it lives.
        """
        ciphers: dict[tuple[str, int], AESGCM] = {}

        def open_details(sealed: bytes, authority_code: str, bound: Bound) -> Details:
            version = key_version(sealed)
            cipher = ciphers.get((authority_code, version))
            if cipher is None:
                cipher = ciphers[authority_code, version] = self._opening("details", authority_code, version)
            return read_details(open_sealed(cipher, sealed, bound))

        return open_details

    def seal_remembered(self, details: Details, authority_code: str, bound: Bound) -> bytes:
        return self._seal("remembered", authority_code, write_remembered(details), bound)

    def open_remembered(self, sealed: bytes, authority_code: str, bound: Bound) -> Remembered:
        return read_remembered(self._open("remembered", authority_code, sealed, bound))

    def open_glance(self, sealed: bytes, authority_code: str, bound: Bound) -> Glance:
        return read_glance(self._open("remembered", authority_code, sealed, bound))

    def seal_disclosed(self, disclosed: Disclosed, bound: Bound) -> bytes:
        return self._seal("shown", None, write_disclosed(disclosed), bound)

    def open_disclosed(self, sealed: bytes, bound: Bound) -> Disclosed:
        return read_disclosed(self._open("shown", None, sealed, bound))

    def seal_present_key(self, child: ChildKey, bound: Bound) -> bytes:
        return self._seal("moved", None, child.encode(), bound)

    def open_present_key(self, sealed: bytes, bound: Bound) -> ChildKey:
        return ChildKey(self._open("moved", None, sealed, bound).decode())

    def seal_former_keys(self, keys: tuple[ChildKey, ...], bound: Bound) -> bytes:
        return self._seal("former", None, write_words(" ".join(keys)), bound)

    def open_former_keys(self, sealed: bytes, bound: Bound) -> tuple[ChildKey, ...]:
        return tuple(ChildKey(key) for key in read_words(self._open("former", None, sealed, bound)).split())

    def seal_cursor(self, cursor: str, bound: Bound) -> bytes:
        return self._seal("place", None, write_words(cursor), bound)

    def open_cursor(self, sealed: bytes, bound: Bound) -> str:
        return read_words(self._open("place", None, sealed, bound))

    def seal_reason(self, reason: str, bound: Bound) -> bytes:
        return self._seal("shield", None, write_reason(reason), bound)

    def check_reason(self, sealed: bytes, bound: Bound) -> None:
        """Raises Unreadable unless the service sealed the reason with this binding. Nobody reads the reason itself."""
        self._open("shield", None, sealed, bound)

    def seal_notice(self, notice: Notice, bound: Bound) -> bytes:
        return self._seal("notice", notice.recipient, write_notice(notice), bound)

    def open_notice(self, sealed: bytes, recipient: str, bound: Bound) -> Notice:
        return read_notice(self._open("notice", recipient, sealed, bound), recipient)

    def can_seal_for(self, authority_code: str) -> bool:
        """False if the authority has no salt."""
        return self._keyring.has_salt(authority_code)

    def seal_contact(self, rung: RungContact, authority_code: str, bound: Bound) -> bytes:
        return self._seal("contact", authority_code, write_contact(rung), bound)

    def open_contact(self, sealed: bytes, authority_code: str, bound: Bound) -> RungContact:
        return read_contact(self._open("contact", authority_code, sealed, bound))

    def source_token(self, notice: Notice) -> str:
        return self._token("notice source", notice.recipient, notice_source(notice))

    def contact_token(self, rung: RungContact, authority_code: str) -> str:
        return self._token("rung contact", authority_code, write_contact(rung))

    def event_token(self, event: str, authority_code: str) -> str:
        return self._token("counted outcome", authority_code, event.encode())

    def shield_token(self, text: str, authority_code: str) -> str:
        return self._token("shield count", authority_code, text.encode())[:_SHORT_TOKEN]

    def _token(self, purpose: str, authority_code: str, text: bytes) -> str:
        """Returns the same token for the same text. Without the key the token reveals nothing."""
        key = _or_unavailable(self._keyring.subkey, purpose, authority_code)
        return urlsafe_b64encode(hmac.digest(key, text, hashlib.sha256)).rstrip(b"=").decode()

    def _seal(self, purpose: str, authority_code: str | None, plaintext: bytes, bound: Bound) -> bytes:
        return seal(_or_unavailable(self._keyring.cipher, purpose, authority_code), plaintext, bound)

    def _open(self, purpose: str, authority_code: str | None, sealed: bytes, bound: Bound) -> bytes:
        return open_sealed(self._opening(purpose, authority_code, key_version(sealed)), sealed, bound)

    def _opening(self, purpose: str, authority_code: str | None, version: int) -> AESGCM:
        try:
            return self._keyring.cipher(purpose, authority_code, version)
        except NoKey:
            raise Unreadable from None


def _or_unavailable(make: Callable[[str, str | None], Key], purpose: str, authority_code: str | None) -> Key:
    """Raises Unavailable if there is no key: nothing is ever sealed without one."""
    try:
        return make(purpose, authority_code)
    except NoKey:
        meter("MissingKeys")
        raise Unavailable from None

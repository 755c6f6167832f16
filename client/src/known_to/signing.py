"""Tokens: a short-lived JWT for each caller and scope, signed with the authority's own key and signed anew in time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from .errors import SettingsError
from .files import write_new

LIFE_SECONDS = 240
_FRESH_SECONDS = 60  # what a token must still have when it is sent
_MOST_TOKENS = 1000
_MIN_RSA_BITS = 2048
_KID_DIGITS = 8  # enough to tell an authority's few keys apart


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made. `id`: the practitioner's id in your system, or `system:<name>` for a feed."""

    id: str
    role: str
    organisation: str | None = None


class Signer:
    def __init__(
        self, authority: str, audience: str, kid: str, private_key_pem: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Raises SettingsError for a key that cannot sign."""
        self.authority = authority
        self._audience = audience
        self.kid = kid
        self._key = _key(private_key_pem)
        self._algorithm = _algorithm(self._key)
        self._clock = clock
        self._held: dict[tuple[Caller, str], tuple[float, str]] = {}

    def token(self, caller: Caller, scope: str) -> str:
        """A token with at least a minute to live."""
        expires_at, token = self._held.get((caller, scope), (0.0, ""))
        if expires_at - self._clock() < _FRESH_SECONDS:
            return self._sign(caller, scope)
        return token

    @property
    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK set, as the service's operator enters it."""
        public = jwt.get_algorithm_by_name(self._algorithm).to_jwk(self._key.public_key(), as_dict=True)
        public.pop("key_ops", None)  # of RSA only, and `use` says it
        return {"keys": [{**public, "kid": self.kid, "alg": self._algorithm, "use": "sig"}]}

    @property
    def thumbprint(self) -> str:
        """Of the public key."""
        return _thumbprint(self._key)

    def forget(self, caller: Caller, scope: str) -> None:
        """The next token is a new one: the clock may have jumped since the last."""
        self._held.pop((caller, scope), None)

    def _sign(self, caller: Caller, scope: str) -> str:
        now = int(self._clock())
        claims: dict[str, Any] = {
            "iss": self.authority,
            "sub": caller.id,
            "aud": self._audience,
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "scope": scope,
            "role": caller.role,
        }
        if caller.organisation is not None:
            claims["organisation"] = caller.organisation
        token = jwt.encode(claims, self._key, algorithm=self._algorithm, headers={"kid": self.kid})
        if len(self._held) >= _MOST_TOKENS:
            self._held.clear()
        self._held[caller, scope] = (now + LIFE_SECONDS, token)
        return token


def make_private_key(file: Path, authority: str) -> Signer:
    """A new P-256 key in `file`, for its owner alone, with a `kid` of its own. Raises FileError where one is there."""
    key = generate_private_key(SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new(file, pem)
    return Signer(authority, "", f"{authority}-{_thumbprint(key)[:_KID_DIGITS]}", pem.decode())


def _thumbprint(key: Any) -> str:
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(spki).hexdigest()


def _key(pem: str) -> Any:
    try:
        return load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise SettingsError("The signing key is locked with a passphrase. Give one without.") from None
    except ValueError:
        raise SettingsError("The signing key is not a private key in PEM form.") from None


def _algorithm(key: Any) -> str:
    if isinstance(key, RSAPrivateKey) and key.key_size >= _MIN_RSA_BITS:
        return "RS256"
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    if isinstance(key, Ed25519PrivateKey):
        return "EdDSA"
    raise SettingsError("The signing key must be RSA of 2048 bits or more, P-256 or Ed25519.")

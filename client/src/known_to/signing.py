"""Tokens: a short-lived JWT for each caller and scope, signed with the authority's own key and renewed in time."""

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
from .local_files import write_new

LIFE_SECONDS = 240
_LEAST_LEFT_SECONDS = 60  # how long a token must still live when it is sent
_MOST_TOKENS = 1000
_MIN_RSA_BITS = 2048
_KID_DIGITS = 8  # enough to distinguish the few keys of an authority


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call. `id` is the practitioner's id in your system, or `system:<name>` for a feed."""

    id: str
    role: str
    organisation: str | None = None


class Signer:
    def __init__(
        self, authority: str, audience: str, kid: str, private_key_pem: str, clock: Callable[[], float] = time.time
    ) -> None:
        """Raises SettingsError if the key cannot sign."""
        self.authority = authority
        self._audience = audience
        self.kid = kid
        self._key = _key(private_key_pem)
        self._algorithm = _algorithm(self._key)
        self._clock = clock
        self._tokens: dict[tuple[Caller, str], tuple[float, str]] = {}

    def token(self, caller: Caller, scope: str) -> str:
        """Returns a token that lives for at least another minute."""
        expires_at, token = self._tokens.get((caller, scope), (0.0, ""))
        if expires_at - self._clock() < _LEAST_LEFT_SECONDS:
            return self._sign(caller, scope)
        return token

    @property
    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK set, in the form that the service's operator enters."""
        public = jwt.get_algorithm_by_name(self._algorithm).to_jwk(self._key.public_key(), as_dict=True)
        public.pop("key_ops", None)  # only RSA keys have it, and `use` says the same
        return {"keys": [{**public, "kid": self.kid, "alg": self._algorithm, "use": "sig"}]}

    @property
    def thumbprint(self) -> str:
        """The SHA-256 of the public key, in hexadecimal."""
        return _thumbprint(self._key)

    def forget(self, caller: Caller, scope: str) -> None:
        """Makes the next token a new one. The clock may have jumped since the last was signed."""
        self._tokens.pop((caller, scope), None)

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
        if len(self._tokens) >= _MOST_TOKENS:
            self._tokens.clear()
        self._tokens[caller, scope] = (now + LIFE_SECONDS, token)
        return token


def make_private_key(file: Path, authority: str) -> Signer:
    """Makes a P-256 key in `file`, which only its owner can read, and gives it a new `kid`.

    Raises FileError, also if the file exists already.
    """
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
        raise SettingsError("The signing key is protected by a passphrase. Use a key without one.") from None
    except ValueError:
        raise SettingsError("The signing key is not a private key in PEM format.") from None


def _algorithm(key: Any) -> str:
    if isinstance(key, RSAPrivateKey) and key.key_size >= _MIN_RSA_BITS:
        return "RS256"
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    if isinstance(key, Ed25519PrivateKey):
        return "EdDSA"
    raise SettingsError("The signing key must be RSA of 2048 bits or more, P-256 or Ed25519.")

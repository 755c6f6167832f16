"""Verifies tokens: short-lived JWTs that an authority signs itself, checked against its registered keys.

The algorithm comes from the registered key, never from the token. Keys inside a token are ignored.
Every bad token raises the same NotSignedIn, so a refusal gives an attacker no hint.
"""

import json
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any

import msgspec

from ... import lazily
from ...application.ports import Clock
from ...domain.authority import Caller, Scope, Standing
from ...domain.errors import AuthoritySuspended, NotSignedIn
from ...domain.system_ids import is_system, looks_like_system
from ...domain.texts import holds_grouped_number, is_readable
from ..dynamodb.registry import RegistryCache
from ..telemetry import meter

# PyJWT imports this module for keys in certificates. The registry has none, and the import takes a twentieth of a cold
# start.
lazily.load("cryptography.x509")
import jwt  # noqa: E402

LONGEST_LIFE_SECONDS = 300
SKEW_SECONDS = 30
_LONGEST_TOKEN = 4096
_ALGORITHMS = ("RS256", "ES256", "EdDSA")
_MIN_RSA_BITS = 2048
_LONGEST_TEXT = 200  # as long as a practitioner's id may be in a registered record
_LATEST_TIME = 10**11  # seconds since 1970, a time after the year 5000
_SCOPES = {scope.value: scope for scope in Scope}


class _Header(msgspec.Struct):
    kid: str


class _Issuer(msgspec.Struct):
    iss: str


class _Claims(msgspec.Struct):
    """The claims that are read. Those without a default are required. Times are seconds since 1970."""

    iss: str
    sub: str
    aud: str | list[str]
    iat: float
    exp: float
    scope: str
    role: str
    nbf: float | msgspec.UnsetType = msgspec.UNSET
    organisation: str | None = None
    jti: str | None = None


_signatures = jwt.PyJWS()


class Tokens:
    def __init__(self, registry: RegistryCache, audience: str, clock: Clock) -> None:
        self._registry = registry
        self._audience = audience
        self._clock = clock
        self._keys: dict[str, tuple[str, dict[str, jwt.PyJWK]]] = {}

    def caller(self, authorization: str | None) -> Caller:
        """The caller that an `Authorization` header speaks for.

        Raises NotSignedIn, AuthoritySuspended, or Unavailable if the registry cannot be read.
        """
        token = _bearer(authorization)
        issuer, kid = _claimed(token)
        authority = self._registry.view().authorities.get(issuer)
        key = self._key(issuer, kid)
        if authority is None or authority.standing is Standing.REMOVED or key is None:
            raise NotSignedIn
        claims = self._verified(token, key)
        if claims.iss != issuer:
            raise NotSignedIn
        if authority.standing is not Standing.ACTIVE:
            raise AuthoritySuspended
        return Caller(
            authority=authority,
            practitioner_id=_sub(claims.sub),
            role=_text(claims.role),
            scopes=_scopes(claims.scope) & authority.scopes,
            organisation=None if claims.organisation is None else _text(claims.organisation),
            token_id=None if claims.jti is None else _text(claims.jti),
        )

    def _verified(self, token: str, key: jwt.PyJWK) -> _Claims:
        try:
            verified = _signatures.decode_complete(token, key, algorithms=[key.algorithm_name])
            claims = msgspec.json.decode(verified["payload"], type=_Claims)
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
            raise NotSignedIn from None
        if "crit" in verified["header"] or "b64" in verified["header"]:
            raise NotSignedIn
        if claims.aud not in (self._audience, [self._audience]):
            raise NotSignedIn
        _check_times(claims, self._clock())
        return claims

    def _key(self, issuer: str, kid: str) -> jwt.PyJWK | None:
        jwks = self._registry.jwks(issuer)
        if jwks is None:
            return None
        held = self._keys.get(issuer)
        if held is None or held[0] != jwks:
            held = (jwks, read_jwks(jwks))
            self._keys[issuer] = held
        return held[1].get(kid)


def _claimed(token: str) -> tuple[str, str]:
    """The issuer and the key id in an unverified token. They only choose the key that verifies the rest."""
    try:
        header, payload, _ = token.split(".")
        issuer = msgspec.json.decode(urlsafe_b64decode(payload + "=="), type=_Issuer).iss
        return issuer, msgspec.json.decode(urlsafe_b64decode(header + "=="), type=_Header).kid
    except (ValueError, RecursionError):
        raise NotSignedIn from None


def read_jwks(text: str) -> dict[str, jwt.PyJWK]:
    """The usable signing keys of a JWK set, by `kid`. Unusable keys are counted and left out."""
    try:
        entries = json.loads(text)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        meter("RegistryFaults")
        return {}
    keys: dict[str, jwt.PyJWK] = {}
    for entry in entries if isinstance(entries, list) else []:
        key = _usable(entry)
        if key is None:
            meter("RegistryFaults")
        else:
            keys[entry["kid"]] = key
    return keys


def _usable(entry: Any) -> jwt.PyJWK | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    # A private key must not be in a registry: anyone who can read it could sign with it.
    if "d" in entry or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg") not in _ALGORITHMS:
        return None
    try:
        key = jwt.PyJWK(entry)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if _is_strong(entry, key) else None


def _is_strong(entry: dict[str, Any], key: jwt.PyJWK) -> bool:
    if entry["alg"] == "RS256":
        return bool(key.key.key_size >= _MIN_RSA_BITS)
    return entry["alg"] != "ES256" or entry.get("crv") == "P-256"


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        raise NotSignedIn
    return token


def _check_times(claims: _Claims, now: datetime) -> None:
    issued, expires = claims.iat, claims.exp
    starts = issued if claims.nbf is msgspec.UNSET else claims.nbf
    at = now.timestamp()
    if not all(0 <= seconds <= _LATEST_TIME for seconds in (issued, expires, starts)):
        raise NotSignedIn
    if not issued < expires <= issued + LONGEST_LIFE_SECONDS:
        raise NotSignedIn
    if max(issued, starts) > at + SKEW_SECONDS or expires <= at - SKEW_SECONDS:
        raise NotSignedIn


def _text(value: str) -> str:
    """A claim that an access record holds in clear. It must meet the same rules as the texts of a registered record.

    Whether it holds the NHS number of the request is checked by the use case that knows the number.
    """
    if len(value) > _LONGEST_TEXT or not is_readable(value) or holds_grouped_number(value):
        raise NotSignedIn
    return value


def _sub(value: str) -> str:
    """Only one spelling names a system. Any other that looks like one is refused."""
    if looks_like_system(value) and not is_system(value):
        raise NotSignedIn
    return _text(value)


def _scopes(scope: str) -> frozenset[Scope]:
    return frozenset(_SCOPES[word] for word in scope.split(" ") if word in _SCOPES)

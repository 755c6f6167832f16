"""Thumbprints of signing keys (RFC 7638): short enough for two people to compare over the telephone."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}


def thumbprints(jwks: dict[str, Any]) -> list[dict[str, str]]:
    """The `kid` and the thumbprint of each key of a JWK set that was checked."""
    return [{"kid": key["kid"], "thumbprint": _thumbprint(key)} for key in jwks["keys"]]


def _thumbprint(key: dict[str, Any]) -> str:
    members = {name: key[name] for name in _MEMBERS[key["kty"]]}
    written = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    return urlsafe_b64encode(sha256(written).digest()).rstrip(b"=").decode()

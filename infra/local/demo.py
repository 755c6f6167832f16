"""`.local/demo.json`: the addresses of the local stage, and keys to sign in with. Each start writes a new one."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from chalicelib.domain.authority import Scope

from .authorities import LocalAuthority, SigningKey

PATH = Path(".local") / "demo.json"
TOKEN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Demo:
    base_url: str
    audience: str
    aws_endpoint_url: str
    region: str
    authorities: dict[str, dict[str, str]]
    """By code: name, kid, alg and private_key_pem."""

    def save(self) -> None:
        """Each key is in a file of its own too, `.local/<code>.pem`, for languages that read PEM and no JSON."""
        PATH.parent.mkdir(exist_ok=True)
        _write(PATH, json.dumps({name: getattr(self, name) for name in self.__slots__}, indent=2))
        for code, key in self.authorities.items():
            _write(PATH.parent / f"{code}.pem", key["private_key_pem"])

    @classmethod
    def load(cls) -> "Demo":
        """Raises FileNotFoundError if no local stage is running."""
        return cls(**json.loads(PATH.read_text()))

    def token(self, authority_code: str, sub: str, scope: str | None = None, role: str = "Social worker") -> str:
        """Returns a token as the authority itself would sign it. Raises KeyError if we hold no key of the authority."""
        key = self.authorities[authority_code]
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": authority_code,
            "sub": sub,
            "aud": self.audience,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "scope": scope or " ".join(Scope),
            "role": role,
        }
        return jwt.encode(claims, key["private_key_pem"], algorithm=key["alg"], headers={"kid": key["kid"]})


def forget() -> None:
    """Removes what `save` wrote."""
    for path in (PATH, *PATH.parent.glob("*.pem")):
        path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Only the owner may read the file."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def signing_keys(known: Sequence[LocalAuthority], keys: Mapping[str, SigningKey]) -> dict[str, dict[str, str]]:
    """Returns the authorities that have a key in `keys`, as `Demo` holds them."""
    return {
        body.code: {"name": body.name, "kid": key.kid, "alg": key.alg, "private_key_pem": key.private_key_pem}
        for body in known
        if (key := keys.get(body.code)) is not None
    }

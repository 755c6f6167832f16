"""`.local/demo.json`: where the local stage is, and keys to sign in with. Made anew at every start."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from chalicelib.domain.authority import Scope

PATH = Path(".local") / "demo.json"
TOKEN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Demo:
    base_url: str
    audience: str
    aws_endpoint_url: str
    region: str
    authorities: dict[str, dict[str, str]]

    def save(self) -> None:
        PATH.parent.mkdir(exist_ok=True)
        with os.fdopen(os.open(PATH, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({name: getattr(self, name) for name in self.__slots__}, file, indent=2)

    @classmethod
    def load(cls) -> "Demo":
        """Raises FileNotFoundError where no local stage has run."""
        return cls(**json.loads(PATH.read_text()))

    def token(self, authority_code: str, sub: str, scope: str | None = None, role: str = "Social worker") -> str:
        """A token as the authority itself would sign it. Raises KeyError for an authority without a key here."""
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

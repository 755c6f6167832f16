"""The authorities of the local stage: England's 153 local authorities, and a few health and police bodies."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from chalicelib.adapters.console.event_bodies import checked_jwks
from chalicelib.application.console.ports import NewAuthority
from chalicelib.domain.authority import Contact, Purpose, Scope

CSV = Path(__file__).parent / "data" / "england-authorities.csv"

OTHERS = (
    ("R1K", "London North West University Healthcare NHS Trust", "health"),
    ("RAP", "North Middlesex University Hospital NHS Trust", "health"),
    ("RJZ", "King's College Hospital NHS Foundation Trust", "health"),
    ("RP4", "Great Ormond Street Hospital for Children NHS Foundation Trust", "health"),
    ("RRV", "University College London Hospitals NHS Foundation Trust", "health"),
    ("E23000001", "Metropolitan Police Service", "police"),
    ("E23000034", "City of London Police", "police"),
)

DEMONSTRATION = {
    "E09000014": "ES256",  # Haringey
    "E09000009": "ES256",  # Ealing
    "E09000005": "EdDSA",  # Brent
    "E09000010": "RS256",  # Enfield
    "E08000025": "ES256",  # Birmingham
    "E08000003": "EdDSA",  # Manchester
    "R1K": "ES256",
    "RAP": "RS256",
    "E23000001": "EdDSA",
    "RP4": "ES256",
}
"""The authorities that can sign in with `.local/demo.json`, and the algorithm of their keys."""


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    code: str
    name: str
    sector: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    alg: str
    private_key_pem: str
    public_jwk: dict[str, Any]


def authorities() -> Iterator[LocalAuthority]:
    with CSV.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield LocalAuthority(row["gss_code"], row["name"], "local_authority")
    for code, name, sector in OTHERS:
        yield LocalAuthority(code, name, sector)


def make_signing_key(code: str, alg: str) -> SigningKey:
    private, public = _key_pair(alg)
    kid = f"{code}-1"
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return SigningKey(kid, alg, pem, {**public, "kid": kid, "alg": alg, "use": "sig"})


def _key_pair(alg: str) -> tuple[Any, dict[str, Any]]:
    if alg == "RS256":
        rsa = rsa_key(65537, 2048)
        return rsa, RSAAlgorithm.to_jwk(rsa.public_key(), as_dict=True)
    if alg == "ES256":
        ec = ec_key(SECP256R1())
        return ec, ECAlgorithm.to_jwk(ec.public_key(), as_dict=True)
    ed = Ed25519PrivateKey.generate()
    return ed, OKPAlgorithm.to_jwk(ed.public_key(), as_dict=True)


def new_authority(authority: LocalAuthority, key: SigningKey) -> NewAuthority:
    """Grants every scope and purpose."""
    return NewAuthority(
        code=authority.code,
        name=authority.name,
        sector=authority.sector,
        duty_contact=Contact(f"{authority.name} duty team", "020 7946 0999"),
        scopes=frozenset(Scope),
        purposes=frozenset(Purpose),
        reports_every_days=7,
        jwks=checked_jwks({"keys": [key.public_jwk]}),
    )

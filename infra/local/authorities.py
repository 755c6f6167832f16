"""The authorities of the local stage: England's 153, and a few health and police bodies."""

import csv
import json
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

from chalicelib.adapters.dynamodb.schema import REGISTRY, table_name
from chalicelib.domain.authority import Purpose, Scope

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
"""The authorities that `.local/demo.json` can sign for, and with what."""


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


def registry_item(authority: LocalAuthority, keys: list[SigningKey]) -> dict[str, Any]:
    """The authority as an administrator would enter it, granted every scope and purpose."""
    return {
        "authority": {"S": authority.code},
        "name": {"S": authority.name},
        "sector": {"S": authority.sector},
        "standing": {"S": "active"},
        "duty_contact": {"M": {"name": {"S": f"{authority.name} duty team"}, "phone": {"S": "020 7946 0999"}}},
        "scopes": {"SS": [*Scope]},
        "purposes": {"SS": [*Purpose]},
        "reports_every_days": {"N": "7"},
        "jwks": {"S": json.dumps({"keys": [key.public_jwk for key in keys]})},
    }


def enter(dynamodb: Any, stage: str, item: dict[str, Any]) -> None:
    dynamodb.put_item(TableName=table_name(stage, REGISTRY), Item=item)

"""Hand edits of the registry: a slip affects its own authority only, and is counted."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm

from chalicelib.adapters.dynamodb.schema import REGISTRY, USAGE, table_name
from infra.local.authorities import LocalAuthority
from tests.support.log_lines import Metrics
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.stage import STAGE, Stage

VALUES: dict[str, Any] = {
    "S": {"S": "x"},
    "S empty": {"S": ""},
    "N": {"N": "-1"},
    "B": {"B": b"\xff\x00"},
    "BOOL": {"BOOL": True},
    "NULL": {"NULL": True},
    "L": {"L": [{"S": "*"}, {"N": "1"}, {"M": {}}]},
    "M": {"M": {"name": {"N": "1"}}},
    "SS": {"SS": ["*", "LOOKUP"]},
    "NS": {"NS": ["1"]},
    "BS": {"BS": [b"lookup"]},
    "missing": None,
}
"""Every type that DynamoDB has, and a missing attribute."""

# The mark is made for what each item says, as if two people had granted it; the edits of grants are further down.
# Edits that do no harm.
PLAIN = {("name", "S"), ("reports_every_days", "missing"), ("roles", "missing"), ("roles", "SS")}
# The status of a lookup if the attribute is unreadable; all other attributes cost no right.
STOPPED = {"standing": 403, "scopes": 403, "purposes": 403, "jwks": 401}
ATTRIBUTES = ("name", "sector", "standing", "duty_contact", "scopes", "purposes", "reports_every_days", "roles", "jwks")


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_a_slip_affects_only_its_own_authority_and_is_counted(
    stage: Stage, metrics: Metrics, attribute: str, kind: str
) -> None:
    edited = LocalAuthority("E95000001", "Edited", "edited")
    entered(stage, edited, **{attribute: VALUES[kind]})
    own = stage.look_up(stage.new_child(), token=stage.token(edited.code))
    assert own.status == STOPPED.get(attribute, 200)
    assert stage.look_up(stage.new_child()).status == 200
    if (attribute, kind) not in PLAIN:
        assert metrics.count("RegistryFaults") > 0


@pytest.mark.parametrize(
    "code", [" ", "*", "e95000003", "E95000003#x", "x" * 2_000, "\u200bE95000003", "E9", "E95000003\n"]
)
def test_an_item_under_a_key_that_onboarding_would_refuse_is_ignored_and_counted(
    stage: Stage, metrics: Metrics, code: str
) -> None:
    """No console function could suspend such an authority or report on it."""
    edited = LocalAuthority(code, "Edited", "edited")
    entered(stage, edited)
    assert stage.look_up(stage.new_child(), token=stage.token(code)).status == 401
    assert metrics.count("RegistryFaults") > 0
    stage.dynamodb.delete_item(TableName=table_name(STAGE, REGISTRY), Key={"authority": {"S": code}})


def test_a_heartbeat_dated_in_the_future_is_ignored_and_counted(stage: Stage, rows: Rows, metrics: Metrics) -> None:
    edited = LocalAuthority(stage.new_code(), "Edited", "heartbeat_test")
    entered(stage, edited)
    stage.register(stage.new_child(), token=stage.token(edited.code))
    rows.put({"pk": {"S": "HEARTBEAT"}, "sk": {"S": edited.code}, "last_write_at": {"N": "253402300799"}}, USAGE)
    stage.clock.advance(seconds=61)
    coverage = stage.look_up(stage.new_child()).json["coverage"]
    [sector] = [one for one in coverage if one["sector"] == edited.sector]
    assert (sector["authorities"], sector["reporting"]) == (1, 0)
    assert metrics.count("RegistryFaults") > 0


def test_a_huge_or_absurd_value_makes_no_answer_larger(stage: Stage, metrics: Metrics) -> None:
    edited, child = LocalAuthority("E95000002", "Edited", "edited"), stage.new_child()
    entered(stage, edited)
    assert stage.register(child, token=stage.token(edited.code)).status == 201
    before = stage.look_up(child)
    huge = {"S": "x" * 100_000}
    entered(stage, edited, name=huge, sector=huge, duty_contact={"M": {"name": huge, "phone": huge}})
    after = stage.look_up(child)
    entered(stage, edited)
    assert (after.status, after.json["known"]) == (200, True)
    assert len(after.body) < len(before.body) + 100
    assert metrics.count("RegistryFaults") >= 3


def test_a_slip_in_its_keys_hides_none_of_an_authoritys_records(stage: Stage) -> None:
    edited, child = LocalAuthority("E95000077", "Edited", "edited"), stage.new_child()
    entered(stage, edited)
    assert stage.register(child, token=stage.token(edited.code)).status == 201
    entered(stage, edited, jwks={"N": "1"})
    answer = stage.look_up(child).json
    assert (answer["known"], answer["complete"]) == (True, True)


def _public(algorithm: Any, key: Any, **more: str) -> dict[str, Any]:
    return {**algorithm.to_jwk(key, as_dict=True), "kid": "k", **more}


RSA_KEY, ED_KEY, P384 = rsa_key(65537, 2048), Ed25519PrivateKey.generate(), ec_key(SECP384R1())
WEAK, SECRET = rsa_key(65537, 1024), b"s" * 64  # noqa: S505 - to be refused
GOOD: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "RSA of 2048 bits": (RSA_KEY, "RS256", _public(RSAAlgorithm, RSA_KEY.public_key(), alg="RS256")),
    "Ed25519": (ED_KEY, "EdDSA", _public(OKPAlgorithm, ED_KEY.public_key(), alg="EdDSA")),
}
BAD: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "RSA of 1024 bits": (WEAK, "RS256", _public(RSAAlgorithm, WEAK.public_key(), alg="RS256")),
    "RS384": (RSA_KEY, "RS384", _public(RSAAlgorithm, RSA_KEY.public_key(), alg="RS384")),
    "PS256": (RSA_KEY, "PS256", _public(RSAAlgorithm, RSA_KEY.public_key(), alg="PS256")),
    "the algorithm none": (RSA_KEY, "RS256", _public(RSAAlgorithm, RSA_KEY.public_key(), alg="none")),
    "no algorithm": (RSA_KEY, "RS256", _public(RSAAlgorithm, RSA_KEY.public_key())),
    "ES384": (P384, "ES384", _public(ECAlgorithm, P384.public_key(), alg="ES384")),
    "a shared secret": (SECRET, "HS256", _public(HMACAlgorithm, SECRET, alg="HS256")),
    "a private RSA key": (RSA_KEY, "RS256", _public(RSAAlgorithm, RSA_KEY, alg="RS256")),
    "a private Ed25519 key": (ED_KEY, "EdDSA", _public(OKPAlgorithm, ED_KEY, alg="EdDSA")),
    "a key to encrypt with": (
        RSA_KEY,
        "RS256",
        _public(RSAAlgorithm, RSA_KEY.public_key(), alg="RS256", use="enc"),
    ),
}


@pytest.mark.filterwarnings("ignore")  # PyJWT itself warns of the weak key
@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_a_key_entered_by_hand_signs_in_only_if_it_is_of_an_accepted_kind(stage: Stage, name: str) -> None:
    key, algorithm, entry = {**GOOD, **BAD}[name]
    edited = LocalAuthority("E95000078", "Edited", "edited")
    entered(stage, edited, jwks={"S": json.dumps({"keys": [entry]})})
    token = jwt.encode(stage.claims(edited.code), key, algorithm=algorithm, headers={"kid": "k"})
    assert stage.look_up(stage.new_child(), token=token).status == (200 if name in GOOD else 401)

"""The service accepts the tokens. They live for minutes and are renewed in time."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from chalicelib.adapters.http.tokens import LONGEST_LIFE_SECONDS
from infra.local.authorities import LocalAuthority, make_signing_key
from known_to.errors import SettingsError
from known_to.signing import Caller, Signer
from tests.support.registry import entered
from tests.support.stage import AUDIENCE, EALING, Stage

SOCIAL_WORKER = Caller("sw-1", "Social worker")


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def claims(token: str) -> dict[str, object]:
    payload: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return payload


def a_signer(clock: Clock, alg: str = "ES256") -> Signer:
    return Signer("E1", "aud", "kid-1", make_signing_key("E1", alg).private_key_pem, clock)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_the_service_accepts_a_token_of_every_kind_of_key(stage: Stage, alg: str) -> None:
    code = stage.new_code()
    entered(stage, LocalAuthority(code, "A new one", "token_test"), alg)
    key = stage.keys[code]
    signer = Signer(code, AUDIENCE, key.kid, key.private_key_pem, lambda: stage.clock().timestamp())
    reply = stage.call("GET", "/v1/involvements", token=signer.token(SOCIAL_WORKER, "register"))
    assert reply.status == 200, reply.body
    assert jwt.get_unverified_header(signer.token(SOCIAL_WORKER, "register")) == {
        "alg": alg,
        "kid": key.kid,
        "typ": "JWT",
    }


def test_a_token_has_only_the_scope_that_the_call_needs(stage: Stage) -> None:
    key = stage.keys[EALING]
    signer = Signer(EALING, AUDIENCE, key.kid, key.private_key_pem, lambda: stage.clock().timestamp())
    token = signer.token(SOCIAL_WORKER, "register")
    assert claims(token)["scope"] == "register"
    assert stage.look_up(stage.new_child(), token).code == "scope_not_granted"


def test_a_token_lives_no_longer_than_allowed_and_names_the_caller() -> None:
    clock = Clock()
    token_claims = claims(a_signer(clock).token(Caller("n-7", "Nurse", "Ward 3"), "lookup"))
    assert token_claims["iat"] == clock.now
    assert 60 < int(str(token_claims["exp"])) - clock.now <= LONGEST_LIFE_SECONDS
    assert (token_claims["iss"], token_claims["sub"], token_claims["aud"], token_claims["role"]) == (
        "E1",
        "n-7",
        "aud",
        "Nurse",
    )
    assert token_claims["organisation"] == "Ward 3"


def test_a_token_is_reused_until_a_minute_before_its_end() -> None:
    clock = Clock()
    signer = a_signer(clock)
    first = signer.token(SOCIAL_WORKER, "lookup")
    clock.now += 179
    assert signer.token(SOCIAL_WORKER, "lookup") == first
    clock.now += 2
    second = signer.token(SOCIAL_WORKER, "lookup")
    assert second != first
    assert int(str(claims(second)["exp"])) - clock.now > 60


def test_each_caller_and_scope_has_its_own_token() -> None:
    signer = a_signer(Clock())
    callers = (SOCIAL_WORKER, Caller("sw-2", "Social worker"), Caller("sw-1", "Manager"))
    tokens = {signer.token(caller, scope) for caller in callers for scope in ("lookup", "register")}
    assert len(tokens) == 6


def test_a_forgotten_token_is_signed_again() -> None:
    clock = Clock()
    signer = a_signer(clock)
    first = signer.token(SOCIAL_WORKER, "lookup")
    clock.now += 1
    signer.forget(SOCIAL_WORKER, "lookup")
    assert signer.token(SOCIAL_WORKER, "lookup") != first


def pem(key: object, encryption: KeySerializationEncryption | None = None) -> str:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())  # type: ignore[attr-defined]
    return made.decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no key", "not a private key in PEM format"),
        (pem(ec_key(SECP384R1())), "RSA of 2048 bits or more, P-256 or Ed25519"),
        (pem(rsa_key(65537, 1024)), "RSA of 2048 bits or more"),  # noqa: S505 - must be refused
        (pem(rsa_key(65537, 2048), BestAvailableEncryption(b"word")), "passphrase"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_with_its_reason(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Signer("E1", "aud", "kid", text)

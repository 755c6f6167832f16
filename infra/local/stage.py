"""The local stage: what it is called, the settings of its service, and the authorities in its registry."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .authorities import DEMONSTRATION, LocalAuthority, SigningKey, enter, make_signing_key, registry_item
from .aws import LocalAws, StageKeys, make_salt
from .demo import Demo
from .processes import LOOPBACK

STAGE = "local"
AUDIENCE = "https://known-to.local"
LOCAL = Path(".local")
_AT_ONCE = 4


def service_environ(aws_environ: dict[str, str], keys: StageKeys) -> dict[str, str]:
    """The settings of the service, and the way to its AWS."""
    return {
        **aws_environ,
        "KNOWNTO_STAGE": STAGE,
        "KNOWNTO_AUDIENCE": AUDIENCE,
        "KNOWNTO_MAC_KEY": keys.mac_key,
        "KNOWNTO_DATA_KEY": keys.data_key,
        "KNOWNTO_BROKER_DESK_NAME": "National broker desk",
        "KNOWNTO_BROKER_DESK_PHONE": "020 7946 0100",
    }


def register_authorities(aws: LocalAws, known: Sequence[LocalAuthority], port: int) -> Demo:
    """Enters each with a salt of its own; returns what signs in for the demonstration authorities."""
    dynamodb = aws.client("dynamodb")
    keys = {body.code: _keys(body) for body in known}

    def register(body: LocalAuthority) -> None:
        make_salt(dynamodb, STAGE, body.code)
        enter(dynamodb, STAGE, registry_item(body, keys[body.code]))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(register, known))
    signing = {
        body.code: {"name": body.name, "kid": key.kid, "alg": key.alg, "private_key_pem": key.private_key_pem}
        for body in known
        for key in keys[body.code]
    }
    return Demo(f"http://{LOOPBACK}:{port}", AUDIENCE, aws.endpoint_url, aws.environ["AWS_REGION"], signing)


def _keys(body: LocalAuthority) -> list[SigningKey]:
    alg = DEMONSTRATION.get(body.code)
    return [] if alg is None else [make_signing_key(body.code, alg)]

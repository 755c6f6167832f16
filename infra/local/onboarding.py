"""Prepares the local stage as an administrator would: makes the service key, then onboards each authority."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from chalicelib.domain.access_records import Operator
from chalicelib.wiring.console import ConsoleFunctions

from .authorities import DEMONSTRATION, LocalAuthority, SigningKey, make_signing_key, new_authority

OPERATOR = Operator("make run", "The local stage starts")
_AT_ONCE = 4
_QUICK_TO_MAKE = "EdDSA"


def onboard(functions: ConsoleFunctions, known: Sequence[LocalAuthority]) -> dict[str, SigningKey]:
    """Returns the signing keys of the demonstration authorities by code. Raises Unavailable."""
    functions.make_service_key(OPERATOR)
    keys = {body.code: make_signing_key(body.code, DEMONSTRATION.get(body.code, _QUICK_TO_MAKE)) for body in known}

    def onboard_one(body: LocalAuthority) -> None:
        functions.onboard_authority(new_authority(body, keys[body.code]), OPERATOR)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(onboard_one, known))
    return {code: key for code, key in keys.items() if code in DEMONSTRATION}

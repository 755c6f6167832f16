"""Prepares the local stage as two administrators would: makes the service key, then proposes and onboards each
authority."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from chalicelib.domain.access_records import Operator
from chalicelib.wiring.console import ConsoleFunctions

from .authorities import DEMONSTRATION, LocalAuthority, SigningKey, make_signing_key, new_authority

OPERATOR = Operator("make run", "The local stage starts")
CUSTODIAN = Operator("make run, as the second person", "The local stage starts")
_AT_ONCE = 4
_QUICK_TO_MAKE = "EdDSA"


def onboard(functions: ConsoleFunctions, known: Sequence[LocalAuthority]) -> dict[str, SigningKey]:
    """Returns the signing keys of the demonstration authorities by code. Raises Unavailable."""
    functions.make_service_key(OPERATOR)
    keys = {body.code: make_signing_key(body.code, DEMONSTRATION.get(body.code, _QUICK_TO_MAKE)) for body in known}

    def onboard_one(body: LocalAuthority) -> None:
        authority = new_authority(body, keys[body.code])
        code = functions.onboard_authority.propose(authority, OPERATOR).code
        functions.onboard_authority(authority, code, CUSTODIAN)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(onboard_one, known))
    return {code: key for code, key in keys.items() if code in DEMONSTRATION}

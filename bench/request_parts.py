"""Parts of a request that the floor does not have, to be measured alone: the token, opening and sealing, the log line.

Each part works exactly as in a request, on the same token and the same number of rows.
"""

from typing import Any

from msgspec.structs import replace

from chalicelib.adapters import telemetry
from chalicelib.adapters.dynamodb.access_records import RecordContent
from chalicelib.adapters.sealing.sealer import Bound
from chalicelib.domain.access_records import Disclosed, Form, Shown
from chalicelib.domain.child import ChildKey
from tests.support.examples import NOW, involvement
from tests.support.stage import EALING, HARINGEY, Stage

from .sampling import Work

TOKEN, SEALING, LOG_LINE = "token", "sealing", "log line"
_CHILD, _VERSION, _EXPIRES_AT = ChildKey(f"C#1#{'x' * 43}"), f"{1:026}", 1_858_896_000
_DETAILS = involvement(_CHILD, HARINGEY, "ref-1", _VERSION, NOW).details
_LOOKUP, _DAY = f"L#{_VERSION}", f"{EALING}#2026-11-30"
_ASKED = RecordContent(
    at=NOW,
    authority=EALING,
    practitioner="asker",
    role="Social worker",
    purpose="safeguarding",
    case_reference="case-1",
)
_REGISTERED = RecordContent(
    at=NOW, authority=HARINGEY, practitioner="asker", role="Social worker", act="registered", reference="ref-1"
)
_CALLS_OF_A_REQUEST = ("UpdateItem", "GenerateMac", "Query", "PutItem")


def of_lookup(stage: Stage, known: int) -> dict[str, Work]:
    """The parts of a lookup of `known` involvements. It opens each of them, and seals what it showed and the access
    record."""
    sealer, records = stage.services.parts.sealer, stage.services.parts.records
    rows = [(bound, sealer.seal_details(_DETAILS, HARINGEY, bound)) for bound in map(_bound, range(known))]
    shown = tuple(Shown(HARINGEY, f"ref-{number}", _VERSION, Form.FULL) for number in range(known))

    def sealing() -> None:
        opened = sealer.open_details_of_one_read()
        for bound, sealed in rows:
            opened(sealed, HARINGEY, bound)
        bound = (_CHILD, _LOOKUP, _VERSION, _EXPIRES_AT)
        disclosed = sealer.seal_disclosed(Disclosed(bool(known), True, shown, False), bound)
        records.sealed(_CHILD, _LOOKUP, replace(_ASKED, shown=disclosed), _DAY)

    return {TOKEN: _token(stage, EALING), SEALING: sealing, LOG_LINE: _log_line}


def of_put(stage: Stage) -> dict[str, Work]:
    """The parts of a PUT of a new record. It seals the details, what the register entry remembers of them, and the
    access record."""
    sealer, records, bound = stage.services.parts.sealer, stage.services.parts.records, _bound(0)

    def sealing() -> None:
        sealer.seal_details(_DETAILS, HARINGEY, bound)
        sealer.seal_remembered(_DETAILS, HARINGEY, bound)
        records.sealed(_CHILD, f"E#{_VERSION}", _REGISTERED)

    return {TOKEN: _token(stage, HARINGEY), SEALING: sealing, LOG_LINE: _log_line}


def _bound(number: int) -> Bound:
    return _CHILD, f"I#{HARINGEY}#ref-{number}", _VERSION, _EXPIRES_AT


def _token(stage: Stage, authority: str) -> Work:
    header, tokens = f"Bearer {stage.token(authority)}", stage.services.tokens
    return lambda: tokens.caller(header)


def _log_line() -> Any:
    telemetry.begin("3f6c2a0e-8f0c-4f4e-9d2f-2f0a3f6c2a0e")
    for operation in _CALLS_OF_A_REQUEST:
        context: dict[str, Any] = {}
        telemetry._call_begins(context)
        telemetry._call_ends(context, f"after-call.dynamodb.{operation}")
    telemetry.meter("LookupsKnown")
    telemetry.note(authority=EALING, route="/v1/lookups", method="POST", status=200)
    telemetry.emit("request")

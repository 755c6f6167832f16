"""The events of the console functions, and how they become values of the domain. Unknown fields are refused."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ...application.console.dispute_record import Dispute
from ...application.console.ports import NewAuthority
from ...application.console.supersede_nhs_number import MAX_PAIRS, Pair
from ...domain.authority import Contact, Purpose, Scope
from ...domain.child import AcceptedNumbers, NhsNumber, read_nhs_number
from ...domain.errors import FieldError, InvalidRequest
from ...domain.references import read_reference
from ...domain.switch_off import LONGEST_WAIT_DAYS, SHORTEST_WAIT_DAYS
from ..decoding import AuthorityCode, EveryDays, LongText, LookupId, Phone, Sector, Ten, Text
from ..dynamodb.registry_items import DEFAULT_REPORTS_EVERY_DAYS
from ..http.tokens import read_jwks
from .boundary import OperatorEvent


class ContactEvent(Struct, forbid_unknown_fields=True):
    name: Text
    phone: Phone


class PairEvent(Struct, forbid_unknown_fields=True):
    old_nhs_number: Ten
    new_nhs_number: Ten


class SupersedeNhsNumberEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: the code in the answer of the first run."""

    pairs: list[PairEvent]
    confirm: Text | None = None


def number_pairs(event: SupersedeNhsNumberEvent, accepted: AcceptedNumbers) -> list[Pair]:
    """Raises InvalidRequest."""
    if not 1 <= len(event.pairs) <= MAX_PAIRS:
        raise InvalidRequest(FieldError("pairs", f"must be 1 to {MAX_PAIRS} pairs"))

    def read(text: str, field: str) -> NhsNumber:
        return read_nhs_number(text, accepted, field)

    return [
        Pair(
            read(pair.old_nhs_number, f"pairs[{index}].old_nhs_number"),
            read(pair.new_nhs_number, f"pairs[{index}].new_nhs_number"),
        )
        for index, pair in enumerate(event.pairs)
    ]


class UndoSupersedeEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: the code that the first run answered."""

    old_nhs_number: Ten
    new_nhs_number: Ten
    confirm: Text | None = None


class RetireNhsNumberEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: the code that the first run answered."""

    nhs_number: Ten
    confirm: Text | None = None


class DisputeRecordEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    authority: AuthorityCode
    reference: Text
    disputed: bool
    nhs_number: Ten | None = None


def dispute(event: DisputeRecordEvent, accepted: AcceptedNumbers) -> Dispute:
    """Raises InvalidRequest."""
    number = event.nhs_number
    return Dispute(
        authority_code=event.authority,
        reference=read_reference(event.reference),
        disputed=event.disputed,
        nhs_number=None if number is None else read_nhs_number(number, accepted),
    )


class SubjectAccessReportEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: Ten
    after: Annotated[str, Meta(max_length=2000)] | None = None


class HoldChildEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: Ten
    hold: Text
    until: date


class ReleaseHoldEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: `release all of <hold>`, if no child is named."""

    hold: Text
    nhs_number: Ten | None = None
    confirm: Text | None = None


class RestoreGateEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    table: Literal["involvements", "involvements-restored"]
    backup_at: Annotated[datetime, Meta(tz=True)]
    after: LongText | None = None


class EraseChildEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: the code in the answer of the first run."""

    nhs_number: Ten
    confirm: Text | None = None


class OnboardAuthorityEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    authority: AuthorityCode
    name: Text
    sector: Sector
    duty_contact: ContactEvent
    scopes: list[Scope]
    purposes: list[Purpose]
    jwks: dict[str, Any]
    reports_every_days: EveryDays = DEFAULT_REPORTS_EVERY_DAYS


def new_authority(event: OnboardAuthorityEvent) -> NewAuthority:
    """Raises InvalidRequest."""
    if not event.scopes or not event.purposes:
        raise InvalidRequest(FieldError("scopes" if not event.scopes else "purposes", "must grant at least one"))
    return NewAuthority(
        code=event.authority,
        name=event.name,
        sector=event.sector,
        duty_contact=Contact(event.duty_contact.name, event.duty_contact.phone),
        scopes=frozenset(event.scopes),
        purposes=frozenset(event.purposes),
        reports_every_days=event.reports_every_days,
        jwks=checked_jwks(event.jwks),
    )


def checked_jwks(jwks: dict[str, Any]) -> str:
    """Returns the JWK set as JSON text.

    Raises InvalidRequest if a key is unusable. Tokens signed with it would later be refused, and nobody would know why.
    """
    text = json.dumps(jwks, sort_keys=True, separators=(",", ":"))
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys or len(read_jwks(text)) != len(keys):
        raise InvalidRequest(
            FieldError(
                "jwks",
                'must be {"keys": [...]}, each key public, with its own kid and alg RS256 (2048 bits or more), '
                "ES256 or EdDSA; a private key is refused",
            )
        )
    return text


class SuspendAuthorityEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    authority: AuthorityCode


class ReinstateAuthorityEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    authority: AuthorityCode


class ReplaceKeysEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    authority: AuthorityCode
    jwks: dict[str, Any]


class RemoveAuthorityEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: `remove <name of the authority>`"""

    authority: AuthorityCode
    confirm: Text


class ShieldChildEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: Ten
    review_on: date


class UnshieldChildEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: the code in the answer of the first run."""

    nhs_number: Ten
    confirm: Text | None = None


class BrokerEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`authority`: the one that made the lookup."""

    authority: AuthorityCode
    lookup_id: LookupId


class AccessReportEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`after`: `next_after` of the page before."""

    authority: AuthorityCode
    day: date
    after: LookupId | None = None


class SwitchOffEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: `switch off <stage>`"""

    confirm: Text
    wait_days: Annotated[int, Meta(ge=SHORTEST_WAIT_DAYS, le=LONGEST_WAIT_DAYS)] = SHORTEST_WAIT_DAYS

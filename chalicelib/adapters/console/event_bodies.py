"""The events of the console functions, and how they become values of the domain. Unknown fields are refused."""

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ...application.console.act_report import Concerned
from ...application.console.change_grants import Wanted
from ...application.console.dispute_record import Dispute
from ...application.console.list_shields import WantedShields
from ...application.console.ports import NewAuthority
from ...application.console.supersede_nhs_number import MAX_PAIRS, Pair
from ...domain.access_records import Operator
from ...domain.authority import Contact, Purpose, Scope
from ...domain.child import AcceptedNumbers, NhsNumber, read_nhs_number
from ...domain.errors import FieldError, InvalidRequest
from ...domain.mass_shields import MassShield
from ...domain.references import read_reference
from ...domain.switch_off import LONGEST_WAIT_DAYS, SHORTEST_WAIT_DAYS
from ..decoding import AuthorityCode, EveryDays, LongText, LookupId, Phone, ProposalCode, Sector, Text, WrittenNumber
from ..dynamodb.registry_items import DEFAULT_REPORTS_EVERY_DAYS
from ..http.tokens import read_jwks
from .boundary import OperatorEvent, read_event


class ContactEvent(Struct, forbid_unknown_fields=True):
    name: Text
    phone: Phone


class WorkEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """The event of work that one person proposes and another carries out. `proposal`: the code of the proposal, in the
    event that carries it out."""

    proposal: ProposalCode | None = None


def proposal_code(event: WorkEvent) -> str:
    """Raises InvalidRequest."""
    if event.proposal is None:
        raise InvalidRequest(FieldError("proposal", "is missing: somebody else has to propose this first"))
    return event.proposal


class PairEvent(Struct, forbid_unknown_fields=True):
    old_nhs_number: WrittenNumber
    new_nhs_number: WrittenNumber


class SupersedeNhsNumberEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    pairs: list[PairEvent]


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


class UndoSupersedeEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    old_nhs_number: WrittenNumber
    new_nhs_number: WrittenNumber


class RetireNhsNumberEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: WrittenNumber


class DisputeRecordEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    authority: AuthorityCode
    reference: Text
    disputed: bool
    nhs_number: WrittenNumber | None = None


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
    nhs_number: WrittenNumber
    after: Annotated[str, Meta(max_length=2000)] | None = None


class HoldChildEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: WrittenNumber
    hold: Text
    until: date


class ReleaseHoldEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    """`nhs_number`: None for every child of the hold."""

    hold: Text
    nhs_number: WrittenNumber | None = None


class RestoreGateEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    table: Literal["involvements", "involvements-restored"]
    backup_at: Annotated[datetime, Meta(tz=True)]
    after: LongText | None = None


class ReplayNoticesEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`after`: `next_after` of the run before."""

    since: Annotated[datetime, Meta(tz=True)]
    before: Annotated[datetime, Meta(tz=True)]
    after: LongText | None = None


class EraseChildEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: WrittenNumber


class OnboardAuthorityEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
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
    _check_grants(event.scopes, event.purposes)
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


def _check_grants(scopes: list[Scope], purposes: list[Purpose]) -> None:
    if not scopes or not purposes:
        raise InvalidRequest(FieldError("scopes" if not scopes else "purposes", "must grant at least one"))


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


class ReplaceKeysEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    authority: AuthorityCode
    jwks: dict[str, Any]


class ChangeGrantsEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    """`jwks`: needed only if the item was edited by hand, so that its keys do not count."""

    authority: AuthorityCode
    scopes: list[Scope]
    purposes: list[Purpose]
    jwks: dict[str, Any] | None = None


def wanted_grants(event: ChangeGrantsEvent) -> Wanted:
    """Raises InvalidRequest."""
    _check_grants(event.scopes, event.purposes)
    jwks = None if event.jwks is None else checked_jwks(event.jwks)
    return Wanted(event.authority, frozenset(event.scopes), frozenset(event.purposes), jwks)


class RemoveAuthorityEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    """`name`: the authority's. Whoever carries it out must type it; a proposal does not need it."""

    authority: AuthorityCode
    name: Text | None = None


class ShieldChildEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: WrittenNumber
    review_on: date


class UnshieldChildEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    nhs_number: WrittenNumber


class ListShieldsEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`review_by`: only shields whose review is due by that day. `after`: `next_after` of the page before."""

    authority: AuthorityCode | None = None
    review_by: date | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    before: Annotated[datetime, Meta(tz=True)] | None = None
    after: Annotated[str, Meta(max_length=60, pattern=r"^[0-9]{4}-[0-9]{2}\.")] | None = None


def wanted_shields(event: ListShieldsEvent, today: date) -> WantedShields:
    """Without any field, those whose review is due today."""
    has_field = (event.authority, event.review_by, event.since, event.before) != (None, None, None, None)
    return WantedShields(
        authority_code=event.authority,
        review_by=event.review_by if has_field else today,
        since=event.since,
        before=event.before,
    )


class LiftShieldsEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    """`since`, `before`: the time in which the authority asked for the shields."""

    authority: AuthorityCode
    since: Annotated[datetime, Meta(tz=True)]
    before: Annotated[datetime, Meta(tz=True)]


def mass_shield(event: LiftShieldsEvent) -> MassShield:
    since, before = (at.astimezone(UTC) for at in (event.since, event.before))
    return MassShield(authority_code=event.authority, since=since, before=before)


class BrokerEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`authority`: the one that made the lookup."""

    authority: AuthorityCode
    lookup_id: LookupId


class AccessReportEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`after`: `next_after` of the page before."""

    authority: AuthorityCode
    day: date
    after: LookupId | None = None


class ActReportEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`after`: `next_after` of the page before. It may be the id of an access record that is not genuine, and then be
    any text."""

    authority: AuthorityCode | None = None
    nhs_number: WrittenNumber | None = None
    whole_service: bool = False
    since: date | None = None
    after: Annotated[str, Meta(min_length=1, max_length=1022)] | None = None


def whose_acts(event: ActReportEvent, accepted: AcceptedNumbers) -> Concerned:
    """Raises InvalidRequest."""
    number = event.nhs_number
    if (event.authority is not None) + (number is not None) + event.whole_service != 1:
        raise InvalidRequest(
            FieldError("authority", "or nhs_number or whole_service must be there, and only one of them")
        )
    return Concerned(event.authority, None if number is None else read_nhs_number(number, accepted))


_EXPORT = r"^0[0-9A-HJKMNP-TV-Z]{25}\.0[0-9A-HJKMNP-TV-Z]{25}(?![\s\S])"


class AuditExportEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`after`: `next_after` of the page before."""

    authority: AuthorityCode
    day: date
    after: Annotated[str, Meta(pattern=_EXPORT)] | None = None


class SwitchOffEvent(WorkEvent, forbid_unknown_fields=True, kw_only=True):
    """`stage`: its name. Whoever carries it out must type it; a proposal does not need it."""

    stage: Text | None = None
    wait_days: Annotated[int, Meta(ge=SHORTEST_WAIT_DAYS, le=LONGEST_WAIT_DAYS)] = SHORTEST_WAIT_DAYS


PROPOSABLE: dict[str, type[WorkEvent]] = {
    "change_grants": ChangeGrantsEvent,
    "erase_child": EraseChildEvent,
    "lift_shields": LiftShieldsEvent,
    "onboard_authority": OnboardAuthorityEvent,
    "release_hold": ReleaseHoldEvent,
    "remove_authority": RemoveAuthorityEvent,
    "replace_keys": ReplaceKeysEvent,
    "retire_nhs_number": RetireNhsNumberEvent,
    "supersede_nhs_number": SupersedeNhsNumberEvent,
    "switch_off": SwitchOffEvent,
    "undo_supersede": UndoSupersedeEvent,
    "unshield_child": UnshieldChildEvent,
}
"""The console functions that need a proposal, and their events."""
_NOT_THE_WORKS_OWN = {"requested_by", "reason", "proposal"}


class ProposeEvent(OperatorEvent, forbid_unknown_fields=True, kw_only=True):
    """`what`: a console function. `event`: its own fields."""

    what: Text
    event: dict[str, Any]


def proposed_work(event: ProposeEvent) -> tuple[WorkEvent, Operator]:
    """Reads the event of the work as strictly as the function that will carry it out. Raises InvalidRequest."""
    kind = PROPOSABLE.get(event.what)
    if kind is None:
        raise InvalidRequest(FieldError("what", f"is not one of: {', '.join(PROPOSABLE)}"))
    if not _NOT_THE_WORKS_OWN.isdisjoint(event.event):
        raise InvalidRequest(FieldError("event", "must have the function's own fields only"))
    return read_event({**event.event, "requested_by": event.requested_by, "reason": event.reason}, kind)

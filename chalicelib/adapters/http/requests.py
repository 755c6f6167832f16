"""What callers may send, field by field, and its way into the domain. Unknown fields are refused."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ...application.amend import Amendment
from ...application.look_up import Question
from ...application.register_batch import BatchRow
from ...application.shield import ShieldRequest
from ...domain.authority import Purpose
from ...domain.child import read_nhs_number
from ...domain.errors import InvalidRequest
from ...domain.involvement import Basis, Practitioner, Registration, ServiceType, Team, Work
from ...domain.references import read_reference
from ..decoding import Email, LongText, Phone, Reference, Ten, Text, decode


class LookupBody(Struct, forbid_unknown_fields=True):
    nhs_number: Ten
    purpose: Purpose
    case_reference: Reference


class PractitionerBody(Struct, forbid_unknown_fields=True):
    id: Text
    name: Text
    role: Text
    phone: Phone | None = None
    email: Email | None = None


class TeamBody(Struct, forbid_unknown_fields=True):
    name: Text
    phone: Phone


class WorkBody(Struct, forbid_unknown_fields=True, kw_only=True):
    service_type: ServiceType
    basis: Basis
    practitioner: PractitionerBody
    team: TeamBody
    started_on: date
    ended_on: date | None = None
    lead_professional: bool = False
    sensitive: bool = False
    organisation: Text | None = None


class RegistrationBody(WorkBody, forbid_unknown_fields=True, kw_only=True):
    nhs_number: Ten
    date_of_birth: date | None = None


class BatchRowBody(RegistrationBody, forbid_unknown_fields=True, kw_only=True):
    reference: Reference


_ROWS = Meta(min_length=1, max_length=100)


class BatchBody(Struct, forbid_unknown_fields=True):
    """Each row is read by itself, so that one bad row never costs another."""

    involvements: Annotated[list[BatchRowBody], _ROWS]


class _UnreadBatch(Struct, forbid_unknown_fields=True):
    involvements: Annotated[list[msgspec.Raw], _ROWS]


class _Named(Struct):
    reference: str


class PractitionerPatch(Struct, forbid_unknown_fields=True):
    id: Text | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    role: Text | UnsetType = UNSET
    phone: Phone | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET


class TeamPatch(Struct, forbid_unknown_fields=True):
    name: Text | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET


class AmendmentBody(Struct, forbid_unknown_fields=True):
    service_type: ServiceType | UnsetType = UNSET
    basis: Basis | UnsetType = UNSET
    practitioner: PractitionerPatch | UnsetType = UNSET
    team: TeamPatch | UnsetType = UNSET
    started_on: date | UnsetType = UNSET
    ended_on: date | UnsetType | None = UNSET
    lead_professional: bool | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    organisation: Text | UnsetType | None = UNSET
    confirmed_on: date | UnsetType = UNSET
    date_of_birth: date | UnsetType = UNSET


class ShieldBody(Struct, forbid_unknown_fields=True):
    nhs_number: Ten
    reason: LongText
    review_on: date


def question(body: LookupBody, *, production: bool) -> Question:
    return Question(
        nhs_number=read_nhs_number(body.nhs_number, production=production),
        purpose=body.purpose,
        case_reference=read_reference(body.case_reference, "case_reference"),
    )


def registration(body: RegistrationBody, *, production: bool) -> Registration:
    return Registration(
        nhs_number=read_nhs_number(body.nhs_number, production=production),
        work=_work(body),
        date_of_birth=body.date_of_birth,
    )


def batch(raw: bytes, *, production: bool) -> list[BatchRow]:
    """The rows in order, each read by itself. Raises UnreadableBody or InvalidRequest where there are none to read."""
    body = decode(raw, _UnreadBatch, outermost_only=True)
    return [_row(bytes(row), production) for row in body.involvements]


def _row(raw: bytes, production: bool) -> BatchRow:
    try:
        body = decode(raw, BatchRowBody)
        return BatchRow(read_reference(body.reference), registration(body, production=production))
    except InvalidRequest as fault:
        return BatchRow(_reference_in(raw), fault)


def _reference_in(raw: bytes) -> str | None:
    """So that the caller finds a row that is otherwise bad. What may not be a reference is not repeated."""
    try:
        return read_reference(msgspec.json.decode(raw, type=_Named).reference)
    except (msgspec.MsgspecError, InvalidRequest, ValueError, RecursionError):
        return None


def amendment(body: AmendmentBody) -> Amendment:
    sent = {name: value for name, value in msgspec.to_builtins(body).items() if value != {}}
    sent.pop("confirmed_on", None)
    sent.pop("date_of_birth", None)
    return Amendment(
        apply=lambda work: _patched(work, sent),
        changes_work=bool(sent),
        confirmed_on=None if body.confirmed_on is UNSET else body.confirmed_on,
        date_of_birth=None if body.date_of_birth is UNSET else body.date_of_birth,
    )


def shield_request(body: ShieldBody, *, production: bool) -> ShieldRequest:
    number = read_nhs_number(body.nhs_number, production=production)
    return ShieldRequest(nhs_number=number, reason=body.reason, review_on=body.review_on)


def _work(body: WorkBody) -> Work:
    practitioner, team = body.practitioner, body.team
    return Work(
        **{name: getattr(body, name) for name in Work.__struct_fields__ if name not in {"practitioner", "team"}},
        practitioner=Practitioner(**msgspec.structs.asdict(practitioner)),
        team=Team(**msgspec.structs.asdict(team)),
    )


def _patched(work: Work, sent: Mapping[str, Any]) -> Work:
    merged = _merge_patch(msgspec.to_builtins(work), sent)
    return _work(msgspec.convert(merged, WorkBody))


def _merge_patch(target: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396, section 2, for a target whose shape is known."""
    merged = dict(target)
    for name, value in patch.items():
        merged[name] = _merge_patch(target[name], value) if isinstance(value, dict) else value
    return merged

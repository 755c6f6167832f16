"""What callers may send, field by field, and how it becomes domain values. Unknown fields are refused."""

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
from ...domain.child import AcceptedNumbers, as_number, read_nhs_number
from ...domain.errors import InvalidRequest, NotFound, refuse_if_any
from ...domain.involvement import Basis, Practitioner, Registration, ServiceType, Team, Work
from ...domain.outcomes import ContactOutcome, EntryOutcome
from ...domain.references import read_case_reference, read_reference
from ...domain.texts import number_errors
from .. import ids
from ..decoding import CaseReference, Email, LongText, Phone, Reference, Text, WrittenNumber, decode


class LookupBody(Struct, forbid_unknown_fields=True):
    nhs_number: WrittenNumber
    purpose: Purpose
    case_reference: CaseReference


class OutcomeBody(Struct, forbid_unknown_fields=True):
    entry: Annotated[int, Meta(ge=1, le=100_000)]
    outcome: ContactOutcome


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
    nhs_number: WrittenNumber
    date_of_birth: date | None = None


class BatchRowBody(RegistrationBody, forbid_unknown_fields=True, kw_only=True):
    reference: Reference


_ROWS = Meta(min_length=1, max_length=100)


class BatchBody(Struct, forbid_unknown_fields=True):
    """Each row is read separately, so one bad row never spoils another."""

    involvements: Annotated[list[BatchRowBody], _ROWS]


class _UnreadBatch(Struct, forbid_unknown_fields=True):
    involvements: Annotated[list[msgspec.Raw], _ROWS]


class _Named(Struct):
    reference: str
    nhs_number: Any = None


def _patch_fields(body: type[Struct]) -> list[tuple[str, Any, Any]]:
    """The fields of `body` for a merge patch: each may be left out, and a nested body becomes a patch too."""
    return [(field.name, _patch_type(field.type) | UnsetType, UNSET) for field in msgspec.structs.fields(body)]


def _patch_type(kind: Any) -> Any:
    if not (isinstance(kind, type) and issubclass(kind, Struct)):
        return kind
    return _made(kind.__name__.replace("Body", "Patch"), _patch_fields(kind))


def _made(name: str, fields: list[tuple[str, Any, Any]]) -> type[Struct]:
    return msgspec.defstruct(name, fields, module=__name__, forbid_unknown_fields=True)


AmendmentBody = _made(
    "AmendmentBody",
    [
        *_patch_fields(WorkBody),
        ("confirmed_on", date | UnsetType, UNSET),
        ("date_of_birth", date | UnsetType, UNSET),
    ],
)
"""A patch of the work. `confirmed_on` confirms the record. The birth date is used for the cap and then dropped."""


class ShieldBody(Struct, forbid_unknown_fields=True):
    nhs_number: WrittenNumber
    reason: LongText
    review_on: date


def question(body: LookupBody, accepted: AcceptedNumbers) -> Question:
    return Question(
        nhs_number=read_nhs_number(body.nhs_number, accepted),
        purpose=body.purpose,
        case_reference=read_case_reference(body.case_reference),
    )


def lookup_days(lookup_id: str) -> tuple[date, ...]:
    """The days on which the lookup may have been made. Raises NotFound if it is no id of ours."""
    try:
        return ids.lookup_days(lookup_id)
    except (ValueError, OverflowError):
        raise NotFound from None


def outcome(body: OutcomeBody) -> EntryOutcome:
    return EntryOutcome(body.entry, body.outcome)


def registration(body: RegistrationBody, accepted: AcceptedNumbers) -> Registration:
    return Registration(
        nhs_number=read_nhs_number(body.nhs_number, accepted),
        work=_work(body),
        date_of_birth=body.date_of_birth,
    )


def batch(raw: bytes, accepted: AcceptedNumbers) -> list[BatchRow]:
    """The rows in order, each read separately. Raises UnreadableBody or InvalidRequest if there are no rows to read."""
    body = decode(raw, _UnreadBatch, outermost_only=True)
    return [_row(bytes(row), accepted) for row in body.involvements]


def _row(raw: bytes, accepted: AcceptedNumbers) -> BatchRow:
    try:
        body = decode(raw, BatchRowBody)
        sent = registration(body, accepted)
        refuse_if_any(number_errors({"reference": body.reference}, [sent.nhs_number]))
        return BatchRow(read_reference(body.reference), sent)
    except InvalidRequest as error:
        return BatchRow(_reference_in(raw), error)


def _reference_in(raw: bytes) -> str | None:
    """The reference of a bad row, so that the caller can find the row. None unless it is valid and does not hold the
    row's own number."""
    try:
        named = msgspec.json.decode(raw, type=_Named)
        number = as_number(named.nhs_number) if isinstance(named.nhs_number, str) else None
        refuse_if_any(number_errors({"reference": named.reference}, [number] if number else []))
        return read_reference(named.reference)
    except (msgspec.MsgspecError, InvalidRequest, ValueError, RecursionError):
        return None


def amendment(body: Struct) -> Amendment:
    """From an AmendmentBody."""
    sent = msgspec.to_builtins(body, builtin_types=(date,))
    confirmed_on, date_of_birth = sent.pop("confirmed_on", None), sent.pop("date_of_birth", None)
    changed = {name: value for name, value in sent.items() if value != {}}
    return Amendment(
        apply=lambda work: _patched(work, changed),
        changes_work=bool(changed),
        confirmed_on=confirmed_on,
        date_of_birth=date_of_birth,
    )


def shield_request(body: ShieldBody, accepted: AcceptedNumbers) -> ShieldRequest:
    number = read_nhs_number(body.nhs_number, accepted)
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
    """RFC 7396, section 2. `patch` has been validated, so a nested object always has an object to merge into."""
    merged = dict(target)
    for name, value in patch.items():
        merged[name] = _merge_patch(target[name], value) if isinstance(value, dict) else value
    return merged

"""What the sealed texts look like inside, field by field: the storage format, apart from the domain's names.

A field may be added with a default; none may be renamed, removed or given another meaning under the same FORMAT.
"""

import zlib
from datetime import date, datetime

import msgspec

from ...application.store_errors import Unreadable
from ...domain.access_records import Disclosed, Form, Shown
from ...domain.authority import Purpose
from ...domain.child import ChildKey
from ...domain.involvement import Basis, Details, Practitioner, Registration, Remembered, ServiceType, Team, Work
from ...domain.notices import Notice, NoticeKind, Originator

FORMAT = 1
_BLOCK = 64  # bytes


class _Details(msgspec.Struct, omit_defaults=True):
    service_type: str
    basis: str
    practitioner_id: str
    practitioner_name: str
    practitioner_role: str
    team_name: str
    team_phone: str
    started_on: date
    confirmed_on: date
    first_registered_on: date
    practitioner_phone: str | None = None
    practitioner_email: str | None = None
    ended_on: date | None = None
    cap_on: date | None = None
    plain_cap_on: date | None = None
    organisation: str | None = None
    lead_professional: bool = False
    sensitive: bool = False
    disputed: bool = False


class _Remembered(msgspec.Struct, array_like=True):
    confirmed_on: date
    first_registered_on: date
    cap_on: date | None
    plain_cap_on: date | None
    disputed: bool


class _Disclosed(msgspec.Struct):
    known: bool
    complete: bool
    rows: list[tuple[str, str, str, str]]
    sensitive: bool = False


class _Notice(msgspec.Struct, omit_defaults=True):
    kind: str
    source: str
    at: datetime
    child: str | None = None
    reference: str | None = None
    by: tuple[str, str | None, str | None] | None = None
    purpose: str | None = None
    expires_at: datetime | None = None
    by_sensitive: bool = False


def write_details(details: Details) -> bytes:
    work = details.work
    return _as_json(
        _Details(
            service_type=work.service_type,
            basis=work.basis,
            practitioner_id=work.practitioner.id,
            practitioner_name=work.practitioner.name,
            practitioner_role=work.practitioner.role,
            practitioner_phone=work.practitioner.phone,
            practitioner_email=work.practitioner.email,
            team_name=work.team.name,
            team_phone=work.team.phone,
            started_on=work.started_on,
            ended_on=work.ended_on,
            lead_professional=work.lead_professional,
            sensitive=work.sensitive,
            organisation=work.organisation,
            confirmed_on=details.confirmed_on,
            first_registered_on=details.first_registered_on,
            cap_on=details.cap_on,
            plain_cap_on=details.plain_cap_on,
            disputed=details.disputed,
        )
    )


def read_details(text: bytes) -> Details:
    """Raises Unreadable."""
    try:
        stored = msgspec.json.decode(text, type=_Details)
        work = Work(
            service_type=ServiceType(stored.service_type),
            basis=Basis(stored.basis),
            practitioner=Practitioner(
                id=stored.practitioner_id,
                name=stored.practitioner_name,
                role=stored.practitioner_role,
                phone=stored.practitioner_phone,
                email=stored.practitioner_email,
            ),
            team=Team(name=stored.team_name, phone=stored.team_phone),
            started_on=stored.started_on,
            ended_on=stored.ended_on,
            lead_professional=stored.lead_professional,
            sensitive=stored.sensitive,
            organisation=stored.organisation,
        )
    except ValueError:
        raise Unreadable from None
    return Details(
        work=work,
        confirmed_on=stored.confirmed_on,
        first_registered_on=stored.first_registered_on,
        cap_on=stored.cap_on,
        plain_cap_on=stored.plain_cap_on,
        disputed=stored.disputed,
    )


def write_remembered(remembered: Remembered) -> bytes:
    stored = _Remembered(**{name: getattr(remembered, name) for name in _Remembered.__struct_fields__})
    return _as_json(stored)


def read_remembered(text: bytes) -> Remembered:
    """Raises Unreadable."""
    try:
        return Remembered(**msgspec.structs.asdict(msgspec.json.decode(text, type=_Remembered)))
    except ValueError:
        raise Unreadable from None


def write_disclosed(disclosed: Disclosed) -> bytes:
    rows = [(row.authority_code, row.reference, row.version, row.form.value) for row in disclosed.rows]
    stored = _Disclosed(disclosed.known, disclosed.complete, rows, disclosed.sensitive)
    return _padded(zlib.compress(msgspec.json.encode(stored)), b"\0")


def read_disclosed(text: bytes) -> Disclosed:
    """Raises Unreadable."""
    try:
        stored = msgspec.json.decode(zlib.decompress(text), type=_Disclosed)
        rows = tuple(Shown(code, reference, version, Form(form)) for code, reference, version, form in stored.rows)
    except (zlib.error, ValueError):
        raise Unreadable from None
    return Disclosed(stored.known, stored.complete, rows, stored.sensitive)


def write_notice(notice: Notice) -> bytes:
    by = notice.by
    return _as_json(
        _Notice(
            kind=notice.kind,
            source=notice.source,
            at=notice.at,
            child=notice.child,
            reference=notice.reference,
            by=None if by is None else (by.authority_code, by.practitioner_id, by.reference),
            by_sensitive=by is not None and by.sensitive,
            purpose=notice.purpose,
            expires_at=notice.expires_at,
        )
    )


def read_notice(text: bytes, recipient: str) -> Notice:
    """Raises Unreadable."""
    try:
        stored = msgspec.json.decode(text, type=_Notice)
        kind = NoticeKind(stored.kind)
        purpose = None if stored.purpose is None else Purpose(stored.purpose)
    except ValueError:
        raise Unreadable from None
    return Notice(
        recipient=recipient,
        kind=kind,
        source=stored.source,
        at=stored.at,
        child=None if stored.child is None else ChildKey(stored.child),
        reference=stored.reference,
        by=None if stored.by is None else _doer(*stored.by, stored.by_sensitive),
        purpose=purpose,
        expires_at=stored.expires_at,
    )


def _doer(authority_code: str, practitioner_id: str | None, reference: str | None, sensitive: bool) -> Originator:
    return Originator(
        authority_code=authority_code, practitioner_id=practitioner_id, reference=reference, sensitive=sensitive
    )


def notice_source(notice: Notice) -> bytes:
    """What makes two notices the same, in one spelling."""
    return msgspec.json.encode([notice.recipient, notice.kind, notice.reference, notice.source])


def canonical_body(reference: str, registration: Registration) -> bytes:
    """A PUT body in one spelling. Another order or another field here means that every nightly feed writes again."""
    work = registration.work
    return msgspec.json.encode(
        [
            reference,
            registration.nhs_number.digits,
            registration.date_of_birth,
            work.service_type,
            work.basis,
            work.practitioner.id,
            work.practitioner.name,
            work.practitioner.role,
            work.practitioner.phone,
            work.practitioner.email,
            work.team.name,
            work.team.phone,
            work.started_on,
            work.ended_on,
            work.lead_professional,
            work.sensitive,
            work.organisation,
        ]
    )


def _as_json(stored: msgspec.Struct) -> bytes:
    return _padded(msgspec.json.encode(stored), b" ")


def _padded(text: bytes, filler: bytes) -> bytes:
    """A length tells too: whether a flag is set, or which of two words stands there. Readers pass over the filler."""
    return text.ljust(-(-len(text) // _BLOCK) * _BLOCK, filler)

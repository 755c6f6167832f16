"""The storage formats: the fields of each sealed text. Their names are independent of those in the domain.

A new field needs a default. Renaming a field, removing it or giving it another meaning needs a new FORMAT.
"""

import zlib
from collections.abc import Iterator
from datetime import date, datetime
from operator import attrgetter

import msgspec

from ...application.store_errors import Unreadable
from ...domain.access_records import Disclosed, Form, Shown
from ...domain.authority import Purpose, RegistryField
from ...domain.child import ChildKey
from ...domain.involvement import Basis, Details, Practitioner, Registration, Remembered, ServiceType, Team, Work
from ...domain.notices import Notice, NoticeKind, Originator
from ...domain.outcomes import ContactOutcome, ContactOutcomes, RungContact
from ...domain.quality import Glance
from .padding import to_step, with_end, without_padding

FORMAT = 1
_BLOCK = 64  # bytes
_STEPS = 256, 1024  # bytes
_STEPS_OF_WORDS = 256, 1280  # the second takes a cursor with the longest sort key


class _Details(msgspec.Struct, omit_defaults=True):
    service_type: ServiceType
    basis: Basis
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
    """The last two are copies of what the row holds, so that a report on a whole register need not read its rows."""

    confirmed_on: date
    first_registered_on: date
    cap_on: date | None
    plain_cap_on: date | None
    disputed: bool
    ended_on: date | None = None
    without_phone: bool = False


class _Disclosed(msgspec.Struct):
    known: bool
    complete: bool
    rows: list[tuple[str, str, str, Form]]
    sensitive: bool = False
    behind: bytes = b""
    left_out: bool | msgspec.UnsetType = msgspec.UNSET  # only with more than fifty rows is it there


class _Notice(msgspec.Struct, omit_defaults=True):
    kind: NoticeKind
    source: str
    at: datetime
    child: str | None = None
    reference: str | None = None
    by: tuple[str, str | None, str | None] | None = None
    purpose: Purpose | None = None
    expires_at: datetime | None = None
    by_sensitive: bool = False
    by_behind: bytes = b""
    contact: tuple[str | None, str, dict[ContactOutcome, int]] | None = None
    version: str | None = None
    changed: tuple[RegistryField, ...] = ()
    by_role: str | None = None


_PARTS: dict[str, type[msgspec.Struct]] = {"practitioner": Practitioner, "team": Team}
"""The fields of a Work that are Structs themselves. A stored text has their fields flat, such as `practitioner_id`."""


def _work_paths() -> Iterator[tuple[str, str]]:
    """The path of each field of a Work, such as `practitioner.id`, and its stored name, in the order of the fields."""
    for name in Work.__struct_fields__:
        if name in _PARTS:
            yield from ((f"{name}.{inner}", f"{name}_{inner}") for inner in _PARTS[name].__struct_fields__)
        else:
            yield name, name


_STORED_WORK = {stored: f"work.{path}" for path, stored in _work_paths()}
_details_values = attrgetter(*(_STORED_WORK.get(name, name) for name in _Details.__struct_fields__))
_work_values = attrgetter(*(path for path, _ in _work_paths()))


def write_details(details: Details) -> bytes:
    return _as_json(_Details(*_details_values(details)))


def read_details(text: bytes) -> Details:
    """Raises Unreadable.

    Copies each field explicitly. This runs for every row of a lookup, and a loop over the names takes twice as long.
    """
    try:
        stored = msgspec.json.decode(text, type=_Details)
    except ValueError:
        raise Unreadable from None
    return Details(
        work=Work(
            service_type=stored.service_type,
            basis=stored.basis,
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
        ),
        confirmed_on=stored.confirmed_on,
        first_registered_on=stored.first_registered_on,
        cap_on=stored.cap_on,
        plain_cap_on=stored.plain_cap_on,
        disputed=stored.disputed,
    )


def write_remembered(details: Details) -> bytes:
    own = {name: getattr(details, name) for name in Remembered.__struct_fields__}
    work = details.work
    stored = _Remembered(**own, ended_on=work.ended_on, without_phone=work.practitioner.phone is None)
    return _as_json(stored).ljust(2 * _BLOCK)  # one size, however many of the dates there are


def read_remembered(text: bytes) -> Remembered:
    """Raises Unreadable."""
    stored = _read_remembered(text)
    return Remembered(**{name: getattr(stored, name) for name in Remembered.__struct_fields__})


def read_glance(text: bytes) -> Glance:
    """From the same text as `read_remembered`. Raises Unreadable."""
    stored = _read_remembered(text)
    return Glance(ended_on=stored.ended_on, without_phone=stored.without_phone)


def _read_remembered(text: bytes) -> _Remembered:
    try:
        return msgspec.json.decode(text, type=_Remembered)
    except ValueError:
        raise Unreadable from None


def write_disclosed(disclosed: Disclosed) -> bytes:
    rows = [(row.authority_code, row.reference, row.version, row.form) for row in disclosed.rows]
    stored = _Disclosed(
        known=disclosed.known,
        complete=disclosed.complete,
        rows=rows,
        sensitive=disclosed.sensitive,
        behind=disclosed.behind,
        left_out=disclosed.left_out or msgspec.UNSET,
    )
    return _padded(zlib.compress(msgspec.json.encode(stored)), b"\0")


def read_disclosed(text: bytes) -> Disclosed:
    """Raises Unreadable."""
    try:
        stored = msgspec.json.decode(zlib.decompress(text), type=_Disclosed)
    except (zlib.error, ValueError):
        raise Unreadable from None
    rows = tuple(Shown(code, reference, version, form) for code, reference, version, form in stored.rows)
    return Disclosed(
        known=stored.known,
        complete=stored.complete,
        rows=rows,
        sensitive=stored.sensitive,
        behind=stored.behind,
        left_out=stored.left_out is True,
    )


def write_reason(reason: str) -> bytes:
    return to_step(reason.encode(), b" ", _STEPS)


def write_words(words: str) -> bytes:
    """Keys or a cursor."""
    return with_end(words.encode(), _STEPS_OF_WORDS)


def read_words(text: bytes) -> str:
    return without_padding(text).decode()


def write_contact(rung: RungContact) -> bytes:
    return _padded(msgspec.json.encode([rung.practitioner_id, rung.phone]), b" ")


def read_contact(text: bytes) -> RungContact:
    """Raises Unreadable."""
    try:
        return RungContact(*msgspec.json.decode(text, type=tuple[str | None, str]))
    except ValueError:
        raise Unreadable from None


def write_notice(notice: Notice) -> bytes:
    by, contact = notice.by, notice.contact
    return _as_json(
        _Notice(
            kind=notice.kind,
            source=notice.source,
            at=notice.at,
            child=notice.child,
            reference=notice.reference,
            by=None if by is None else (by.authority_code, by.practitioner_id, by.reference),
            by_sensitive=by is not None and by.sensitive,
            by_role=None if by is None else by.role,
            by_behind=b"" if by is None else by.behind,
            purpose=notice.purpose,
            expires_at=notice.expires_at,
            contact=None
            if contact is None
            else (contact.rung.practitioner_id, contact.rung.phone, dict(contact.counts)),
            version=notice.version,
            changed=notice.changed,
        )
    )


def read_notice(text: bytes, recipient: str) -> Notice:
    """Raises Unreadable."""
    try:
        stored = msgspec.json.decode(text, type=_Notice)
    except ValueError:
        raise Unreadable from None
    return Notice(
        recipient=recipient,
        kind=stored.kind,
        source=stored.source,
        at=stored.at,
        child=None if stored.child is None else ChildKey(stored.child),
        reference=stored.reference,
        by=None if stored.by is None else _doer(*stored.by, stored),
        purpose=stored.purpose,
        expires_at=stored.expires_at,
        contact=None if stored.contact is None else _contact(*stored.contact),
        version=stored.version,
        changed=stored.changed,
    )


def _contact(practitioner_id: str | None, phone: str, counts: dict[ContactOutcome, int]) -> ContactOutcomes:
    return ContactOutcomes(RungContact(practitioner_id, phone), counts)


def _doer(authority_code: str, practitioner_id: str | None, reference: str | None, stored: _Notice) -> Originator:
    return Originator(
        authority_code=authority_code,
        practitioner_id=practitioner_id,
        reference=reference,
        sensitive=stored.by_sensitive,
        role=stored.by_role,
        behind=stored.by_behind,
    )


def notice_source(notice: Notice) -> bytes:
    """Identifies a notice: two notices with equal bytes are the same notice."""
    return msgspec.json.encode([notice.recipient, notice.kind, notice.reference, notice.source])


def canonical_body(reference: str, registration: Registration) -> bytes:
    """Encodes a PUT body in one fixed way: the fields of Work in their order, with practitioner and team flat.

    If somebody changes the order or adds a field, the next nightly feed writes every record again, once.
    """
    work = _work_values(registration.work)
    return msgspec.json.encode([reference, registration.nhs_number.digits, registration.date_of_birth, *work])


def _as_json(stored: msgspec.Struct) -> bytes:
    return _padded(msgspec.json.encode(stored), b" ")


def _padded(text: bytes, filler: bytes) -> bytes:
    """Pads to whole blocks. The exact length would reveal whether a flag is set, or which of two words is stored.

    Readers skip the filler.
    """
    return text.ljust(-(-len(text) // _BLOCK) * _BLOCK, filler)

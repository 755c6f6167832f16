"""What callers receive, field by field: the wire types. `answers.py` fills them, problems are in `problems.py`."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from ...domain.authority import Purpose
from ...domain.involvement import Basis, ServiceType, Status
from ...domain.notices import NoticeKind
from .problems import ProblemBody

Time = Annotated[datetime, Meta(tz=True)]


class ContactBody(Struct):
    name: str
    phone: str


class PractitionerBody(Struct):
    id: str
    name: str
    role: str
    phone: str | None
    email: str | None


class TeamBody(Struct):
    name: str
    phone: str


class AuthorityBody(Struct):
    code: str
    name: str
    duty_contact: ContactBody | None


class InvolvementEntry(Struct, tag_field="form", tag="full", kw_only=True):
    """Whom to ring. For previous work the team is named, the person no longer."""

    authority: AuthorityBody
    organisation: str | None
    service_type: ServiceType
    status: Status
    lead_professional: bool
    started_on: date
    ended_on: date | None
    confirmed_on: date
    practitioner: PractitionerBody | None
    team: TeamBody
    own: bool
    disputed: bool


class BrokeredInvolvementEntry(Struct, tag_field="form", tag="brokered", kw_only=True):
    """Somebody works with the child; `contact`, the broker desk, puts the asker through."""

    description: str
    service_type: ServiceType | None
    contact: ContactBody
    own: bool


class Withheld(Struct):
    """`brokered`: entries whose details the broker desk holds. `never_shown`: services that this purpose
    is never told of, whether or not there are any."""

    brokered: int
    never_shown: tuple[ServiceType, ...]


class SilentAuthority(Struct):
    code: str
    name: str
    last_write_at: Time | None


class SectorBody(Struct):
    """`authorities` are in the service; `reporting` of them wrote within their interval; `silent` did once, and
    have not since or are suspended."""

    sector: str
    authorities: int
    reporting: int
    silent: tuple[SilentAuthority, ...]
    removed: int


class AnswerBody(Struct, kw_only=True):
    lookup_id: str
    asked_at: Time
    case_reference: str
    known: bool
    complete: bool
    shielded: bool
    statement: str
    involvements: tuple[InvolvementEntry | BrokeredInvolvementEntry, ...]
    withheld: Withheld
    broker_desk: ContactBody | None
    coverage: tuple[SectorBody, ...]


class ReceiptBody(Struct):
    reference: str
    version: str
    confirmed_on: date
    expires_at: Time


class BatchResultBody(Struct, kw_only=True, omit_defaults=True):
    """What became of one row. `reference` is null where none could be read; `status` is that of a PUT of the row.
    There is a `receipt` or a `problem`."""

    reference: str | None
    status: int
    receipt: ReceiptBody | None = None
    problem: ProblemBody | None = None


class BatchResultsBody(Struct):
    """One result for each row, in the order of the rows."""

    results: list[BatchResultBody]


class OwnInvolvementBody(ReceiptBody, kw_only=True):
    """The caller's own record: all that it sent but the NHS number and the birth date, which are not kept."""

    status: Status
    first_registered_on: date
    service_type: ServiceType
    basis: Basis
    practitioner: PractitionerBody
    team: TeamBody
    started_on: date
    ended_on: date | None
    lead_professional: bool
    sensitive: bool
    organisation: str | None
    disputed: bool


class AccessBody(Struct, kw_only=True):
    """One lookup. `authority`, `role` and `purpose` are null where they would give a sensitive service away."""

    lookup_id: str
    asked_at: Time
    purpose: Purpose | None
    authority: AuthorityBody | None
    role: str | None


class AccessesBody(Struct):
    """Newest first. `complete` is false if some records could not be read."""

    accesses: tuple[AccessBody, ...]
    complete: bool


class NoticeBody(Struct, kw_only=True):
    """A message about the reader's own record `reference`, or its own `practitioner_id`.

    `authority`: who registered or looked up; null where that may not be told. `lookup_id` and `purpose` are of a
    lookup, `expires_at` is of a record that lapses.
    """

    id: str
    kind: NoticeKind
    at: Time
    reference: str | None
    authority: AuthorityBody | None
    lookup_id: str | None
    purpose: Purpose | None
    practitioner_id: str | None
    expires_at: Time | None


class NoticesBody(Struct):
    """In order. `complete` is false if some could not be read. Go on from `next_after`, also where none are told."""

    notices: tuple[NoticeBody, ...]
    complete: bool
    next_after: str


class RegisterPageBody(Struct):
    involvements: tuple[ReceiptBody, ...]
    next_cursor: str | None


class ShieldedBody(Struct):
    shielded: bool
    review_on: date


class HealthBody(Struct):
    status: str

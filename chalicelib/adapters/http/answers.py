"""What callers get, field by field. What they send is in `requests.py`, problems in `problems.py`."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from msgspec import Meta, Struct

from ...application.read_notices import ReadableNotices
from ...application.register import Receipt
from ...application.register_batch import Outcome
from ...application.register_entries import RegisterPage
from ...domain.authority import Authority, Contact, Purpose
from ...domain.coverage import SectorCoverage
from ...domain.disclosure import Answer, BrokeredEntry, FullEntry, never_shown, statement_of
from ...domain.involvement import Basis, Involvement, Practitioner, ServiceType, Status
from ...domain.lookup_visibility import Accesses
from ...domain.notice_visibility import VisibleNotice
from ...domain.notices import NoticeKind
from .paging import cursor_of
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


def answer_body(answer: Answer) -> AnswerBody:
    decision = answer.decision
    entries = tuple(_entry(entry, answer) for entry in decision.entries)
    brokered = sum(isinstance(entry, BrokeredInvolvementEntry) for entry in entries)
    desk_helps = decision.shielded or brokered or not decision.complete
    return AnswerBody(
        lookup_id=answer.lookup_id,
        asked_at=answer.asked_at,
        case_reference=answer.case_reference,
        known=decision.known,
        complete=decision.complete,
        shielded=decision.shielded,
        statement=statement_of(answer),
        involvements=entries,
        withheld=Withheld(brokered, never_shown(answer.purpose)),
        broker_desk=_contact(answer.broker_desk) if desk_helps else None,
        coverage=tuple(_sector(sector) for sector in answer.coverage),
    )


def _entry(entry: FullEntry | BrokeredEntry, answer: Answer) -> InvolvementEntry | BrokeredInvolvementEntry:
    if isinstance(entry, BrokeredEntry):
        described = "a sensitive service" if entry.service_type is None else entry.service_type.replace("_", " ")
        return BrokeredInvolvementEntry(
            description=described, service_type=entry.service_type, contact=_contact(answer.broker_desk), own=entry.own
        )
    details = entry.involvement.details
    work = details.work
    return InvolvementEntry(
        authority=_authority(entry.authority),
        organisation=work.organisation,
        service_type=work.service_type,
        status=entry.status,
        lead_professional=work.lead_professional,
        started_on=work.started_on,
        ended_on=work.ended_on,
        confirmed_on=details.confirmed_on,
        practitioner=None if entry.status is Status.PREVIOUS else _practitioner(work.practitioner),
        team=TeamBody(work.team.name, work.team.phone),
        own=entry.own,
        disputed=details.disputed,
    )


def _authority(authority: Authority) -> AuthorityBody:
    duty_contact = None if authority.duty_contact is None else _contact(authority.duty_contact)
    return AuthorityBody(authority.code, authority.name, duty_contact)


def _contact(contact: Contact) -> ContactBody:
    return ContactBody(contact.name, contact.phone)


def _practitioner(one: Practitioner) -> PractitionerBody:
    return PractitionerBody(one.id, one.name, one.role, one.phone, one.email)


def _sector(sector: SectorCoverage) -> SectorBody:
    silent = tuple(SilentAuthority(one.code, one.name, one.last_write_at) for one in sector.silent)
    return SectorBody(sector.sector, sector.authorities, sector.reporting, silent, sector.removed)


def receipt_body(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody(receipt.reference, receipt.version, receipt.confirmed_on, receipt.expires_at)


def batch_results_body(outcomes: Iterable[Outcome], problem_of: Callable[[Exception], ProblemBody]) -> BatchResultsBody:
    return BatchResultsBody([_result(outcome, problem_of) for outcome in outcomes])


def _result(outcome: Outcome, problem_of: Callable[[Exception], ProblemBody]) -> BatchResultBody:
    result = outcome.result
    if isinstance(result, Receipt):
        status = HTTPStatus.CREATED if result.created else HTTPStatus.OK
        return BatchResultBody(reference=outcome.reference, status=int(status), receipt=receipt_body(result))
    problem = problem_of(result)
    return BatchResultBody(reference=outcome.reference, status=problem.status, problem=problem)


def own_body(involvement: Involvement, today: date) -> OwnInvolvementBody:
    details = involvement.details
    work = details.work
    return OwnInvolvementBody(
        involvement.reference,
        involvement.version,
        details.confirmed_on,
        involvement.expires_at,
        status=details.status(today),
        first_registered_on=details.first_registered_on,
        service_type=work.service_type,
        basis=work.basis,
        practitioner=_practitioner(work.practitioner),
        team=TeamBody(work.team.name, work.team.phone),
        started_on=work.started_on,
        ended_on=work.ended_on,
        lead_professional=work.lead_professional,
        sensitive=work.sensitive,
        organisation=work.organisation,
        disputed=details.disputed,
    )


def accesses_body(accesses: Accesses) -> AccessesBody:
    lookups = tuple(
        AccessBody(
            lookup_id=one.lookup_id,
            asked_at=one.asked_at,
            purpose=one.purpose,
            authority=None if one.authority is None else _authority(one.authority),
            role=one.role,
        )
        for one in accesses.lookups
    )
    return AccessesBody(lookups, accesses.complete)


def notices_body(page: ReadableNotices) -> NoticesBody:
    return NoticesBody(tuple(_notice(one) for one in page.notices), page.complete, str(page.next_after))


def _notice(notice: VisibleNotice) -> NoticeBody:
    return NoticeBody(
        id=str(notice.number),
        kind=notice.kind,
        at=notice.at,
        reference=notice.reference,
        authority=None if notice.authority is None else _authority(notice.authority),
        lookup_id=notice.lookup_id,
        purpose=notice.purpose,
        practitioner_id=notice.practitioner_id,
        expires_at=notice.expires_at,
    )


def register_page_body(page: RegisterPage) -> RegisterPageBody:
    entries = tuple(ReceiptBody(one.reference, one.version, one.confirmed_on, one.expires_at) for one in page.entries)
    return RegisterPageBody(entries, None if page.next_reference is None else cursor_of(page.next_reference))

"""What callers receive, field by field: the wire types. `answers.py` fills them, problems are in `problems.py`."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from ...domain.authority import Purpose, RegistryField
from ...domain.involvement import Basis, ServiceType, Status
from ...domain.misuse.rules import Rule
from ...domain.notices import NoticeKind
from ...domain.outcomes import ContactOutcome
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
    """Whom to ring. For previous work only the team is named, not the practitioner."""

    entry: int
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
    """Somebody works with the child. `contact` is the broker desk, which puts you in touch."""

    description: str
    service_type: ServiceType | None
    contact: ContactBody
    own: bool


class Withheld(Struct):
    """What the answer does not show in full. `never_shown` depends on the purpose only, not on what is registered."""

    brokered: int
    never_shown: tuple[ServiceType, ...]


class SilentAuthority(Struct):
    code: str
    name: str
    last_write_at: Time | None


class SectorBody(Struct):
    """How far the answer reaches in one sector. Removed authorities do not count among `authorities`."""

    sector: str
    authorities: int
    reporting: int
    silent: tuple[SilentAuthority, ...]
    removed: int


class CheckpointBody(Struct):
    """A minute of the history, signed with the root of the history so far. Keep it: a later history must contain it."""

    number: int
    closed_at: Time
    root: str
    history: str
    key_id: str
    signature: str


class AnswerBody(Struct, kw_only=True):
    lookup_id: str
    asked_at: Time
    case_reference: str
    known: bool
    complete: bool
    shielded: bool
    statement: str
    trace_number: bool
    involvements: tuple[InvolvementEntry | BrokeredInvolvementEntry, ...]
    withheld: Withheld
    broker_desk: ContactBody | None
    coverage: tuple[SectorBody, ...]
    checkpoint: CheckpointBody | None


class MinuteBody(Struct):
    """The minute in which a lookup was sealed, and where. `proof` leads from the leaf at `index` to `root`."""

    number: int
    closed_at: Time
    root: str
    index: int
    proof: tuple[str, ...]


class LookupProofBody(Struct, kw_only=True):
    """Proves that a lookup is in the history. `inclusion` leads from its minute to `checkpoint.history`."""

    record: str
    salt: str
    hidden: str
    minute: MinuteBody
    inclusion: tuple[str, ...]
    checkpoint: CheckpointBody


class HistoryBody(Struct):
    """The latest checkpoint. `consistency` proves that its history begins with that of the checkpoint you saw."""

    checkpoint: CheckpointBody
    consistency: tuple[str, ...]
    public_key: str


class OutcomeBody(Struct):
    """The outcome on record."""

    entry: int
    outcome: ContactOutcome


class RegisterRowBody(Struct):
    reference: str
    version: str
    confirmed_on: date
    expires_at: Time


class ReceiptBody(RegisterRowBody):
    """The state of a record after a write. `trace_number`: the number sent is no longer in use; trace it anew."""

    trace_number: bool


class BatchResultBody(Struct, kw_only=True, omit_defaults=True):
    """The result of one row, with either a `receipt` or a `problem`."""

    reference: str | None
    status: int
    receipt: ReceiptBody | None = None
    problem: ProblemBody | None = None


class BatchResultsBody(Struct):
    """One result for each row, in the order of the rows."""

    results: list[BatchResultBody]


class OwnInvolvementBody(RegisterRowBody, kw_only=True):
    """The caller's own record, as it was sent. The NHS number and the birth date are missing: they are not kept."""

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
    """One lookup. `authority`, `role` and `purpose` are null if they would reveal a sensitive service."""

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
    """A message about the reader's own record, its own practitioners, or its own registry item."""

    id: str
    kind: NoticeKind
    at: Time
    reference: str | None
    authority: AuthorityBody | None
    lookup_id: str | None
    purpose: Purpose | None
    practitioner_id: str | None
    expires_at: Time | None
    phone: str | None
    outcomes: dict[ContactOutcome, int] | None
    changed: tuple[RegistryField, ...] | None
    role: str | None


class NoticesBody(Struct):
    """A page of notices, oldest first. Go on from `next_after`, even if the page is empty."""

    notices: tuple[NoticeBody, ...]
    complete: bool
    next_after: str


class FindingBody(Struct, kw_only=True):
    """What a rule on misuse saw. It says that something is unusual, and a person decides what it means."""

    id: str
    rule: Rule
    practitioner_ids: tuple[str, ...]
    people: int
    found_on: date
    first_on: date
    last_on: date
    counts: dict[str, int]
    lookup_ids: tuple[str, ...]


class FindingsBody(Struct):
    """A page of findings, oldest first. Go on from `next_after`."""

    findings: tuple[FindingBody, ...]
    complete: bool
    next_after: str


class RegisterPageBody(Struct):
    involvements: tuple[RegisterRowBody, ...]
    next_cursor: str | None


class FailedContactBody(Struct):
    """A contact of yours whom askers could not reach by this phone in a week."""

    practitioner_id: str | None
    phone: str
    outcomes: dict[ContactOutcome, int]


class QualityBody(Struct, kw_only=True):
    """What to look at in your own register. Each list holds references of your records on this page."""

    records: int
    unconfirmed: tuple[str, ...]
    lapsing: tuple[str, ...]
    undecided: tuple[str, ...]
    trace_number: tuple[str, ...]
    without_phone: tuple[str, ...]
    contacts_failed: tuple[FailedContactBody, ...]
    next_cursor: str | None


class ShieldedBody(Struct):
    shielded: bool
    review_on: date


class HealthBody(Struct):
    status: str

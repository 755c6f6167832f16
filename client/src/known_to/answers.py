"""The service's answers as types. Their `repr` hides the fields, so that no log or traceback shows a person."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from msgspec import Struct

from .errors import FieldError
from .times import Time


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Contact:
    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Practitioner:
    id: str
    name: str
    role: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Team:
    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Authority:
    """`duty_contact` answers day and night."""

    code: str
    name: str
    duty_contact: Contact | None = None


class _Entry(Struct, frozen=True, kw_only=True, tag_field="form"):
    """An answer entry in one of its forms: structs, because msgspec cannot read a union of two dataclasses."""

    __repr__ = object.__repr__

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class FullEntry(_Entry, frozen=True, kw_only=True, tag="full"):
    """An involvement and whom to ring. For previous work it names the team, and no practitioner.

    `entry` is its number within this lookup, with which `report_outcome` names it.
    """

    form: ClassVar[Literal["full"]] = "full"
    authority: Authority
    organisation: str | None = None
    service_type: str
    status: str
    lead_professional: bool
    started_on: date
    ended_on: date | None = None
    confirmed_on: date
    practitioner: Practitioner | None = None
    team: Team
    own: bool
    disputed: bool
    entry: int | None = None


class BrokeredEntry(_Entry, frozen=True, kw_only=True, tag="brokered"):
    """Somebody works with the child. `contact` is the broker desk, which puts the caller through."""

    form: ClassVar[Literal["brokered"]] = "brokered"
    description: str
    service_type: str | None = None
    contact: Contact
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """`brokered`: the number of brokered entries. `never_shown`: service types that this purpose never shows."""

    brokered: int
    never_shown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentAuthority:
    code: str
    name: str
    last_write_at: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """The authorities of one sector.

    `authorities` is how many are in the service, `reporting` how many of them wrote within their interval. The
    `silent` ones wrote once, but not within their interval.
    """

    sector: str
    authorities: int
    reporting: int
    silent: tuple[SilentAuthority, ...]
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answer:
    """The answer to a lookup.

    `known` means that another practitioner has a record of the child. False is not enough to conclude anything: read
    `complete`, `shielded` and `statement` too. `trace_number` means that another number has replaced the one that was
    asked for, or that it is no longer in use. `checkpoint` is as the service sent it, so that an
    unknown form of it never costs the answer.
    """

    lookup_id: str
    asked_at: Time
    case_reference: str
    known: bool
    complete: bool
    shielded: bool
    trace_number: bool = False
    statement: str
    involvements: tuple[FullEntry | BrokeredEntry, ...]
    withheld: Withheld
    broker_desk: Contact | None = None
    coverage: tuple[Sector, ...]
    checkpoint: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`trace_number`: the record is kept under a number that is out of date. Trace the number anew and send it."""

    reference: str
    version: str
    confirmed_on: date
    expires_at: Time
    trace_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OwnInvolvement(Receipt):
    """A record of the authority's own, as it was sent. The NHS number and the birth date are not stored."""

    status: str
    first_registered_on: date
    service_type: str
    basis: str
    practitioner: Practitioner
    team: Team
    started_on: date
    ended_on: date | None = None
    lead_professional: bool
    sensitive: bool
    organisation: str | None = None
    disputed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPage:
    involvements: tuple[Receipt, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FailedContact:
    """A practitioner of your own, and how often calls to that phone had which outcome."""

    practitioner_id: str | None = None
    phone: str | None = None
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPage:
    """A page of what to look at in the register. The lists hold references, except `contacts_failed`.

    `lapsing` records end within 90 days. A record may be in several lists.
    """

    records: int
    unconfirmed: tuple[str, ...]
    lapsing: tuple[str, ...]
    undecided: tuple[str, ...]
    trace_number: tuple[str, ...]
    without_phone: tuple[str, ...]
    contacts_failed: tuple[FailedContact, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shielded:
    shielded: bool
    review_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """Why the service refused a record of a batch, in the same words as for a single record."""

    code: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """The result for one record of a batch. `status` is as for a PUT: 201 registered, 200 replaced or unchanged."""

    reference: str | None
    status: int
    receipt: Receipt | None = None
    problem: RowProblem | None = None

    @property
    def may_work_later(self) -> bool:
        return self.status == 429 or self.status >= 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResults:
    results: tuple[RowResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One lookup of the child of a record. A field is None if it would give a sensitive service away."""

    lookup_id: str
    asked_at: Time
    purpose: str | None = None
    authority: Authority | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accesses:
    """Newest first. `complete` is False if some lookups could not be read."""

    accesses: tuple[Access, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Notice:
    """A message about your own record `reference`, or about your own `practitioner_id`.

    `authority` is the one that registered or looked up, or None if it may not be shown. `expires_at` is set if the
    record is about to lapse. `phone` and `outcomes` report how calls to your own practitioner went. `changed` names
    what changed of your authority's item in the service's registry. `role` is for the broker desk alone.
    """

    id: str
    kind: str
    at: Time
    reference: str | None = None
    authority: Authority | None = None
    lookup_id: str | None = None
    purpose: str | None = None
    practitioner_id: str | None = None
    expires_at: Time | None = None
    phone: str | None = None
    outcomes: dict[str, int] | None = None
    changed: tuple[str, ...] | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """Notices in order, oldest first.

    Ask for the next page after `next_after`, even if this page shows no notices. Nothing is left once `next_after`
    no longer changes.
    """

    notices: tuple[Notice, ...]
    next_after: str
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is unusual about some of your practitioners, at most 20 of them named. A person decides what it means."""

    id: str
    rule: str
    practitioner_ids: tuple[str, ...]
    people: int
    found_on: date
    first_on: date
    last_on: date
    counts: dict[str, int]
    lookup_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPage:
    """Findings in order, oldest first. Nothing is left once `next_after` no longer changes."""

    findings: tuple[Finding, ...]
    next_after: str
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A minute of the history, signed with the root of the history so far. Hashes are in hex."""

    number: int
    closed_at: Time
    root: str
    history: str
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryProof:
    """The latest checkpoint, and the proof that its history begins with an earlier one. `public_key`: DER, base64."""

    checkpoint: Checkpoint
    consistency: tuple[str, ...]
    public_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMinute:
    number: int
    closed_at: Time
    root: str
    index: int
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LookupProof:
    """The proof that a lookup is in the history. `record` is JSON, word for word as it was hashed."""

    record: str
    salt: str
    hidden: str
    minute: SealedMinute
    inclusion: tuple[str, ...]
    checkpoint: Checkpoint

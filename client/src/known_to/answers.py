"""What the service answers, typed. Their text forms hide the fields, so that a log or traceback shows no person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from .errors import FieldError


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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FullEntry:
    """Whom to ring. For previous work the team is named, the person no longer."""

    form: Literal["full"]
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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BrokeredEntry:
    """Somebody works with the child; `contact`, the broker desk, puts the asker through."""

    form: Literal["brokered"]
    description: str
    service_type: str | None = None
    contact: Contact
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    brokered: int
    never_shown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentAuthority:
    code: str
    name: str
    last_write_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """`authorities` are in the service; `reporting` of them wrote within their interval; `silent` did once."""

    sector: str
    authorities: int
    reporting: int
    silent: tuple[SilentAuthority, ...]
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answer:
    """`known`: another practitioner is on record. Read `complete`, `shielded` and `statement` too."""

    lookup_id: str
    asked_at: datetime
    case_reference: str
    known: bool
    complete: bool
    shielded: bool
    statement: str
    involvements: tuple[FullEntry | BrokeredEntry, ...]
    withheld: Withheld
    broker_desk: Contact | None = None
    coverage: tuple[Sector, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    reference: str
    version: str
    confirmed_on: date
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OwnInvolvement(Receipt):
    """The authority's own record: all that it sent but the NHS number and the birth date, which are not kept."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shielded:
    shielded: bool
    review_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """Why a record of a batch was not taken; the same words as in an error of its own."""

    code: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one record of a batch. `status` as of a PUT: 201 registered, 200 replaced or unchanged."""

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
    """One look at the child of a record. What is None would give a sensitive service away."""

    lookup_id: str
    asked_at: datetime
    purpose: str | None = None
    authority: Authority | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accesses:
    """Newest first. `complete` is false if some could not be read."""

    accesses: tuple[Access, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message about your own record `reference`, or your own `practitioner_id`.

    `authority`: who registered or looked up, None where that may not be told. `expires_at`: of a record that lapses.
    """

    id: str
    kind: str
    at: datetime
    reference: str | None = None
    authority: Authority | None = None
    lookup_id: str | None = None
    purpose: str | None = None
    practitioner_id: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """In order. Go on from `next_after`, also where none are told; nothing is left where it stays the same."""

    notices: tuple[Notice, ...]
    next_after: str
    complete: bool = True

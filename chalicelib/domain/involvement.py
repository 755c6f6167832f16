"""An involvement: one practitioner's work with one child, registered by an authority under its own reference."""

from datetime import date, datetime
from enum import StrEnum

from .calendar import add_months
from .child import ChildKey, NhsNumber
from .values import Hidden, Struct

UNCONFIRMED_AFTER_MONTHS = 6
"""Current work is "unconfirmed" once this many months have passed since its last confirmation."""


class ServiceType(StrEnum):
    SOCIAL_CARE = "social_care"
    EARLY_HELP = "early_help"
    SCHOOL = "school"
    EARLY_YEARS = "early_years"
    GP = "gp"
    HEALTH_VISITING = "health_visiting"
    SCHOOL_NURSING = "school_nursing"
    MIDWIFERY = "midwifery"
    HOSPITAL = "hospital"
    POLICE = "police"
    YOUTH_JUSTICE = "youth_justice"
    HOUSING = "housing"
    VOLUNTARY = "voluntary"
    SEXUAL_HEALTH = "sexual_health"
    MENTAL_HEALTH = "mental_health"
    SUBSTANCE_MISUSE = "substance_misuse"
    DOMESTIC_ABUSE = "domestic_abuse"
    OTHER = "other"


SENSITIVE_SERVICES = frozenset(
    {
        ServiceType.SEXUAL_HEALTH,
        ServiceType.MENTAL_HEALTH,
        ServiceType.SUBSTANCE_MISUSE,
        ServiceType.DOMESTIC_ABUSE,
    }
)
JUSTICE_SERVICES = frozenset({ServiceType.POLICE, ServiceType.YOUTH_JUSTICE})


class Basis(StrEnum):
    """Why the authority may register the involvement."""

    STATUTORY = "statutory"
    TARGETED_SUPPORT = "targeted_support"
    CONCERN = "concern"
    CONSENT = "consent"
    SIGNIFICANT_HARM = "significant_harm"
    LEAVING_CARE = "leaving_care"
    """Services for care leavers up to 25 (Children Act 1989 s.23C, s.23CZB)."""
    DUTY_TO_SHARE = "duty_to_share"
    """The duty to share information for safeguarding (Children Act 2004 s.16LA)."""


class Status(StrEnum):
    CURRENT = "current"
    UNCONFIRMED = "unconfirmed"
    PREVIOUS = "previous"


class Practitioner(Hidden, frozen=True, kw_only=True):
    id: str
    name: str
    role: str
    phone: str | None = None
    email: str | None = None


class Team(Hidden, frozen=True, kw_only=True):
    name: str
    phone: str


class Work(Hidden, frozen=True, kw_only=True):
    """The fields that an authority sets and changes. The service's own fields are in Remembered.

    The domain and the use cases pass Work on whole, so a new field that no rule uses is added here and nowhere else
    in them.
    """

    service_type: ServiceType
    basis: Basis
    practitioner: Practitioner
    team: Team
    started_on: date
    ended_on: date | None = None
    lead_professional: bool = False
    sensitive: bool = False
    organisation: str | None = None

    @property
    def is_sensitive(self) -> bool:
        """True if the service is sensitive by nature, or the owner marked the record as sensitive."""
        return self.sensitive or self.service_type in SENSITIVE_SERVICES

    @property
    def texts(self) -> dict[str, str | None]:
        """What people typed, by field."""
        return {
            "practitioner.id": self.practitioner.id,
            "practitioner.name": self.practitioner.name,
            "practitioner.role": self.practitioner.role,
            "practitioner.email": self.practitioner.email,
            "team.name": self.team.name,
            "organisation": self.organisation,
        }

    @property
    def phones(self) -> dict[str, str | None]:
        return {"practitioner.phone": self.practitioner.phone, "team.phone": self.team.phone}

    def has_ended(self, today: date) -> bool:
        return self.ended_on is not None and self.ended_on <= today


class Registration(Hidden, frozen=True, kw_only=True):
    """A PUT as the authority sent it. The service computes the cap from the birth date, and does not store the date."""

    nhs_number: NhsNumber
    work: Work
    date_of_birth: date | None = None


class Remembered(Hidden, frozen=True, kw_only=True):
    """The service's own fields of a record. They survive when the owner sends the record again.

    `cap_on`: the first day of the last month in which the record may exist; None if no birth date was ever sent.
    `plain_cap_on`: the same, as it would be without an extension to the 25th birthday.
    """

    confirmed_on: date
    first_registered_on: date
    cap_on: date | None = None
    plain_cap_on: date | None = None
    disputed: bool = False


class Details(Remembered, frozen=True, kw_only=True):
    """Everything that is sealed in a row."""

    work: Work

    def status(self, today: date) -> Status:
        if self.work.has_ended(today):
            return Status.PREVIOUS
        if today > add_months(self.confirmed_on, UNCONFIRMED_AFTER_MONTHS):
            return Status.UNCONFIRMED
        return Status.CURRENT


class Involvement(Struct, frozen=True, kw_only=True):
    """A record as stored: everything outside `details` is stored in the clear."""

    child: ChildKey
    authority_code: str
    reference: str
    version: str
    expires_at: datetime
    details: Details

    def is_live(self, now: datetime) -> bool:
        # DynamoDB deletes expired items late, so the clock decides, not the item's absence.
        return now < self.expires_at

    def is_of(self, authority_code: str, practitioner_id: str | None, organisation: str | None) -> bool:
        """True if this practitioner registered it: the same id, of the same organisation or of none named by either.

        Two organisations within one authority may use the same practitioner id. If only one side names an organisation,
        nobody knows whether it is the same person. It counts as another, because that answer is never a false "none".
        """
        work = self.details.work
        own = (self.authority_code, work.practitioner.id, work.organisation)
        return own == (authority_code, practitioner_id, organisation)

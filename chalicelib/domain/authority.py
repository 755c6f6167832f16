"""Authorities, the scopes and purposes that the registry grants them, and the caller who acts for one."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from .errors import ScopeNotGranted
from .system_ids import is_system
from .values import Hidden, Struct


class RegistryField(StrEnum):
    """What changed of an authority's registry item, in the order in which it is reported. No value is ever reported.

    `ENTERED`, `DELETED`: the whole item. `OTHER`: an attribute that is not read. Its name may be any text that somebody
    typed, so it is not repeated. `GRANTED`: the mark without which keys, scopes and purposes do not count.
    """

    ENTERED = "entered"
    DELETED = "deleted"
    JWKS = "jwks"
    SCOPES = "scopes"
    PURPOSES = "purposes"
    GRANTED = "granted"
    STANDING = "standing"
    REMOVED_ON = "removed_on"
    DUTY_CONTACT = "duty_contact"
    NAME = "name"
    SECTOR = "sector"
    REPORTS_EVERY_DAYS = "reports_every_days"
    ROLES = "roles"
    OTHER = "other"


class Standing(StrEnum):
    """A suspended authority may not call, but its records are still served. A removed authority's are skipped."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class Scope(StrEnum):
    LOOKUP = "lookup"
    REGISTER = "register"
    NOTICES = "notices"
    ACCESSES = "accesses"
    SHIELD = "shield"
    FINDINGS = "findings"


class Purpose(StrEnum):
    SAFEGUARDING = "safeguarding"
    CHILD_PROTECTION = "child_protection"
    EDUCATION_WELFARE = "education_welfare"
    HEALTH_CARE = "health_care"


class Contact(Struct, frozen=True):
    """A name and a phone number: an authority's 24-hour duty contact, or the broker desk."""

    name: str
    phone: str


class Authority(Struct, frozen=True):
    """A body that registers involvements and looks children up.

    `code`: an ONS GSS code or, for health bodies, an ODS code.
    `last_write_at`: the authority's heartbeat, None if it never reported.
    `roles`: those that others may read besides the known ones (`roles.py`).
    """

    code: str
    name: str
    sector: str
    standing: Standing
    duty_contact: Contact | None
    scopes: frozenset[Scope]
    purposes: frozenset[Purpose]
    reports_every_days: int
    last_write_at: datetime | None = None
    roles: frozenset[str] = frozenset()


class Grants(Struct, frozen=True):
    """What gives an authority power, and counts only if two people granted it. `jwks`: its JWK set, as JSON text."""

    authority_code: str
    jwks: str
    scopes: frozenset[str]
    purposes: frozenset[str]

    @property
    def content(self) -> tuple[str, ...]:
        """The same for the same grants, in whatever order they were written."""
        return self.authority_code, self.jwks, " ".join(sorted(self.scopes)), " ".join(sorted(self.purposes))


def removed(authorities: Mapping[str, Authority]) -> frozenset[str]:
    """The codes of the removed authorities. Lookups skip their rows."""
    return frozenset(code for code, authority in authorities.items() if authority.standing is Standing.REMOVED)


class Caller(Hidden, frozen=True):
    """The person or system behind a verified token.

    `scopes`: those that both the token and the registry grant.
    """

    authority: Authority
    practitioner_id: str
    role: str
    scopes: frozenset[Scope]
    organisation: str | None = None
    token_id: str | None = None

    @property
    def texts(self) -> dict[str, str | None]:
        """The claims of the token that access records hold, by claim."""
        return {
            "token.sub": self.practitioner_id,
            "token.role": self.role,
            "token.organisation": self.organisation,
            "token.jti": self.token_id,
        }

    @property
    def is_system(self) -> bool:
        return is_system(self.practitioner_id)

    def require(self, scope: Scope) -> None:
        """Raises ScopeNotGranted unless both the token and the registry grant the scope."""
        if scope not in self.scopes:
            raise ScopeNotGranted

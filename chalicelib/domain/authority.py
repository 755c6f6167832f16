"""Authorities, what the registry grants them, and the caller who acts for one."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from .errors import ScopeNotGranted
from .values import Hidden, Struct


class Standing(StrEnum):
    """`suspended` may not call, but its records are still served; `removed` ones are skipped."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class Scope(StrEnum):
    LOOKUP = "lookup"
    REGISTER = "register"
    NOTICES = "notices"
    ACCESSES = "accesses"
    SHIELD = "shield"


class Purpose(StrEnum):
    SAFEGUARDING = "safeguarding"
    CHILD_PROTECTION = "child_protection"
    EDUCATION_WELFARE = "education_welfare"
    HEALTH_CARE = "health_care"


class Contact(Struct, frozen=True):
    """Somebody who answers the phone: an authority's 24-hour duty contact, or the broker desk."""

    name: str
    phone: str


class Authority(Struct, frozen=True):
    """A body that registers and asks. `code` is an ONS GSS code or, for health bodies, an ODS code."""

    code: str
    name: str
    sector: str
    standing: Standing
    duty_contact: Contact | None
    scopes: frozenset[Scope]
    purposes: frozenset[Purpose]
    reports_every_days: int
    last_write_at: datetime | None = None


def removed(authorities: Mapping[str, Authority]) -> frozenset[str]:
    """The codes of those whose rows are passed over."""
    return frozenset(code for code, authority in authorities.items() if authority.standing is Standing.REMOVED)


SYSTEM_PREFIX = "system:"


class Caller(Hidden, frozen=True):
    """Who a verified token speaks for. `scopes` are already cut down to the registry's grants."""

    authority: Authority
    practitioner_id: str
    role: str
    scopes: frozenset[Scope]
    organisation: str | None = None
    token_id: str | None = None

    @property
    def is_system(self) -> bool:
        return self.practitioner_id.startswith(SYSTEM_PREFIX)

    def require(self, scope: Scope) -> None:
        """Deny by default: what the token and the registry do not both grant is refused. Raises ScopeNotGranted."""
        if scope not in self.scopes:
            raise ScopeNotGranted

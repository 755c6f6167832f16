"""An authority's item in the registry. People edit it by hand. A value that is missing, absurd or mistyped grants
nothing, and no edit grants anything."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from ...application.store_errors import Unreadable
from ...domain.authority import Authority, Contact, Grants, Purpose, Scope, Standing
from ...domain.texts import holds_grouped_number
from ..decoding import EveryDays, Phone, Sector, Text
from ..sealing.grant_stamps import GrantStamps
from ..telemetry import meter
from . import attributes
from .tables import Item

DEFAULT_REPORTS_EVERY_DAYS = 7
MOST_ROLES = 100
REMOVED_ON = "removed_on"
"""The day on which the authority was removed for good. Once it is set, editing `standing` by hand restores nothing."""
GRANTED = "granted"
"""The stamp without which keys, scopes and purposes do not count (`sealing/grant_stamps.py`)."""

Value = TypeVar("Value")
Grant = TypeVar("Grant", bound=StrEnum)


def read_authority(code: str, item: Item, grants: Grants | None, last_write_at: datetime | None) -> Authority:
    """Never raises: a value that cannot be read grants nothing. An unreadable standing counts as `suspended`: the
    authority cannot call, but its records are still served.

    `grants`: those that count, see `counting_grants`.
    """
    return Authority(
        code=code,
        name=_or(code, Text, attributes.text, item, "name"),
        sector=_or("unknown", Sector, attributes.text, item, "sector"),
        standing=_standing(item),
        duty_contact=_duty_contact(item),
        scopes=_known(grants.scopes, Scope) if grants else frozenset(),
        purposes=_known(grants.purposes, Purpose) if grants else frozenset(),
        reports_every_days=_reports_every_days(item),
        last_write_at=last_write_at,
        roles=_roles(item),
    )


def _or(default: Value, kind: Any, read: Callable[[Item, str], Value], item: Item, name: str) -> Value:
    """Values entered by hand must meet the same limits as those that are onboarded."""
    try:
        value: Value = msgspec.convert(read(item, name), kind)
    except (Unreadable, msgspec.ValidationError):
        meter("RegistryFaults")
        return default
    return value


def _standing(item: Item) -> Standing:
    try:
        standing = Standing(attributes.text(item, "standing"))
    except (Unreadable, ValueError):
        meter("RegistryFaults")
        standing = Standing.SUSPENDED
    return Standing.REMOVED if REMOVED_ON in item else standing


def _duty_contact(item: Item) -> Contact | None:
    try:
        contact = item["duty_contact"]["M"]
        name, phone = attributes.text(contact, "name"), attributes.text(contact, "phone")
        return Contact(msgspec.convert(name, Text), msgspec.convert(phone, Phone))
    except (KeyError, TypeError, Unreadable, msgspec.ValidationError):
        meter("RegistryFaults")
        return None


def counting_grants(code: str, item: Item, stamps: GrantStamps) -> Grants | None:
    """The grants of the item, if two people granted exactly these. None if somebody has edited any of them by hand.

    Raises Unavailable.
    """
    grants, stamp = read_grants(code, item), attributes.or_none(attributes.blob, item, GRANTED)
    if grants is None or stamp is None or not stamps.counts(grants, stamp):
        meter("RegistryFaults")
        return None
    return grants


def read_grants(code: str, item: Item) -> Grants | None:
    """The grants as the item has them, known words or not. None if the item has no text as its keys."""
    jwks = attributes.or_none(attributes.text, item, "jwks")
    if jwks is None:
        return None
    return Grants(code, jwks, *(frozenset(map(str, _words(item, name))) for name in ("scopes", "purposes")))


def _words(item: Item, name: str) -> list[Any]:
    """Reads a string set, or the list that the console makes just as easily."""
    value = item.get(name, {})
    return list(value["SS"]) if "SS" in value else [word.get("S") for word in value.get("L", [])]


def _known(words: frozenset[str], kind: type[Grant]) -> frozenset[Grant]:
    """An unknown word spoils only itself."""
    known = {member.value: member for member in kind}
    granted = frozenset(known[word] for word in words if word in known)
    if len(granted) != len(words) or not words:
        meter("RegistryFaults")
    return granted


def _roles(item: Item) -> frozenset[str]:
    """A role that is no readable text spoils only itself. Too many count as none."""
    if "roles" not in item:
        return frozenset()
    words = _words(item, "roles")
    if not 1 <= len(words) <= MOST_ROLES:
        meter("RegistryFaults")
        return frozenset()
    return frozenset(role for word in words if (role := _role(word)) is not None)


def _role(word: Any) -> str | None:
    try:
        role: str = msgspec.convert(word, Text)
    except msgspec.ValidationError:
        role = ""
    if not role or holds_grouped_number(role):
        meter("RegistryFaults")
        return None
    return role


def _reports_every_days(item: Item) -> int:
    if "reports_every_days" not in item:
        return DEFAULT_REPORTS_EVERY_DAYS
    return _or(DEFAULT_REPORTS_EVERY_DAYS, EveryDays, attributes.count, item, "reports_every_days")

"""What a subject access report states, and what it keeps back until a person has decided.

The report is a draft for that person. Practitioners who are named for their work with the child stay in it: what
health, education and social work professionals did in that role is not theirs alone (Data Protection Act 2018,
Schedule 2, paragraph 17). What is about others, or could endanger somebody, is left out or pointed at.
"""

from datetime import datetime
from enum import StrEnum

from .access_records import Disclosed
from .involvement import JUSTICE_SERVICES, Involvement
from .values import Struct

WITHHELD = {
    "practitioner": "the asker's id in the authority's own system: it says nothing about the child",
    "token_id": "the number of a sign-in: it says nothing about the child",
    "case_reference": "the asking authority's own case, which may be about somebody else",
    "over_soft_limit": "that the asker had made many lookups by then: it says nothing about the child",
    "requested_by": "who of the service's staff was asked to act",
    "reason": "a note between staff, which may be about somebody else",
    "shield_reason": "why the child is shielded: telling it may cause serious harm",
    "held_copies": "records copied for an inquiry, perhaps held still: of people the auditor alone reads them",
}
"""What is left out of every report, and why. Whoever decides may ask the authority or the auditor for it."""

NOTICES_WITHHELD = (
    "messages about the child that wait for authorities, if any: they tell again, for 90 days, what stands in access "
    "records here, or when a record ends"
)


class Consider(StrEnum):
    """What whoever decides on release must weigh first."""

    SHIELDED = "The child is shielded: the places and people named here may endanger it. Ask who put the shield."
    SENSITIVE = "A sensitive service: would telling it cause serious harm? Ask the professional who works there."
    JUSTICE = "Police or youth justice: would telling it prejudice the prevention or detection of crime?"


class StatedShield(Struct, frozen=True, kw_only=True):
    review_on: str | None


class StatedDamage(Struct, frozen=True, kw_only=True):
    """A row that is there and does not open. It may be about anything."""

    authority_code: str | None = None
    reference: str | None = None


class StatedAccess(Struct, frozen=True, kw_only=True):
    """An access record; None where it says nothing or cannot be read. `left_out`: names of WITHHELD that it holds."""

    at: datetime | None
    act: str | None
    authority_code: str | None
    role: str | None
    organisation: str | None
    purpose: str | None
    reference: str | None
    left_out: tuple[str, ...]
    disclosed: Disclosed | None = None
    is_lookup: bool = False


Stated = Involvement | StatedShield | StatedDamage | StatedAccess


def to_consider(involvement: Involvement) -> tuple[Consider, ...]:
    work = involvement.details.work
    considered = [Consider.SENSITIVE] if work.is_sensitive else []
    return (*considered, Consider.JUSTICE) if work.service_type in JUSTICE_SERVICES else tuple(considered)


def to_consider_of(access: StatedAccess) -> tuple[Consider, ...]:
    """A lookup outlives the record by which one would know that it came from a sensitive service."""
    told = access.disclosed
    open_to_all = not access.is_lookup or (told is not None and told.complete and not told.sensitive)
    return () if open_to_all else (Consider.SENSITIVE,)

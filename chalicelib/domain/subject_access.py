"""The contents of a subject access report, and what it withholds until a person has decided.

The report is a draft for that person. It names the practitioners who work with the child: the exemption that protects
other people does not cover health, education and social work professionals in that role (Data Protection Act 2018,
Schedule 2, paragraph 17). Anything that is about others, or could endanger somebody, is left out or pointed out.
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
    "over_soft_limit": "a mark that there were many lookups or shields by then: it says nothing about the child",
    "outcome": "what the asker found when it rang: it is about the person rung, and says nothing about the child",
    "requested_by": "which of the service's staff asked for the work",
    "request_id": "AWS's number of the run: it says nothing about the child",
    "reason": "a note between staff, which may be about somebody else",
    "shield_reason": "why the child is shielded: disclosing it may cause serious harm",
    "held_copies": "records copied for an inquiry, which may still be held: only the auditor may read them",
}
"""The items left out of every report, and why. Whoever decides may ask the authority or the auditor for them."""

NOTICES_WITHHELD = (
    "messages about the child that wait for authorities, if any: for 90 days they repeat what the access records here "
    "say, or when a record ends"
)


class Consider(StrEnum):
    """Questions for whoever decides on the release."""

    SHIELDED = (
        "The child is shielded: the places and people named here may put the child in danger. Ask whoever shielded it."
    )
    SENSITIVE = "A sensitive service: would disclosing it cause serious harm? Ask the professional who works there."
    JUSTICE = "Police or youth justice: would disclosing it prejudice the prevention or detection of crime?"


class StatedShield(Struct, frozen=True, kw_only=True):
    review_on: str | None


class StatedDamage(Struct, frozen=True, kw_only=True):
    """An unreadable row. It may be about anything."""

    authority_code: str | None = None
    reference: str | None = None


class StatedAccess(Struct, frozen=True, kw_only=True):
    """An access record. A field is None if the access record does not have it or is not genuine.

    `left_out`: the keys of WITHHELD that the record has.
    """

    at: datetime | None = None
    act: str | None = None
    authority_code: str | None = None
    role: str | None = None
    organisation: str | None = None
    purpose: str | None = None
    reference: str | None = None
    left_out: tuple[str, ...] = ()
    disclosed: Disclosed | None = None
    is_lookup: bool = False


Stated = Involvement | StatedShield | StatedDamage | StatedAccess


def to_consider(involvement: Involvement) -> tuple[Consider, ...]:
    work = involvement.details.work
    considered = [Consider.SENSITIVE] if work.is_sensitive else []
    return (*considered, Consider.JUSTICE) if work.service_type in JUSTICE_SERVICES else tuple(considered)


def to_consider_of(access: StatedAccess) -> tuple[Consider, ...]:
    """A lookup must be weighed unless its access record shows that the asker was in no sensitive service.

    The asker's own record would show the same, but may end long before the access record does.
    """
    disclosed = access.disclosed
    not_sensitive = disclosed is not None and disclosed.complete and not disclosed.sensitive
    return (Consider.SENSITIVE,) if access.is_lookup and not not_sensitive else ()

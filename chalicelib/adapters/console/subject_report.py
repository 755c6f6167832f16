"""The document of a subject access report: JSON, in which each entry has a sentence in plain English."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ...application.console.subject_access_report import SubjectReport
from ...domain.access_records import Act, Disclosed, Form
from ...domain.authority import Authority
from ...domain.involvement import Involvement
from ...domain.subject_access import (
    NOTICES_WITHHELD,
    WITHHELD,
    Consider,
    Stated,
    StatedAccess,
    StatedDamage,
    StatedShield,
    to_consider,
    to_consider_of,
)

NOT_RELEASED = (
    "This is a draft. Before any of it leaves the service, a person must check who asks and for whom, weigh every "
    "`consider`, decide what is withheld, and record that decision. An access record outlives the involvement that it "
    "is about. Once the involvement is gone, only its authority knows whether the service was sensitive: ask it."
)
ACTS_OF_SOMEBODY = {
    Act.REGISTERED: "registered a record",
    Act.REPLACED: "sent its record again",
    Act.RENUMBERED: "sent its record again under the NHS number that the child has now",
    Act.UNDECIDED: "sent something for its record that was refused, and was asked to check the record",
    Act.NUMBER_REFUSED: "sent a record that was refused, because the NHS number is no longer in use",
    Act.AMENDED: "changed or confirmed its record",
    Act.NO_LONGER_SENSITIVE: "changed its record into one that is not marked as sensitive",
    Act.WITHDRAWN: "withdrew its record, which was made in error",
    Act.READ: "read its own record",
    Act.SHIELDED: "had the child shielded",
    Act.ACCESSES_READ: "read who had looked the child up",
    Act.NOTICES_READ: "read a notice about the child",
    Act.OUTCOME: "recorded whether a call that followed its lookup reached somebody",
}
OTHER_ACTS = {
    Act.EXPIRED: "A record reached its end and was deleted",
    Act.DISPUTED: "A record was marked as disputed",
    Act.DISPUTE_CLEARED: "A record was no longer marked as disputed",
    Act.SHIELD_REVIEWED: "The shield was reviewed and stayed",
    Act.UNSHIELDED: "The shield was lifted",
    Act.ERASED: "A record was erased",
    Act.FOUND_UNCHANGED: "The service's staff asked for a change that was done already, or was about another child",
    Act.PREVIEWED: "The service's staff previewed a change of NHS numbers",
    Act.PROPOSED: "The service's staff proposed a change that cannot be undone",
    Act.CARRIED_OUT: "A second person carried out a proposed change",
    Act.SUPERSEDED: "The NHS number was superseded by another",
    Act.SUPERSEDES: "The NHS number took the place of another",
    Act.SUPERSEDE_UNDONE: "The link between two NHS numbers was found to be wrong and was taken away",
    Act.NUMBER_RETIRED: "The NHS number was marked as no longer in use",
    Act.BROKERED: "The broker desk looked up whom to put in touch",
    Act.HELD: "The child's records were copied for an inquiry, and the copies are held for a while",
    Act.HOLD_RELEASED: "The copies held for an inquiry were deleted",
    Act.SUBJECT_ACCESS_REPORTED: "A subject access report was made",
    Act.ACTS_REPORTED: "The auditor looked at what the service's staff had done about the child",
}
_FORMS = {Form.FULL: "in full", Form.BROKERED: "through the broker desk", Form.SHIELDED: "as shielded, with no detail"}


def subject_words(report: SubjectReport) -> str:
    kinds = Counter(type(stated) for stated in report.stated)
    words = f"On this page: {kinds[Involvement]} involvements, {kinds[StatedAccess]} access records"
    words += f", {kinds[StatedDamage]} unreadable rows" if kinds[StatedDamage] else ""
    return f"{words}. It is a draft: a person must decide what is released."


def subject_report(report: SubjectReport, authorities: Mapping[str, Authority], today: date) -> dict[str, Any]:
    left_out = Counter(name for one in report.stated for name in _left_out(one))
    return {
        "release": NOT_RELEASED,
        "nhs_numbers": report.numbers,
        "consider": [Consider.SHIELDED.value] if report.shielded else [],
        "withheld": [
            *({"what": name, "times": left_out[name], "why": WITHHELD[name]} for name in sorted(left_out)),
            # Not counted, because this function may not read them.
            {"what": "notices", "why": NOTICES_WITHHELD},
        ],
        "entries": [_entry(one, authorities, today) for one in report.stated],
        "next_after": report.next_after,
    }


def _left_out(stated: Stated) -> tuple[str, ...]:
    if isinstance(stated, StatedAccess):
        return (*stated.left_out, "held_copies") if stated.act == Act.HELD else stated.left_out
    return ("shield_reason",) if isinstance(stated, StatedShield) else ()


def _entry(stated: Stated, authorities: Mapping[str, Authority], today: date) -> dict[str, Any]:
    def name(code: str | None) -> str:
        known = authorities.get(code or "")
        return known.name if known is not None else code or "an authority"

    if isinstance(stated, Involvement):
        return _involvement(stated, name(stated.authority_code), today)
    if isinstance(stated, StatedAccess):
        return _access(stated, name(stated.authority_code))
    if isinstance(stated, StatedShield):
        words = (
            "The child is shielded: whoever looks it up learns that it is known, but not who works with it or where."
        )
        return {"kind": "shield", "in_words": words, "review_on": stated.review_on}
    return {
        "kind": "damaged",
        "in_words": "Something is stored here that can no longer be read.",
        "authority": stated.authority_code,
        "reference": stated.reference,
    }


def _involvement(stated: Involvement, authority: str, today: date) -> dict[str, Any]:
    details, work = stated.details, stated.details.work
    ended = f" until {work.ended_on}" if work.ended_on else ""
    return {
        "kind": "involvement",
        "in_words": (
            f"{authority} says that {work.practitioner.name}, {work.practitioner.role}, of {work.team.name}, works or "
            f"worked with the child in {_plain(work.service_type)}, from {work.started_on}{ended}, on the basis of "
            f"{_plain(work.basis)}. It first said so on {details.first_registered_on} and last confirmed it on "
            f"{details.confirmed_on}. It is deleted on {stated.expires_at:%Y-%m-%d}"
            + ("." if work.ended_on else "; confirming it again may put that off.")
            + (" It is marked as disputed." if details.disputed else "")
        ),
        "authority": stated.authority_code,
        "reference": stated.reference,
        "status": details.status(today),
        "expires_at": stated.expires_at,
        "work": work,
        "confirmed_on": details.confirmed_on,
        "first_registered_on": details.first_registered_on,
        "cap_on": details.cap_on,
        "disputed": details.disputed,
        "consider": [*to_consider(stated)],
    }


def _access(stated: StatedAccess, authority: str) -> dict[str, Any]:
    disclosed = stated.disclosed
    return {
        "kind": "access",
        "in_words": " ".join(_access_words(stated, authority)),
        "at": stated.at,
        "act": stated.act,
        "authority": stated.authority_code,
        "organisation": stated.organisation,
        "role": stated.role,
        "purpose": stated.purpose,
        "reference": stated.reference,
        "told": None if disclosed is None else _answer(disclosed),
        "consider": [*to_consider_of(stated)],
    }


def _answer(disclosed: Disclosed) -> dict[str, Any]:
    return {"known": disclosed.known, "complete": disclosed.complete, "rows": disclosed.rows}


def _access_words(stated: StatedAccess, authority: str) -> Iterator[str]:
    when = "At an unreadable time" if stated.at is None else f"On {stated.at:%Y-%m-%d} at {stated.at:%H:%M} UTC"
    if stated.is_lookup:
        role = stated.role or "an unreadable role"
        yield f"{when} somebody at {authority} ({role}) asked whether the child is known, for {_plain(stated.purpose)}."
        yield from _answer_words(stated.disclosed)
        return
    act = stated.act or ""
    if act in ACTS_OF_SOMEBODY:
        actor = "the service's staff" if "requested_by" in stated.left_out else authority
        yield f"{when} {actor} {ACTS_OF_SOMEBODY[Act(act)]}."
    else:
        yield f"{when}: {OTHER_ACTS[Act(act)] if act in OTHER_ACTS else 'Something was done'}."


def _answer_words(disclosed: Disclosed | None) -> Iterator[str]:
    if disclosed is None:
        yield "The answer can no longer be read."
        return
    yield f"The answer was that the child is {'known' if disclosed.known else 'not known to another practitioner'}."
    for row in disclosed.rows:
        yield f"It used record {row.reference} of {row.authority_code}, shown {_FORMS[row.form]}."


def _plain(word: str | None) -> str:
    return "an unreadable purpose" if word is None else word.replace("_", " ")

"""What operators are told, where a sentence in `app.py` would not do."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from ...application.console.access_report import DayReport
from ...application.console.broker import Brokered, Finding, Owner
from ...application.console.erase_child import TOMBSTONE_YEARS, ErasureCounts
from ...application.console.ports import ReportedLookup, ReportPage
from ...application.console.restore_gate import Passage
from ...domain.child import ChildKey
from ...domain.involvement import Involvement, Status
from ...domain.switch_off import BACKUP_DAYS, SignedStatement


def removal_words(code: str, now: datetime) -> str:
    gone_on = (now + timedelta(days=BACKUP_DAYS)).date()
    return (
        f"{code} is removed, and its salt is deleted. Within a minute it can no longer call and its records are "
        "skipped; none of them, and nothing that it could compare a resent record with, can be read again. "
        f"Until {gone_on} a restored backup of the keys table still holds the salt; after that it is gone for good. "
        "Who looked at its records stays in the access records."
    )


_SHORT = 8
_FOUND = {
    Finding.UNCHANGED: "as it was at the lookup",
    Finding.CHANGED: "changed since the lookup; these are its contacts now",
    Finding.MOVED: "moved since to another child; ring the duty contact",
    Finding.GONE: "gone since: withdrawn, erased or expired; ring the duty contact",
    Finding.EXPIRED: "expired since; ring the duty contact",
    Finding.UNREADABLE: "does not open; ring the duty contact",
    Finding.AUTHORITY_REMOVED: "cannot be read, since its authority has left the service",
}


def brokered_words(brokered: Brokered) -> str:
    disclosed, owners = brokered.lookup.disclosed, brokered.owners
    if not owners:
        words = "That lookup listed no record."
    else:
        held = sum(owner.involvement is not None for owner in owners)
        words = f"That lookup drew on {len(owners)} of the child's records; {held} of them can still be opened."
    return words if disclosed.complete else f"{words} Some records could not be read at the lookup: there may be more."


def contacts(brokered: Brokered) -> list[dict[str, Any]]:
    return [_contact(owner, brokered.today) for owner in brokered.owners]


def _contact(owner: Owner, today: date) -> dict[str, Any]:
    authority = owner.authority
    told = {
        "authority": owner.shown.authority_code,
        "authority_name": None if authority is None else authority.name,
        "duty_contact": None if authority is None else authority.duty_contact,
        "record": _FOUND[owner.finding],
        "shown_as": owner.shown.form,
    }
    return told if owner.involvement is None else {**told, **_people(owner.involvement, today)}


def _people(involvement: Involvement, today: date) -> dict[str, Any]:
    """For previous work the team, and the person no longer: as in every answer."""
    work, status = involvement.details.work, involvement.details.status(today)
    return {
        "service_type": work.service_type,
        "status": status,
        "organisation": work.organisation,
        "practitioner": None if status is Status.PREVIOUS else work.practitioner,
        "team": work.team,
    }


def report_words(code: str, day: date, report: DayReport) -> str:
    words = f"{code} made {report.lookups} lookups on {day}; {len(report.page.lookups)} of them are on this page."
    if report.page.next_id is not None:
        words += " For the next page run the event again with next_after as its after."
    return words


def report_totals(page: ReportPage) -> dict[str, Any]:
    """Of what is on the page."""
    lookups = page.lookups
    return {
        "lookups": len(lookups),
        "over_soft_limit": sum(one.over_soft_limit for one in lookups),
        "practitioners": len({one.practitioner_id for one in lookups}),
        "children": len({one.child for one in lookups}),
        "by_purpose": dict(Counter(one.purpose or "unreadable" for one in lookups)),
    }


def reported(lookup: ReportedLookup) -> dict[str, Any]:
    return {
        "lookup_id": lookup.id,
        "at": lookup.at,
        "practitioner": lookup.practitioner_id,
        "role": lookup.role,
        "organisation": lookup.organisation,
        "purpose": lookup.purpose,
        "case_reference": lookup.case_reference,
        "over_soft_limit": lookup.over_soft_limit,
        "child": short_form(lookup.child),
    }


def short_form(child: ChildKey) -> str:
    """Tells one child from another within a report; too short to find anything by."""
    return child.rpartition("#")[2][:_SHORT]


def erasure_words(erased: ErasureCounts) -> str:
    if not (told := erased.in_words()):
        return "Nothing is on record about this child. Nothing was changed."
    return (
        f"Erased: {told}. For {TOMBSTONE_YEARS} years nothing can be registered again under the erased "
        f"references. Backups hold them for {BACKUP_DAYS} days more. Access records stay, and so does what an "
        "inquiry hold has copied."
    )


def switched_off_words(signed: SignedStatement) -> str:
    return " ".join([*signed.statement.sentences(), "Keep this answer: the statement in it is signed."])


def statement_details(signed: SignedStatement) -> dict[str, Any]:
    return {
        "statement": signed.text,
        "signature": signed.signature,
        "algorithm": signed.algorithm,
        "public_key": signed.public_key,
        "sha256": signed.fingerprint,
    }


def gate_words(passage: Passage) -> str:
    mended = f" Settings put right: {', '.join(passage.settings)}." if passage.settings else ""
    done = f"Replayed {passage.replayed}, swept {passage.swept}.{mended}"
    if passage.safe is None:
        return f"Not finished, and NOT SAFE for traffic. {done} Run the event again with next_after as its after."
    if not passage.safe:
        return (
            f"NOT SAFE for traffic. {done} The check found work not yet done, an access record that cannot be read, or "
            "a setting that is still off. Run the event again from the start; if it says so again, report the "
            "correlation_id to the maintainers."
        )
    return f"Safe for traffic: {passage.rows} items checked on this run. {done}"


def hold_words(held: int, until: date) -> str:
    if not held:
        return "Nothing is on record about this child, so nothing is held. Nothing was changed."
    return (
        f"{held} rows are held until {until}. It is a copy of what stands now: run it again for what comes later. "
        "The rows themselves expire as ever."
    )

"""The answers of console functions that have done their work. Each console function has one function here.

An answer is a sentence for the operator, with details as JSON. Operators read other sentences too, which are elsewhere:

- why a function refuses: `Refused`, in the use cases
- what proposed work would do: `Proposed`, in the use cases
- what to do after an error: `boundary.py`
- the document of a subject access report: `subject_report.py`
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ...application.console.access_report import DayReport
from ...application.console.act_report import ActsSince, Concerned
from ...application.console.audit_export import AuditPage
from ...application.console.broker import Brokered, Finding, Owner
from ...application.console.dispute_record import Dispute
from ...application.console.erase_child import TOMBSTONE_YEARS, ErasureCounts
from ...application.console.lift_shields import LiftedShields
from ...application.console.list_shields import ShieldPage
from ...application.console.ports import ReportedAct, ReportedLookup, ReportPage
from ...application.console.proposals import Proposed
from ...application.console.replay_notices import ReplayedNotices
from ...application.console.restore_gate import Passage
from ...application.console.subject_access_report import SubjectReport
from ...application.console.supersede_nhs_number import RUN_AGAIN, PairAnswer, Result
from ...domain.authority import Authority
from ...domain.child import ChildKey
from ...domain.history import ExportedLookup
from ...domain.involvement import Involvement, Status
from ...domain.switch_off import BACKUP_DAYS, SignedStatement
from ..http.answers import checkpoint_body
from .boundary import Answer, done, partly_done
from .subject_report import subject_report, subject_words

_UNCHANGED = "Nothing was changed."
_NEXT_PAGE = "For the next page run the event again with next_after as its after."
_SHORT = 8
_FOUND = {
    Finding.UNCHANGED: "as it was at the lookup",
    Finding.CHANGED: "changed since the lookup; these are its contacts now",
    Finding.GONE: "withdrawn, erased or expired since the lookup; ring the duty contact",
    Finding.EXPIRED: "expired since the lookup; ring the duty contact",
    Finding.UNREADABLE: "unreadable; ring the duty contact",
    Finding.AUTHORITY_REMOVED: "cannot be read, because its authority has left the service",
}


def proposed(made: Proposed, keys: list[dict[str, str]] | None) -> Answer:
    """`keys`: the thumbprints of the signing keys that the work would register."""
    until = f"{made.ends_at:%F at %H:%M} UTC"
    words = f"Proposed. {made.would} Nothing has been done yet. Until {until} a custodian can carry this out"
    details = {"proposal": made.code, "until": made.ends_at, **made.details, **({"keys": keys} if keys else {})}
    return done(f"{words}: run {made.function} with the same fields and proposal {made.code}.", **details)


def service_key_made(is_new: bool) -> Answer:
    if is_new:
        return done("The service key and the audit key are made. The stage can now take its first authority.")
    return done(f"The stage has its keys already. {_UNCHANGED}")


def onboarded(code: str, is_new: bool) -> Answer:
    if is_new:
        return done(f"{code} is onboarded. It can call within a minute.")
    return done(f"{code} is onboarded already, exactly like this. {_UNCHANGED}")


def suspended(code: str, changed: bool) -> Answer:
    if changed:
        return done(f"{code} is suspended. Within a minute it can no longer call. Its records are still served.")
    return done(f"{code} is suspended already. {_UNCHANGED}")


def reinstated(code: str, changed: bool) -> Answer:
    if changed:
        return done(f"{code} is active. It can call within a minute.")
    return done(f"{code} is active already. {_UNCHANGED}")


def keys_replaced(code: str, changed: bool) -> Answer:
    if changed:
        words = "Within a minute every token signed with another key is refused."
        return done(f"{code} has these keys, and no others. {words}")
    return done(f"{code} has exactly these keys already. {_UNCHANGED}")


def grants_changed(code: str, changed: bool) -> Answer:
    if changed:
        return done(f"{code} is granted exactly these scopes and purposes. It takes effect within a minute.")
    return done(f"{code} is granted exactly this already. {_UNCHANGED}")


def removed(code: str, changed: bool, now: datetime) -> Answer:
    if not changed:
        return done(f"{code} is removed already, and its salt is gone. {_UNCHANGED}")
    gone_on = (now + timedelta(days=BACKUP_DAYS)).date()
    return done(
        f"{code} is removed, and its salt is deleted. Within a minute it can no longer call and its records are "
        "skipped. None of them can be read again. If it ever sends one of them again, the service will not recognise "
        f"it. Until {gone_on} a restored backup of the keys table still holds the salt; after that the salt is gone "
        "for good. The access records still say who looked at its records."
    )


def shielded(review_on: date, is_new: bool) -> Answer:
    if is_new:
        words = f"Review the shield on {review_on}. If nobody does, it stays."
        return done(f"The child is shielded from now on. {words}")
    return done(f"The child was shielded already, and still is. The review is on {review_on}.")


def unshielded(lifted: bool) -> Answer:
    if lifted:
        return done("The shield is lifted. From now on a lookup shows the child's involvements.")
    return done(f"The child has no shield. {_UNCHANGED}")


def shields_listed(page: ShieldPage) -> Answer:
    words = f"{len(page.shields)} shields are on this page, by the day of their review."
    return done(
        words if page.next_after is None else f"{words} {_NEXT_PAGE}",
        next_after=page.next_after,
        shields=[
            {
                "id": shield.id,
                "genuine": shield.is_genuine,
                "authority": shield.authority_code,
                "asked_at": shield.asked_at,
                "shielded_since": shield.since,
                "review_on": shield.review_on,
                "over_soft_limit": shield.over_soft_limit,
            }
            for shield in page.shields
        ],
    )


def shields_lifted(result: LiftedShields) -> Answer:
    words = f"{result.lifted} shields were lifted in this run."
    details = {"lifted": result.lifted, "left": result.left}
    if not result.finished:
        return partly_done(f"{words} There are more: run the same event again to go on.", "unavailable", **details)
    stay = "These stood before, or others asked for them too." if result.left else ""
    return done(f"{words} {result.left} of that authority and time stay. {stay}".strip(), **details)


def superseded(answers: Sequence[PairAnswer]) -> Answer:
    counts = Counter(answer.result for answer in answers)
    if counts[Result.NOT_DONE]:
        return partly_done(f"{_counted(counts)} {RUN_AGAIN}", "unavailable", pairs=answers)
    if counts[Result.REFUSED] or counts[Result.HELD_BACK]:
        return partly_done(f"{_counted(counts)} The answer about each pair says why.", "refused", pairs=answers)
    if len(answers) > 1:
        return done(_counted(counts), pairs=answers)
    if counts[Result.SUPERSEDED]:
        words = "The old number is superseded. Both numbers now find all that is on record under either."
        return done(words, pairs=answers)
    return done(f"The old number is superseded by the new one already. {_UNCHANGED}", pairs=answers)


def _counted(counts: Counter[Result]) -> str:
    return f"Of {counts.total()} pairs: {', '.join(f'{count} {result}' for result, count in counts.items())}."


def supersede_undone() -> Answer:
    return done(
        "The two numbers are two children again. Each finds only what is on record under it. Ask the owners who "
        "withdrew records to register them anew under the right number."
    )


def retired(changed: bool) -> Answer:
    if changed:
        return done("The number is retired. New records under it are refused; what is on record stays until it ends.")
    return done(f"The number is retired already. {_UNCHANGED}")


def disputed(dispute: Dispute, changed: bool) -> Answer:
    mark = "marked as disputed" if dispute.disputed else "not marked as disputed"
    if changed:
        return done(f"The record is {mark} from now on. Every answer that shows it says so.")
    return done(f"The record is {mark} already. {_UNCHANGED}")


def erased(counts: ErasureCounts) -> Answer:
    if not (words := counts.in_words()):
        return done(f"Nothing is on record about this child. {_UNCHANGED}")
    return done(
        f"Erased: {words}. For {TOMBSTONE_YEARS} years nothing can be registered again under the erased "
        f"references. Backups hold them for {BACKUP_DAYS} days more. Access records stay, and so do copies "
        "that are held for an inquiry."
    )


def held(rows: int, until: date) -> Answer:
    if not rows:
        return done(f"Nothing is on record about this child, so nothing is held. {_UNCHANGED}")
    return done(
        f"{rows} rows are held until {until}. They are copies of the rows on record now: run the event again to hold "
        "later ones. The rows themselves expire as usual."
    )


def released(rows: int) -> Answer:
    return done(f"{rows} held rows are deleted." if rows else f"Nothing was held. {_UNCHANGED}")


def brokered(found: Brokered) -> Answer:
    owners = found.owners
    if owners:
        can_be_opened = sum(owner.involvement is not None for owner in owners)
        words = (
            f"That lookup drew on {len(owners)} of the child's records; {can_be_opened} of them can still be opened."
        )
    else:
        words = "That lookup listed no record."
    if not found.lookup.disclosed.complete:
        words += " Some records could not be read at the lookup: there may be more."
    if found.lookup.disclosed.left_out:
        words += " One authority had more records than a lookup lists: there are more of that authority."
    return done(words, contacts=[_contact(owner, found.today) for owner in owners])


def _contact(owner: Owner, today: date) -> dict[str, Any]:
    authority = owner.authority
    contact = {
        "authority": owner.shown.authority_code,
        "authority_name": None if authority is None else authority.name,
        "duty_contact": None if authority is None else authority.duty_contact,
        "record": _FOUND[owner.finding],
        "shown_as": owner.shown.form,
    }
    return contact if owner.involvement is None else {**contact, **_people(owner.involvement, today)}


def _people(involvement: Involvement, today: date) -> dict[str, Any]:
    """Previous work shows its team but no longer its practitioner, as in every answer."""
    work, status = involvement.details.work, involvement.details.status(today)
    return {
        "service_type": work.service_type,
        "status": status,
        "organisation": work.organisation,
        "practitioner": None if status is Status.PREVIOUS else work.practitioner,
        "team": work.team,
    }


def accesses_reported(code: str, day: date, report: DayReport) -> Answer:
    page = report.page
    words = f"{code} made {report.lookups} lookups on {day}; {len(page.lookups)} of them are on this page."
    return done(
        words if page.next_id is None else f"{words} {_NEXT_PAGE}",
        on_this_page=_totals(page),
        next_after=page.next_id,
        lookups=[reported(lookup) for lookup in page.lookups],
    )


def acts_reported(whose: Concerned, report: ActsSince) -> Answer:
    acts, (whom, doubt) = report.page.acts, _concerned(whose)
    if not acts:
        return done(f"No acts {whom} are on record since {report.since}.{doubt}", next_after=None, acts=[])
    words = f"Acts {whom} since {report.since}: {len(acts)} of them are on this page."
    if forged := sum(act.at is None for act in acts):
        words += f" {forged} of these are not genuine: the service did not write them as they are."
    return done(
        words if report.page.next_id is None else f"{words} {_NEXT_PAGE}",
        next_after=report.page.next_id,
        acts=[reported_act(act) for act in acts],
    )


def _concerned(whose: Concerned) -> tuple[str, str]:
    """Whom the acts concern, and what the auditor should ask if there are none."""
    if whose.nhs_number is not None:
        return "of staff that concern the child", " Is it the right number?"
    if whose.authority_code is not None:
        return f"that concern {whose.authority_code}", " Is it the right code?"
    return "that concern the whole service", ""


def reported_act(act: ReportedAct) -> dict[str, Any]:
    if act.at is None:
        return {"id": act.id, "genuine": False}
    return {
        "id": act.id,
        "genuine": True,
        "at": act.at,
        "act": act.act,
        "reference": act.reference,
        "changed": [*act.changed],
        "who": _who(act),
    }


def _who(act: ReportedAct) -> dict[str, Any] | str:
    if act.practitioner_id is not None:
        return {
            "practitioner": act.practitioner_id,
            "role": act.role,
            "organisation": act.organisation,
            "token_id": act.token_id,
        }
    if act.requested_by is not None:
        return {"requested_by": act.requested_by, "reason": act.reason, "request_id": act.request_id}
    return "the service itself"


def audit_exported(code: str, day: date, page: AuditPage) -> Answer:
    sealed = len(page.lookups) - page.unsealed
    words = f"This page has {len(page.lookups)} lookups of {code} on {day}; {sealed} are in the history, with proofs."
    if page.unsealed:
        words += f" {page.unsealed} are not: they wait for a checkpoint, or were forged, altered or kept out of it."
    if page.missing:
        words += f" {page.missing} of them should have been sealed long since: look at the alarm leaves-missing."
    return done(
        words if page.next_after is None else f"{words} {_NEXT_PAGE}",
        next_after=page.next_after,
        checkpoint=checkpoint_body(page.latest),
        public_key=b64encode(page.public_key).decode(),
        minutes=[
            {
                "number": one.minute.number,
                "closed_at": one.minute.closed_at,
                "root": one.minute.root.hex(),
                "inclusion": _in_hex(one.inclusion),
            }
            for one in page.minutes
        ],
        lookups=[_exported(one) for one in page.lookups],
    )


def _exported(lookup: ExportedLookup) -> dict[str, Any]:
    leaf, place = None if lookup.sealed is None else lookup.sealed.leaf, lookup.place
    return {
        "lookup_id": lookup.id,
        "child": lookup.child,
        "record": None if leaf is None else leaf.text,
        "salt": None if leaf is None else leaf.salt.hex(),
        "hidden": None if leaf is None else leaf.hidden.hex(),
        "minute": None if place is None else place.minute.number,
        "index": None if place is None else place.index,
        "proof": None if place is None else _in_hex(place.proof),
    }


def _in_hex(hashes: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def _totals(page: ReportPage) -> dict[str, Any]:
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
        "hidden_from_owners": lookup.hidden_from_owners,
        "child": _short_form(lookup.child),
    }


def _short_form(child: ChildKey) -> str:
    """Distinguishes the children within a report, and is too short to find a child with."""
    return child.rpartition("#")[2][:_SHORT]


def subject_reported(report: SubjectReport, authorities: Mapping[str, Authority], today: date) -> Answer:
    words = subject_words(report)
    if report.next_after is not None:
        words = f"{words} {_NEXT_PAGE}"
    return done(words, **subject_report(report, authorities, today))


def switched_off(signed: SignedStatement) -> Answer:
    return done(
        " ".join([*signed.statement.sentences(), "Keep this answer: the statement in it is signed."]),
        statement=signed.text,
        signature=signed.signature,
        algorithm=signed.algorithm,
        public_key=signed.public_key,
        sha256=signed.fingerprint,
    )


def gate_passed(passage: Passage, next_after: str | None) -> Answer:
    return done(_gate_words(passage), safe_for_traffic=passage.safe is True, next_after=next_after)


def _gate_words(passage: Passage) -> str:
    settings = f" Settings put right: {', '.join(passage.settings)}." if passage.settings else ""
    work = f"Replayed {passage.replayed}, swept {passage.swept}.{settings}"
    if passage.safe is None:
        return f"Not finished, and NOT SAFE for traffic. {work} Run the event again with next_after as its after."
    if not passage.safe:
        return (
            f"NOT SAFE for traffic. {work} The check found work not yet done, an access record that cannot be read, or "
            "a setting that is still off. Run the event again from the start; if the answer is the same, report the "
            "correlation_id to the maintainers."
        )
    return f"Safe for traffic: {passage.rows} items checked on this run. {work}"


def notices_replayed(replayed: ReplayedNotices, next_after: str | None) -> Answer:
    words = f"{replayed.records} access records were handed over again. Nobody gets a notice twice."
    if replayed.unreadable:
        words += f" {replayed.unreadable} cannot be read: look at unreadable-rows."
    if next_after is not None:
        words = f"Not finished. {words} Run the event again with next_after as its after."
    return done(words, records=replayed.records, unreadable=replayed.unreadable, next_after=next_after)

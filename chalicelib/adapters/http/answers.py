"""Builds what callers receive from what the use cases return. The wire types are in `answer_bodies.py`.

A body that repeats a value of the domain takes each field that it declares from the attribute of the same name.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import date
from http import HTTPStatus
from operator import attrgetter

from ...application.read_notices import ReadableNotices
from ...application.read_quality import QualityPage
from ...application.receipts import Receipt
from ...application.register_batch import Outcome
from ...application.register_entries import RegisterPage
from ...domain.answer_statement import statement_of
from ...domain.authority import Authority, Contact
from ...domain.coverage import SectorCoverage
from ...domain.disclosure import Answer, BrokeredEntry, FullEntry, never_shown
from ...domain.history import Checkpoint, HistoryProof, LookupProof
from ...domain.involvement import Involvement, Practitioner, Status, Team, Work
from ...domain.lookup_visibility import Accesses, VisibleLookup
from ...domain.misuse.digest import FindingsPage, NumberedFinding
from ...domain.notice_visibility import VisibleNotice
from ...domain.outcomes import ContactOutcomes
from ...domain.quality import Remark
from .answer_bodies import (
    AccessBody,
    AccessesBody,
    AnswerBody,
    AuthorityBody,
    BatchResultBody,
    BatchResultsBody,
    BrokeredInvolvementEntry,
    CheckpointBody,
    ContactBody,
    FailedContactBody,
    FindingBody,
    FindingsBody,
    HistoryBody,
    InvolvementEntry,
    LookupProofBody,
    MinuteBody,
    NoticeBody,
    NoticesBody,
    OwnInvolvementBody,
    PractitionerBody,
    QualityBody,
    ReceiptBody,
    RegisterPageBody,
    RegisterRowBody,
    SectorBody,
    SilentAuthority,
    TeamBody,
    Withheld,
)
from .paging import cursor_of, quality_cursor
from .problems import ProblemBody

_practitioner_values = attrgetter(*PractitionerBody.__struct_fields__)
_team_values = attrgetter(*TeamBody.__struct_fields__)
_receipt_values = attrgetter(*ReceiptBody.__struct_fields__)
_REMARKS = Remark.__struct_fields__
_register_row_values = attrgetter(*RegisterRowBody.__struct_fields__)
_OWN_WORK = [name for name in Work.__struct_fields__ if name not in ("practitioner", "team")]


def answer_body(answer: Answer) -> AnswerBody:
    decision = answer.decision
    entries = tuple(_entry(entry, answer) for entry in decision.entries)
    brokered = sum(isinstance(entry, BrokeredInvolvementEntry) for entry in entries)
    desk_helps = decision.shielded or brokered or not decision.complete
    return AnswerBody(
        lookup_id=answer.lookup_id,
        asked_at=answer.asked_at,
        case_reference=answer.case_reference,
        known=decision.known,
        complete=decision.complete,
        shielded=decision.shielded,
        statement=statement_of(answer),
        trace_number=answer.trace_number,
        involvements=entries,
        withheld=Withheld(brokered, never_shown(answer.purpose)),
        broker_desk=_contact(answer.broker_desk) if desk_helps else None,
        coverage=tuple(_sector(sector) for sector in answer.coverage),
        checkpoint=None if answer.checkpoint is None else checkpoint_body(answer.checkpoint),
    )


def checkpoint_body(checkpoint: Checkpoint) -> CheckpointBody:
    return CheckpointBody(
        number=checkpoint.number,
        closed_at=checkpoint.minute.closed_at,
        root=checkpoint.minute.root.hex(),
        history=checkpoint.history.hex(),
        key_id=checkpoint.key_id,
        signature=b64encode(checkpoint.signature).decode(),
    )


def lookup_proof_body(proof: LookupProof) -> LookupProofBody:
    leaf, place = proof.leaf, proof.place
    minute = place.minute
    return LookupProofBody(
        record=leaf.text,
        salt=leaf.salt.hex(),
        hidden=leaf.hidden.hex(),
        minute=MinuteBody(minute.number, minute.closed_at, minute.root.hex(), place.index, _in_hex(place.proof)),
        inclusion=_in_hex(proof.inclusion),
        checkpoint=checkpoint_body(proof.latest),
    )


def history_body(proof: HistoryProof) -> HistoryBody:
    public_key = b64encode(proof.public_key).decode()
    return HistoryBody(checkpoint_body(proof.latest), _in_hex(proof.consistency), public_key)


def _in_hex(hashes: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(one.hex() for one in hashes)


def _entry(entry: FullEntry | BrokeredEntry, answer: Answer) -> InvolvementEntry | BrokeredInvolvementEntry:
    if isinstance(entry, BrokeredEntry):
        described = "a sensitive service" if entry.service_type is None else entry.service_type.replace("_", " ")
        return BrokeredInvolvementEntry(
            description=described,
            service_type=entry.service_type,
            contact=_contact(answer.broker_desk),
            own=entry.own,
        )
    details = entry.involvement.details
    work = details.work
    # Copied field by field, because it runs for every row of a lookup: a loop over the names takes three times as long.
    return InvolvementEntry(
        entry=entry.number,
        authority=_authority(entry.authority),
        organisation=work.organisation,
        service_type=work.service_type,
        status=entry.status,
        lead_professional=work.lead_professional,
        started_on=work.started_on,
        ended_on=work.ended_on,
        confirmed_on=details.confirmed_on,
        practitioner=None if entry.status is Status.PREVIOUS else _practitioner(work.practitioner),
        team=_team(work.team),
        own=entry.own,
        disputed=details.disputed,
    )


def _authority(authority: Authority) -> AuthorityBody:
    duty_contact = None if authority.duty_contact is None else _contact(authority.duty_contact)
    return AuthorityBody(authority.code, authority.name, duty_contact)


def _contact(contact: Contact) -> ContactBody:
    return ContactBody(contact.name, contact.phone)


def _practitioner(practitioner: Practitioner) -> PractitionerBody:
    return PractitionerBody(*_practitioner_values(practitioner))


def _team(team: Team) -> TeamBody:
    return TeamBody(*_team_values(team))


def _sector(sector: SectorCoverage) -> SectorBody:
    silent = tuple(SilentAuthority(one.code, one.name, one.last_write_at) for one in sector.silent)
    return SectorBody(sector.sector, sector.authorities, sector.reporting, silent, sector.removed)


def receipt_body(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody(*_receipt_values(receipt))


def batch_results_body(outcomes: Iterable[Outcome], problem_of: Callable[[Exception], ProblemBody]) -> BatchResultsBody:
    return BatchResultsBody([_result(outcome, problem_of) for outcome in outcomes])


def _result(outcome: Outcome, problem_of: Callable[[Exception], ProblemBody]) -> BatchResultBody:
    result = outcome.result
    if isinstance(result, Receipt):
        status = HTTPStatus.CREATED if result.created else HTTPStatus.OK
        return BatchResultBody(reference=outcome.reference, status=int(status), receipt=receipt_body(result))
    problem = problem_of(result)
    return BatchResultBody(reference=outcome.reference, status=problem.status, problem=problem)


def own_body(involvement: Involvement, today: date) -> OwnInvolvementBody:
    details = involvement.details
    work = details.work
    return OwnInvolvementBody(
        involvement.reference,
        involvement.version,
        details.confirmed_on,
        involvement.expires_at,
        **{name: getattr(work, name) for name in _OWN_WORK},
        status=details.status(today),
        first_registered_on=details.first_registered_on,
        practitioner=_practitioner(work.practitioner),
        team=_team(work.team),
        disputed=details.disputed,
    )


def accesses_body(accesses: Accesses) -> AccessesBody:
    return AccessesBody(tuple(_access(one) for one in accesses.lookups), accesses.complete)


def _access(lookup: VisibleLookup) -> AccessBody:
    return AccessBody(
        lookup_id=lookup.lookup_id,
        asked_at=lookup.asked_at,
        purpose=lookup.purpose,
        authority=None if lookup.authority is None else _authority(lookup.authority),
        role=lookup.role,
    )


def notices_body(page: ReadableNotices) -> NoticesBody:
    return NoticesBody(tuple(_notice(one) for one in page.notices), page.complete, str(page.next_after))


def _notice(notice: VisibleNotice) -> NoticeBody:
    return NoticeBody(
        id=str(notice.number),
        kind=notice.kind,
        at=notice.at,
        reference=notice.reference,
        authority=None if notice.authority is None else _authority(notice.authority),
        lookup_id=notice.lookup_id,
        purpose=notice.purpose,
        practitioner_id=notice.practitioner_id,
        expires_at=notice.expires_at,
        phone=notice.phone,
        outcomes=None if notice.outcomes is None else dict(notice.outcomes),
        changed=notice.changed,
        role=notice.role,
    )


def findings_body(page: FindingsPage) -> FindingsBody:
    return FindingsBody(tuple(_finding(one) for one in page.findings), page.complete, str(page.last))


def _finding(numbered: NumberedFinding) -> FindingBody:
    finding = numbered.finding
    return FindingBody(
        id=str(numbered.number),
        rule=finding.rule,
        practitioner_ids=finding.practitioner_ids,
        people=finding.people,
        found_on=finding.found_on,
        first_on=finding.first_on,
        last_on=finding.last_on,
        counts=dict(finding.counts),
        lookup_ids=finding.lookup_ids,
    )


def register_page_body(page: RegisterPage) -> RegisterPageBody:
    entries = tuple(RegisterRowBody(*_register_row_values(one)) for one in page.entries)
    return RegisterPageBody(entries, None if page.next_reference is None else cursor_of(page.next_reference))


def quality_body(page: QualityPage) -> QualityBody:
    remarked = {
        name: tuple(reference for reference, remark in page.remarks if getattr(remark, name)) for name in _REMARKS
    }
    return QualityBody(
        records=page.records,
        **remarked,
        contacts_failed=tuple(_failed_contact(one) for one in page.contacts_failed),
        next_cursor=quality_cursor(page.next),
    )


def _failed_contact(contact: ContactOutcomes) -> FailedContactBody:
    return FailedContactBody(contact.rung.practitioner_id, contact.rung.phone, dict(contact.counts))

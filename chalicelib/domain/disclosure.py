"""Disclosure: what a given asker may be shown of what is known about a child."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from .access_records import Form, Shown
from .authority import Authority, Caller, Contact, Purpose
from .coverage import SectorCoverage
from .errors import CannotAnswer
from .involvement import JUSTICE_SERVICES, SENSITIVE_SERVICES, Involvement, ServiceType, Status
from .values import Struct

WIDE = frozenset({Purpose.SAFEGUARDING, Purpose.CHILD_PROTECTION})
"""The purposes that may know of every service."""
MOST_OF_ONE_AUTHORITY = 50
"""Records of one child that an answer draws on: no authority has as many honestly, and whoever registers thousands can
neither hide the others' nor make the answer too long to be sent."""


def form_for(purpose: Purpose, service_type: ServiceType, *, sensitive: bool) -> Form | None:
    """The disclosure table. None means not shown, and not hinted at either.

    | purpose                             | sensitive | police, youth justice | all others |
    |-------------------------------------|-----------|-----------------------|------------|
    | safeguarding, child_protection      | brokered  | full                  | full       |
    | education_welfare, health_care      | not shown | brokered              | full       |
    """
    wide = purpose in WIDE
    if sensitive or service_type in SENSITIVE_SERVICES:
        return Form.BROKERED if wide else None
    if service_type in JUSTICE_SERVICES and not wide:
        return Form.BROKERED
    return Form.FULL


def never_shown(purpose: Purpose) -> tuple[ServiceType, ...]:
    """The services that this purpose is never told of; the same whether or not there are any."""
    return () if purpose in WIDE else tuple(sorted(SENSITIVE_SERVICES))


class ChildRecords(Struct, frozen=True):
    """All that is stored about one child. `unreadable` counts rows that did not open or make sense."""

    involvements: tuple[Involvement, ...] = ()
    shielded: bool = False
    unreadable: int = 0


class FullEntry(Struct, frozen=True):
    involvement: Involvement
    authority: Authority
    status: Status
    own: bool


class BrokeredEntry(Struct, frozen=True):
    """Somebody works with the child; the broker desk puts the asker through.

    `service_type` is None for the one entry that stands for every sensitive service together.
    """

    service_type: ServiceType | None
    own: bool


class Decision(Struct, frozen=True, kw_only=True):
    known: bool
    complete: bool
    shielded: bool
    entries: tuple[FullEntry | BrokeredEntry, ...] = ()
    shown: tuple[Shown, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    lookup_id: str
    asked_at: datetime
    case_reference: str
    purpose: Purpose
    decision: Decision
    coverage: tuple[SectorCoverage, ...]
    broker_desk: Contact


def decide(
    records: ChildRecords, authorities: Mapping[str, Authority], caller: Caller, purpose: Purpose, now: datetime
) -> Decision:
    """What the caller may be told. `known` counts other practitioners only.

    Raises CannotAnswer where something is on record but nothing of another practitioner could be read:
    that is never "none".
    """
    live, unreadable = _live_rows(records, authorities, now)
    drawn_on = _first_of_each(live, now.date())
    complete = not unreadable and len(drawn_on) == len(live)
    if records.shielded:
        shown = tuple(_shown(row, Form.SHIELDED) for row in drawn_on)
        return Decision(known=True, complete=complete, shielded=True, shown=shown)
    forms = [(row, _form_of(row, purpose)) for row in drawn_on]
    shown = tuple(_shown(row, form) for row, form in forms if form is not None)
    entries = _entries(forms, authorities, caller, now.date())
    known = any(_form_of(row, purpose) is not None and not _is_own(row, caller) for row in live)
    if unreadable and not known:
        raise CannotAnswer
    return Decision(known=known, complete=complete, shielded=False, entries=entries, shown=shown)


def _form_of(row: Involvement, purpose: Purpose) -> Form | None:
    work = row.details.work
    return form_for(purpose, work.service_type, sensitive=work.is_sensitive)


def _first_of_each(live: list[Involvement], today: date) -> list[Involvement]:
    """Of each authority no more than an answer draws on; those first whom one would ring first."""
    if len(live) <= MOST_OF_ONE_AUTHORITY:
        return live
    counts: Counter[str] = Counter()
    kept = []
    for row in sorted(live, key=lambda row: _ring_first(row, today)):
        counts[row.authority_code] += 1
        if counts[row.authority_code] <= MOST_OF_ONE_AUTHORITY:
            kept.append(row)
    return kept


def _live_rows(
    records: ChildRecords, authorities: Mapping[str, Authority], now: datetime
) -> tuple[list[Involvement], int]:
    live: list[Involvement] = []
    unreadable = records.unreadable
    for row in records.involvements:
        if not row.is_live(now):
            continue
        if row.authority_code in authorities:
            live.append(row)
        else:
            unreadable += 1
    return live, unreadable


def _shown(row: Involvement, form: Form) -> Shown:
    return Shown(row.authority_code, row.reference, row.version, form)


def _is_own(row: Involvement, caller: Caller) -> bool:
    return row.is_of(caller.authority.code, caller.practitioner_id, caller.organisation)


def _entries(
    forms: Iterable[tuple[Involvement, Form | None]], authorities: Mapping[str, Authority], caller: Caller, today: date
) -> tuple[FullEntry | BrokeredEntry, ...]:
    full: list[FullEntry] = []
    brokered: list[BrokeredEntry] = []
    sensitive: list[bool] = []
    for row, form in forms:
        own = _is_own(row, caller)
        work = row.details.work
        if form is Form.FULL:
            full.append(FullEntry(row, authorities[row.authority_code], row.details.status(today), own))
        elif form is Form.BROKERED and work.is_sensitive:
            sensitive.append(own)
        elif form is Form.BROKERED:
            brokered.append(BrokeredEntry(work.service_type, own))
    full.sort(key=lambda entry: _ring_first(entry.involvement, today))
    brokered.sort(key=lambda entry: (entry.own, entry.service_type))
    if sensitive:
        brokered.append(BrokeredEntry(None, own=all(sensitive)))
    return (*full, *brokered)


def _ring_first(row: Involvement, today: date) -> tuple[bool, bool, bool, int, str, str]:
    """Current first, then the lead, then social care, then the newest confirmation."""
    details = row.details
    return (
        details.work.has_ended(today),
        not details.work.lead_professional,
        details.work.service_type is not ServiceType.SOCIAL_CARE,
        -details.confirmed_on.toordinal(),
        row.authority_code,
        row.reference,
    )


def statement_of(answer: Answer) -> str:
    """The answer in words, for the practitioner who reads one sentence only."""
    return " ".join(_sentences(answer))


def _sentences(answer: Answer) -> Iterable[str]:
    if answer.decision.shielded:
        yield "Known. Details are protected for this child. Ring the broker desk; it will put you through."
        return
    if answer.decision.known:
        yield "Known to another practitioner."
    elif answer.decision.entries:
        yield "None registered but your own. This does not mean unknown or safe."
    else:
        yield "None registered. This does not mean unknown or safe."
    if not answer.decision.complete:
        yield "Not every record could be shown: there may be more. Ring the broker desk."
    if never_shown(answer.purpose):
        yield "Sensitive services are never shown for this purpose."
    if not all(sector.is_whole for sector in answer.coverage):
        yield "Not every authority reports: see coverage."

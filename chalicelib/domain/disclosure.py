"""Disclosure: which of a child's records a given asker may be shown, and in what form."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from .access_records import Form, Shown
from .authority import Authority, Caller, Contact, Purpose
from .coverage import SectorCoverage
from .errors import CannotAnswer
from .history import Checkpoint
from .involvement import JUSTICE_SERVICES, SENSITIVE_SERVICES, Involvement, ServiceType, Status
from .values import Struct

WIDE = frozenset({Purpose.SAFEGUARDING, Purpose.CHILD_PROTECTION})
"""The purposes for which every service is visible."""
MAX_RECORDS_PER_AUTHORITY = 50
"""An answer draws on at most this many records of one authority. No authority honestly has more about one child. An
authority that registers thousands can neither crowd out the others nor make the answer too long to send."""


def form_for(purpose: Purpose, service_type: ServiceType, *, sensitive: bool) -> Form | None:
    """The disclosure table. None means that the record is not shown, and that nothing hints at it.

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
    """The services that are never shown for this purpose, whether or not the child has such records."""
    return () if purpose in WIDE else tuple(sorted(SENSITIVE_SERVICES))


class ChildRecords(Struct, frozen=True):
    """All that is stored about one child.

    `unreadable`: how many rows did not open or make sense.
    `trace_number`: the number by which the child was read was superseded or retired.
    `shielded_since`: None unless the child is shielded. If a shield is unreadable, long before any lookup.
    """

    involvements: tuple[Involvement, ...] = ()
    shielded: bool = False
    unreadable: int = 0
    trace_number: bool = False
    shielded_since: datetime | None = None

    def was_shielded_at(self, at: datetime) -> bool:
        """True if a shield that still stands protected the child at that time."""
        return self.shielded and (self.shielded_since is None or at >= self.shielded_since)


class FullEntry(Struct, frozen=True):
    """A record shown in full.

    `number`: the position of its row in `Decision.shown`, from 1. `own`: the asker registered it.
    """

    number: int
    involvement: Involvement
    authority: Authority
    status: Status
    own: bool


class BrokeredEntry(Struct, frozen=True):
    """Says only that somebody works with the child. The broker desk puts the asker through.

    `service_type`: None for the one entry that represents every sensitive service together.
    `own`: the asker registered it, or every record that the sensitive entry represents.
    """

    service_type: ServiceType | None
    own: bool


class Decision(Struct, frozen=True, kw_only=True):
    """`complete`: no record was unreadable or left out.

    `shown`: for the access record, every row drawn on. Those shown in full come first, in the order of their entries.
    Otherwise a gap between the numbers of two entries would show how many rows of sensitive services are there.
    """

    known: bool
    complete: bool
    shielded: bool
    entries: tuple[FullEntry | BrokeredEntry, ...] = ()
    shown: tuple[Shown, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """`trace_number`: the asker's number for the child is no longer in use. Never true for a shielded child.

    `checkpoint`: the latest of the history that is known. It says nothing about this lookup, which is sealed later.
    """

    lookup_id: str
    asked_at: datetime
    case_reference: str
    purpose: Purpose
    decision: Decision
    coverage: tuple[SectorCoverage, ...]
    broker_desk: Contact
    trace_number: bool = False
    checkpoint: Checkpoint | None = None


def decide(
    records: ChildRecords, authorities: Mapping[str, Authority], caller: Caller, purpose: Purpose, now: datetime
) -> Decision:
    """Decides what to show the caller.

    A child is `known` if another practitioner has a record that may be shown. A shielded child is always `known`.

    Raises CannotAnswer if a record was unreadable and no readable one makes the child known. The answer "none" would
    then be a guess.
    """
    live, unreadable = _live_rows(records, authorities, now)
    drawn_on = _limit_per_authority(live, now.date())
    complete = not unreadable and len(drawn_on) == len(live)
    if records.shielded:
        shown = tuple(_shown(row, Form.SHIELDED) for row in drawn_on)
        return Decision(known=True, complete=complete, shielded=True, shown=shown)
    forms = _in_order([(row, form) for row in drawn_on if (form := _form_of(row, purpose)) is not None], now.date())
    shown = tuple(_shown(row, form) for row, form in forms)
    entries = _entries(forms, authorities, caller, now.date())
    known = any(_form_of(row, purpose) is not None and not _is_own(row, caller) for row in live)
    if unreadable and not known:
        raise CannotAnswer
    return Decision(known=known, complete=complete, shielded=False, entries=entries, shown=shown)


def _form_of(row: Involvement, purpose: Purpose) -> Form | None:
    work = row.details.work
    return form_for(purpose, work.service_type, sensitive=work.is_sensitive)


def _limit_per_authority(live: list[Involvement], today: date) -> list[Involvement]:
    """Keeps at most MAX_RECORDS_PER_AUTHORITY rows of each authority: the ones to ring first."""
    if len(live) <= MAX_RECORDS_PER_AUTHORITY:
        return live
    counts: Counter[str] = Counter()
    kept = []
    for row in sorted(live, key=lambda row: _ringing_order(row, today)):
        counts[row.authority_code] += 1
        if counts[row.authority_code] <= MAX_RECORDS_PER_AUTHORITY:
            kept.append(row)
    return kept


def _live_rows(
    records: ChildRecords, authorities: Mapping[str, Authority], now: datetime
) -> tuple[list[Involvement], int]:
    """The live rows, and how many rows are unreadable. A row counts as unreadable if its authority is not in
    the registry."""
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


def _in_order(forms: list[tuple[Involvement, Form]], today: date) -> list[tuple[Involvement, Form]]:
    """Those shown in full first, as one would ring them."""
    full = [(row, form) for row, form in forms if form is Form.FULL]
    full.sort(key=lambda row_and_form: _ringing_order(row_and_form[0], today))
    return [*full, *(one for one in forms if one[1] is not Form.FULL)]


def _entries(
    forms: Iterable[tuple[Involvement, Form]], authorities: Mapping[str, Authority], caller: Caller, today: date
) -> tuple[FullEntry | BrokeredEntry, ...]:
    full: list[FullEntry] = []
    brokered: list[BrokeredEntry] = []
    sensitive: list[bool] = []
    for row, form in forms:
        own = _is_own(row, caller)
        work = row.details.work
        if form is Form.FULL:
            status = row.details.status(today)
            full.append(FullEntry(len(full) + 1, row, authorities[row.authority_code], status, own))
        elif work.is_sensitive:
            sensitive.append(own)
        else:
            brokered.append(BrokeredEntry(work.service_type, own))
    brokered.sort(key=lambda entry: (entry.own, entry.service_type))
    if sensitive:
        brokered.append(BrokeredEntry(None, own=all(sensitive)))
    return (*full, *brokered)


def _ringing_order(row: Involvement, today: date) -> tuple[bool, bool, bool, int, str, str]:
    """The sort key of whom to ring first: current work, then the lead, then social care, then the newest
    confirmation."""
    details = row.details
    return (
        details.work.has_ended(today),
        not details.work.lead_professional,
        details.work.service_type is not ServiceType.SOCIAL_CARE,
        -details.confirmed_on.toordinal(),
        row.authority_code,
        row.reference,
    )

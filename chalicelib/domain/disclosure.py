"""Disclosure: which of a child's records a given asker may be shown, and in what form."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property

from .access_records import Form, Shown
from .authority import Authority, Caller, Contact, Purpose
from .coverage import SectorCoverage
from .errors import CannotAnswer
from .history import Checkpoint
from .involvement import JUSTICE_SERVICES, SENSITIVE_SERVICES, Involvement, ServiceType, Status
from .ringing_order import best_of_each, in_turns
from .values import Struct

WIDE = frozenset({Purpose.SAFEGUARDING, Purpose.CHILD_PROTECTION})
"""The purposes for which every service is visible."""


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


class ChildRecords(Struct, frozen=True, dict=True):
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

    @cached_property
    def _by_reference(self) -> Mapping[tuple[str, str], Involvement]:
        """Made once, and only if it is needed. Searching all rows for each of them takes minutes if there are many."""
        return {(row.authority_code, row.reference): row for row in reversed(self.involvements)}

    def live_row(self, authority_code: str, reference: str | None, now: datetime) -> Involvement | None:
        """The live record under an authority's reference."""
        row = None if reference is None else self._by_reference.get((authority_code, reference))
        return row if row is not None and row.is_live(now) else None


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
    """What the asker gets. It depends on no row that the asker may not know of, except `shown`, `all_read` and
    `left_out`, which are for the access record only.

    `complete`: no row that the asker may know of was left out, and no row was unreadable. Always true for a shielded
    child, whose rows the asker may not know of.
    `shown`: every row drawn on. Those shown in full come first, in the order of their entries. Otherwise a gap between
    the numbers of two entries would show how many rows of sensitive services are there.
    `all_read`: no row was unreadable. `left_out`: rows that would have been drawn on are missing from `shown`.
    """

    known: bool
    complete: bool
    shielded: bool
    entries: tuple[FullEntry | BrokeredEntry, ...] = ()
    shown: tuple[Shown, ...] = ()
    all_read: bool = True
    left_out: bool = False


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
    live = [row for row in records.involvements if row.is_live(now)]
    served = [row for row in live if row.authority_code in authorities]
    if records.shielded:
        return _of_shielded(served, all_read=not records.unreadable and len(served) == len(live), today=now.date())
    forms = [(row, form) for row in served if (form := _form_of(row, purpose)) is not None]
    # A row of an authority that is not in the registry counts as unreadable, unless this purpose never sees it.
    strangers = (row for row in live if row.authority_code not in authorities)
    all_read = not records.unreadable and all(_form_of(row, purpose) is None for row in strangers)
    known = any(not _is_own(row, caller) for row, _ in forms)
    if not (all_read or known):
        raise CannotAnswer
    return _of_forms(forms, authorities, caller, now.date(), known=known, all_read=all_read)


def _of_shielded(rows: list[Involvement], *, all_read: bool, today: date) -> Decision:
    drawn_on = best_of_each(rows, today)
    return Decision(
        known=True,
        complete=True,
        shielded=True,
        shown=tuple(_shown(row, Form.SHIELDED) for row in drawn_on),
        all_read=all_read,
        left_out=len(drawn_on) < len(rows),
    )


def _of_forms(
    forms: list[tuple[Involvement, Form]],
    authorities: Mapping[str, Authority],
    caller: Caller,
    today: date,
    *,
    known: bool,
    all_read: bool,
) -> Decision:
    """Limits each group of rows apart from the others. Rows of sensitive services share one entry, so how many there
    are shows nowhere, not even in `complete`."""
    full = [row for row, form in forms if form is Form.FULL]
    named = [row for row, form in forms if form is not Form.FULL and not row.details.work.is_sensitive]
    sensitive = [row for row, _ in forms if row.details.work.is_sensitive]
    best_full, best_named, best_sensitive = (best_of_each(rows, today) for rows in (full, named, sensitive))
    is_whole = len(best_full) == len(full) and len(best_named) == len(named)
    in_full = in_turns(best_full, today)
    return Decision(
        known=known,
        complete=all_read and is_whole,
        shielded=False,
        entries=(
            *_full_entries(in_full, authorities, caller, today),
            *_brokered_entries(best_named, sensitive, caller),
        ),
        shown=(
            *(_shown(row, Form.FULL) for row in in_full),
            *(_shown(row, Form.BROKERED) for row in (*best_named, *best_sensitive)),
        ),
        all_read=all_read,
        left_out=not is_whole or len(best_sensitive) < len(sensitive),
    )


def _form_of(row: Involvement, purpose: Purpose) -> Form | None:
    work = row.details.work
    return form_for(purpose, work.service_type, sensitive=work.is_sensitive)


def _shown(row: Involvement, form: Form) -> Shown:
    return Shown(row.authority_code, row.reference, row.version, form)


def _is_own(row: Involvement, caller: Caller) -> bool:
    return row.is_of(caller.authority.code, caller.practitioner_id, caller.organisation)


def _full_entries(
    rows: list[Involvement], authorities: Mapping[str, Authority], caller: Caller, today: date
) -> Iterable[FullEntry]:
    for number, row in enumerate(rows, 1):
        yield FullEntry(
            number, row, authorities[row.authority_code], row.details.status(today), own=_is_own(row, caller)
        )


def _brokered_entries(
    named: list[Involvement], sensitive: list[Involvement], caller: Caller
) -> Iterable[BrokeredEntry]:
    entries = [BrokeredEntry(row.details.work.service_type, own=_is_own(row, caller)) for row in named]
    yield from sorted(entries, key=lambda entry: (entry.own, entry.service_type))
    if sensitive:
        yield BrokeredEntry(None, own=all(_is_own(row, caller) for row in sensitive))

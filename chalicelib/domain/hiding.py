"""When an asker is hidden from owners, and when a hidden lookup is named after all.

Whoever works with the child in a sensitive service is hidden, because its name would say where the child is treated.
But anybody can register such work a minute before a lookup, or mark an old record as sensitive for a minute. So the
lookup keeps a mark of the records behind which it hid. Owners see who asked once all of these were undone: withdrawn
within 28 days of their registration, or made open within 28 days of the lookup. An open record shows its authority
anyway. A record that ended, expired, was erased or got another number proves nothing.

Colleagues are hidden only behind a record that had stood for 28 days when they asked, and only if their authority has
none but sensitive ones. Otherwise one made-up record would hide a whole authority at once.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from .access_records import Act
from .disclosure import ChildRecords
from .involvement import Involvement
from .values import Struct

PROVES_ITSELF_AFTER = timedelta(days=28)
_MARK_BYTES = 8


def _mark(authority_code: str, reference: str) -> bytes:
    return hashlib.sha256(f"{authority_code}#{reference}".encode()).digest()[:_MARK_BYTES]


NOTHING = _mark("", "") * 2
"""Behind no record. It looks like any other mark, in size and in how well it can be compressed."""


class Hiding(Struct, frozen=True):
    """`behind`: the marks of the two oldest sensitive records of the asker, or of its authority if that hides its
    colleagues. Always of one size."""

    hidden: bool
    behind: bytes = NOTHING


class HiddenLookup(Struct, frozen=True, kw_only=True):
    id: str
    at: datetime
    authority_code: str
    behind: bytes


class RecordAct(Struct, frozen=True, kw_only=True):
    """An act on a record of the child, from a genuine access record."""

    at: datetime
    act: str
    authority_code: str
    reference: str


def hiding_of(authority_code: str, practitioner_id: str | None, records: ChildRecords, now: datetime) -> Hiding:
    """Whether an asker is hidden now, and behind what."""
    live = live_rows(authority_code, records, now)
    rows = live if hide_colleagues(live, now.date()) else own_sensitive(live, practitioner_id)
    rows.sort(key=lambda row: (row.details.first_registered_on, row.reference))
    marks = [_mark(authority_code, row.reference) for row in (*rows[:2], *rows[:1])]
    return Hiding(hidden=True, behind=b"".join(marks[:2])) if rows else Hiding(hidden=False)


def live_rows(authority_code: str, records: ChildRecords, now: datetime) -> list[Involvement]:
    """The authority's live records of the child."""
    return [row for row in records.involvements if row.authority_code == authority_code and row.is_live(now)]


def own_sensitive(live: list[Involvement], practitioner_id: str | None) -> list[Involvement]:
    """Those of the practitioner in a sensitive service, of whatever organisation. `live`: of the authority."""
    return [
        row for row in live if row.details.work.is_sensitive and row.details.work.practitioner.id == practitioner_id
    ]


def hide_colleagues(live: list[Involvement], asked_on: date) -> bool:
    """True if all are sensitive, and one of them had stood for 28 days on that day. `live`: of the authority."""
    stood = any(row.details.first_registered_on + PROVES_ITSELF_AFTER <= asked_on for row in live)
    return stood and all(row.details.work.is_sensitive for row in live)


def is_named_after_all(lookup: HiddenLookup, acts: Iterable[RecordAct]) -> bool:
    """True if every record behind which the lookup hid was undone after it: withdrawn within 28 days of its
    registration, or made open within 28 days of the lookup.

    `acts`: at least those of the 28 days before the lookup and of the 28 days after it.
    """
    acts = sorted((act for act in acts if act.authority_code == lookup.authority_code), key=lambda act: act.at)
    marks = {lookup.behind[:_MARK_BYTES], lookup.behind[_MARK_BYTES:]}
    return all(_is_undone(lookup.at, [act for act in acts if _mark_of(act) == mark]) for mark in marks)


def is_behind(behind: bytes, authority_code: str, reference: str) -> bool:
    """True if a lookup with these marks hid behind that record."""
    return _mark(authority_code, reference) in (behind[:_MARK_BYTES], behind[_MARK_BYTES:])


def _is_undone(asked_at: datetime, acts: list[RecordAct]) -> bool:
    """`acts`: on one record, in order of time."""
    after = [act for act in acts if act.at >= asked_at]
    opened = [act.at for act in after if act.act == Act.NO_LONGER_SENSITIVE]
    if opened and opened[0] - asked_at <= PROVES_ITSELF_AFTER:
        return True
    registered = [act.at for act in acts if act.act == Act.REGISTERED and act.at <= asked_at]
    withdrawn = [act.at for act in after if act.act == Act.WITHDRAWN]
    return bool(registered and withdrawn) and withdrawn[0] - registered[-1] <= PROVES_ITSELF_AFTER


def _mark_of(act: RecordAct) -> bytes:
    return _mark(act.authority_code, act.reference)

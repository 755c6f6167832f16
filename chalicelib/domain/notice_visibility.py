"""Notice visibility: which notices an authority may see, and how much of each.

The same rules are applied when a notice is written and again whenever it is read. `notices.py` has them as a table.
"""

from collections.abc import Callable, Mapping, Set
from datetime import datetime

from . import lookup_visibility
from .access_records import Form
from .authority import Authority, Purpose, RegistryField
from .disclosure import ChildRecords, form_for
from .involvement import Involvement
from .notices import Notice, NoticeKind, NumberedNotice
from .outcomes import ContactOutcome
from .values import Struct

_ABOUT_NO_RECORD = frozenset({NoticeKind.SOFT_LIMIT, NoticeKind.CONTACT_OUTCOMES, NoticeKind.REGISTRY_CHANGED})


class VisibleNotice(Struct, frozen=True, kw_only=True):
    """A notice as its reader may see it.

    `authority`: the authority that registered or looked up. None for the other kinds of notice, and if naming it would
    reveal something that the reader may not be shown.
    `reference`: of the reader's own record. `practitioner_id`: of the reader's own practitioner.
    `phone`, `outcomes`: the number that askers rang, and how often each outcome was recorded.
    `changed`: what changed of the reader's registry item. None for the other kinds of notice.
    `role`: of whoever looked up or shielded. Only the broker desk sees it.
    """

    number: int
    kind: NoticeKind
    at: datetime
    reference: str | None
    authority: Authority | None = None
    lookup_id: str | None = None
    purpose: Purpose | None = None
    practitioner_id: str | None = None
    expires_at: datetime | None = None
    phone: str | None = None
    outcomes: Mapping[ContactOutcome, int] | None = None
    changed: tuple[RegistryField, ...] | None = None
    role: str | None = None


def is_visible(notice: Notice, records: ChildRecords, now: datetime) -> bool:
    """True if the recipient may see the notice now. `records`: of the notice's child; empty if it is about no child."""
    if notice.kind in _ABOUT_NO_RECORD:
        return True
    if notice.reference is None:
        return _is_visible_to_desk(notice, records, now)
    own = records.live_row(notice.recipient, notice.reference, now)
    if own is None:
        return False
    if notice.kind is NoticeKind.TRACE_NUMBER:
        return own.child == notice.child and records.trace_number
    if notice.kind in _OF_OWN_STATE:
        return _OF_OWN_STATE[notice.kind](own, notice)
    return _is_visible_to_owner(notice, own, records, now)


_OF_OWN_STATE: Mapping[NoticeKind, Callable[[Involvement, Notice], bool]] = {
    NoticeKind.LAPSES: lambda own, notice: own.expires_at == notice.expires_at,
    NoticeKind.DISPUTED: lambda own, _: own.details.disputed,
    NoticeKind.UNDECIDED: lambda own, notice: own.version == notice.version,
}
"""Whether the reader's own record is still as the notice says."""


def _is_visible_to_desk(notice: Notice, records: ChildRecords, now: datetime) -> bool:
    """If a child is shielded, the broker desk receives all that owners do not see, in full. It has no record of its
    own."""
    is_there = notice.kind is not NoticeKind.REGISTERED or _registered(notice, records, now) is not None
    by_itself = notice.by is not None and notice.by.authority_code == notice.recipient
    return records.shielded and is_there and not by_itself


def _is_visible_to_owner(notice: Notice, own: Involvement, records: ChildRecords, now: datetime) -> bool:
    """For a notice about what others did: the owner sees it only if it happened while the owner worked with the child,
    and as long as that work goes on."""
    if own.details.work.has_ended(now.date()) or notice.at.date() < own.details.first_registered_on:
        return False
    if notice.kind is NoticeKind.SHIELDED:
        # A notice of an earlier shield, which was lifted, is not shown again.
        return records.was_shielded_at(notice.at) and lookup_visibility.owner_may_see_lookups(own, now.date())
    if notice.kind is NoticeKind.REGISTERED:
        if records.shielded:
            return False
        registered = _registered(notice, records, now)
        if registered is None or registered.details.work.is_sensitive:
            return False
        return not _is_same_practitioner(own, registered)
    by_another = notice.by is not None and notice.by.authority_code != notice.recipient
    may_see = by_another and not records.was_shielded_at(notice.at)
    return may_see and lookup_visibility.owner_may_see_lookups(own, now.date())


def visible_notice(
    numbered: NumberedNotice,
    records: ChildRecords,
    reader: Authority,
    authorities: Mapping[str, Authority],
    now: datetime,
    *,
    named: Set[str] = frozenset(),
) -> VisibleNotice | None:
    """Returns None if the reader may not see the notice, or may no longer see it.

    `named`: the ids of the lookups that hid behind a record made up for them.
    """
    notice = numbered.notice
    form = _form(notice, records, reader, now)
    if form is None or now >= notice.kept_until or not is_visible(notice, records, now):
        return None
    authority = _nameable_authority(notice, records, authorities, now, named) if form is Form.FULL else None
    looked_up, contact = notice.kind is NoticeKind.LOOKED_UP, notice.contact
    return VisibleNotice(
        number=numbered.number,
        kind=notice.kind,
        at=notice.at,
        reference=notice.reference,
        authority=authority,
        lookup_id=notice.source if looked_up else None,
        purpose=notice.purpose if authority is not None else None,
        practitioner_id=_own_practitioner(notice),
        expires_at=notice.expires_at,
        phone=None if contact is None else contact.rung.phone,
        outcomes=None if contact is None else contact.counts,
        changed=notice.changed if notice.kind is NoticeKind.REGISTRY_CHANGED else None,
        role=notice.by.role if notice.by is not None and is_for_desk(notice) else None,
    )


def _own_practitioner(notice: Notice) -> str | None:
    if notice.contact is not None:
        return notice.contact.rung.practitioner_id
    return notice.by.practitioner_id if notice.kind is NoticeKind.SOFT_LIMIT and notice.by else None


def is_for_desk(notice: Notice) -> bool:
    """True if the broker desk is to read it: it is about a child, and about no record of the reader."""
    return notice.child is not None and notice.reference is None


def _form(notice: Notice, records: ChildRecords, reader: Authority, now: datetime) -> Form | None:
    """How much of the notice the reader may see: no more than a lookup for the reader's widest purpose would show."""
    if is_for_desk(notice):
        return Form.FULL
    if notice.kind in (NoticeKind.LOOKED_UP, NoticeKind.SHIELDED):
        return Form.FULL if lookup_visibility.may_see_lookups(reader) else None
    if notice.kind is not NoticeKind.REGISTERED:
        return Form.FULL
    registered = _registered(notice, records, now)
    if registered is None:
        return None
    work = registered.details.work
    forms = {form_for(purpose, work.service_type, sensitive=work.is_sensitive) for purpose in reader.purposes}
    return next((form for form in (Form.FULL, Form.BROKERED) if form in forms), None)


def _nameable_authority(
    notice: Notice, records: ChildRecords, authorities: Mapping[str, Authority], now: datetime, named: Set[str]
) -> Authority | None:
    if notice.by is None or notice.kind is NoticeKind.SOFT_LIMIT:
        return None
    if notice.kind is NoticeKind.REGISTERED or is_for_desk(notice):
        return authorities.get(notice.by.authority_code)
    if records.shielded:
        return None
    hidden = notice.by.sensitive and notice.source not in named
    asker = lookup_visibility.Asker(notice.by.authority_code, notice.by.practitioner_id, hidden, notice.at.date())
    return lookup_visibility.nameable_authority(asker, notice.recipient, records, authorities, now)


def _registered(notice: Notice, records: ChildRecords, now: datetime) -> Involvement | None:
    """The record whose registration caused the notice. If it is gone, another one that its authority registered on that
    day: it may have brought no notice of its own, because of this one."""
    if notice.by is None:
        return None
    row = records.live_row(notice.by.authority_code, notice.by.reference, now)
    return row or next((one for one in records.involvements if _stands_in(one, notice, now)), None)


def _stands_in(row: Involvement, notice: Notice, now: datetime) -> bool:
    return (
        notice.by is not None
        and row.authority_code == notice.by.authority_code
        and row.details.first_registered_on == notice.at.date()
        and not row.details.work.is_sensitive
        and row.is_live(now)
    )


def _is_same_practitioner(own: Involvement, registered: Involvement) -> bool:
    """A practitioner who registers a second record of the same child gets no notice about it."""
    work = registered.details.work
    return own.is_of(registered.authority_code, work.practitioner.id, work.organisation)

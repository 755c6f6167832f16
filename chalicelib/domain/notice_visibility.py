"""Telling: which notices an authority is told, and how much of them. Decided when a notice is written, and again
whenever it is read, by the same rules: see the table in `notices.py`."""

from collections.abc import Mapping
from datetime import datetime

from . import lookup_visibility
from .access_records import Form
from .authority import Authority, Purpose
from .disclosure import ChildRecords, form_for
from .involvement import Involvement
from .notices import Notice, NoticeKind, Waiting
from .values import Struct


class VisibleNotice(Struct, frozen=True, kw_only=True):
    """`authority` is None where nobody else did it, and where naming it would tell what the reader may not be shown.

    `reference`: the reader's own. `practitioner_id`: of the reader's own practitioner.
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


def is_visible(notice: Notice, records: ChildRecords, now: datetime) -> bool:
    """`records`: of the notice's child; empty where it is about no child."""
    if notice.kind is NoticeKind.SOFT_LIMIT:
        return True
    if notice.reference is None:
        return _may_the_desk_know(notice, records, now)
    own = _row(records, notice.recipient, notice.reference, now)
    if own is None:
        return False
    if notice.kind is NoticeKind.LAPSES:
        return own.expires_at == notice.expires_at
    if notice.kind is NoticeKind.DISPUTED:
        return own.details.disputed
    return _may_know_of_others(notice, own, records, now)


def _may_the_desk_know(notice: Notice, records: ChildRecords, now: datetime) -> bool:
    """Of a shielded child it alone hears what others do, and has no record of its own."""
    registered = _registered(notice, records, now) if notice.kind is NoticeKind.REGISTERED else None
    is_open = notice.kind is NoticeKind.LOOKED_UP or (
        registered is not None and not registered.details.work.is_sensitive
    )
    by_another = notice.by is not None and notice.by.authority_code != notice.recipient
    return records.shielded and is_open and by_another


def _may_know_of_others(notice: Notice, own: Involvement, records: ChildRecords, now: datetime) -> bool:
    """Of what others did since one works with the child, and only as long as one does."""
    if records.shielded or own.details.work.has_ended(now.date()) or notice.at.date() < own.details.first_registered_on:
        return False
    if notice.kind is NoticeKind.REGISTERED:
        registered = _registered(notice, records, now)
        return registered is not None and not registered.details.work.is_sensitive and not _same(own, registered)
    by_another = notice.by is not None and notice.by.authority_code != notice.recipient
    return by_another and lookup_visibility.owner_may_see_lookups(own, records, now.date())


def visible_notice(
    waiting: Waiting, records: ChildRecords, reader: Authority, authorities: Mapping[str, Authority], now: datetime
) -> VisibleNotice | None:
    """None for what the reader may not be told, or no longer."""
    notice = waiting.notice
    form = _form(notice, records, reader, now)
    if form is None or now >= notice.kept_until or not is_visible(notice, records, now):
        return None
    authority = _authority(notice, records, authorities, now) if form is Form.FULL else None
    looked_up, soft_limit = notice.kind is NoticeKind.LOOKED_UP, notice.kind is NoticeKind.SOFT_LIMIT
    return VisibleNotice(
        number=waiting.number,
        kind=notice.kind,
        at=notice.at,
        reference=notice.reference,
        authority=authority,
        lookup_id=notice.source if looked_up else None,
        purpose=notice.purpose if authority is not None else None,
        practitioner_id=notice.by.practitioner_id if soft_limit and notice.by else None,
        expires_at=notice.expires_at,
    )


def _form(notice: Notice, records: ChildRecords, reader: Authority, now: datetime) -> Form | None:
    """A notice tells no more than the reader's best purpose would, if it asked."""
    if notice.kind is NoticeKind.LOOKED_UP:
        return Form.FULL if lookup_visibility.may_see_lookups(reader) else None
    if notice.kind is not NoticeKind.REGISTERED:
        return Form.FULL
    registered = _registered(notice, records, now)
    if registered is None:
        return None
    work = registered.details.work
    forms = {form_for(purpose, work.service_type, sensitive=work.is_sensitive) for purpose in reader.purposes}
    return next((form for form in (Form.FULL, Form.BROKERED) if form in forms), None)


def _authority(
    notice: Notice, records: ChildRecords, authorities: Mapping[str, Authority], now: datetime
) -> Authority | None:
    if notice.by is None or notice.kind is NoticeKind.SOFT_LIMIT:
        return None
    if notice.kind is NoticeKind.REGISTERED:
        return authorities.get(notice.by.authority_code)
    asker = lookup_visibility.Asker(notice.by.authority_code, notice.by.practitioner_id, notice.by.sensitive)
    return lookup_visibility.nameable(asker, notice.recipient, records, authorities, now)


def _registered(notice: Notice, records: ChildRecords, now: datetime) -> Involvement | None:
    return None if notice.by is None else _row(records, notice.by.authority_code, notice.by.reference, now)


def _row(records: ChildRecords, code: str, reference: str | None, now: datetime) -> Involvement | None:
    found = (row for row in records.involvements if (row.authority_code, row.reference) == (code, reference))
    return next((row for row in found if row.is_live(now)), None)


def _same(own: Involvement, registered: Involvement) -> bool:
    """One practitioner with two records of one child is no other practitioner."""
    work = registered.details.work
    return own.is_of(registered.authority_code, work.practitioner.id, work.organisation)

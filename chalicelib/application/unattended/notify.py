"""Post a notice about a lookup or an act to everybody whom it concerns.

Each event is processed at least once, and each recipient gets one notice of it for each record. The child's records are
read with strong consistency, so no owner is missed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from ...domain.access_records import Act
from ...domain.authority import Purpose, RegistryField
from ...domain.child import ChildKey
from ...domain.disclosure import ChildRecords
from ...domain.limits import SoftLimit
from ...domain.notice_visibility import is_visible
from ...domain.notices import Notice, NoticeKind, Originator, about_registry, registration_source
from ...domain.values import Struct
from ..ports import Clock, Meter, Registry
from .ports import PostedNotices, RecordsOfChild

MAX_NOTICES_PER_AUTHORITY = 10
"""At most this many notices per event and authority. Otherwise 1,000 records of one child would notify each other."""
NUMBER_ENDS = frozenset({Act.SUPERSEDED, Act.NUMBER_RETIRED})
"""From any of these acts on, the number of the key is no longer in use."""


class SeenLookup(Struct, frozen=True, kw_only=True):
    """A lookup, as read from its access record on the stream."""

    id: str
    at: datetime
    child: ChildKey
    by: Originator
    purpose: Purpose
    over_soft_limit: SoftLimit | None = None


class SeenAct(Struct, frozen=True, kw_only=True):
    """An act, as read from its access record on the stream. `authority_code`, `reference`: those of the record that it
    concerns; None if it concerns the child's number or shield. `by`: the caller who shielded, None for an operator.
    `over_soft_limit`: of a shield."""

    id: str
    at: datetime
    act: Act
    child: ChildKey
    authority_code: str | None = None
    reference: str | None = None
    by: Originator | None = None
    over_soft_limit: SoftLimit | None = None


class SeenRegistryChange(Struct, frozen=True, kw_only=True):
    """A change of an authority's registry item, as read from its access record on the stream."""

    id: str
    at: datetime
    authority_code: str
    changed: tuple[RegistryField, ...]


class Notify(Struct, frozen=True, kw_only=True):
    """If events arrive twice, late or out of order, the notices are the same."""

    notices: PostedNotices
    involvements: RecordsOfChild
    registry: Registry
    clock: Clock
    meter: Meter
    broker_desk_code: str | None

    def __call__(self, seen: SeenLookup | SeenAct | SeenRegistryChange | None) -> None:
        """None means that the access record concerns nobody. Raises Unavailable. Notices that were posted before then
        stay, and the next try does not post them again."""
        if seen is None:
            return
        for notice in self._of(seen):
            if self.notices.post(notice):
                self.meter("NoticesPosted")

    def _of(self, seen: SeenLookup | SeenAct | SeenRegistryChange) -> Iterator[Notice]:
        if isinstance(seen, SeenRegistryChange):
            return self._of_registry_change(seen)
        return self._of_lookup(seen) if isinstance(seen, SeenLookup) else self._of_act(seen)

    def _of_registry_change(self, seen: SeenRegistryChange) -> Iterator[Notice]:
        """Nothing for an item that was entered by hand: without a salt its authority can neither sign in nor read."""
        registry = self.registry.view()
        is_reader = seen.authority_code in registry.authorities and seen.authority_code not in registry.removed
        if is_reader and self.notices.can_receive(seen.authority_code):
            yield about_registry(seen.authority_code, seen.changed, seen.id, at=seen.at)

    def _of_lookup(self, seen: SeenLookup) -> Iterator[Notice]:
        if seen.over_soft_limit is not None:
            yield _soft_limit(seen.by, seen.at, seen.over_soft_limit)
        looked_up = partial(
            Notice,
            kind=NoticeKind.LOOKED_UP,
            source=seen.id,
            at=seen.at,
            child=seen.child,
            by=seen.by,
            purpose=seen.purpose,
        )
        records = self._records(seen.child)
        yield from self._to_owners(records, looked_up)
        yield from self._to_desk(records, looked_up)

    def _of_act(self, seen: SeenAct) -> Iterator[Notice]:
        about = partial(Notice, source=seen.id, at=seen.at, child=seen.child)
        if seen.act in NUMBER_ENDS:
            yield from self._to_owners(self._records(seen.child), partial(about, kind=NoticeKind.TRACE_NUMBER))
            return
        if seen.act is Act.SHIELDED:
            yield from self._of_shield(seen)
            return
        if seen.authority_code is None or seen.reference is None:
            return
        if seen.act is Act.DISPUTED:
            notice = about(recipient=seen.authority_code, kind=NoticeKind.DISPUTED, reference=seen.reference)
            # The event may come late, when the record is gone. Nothing may be posted about an erased child.
            if is_visible(notice, self._records(seen.child), self.clock()):
                yield notice
        elif seen.act is Act.REGISTERED:
            yield from self._of_registration(seen, seen.authority_code, seen.reference)

    def _of_registration(self, seen: SeenAct, code: str, reference: str) -> Iterator[Notice]:
        """Nothing if the record is gone by now. Another one that its authority registered that day has an event of its
        own."""
        records = self._records(seen.child)
        if records.live_row(code, reference, self.clock()) is None:
            return
        by = Originator(authority_code=code, reference=reference)
        about = partial(Notice, kind=NoticeKind.REGISTERED, at=seen.at, child=seen.child, by=by)
        yield from self._to_owners(records, partial(about, source=registration_source(code, reference, seen.at)))
        # The desk reads of every record, since it alone can act for a shielded child.
        yield from self._to_desk(records, partial(about, source=f"{code}#{seen.at:%F}#{reference}"))

    def _of_shield(self, seen: SeenAct) -> Iterator[Notice]:
        """Owners get one for each shield, however often somebody asks for it again, and it never says who asked. The
        broker desk gets one for each request."""
        if seen.by is not None and seen.over_soft_limit is not None:
            yield _soft_limit(seen.by, seen.at, seen.over_soft_limit, of="#shields")
        records = self._records(seen.child)
        since = records.shielded_since
        about = partial(Notice, kind=NoticeKind.SHIELDED, at=seen.at, child=seen.child)
        yield from self._to_owners(records, partial(about, source="" if since is None else since.isoformat()))
        yield from self._to_desk(records, partial(about, source=seen.id, by=seen.by))

    def _records(self, child: ChildKey) -> ChildRecords:
        return self.involvements.of_child(child, self.registry.view().removed)

    def _to_desk(self, records: ChildRecords, about: Callable[..., Notice]) -> Iterator[Notice]:
        """If the child is shielded, and the broker desk is an authority in the registry."""
        desk, registry = self.broker_desk_code, self.registry.view()
        if desk in registry.authorities and desk not in registry.removed:
            notice = about(recipient=desk)
            if is_visible(notice, records, self.clock()):
                yield notice

    def _to_owners(self, records: ChildRecords, about: Callable[..., Notice]) -> Iterator[Notice]:
        """One for each record of the child whose owner may see it, up to MAX_NOTICES_PER_AUTHORITY."""
        now = self.clock()
        counts: Counter[str] = Counter()
        for row in records.involvements:
            notice = about(recipient=row.authority_code, reference=row.reference)
            if counts[row.authority_code] < MAX_NOTICES_PER_AUTHORITY and is_visible(notice, records, now):
                counts[row.authority_code] += 1
                yield notice


def _soft_limit(by: Originator, at: datetime, passed: SoftLimit, of: str = "") -> Notice:
    """A notice to the asker's own authority. Its source allows one a day for each practitioner, and one a day for the
    authority as a whole, for lookups and again for shields."""
    practitioner = by.practitioner_id if passed is SoftLimit.PRACTITIONER else None
    return Notice(
        recipient=by.authority_code,
        kind=NoticeKind.SOFT_LIMIT,
        source=f"{at:%F}{of}#{practitioner or ''}",
        at=at,
        by=Originator(authority_code=by.authority_code, practitioner_id=practitioner),
    )

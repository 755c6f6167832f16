"""Turn what the access records tell of into notices for those whom it concerns: at least once, and from one source
once for each of them. The child's records are read strongly consistently, so nobody who has one is missed."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from ...domain.access_records import Act
from ...domain.authority import Purpose
from ...domain.child import ChildKey
from ...domain.disclosure import ChildRecords
from ...domain.limits import SoftLimit
from ...domain.notice_visibility import is_visible
from ...domain.notices import Doer, Notice, NoticeKind
from ...domain.values import Struct
from ..ports import Clock, InvolvementStore, Meter, Notices, Registry

MOST_FOR_ONE_AUTHORITY = 10
"""Notices of one thing. Each of a thousand records of one child would else be told of each of the others."""
_REGISTRATIONS = frozenset({Act.REGISTERED, Act.MOVED_HERE})


class SeenLookup(Struct, frozen=True, kw_only=True):
    """A lookup, as its access record tells of it to who watches them."""

    id: str
    at: datetime
    child: ChildKey
    by: Doer
    purpose: Purpose
    over_soft_limit: SoftLimit | None = None


class SeenAct(Struct, frozen=True, kw_only=True):
    """What was done to one record: `authority_code` and `reference` are those of the record."""

    id: str
    at: datetime
    act: Act
    child: ChildKey
    authority_code: str
    reference: str


class Notify(Struct, frozen=True, kw_only=True):
    """Seen twice, or late, or out of order: the same notices stand."""

    notices: Notices
    involvements: InvolvementStore
    registry: Registry
    clock: Clock
    meter: Meter
    broker_desk_code: str | None

    def __call__(self, seen: SeenLookup | SeenAct | None) -> None:
        """None concerns nobody. Raises Unavailable; what was posted until then stays, and is not posted again."""
        if seen is None:
            return
        for notice in self._of_lookup(seen) if isinstance(seen, SeenLookup) else self._of_act(seen):
            if self.notices.post(notice):
                self.meter("NoticesPosted")

    def _of_lookup(self, seen: SeenLookup) -> Iterator[Notice]:
        if seen.over_soft_limit is not None:
            yield _soft_limit(seen, seen.over_soft_limit)
        looked_up = partial(
            Notice,
            kind=NoticeKind.LOOKED_UP,
            source=seen.id,
            at=seen.at,
            child=seen.child,
            by=seen.by,
            purpose=seen.purpose,
        )
        yield from self._to_whom_it_concerns(self._records(seen.child), looked_up)

    def _of_act(self, seen: SeenAct) -> Iterator[Notice]:
        about = partial(Notice, source=seen.id, at=seen.at, child=seen.child)
        if seen.act is Act.DISPUTED:
            notice = about(recipient=seen.authority_code, kind=NoticeKind.DISPUTED, reference=seen.reference)
            # Told late, the record may be gone: an erased child gets no notice again.
            if is_visible(notice, self._records(seen.child), self.clock()):
                yield notice
        elif seen.act in _REGISTRATIONS:
            by = Doer(authority_code=seen.authority_code, reference=seen.reference)
            records = self._records(seen.child)
            if not _is_older(seen, records):
                yield from self._to_whom_it_concerns(records, partial(about, kind=NoticeKind.REGISTERED, by=by))

    def _records(self, child: ChildKey) -> ChildRecords:
        return self.involvements.of_child(child, self.registry.view().removed)

    def _to_whom_it_concerns(self, records: ChildRecords, about: Callable[..., Notice]) -> Iterator[Notice]:
        """The owners, or of a shielded child the broker desk alone, where it is an authority of the registry."""
        yield from self._to_owners(records, about)
        desk, registry = self.broker_desk_code, self.registry.view()
        if desk in registry.authorities and desk not in registry.removed:
            notice = about(recipient=desk)
            if is_visible(notice, records, self.clock()):
                yield notice

    def _to_owners(self, records: ChildRecords, about: Callable[..., Notice]) -> Iterator[Notice]:
        """One for each record of the child whose owner may be told; of each authority no more than a few."""
        now = self.clock()
        counts: Counter[str] = Counter()
        for row in records.involvements:
            notice = about(recipient=row.authority_code, reference=row.reference)
            if counts[row.authority_code] < MOST_FOR_ONE_AUTHORITY and is_visible(notice, records, now):
                counts[row.authority_code] += 1
                yield notice


def _is_older(seen: SeenAct, records: ChildRecords) -> bool:
    """A record that only went from an old number of the child to the present one is not new to anybody."""
    rows = (row for row in records.involvements if row.reference == seen.reference)
    mine = next((row for row in rows if row.authority_code == seen.authority_code), None)
    moved = seen.act is Act.MOVED_HERE
    return moved and mine is not None and mine.details.first_registered_on < seen.at.date()


def _soft_limit(seen: SeenLookup, whose: SoftLimit) -> Notice:
    """Once a day for each practitioner, and once for the authority as a whole."""
    practitioner = seen.by.practitioner_id if whose is SoftLimit.PRACTITIONER else None
    return Notice(
        recipient=seen.by.authority_code,
        kind=NoticeKind.SOFT_LIMIT,
        source=f"{seen.at:%F}#{practitioner or ''}",
        at=seen.at,
        by=Doer(authority_code=seen.by.authority_code, practitioner_id=practitioner),
    )

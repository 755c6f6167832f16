"""Read what waits for the caller's authority. That it did so is recorded before anything leaves."""

from collections.abc import Mapping, Sequence, Set

from ..domain.access_records import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.child import ChildKey
from ..domain.disclosure import ChildRecords
from ..domain.errors import FieldError, InvalidRequest
from ..domain.notice_visibility import VisibleNotice, visible_notice
from ..domain.notices import Waiting
from ..domain.values import Struct
from .ports import AccessLog, Clock, InvolvementStore, Meter, Notices, Registry
from .recorder import Recorder

_NO_RECORDS = ChildRecords()


class ReadableNotices(Struct, frozen=True):
    """In order. `complete`: nothing that may have been for the reader was unreadable.

    `next_after`: up to where this has looked, which may be beyond the last that is told.
    """

    notices: tuple[VisibleNotice, ...]
    complete: bool
    next_after: int


class ReadNotices(Struct, frozen=True, kw_only=True):
    notices: Notices
    involvements: InvolvementStore
    access_log: AccessLog
    registry: Registry
    clock: Clock
    recorder: Recorder
    meter: Meter

    def __call__(self, after: int, limit: int, caller: Caller) -> ReadableNotices:
        """Looks at up to `limit` notices after the number `after`; tells those that may still be told.

        Raises Forbidden, Unavailable, or InvalidRequest for a number that was never given.
        """
        caller.require(Scope.NOTICES)
        now = self.clock()
        code = caller.authority.code
        page = self.notices.page(code, after, limit)
        if after > page.given:
            raise InvalidRequest(FieldError("after", "is not a cursor of ours; start again without one"))
        registry = self.registry.view()
        records = self._records(page.waiting, registry.removed)
        notices: list[VisibleNotice] = []
        complete = not page.unreadable
        for waiting in page.waiting:
            of_child = records[waiting.notice.child]
            notice = visible_notice(waiting, of_child, caller.authority, registry.authorities, now)
            if notice is not None:
                notices.append(notice)
            elif of_child.unreadable:
                # It may be withheld for want of a row that does not open.
                complete = False
        self.access_log.append_acts(self._records_of(page.waiting, notices, caller))
        self.meter("NoticesTold", len(notices))
        return ReadableNotices(tuple(notices), complete, page.last)

    def _records_of(self, waiting: Sequence[Waiting], told: Sequence[VisibleNotice], caller: Caller) -> list[ActRecord]:
        """That the authority read its notices, and under each child that it was told something about it."""
        numbers = {notice.number for notice in told}
        about = {(one.notice.child, one.notice.reference): None for one in waiting if one.number in numbers}
        make = self.recorder.make
        under_children = [make(Act.NOTICES_READ, caller, child, reference=own) for child, own in about if child]
        return [make(Act.NOTICES_READ, caller), *under_children]

    def _records(self, waiting: tuple[Waiting, ...], passing_over: Set[str]) -> Mapping[ChildKey | None, ChildRecords]:
        """Each child once, however many notices are about it."""
        children = {one.notice.child for one in waiting}
        return {
            child: _NO_RECORDS if child is None else self.involvements.of_child(child, passing_over)
            for child in children
        }

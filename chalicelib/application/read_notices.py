"""Read the notices that wait for the caller's authority. The access records are written first."""

from collections.abc import Mapping, Sequence, Set

from ..domain.access_records import Act, ActRecord
from ..domain.authority import Caller, Scope
from ..domain.child import ChildKey
from ..domain.disclosure import ChildRecords
from ..domain.errors import FieldError, InvalidRequest
from ..domain.hiding import HiddenLookup
from ..domain.notice_visibility import VisibleNotice, is_for_desk, visible_notice
from ..domain.notices import NumberedNotice
from ..domain.values import Struct
from .hidden_lookups import HiddenLookups
from .ports import AccessLog, Clock, InvolvementStore, Meter, Notices, Registry
from .recorder import Recorder

_NO_RECORDS = ChildRecords()


class ReadableNotices(Struct, frozen=True):
    """In order of number.

    `complete`: no unreadable item can have hidden a notice from the reader.
    `next_after`: the last number that was looked at, which may be higher than that of the last visible notice.
    """

    notices: tuple[VisibleNotice, ...]
    complete: bool
    next_after: int


class ReadNotices(Struct, frozen=True, kw_only=True):
    """`broker_desk_code`: only this authority reads what is for the broker desk, and none that was the desk once."""

    notices: Notices
    involvements: InvolvementStore
    hidden_lookups: HiddenLookups
    access_log: AccessLog
    registry: Registry
    clock: Clock
    recorder: Recorder
    meter: Meter
    broker_desk_code: str | None

    def __call__(self, after: int, limit: int, caller: Caller) -> ReadableNotices:
        """Looks at up to `limit` notices after the number `after`, and returns those that the reader may still see.

        Raises Forbidden, Unavailable, or InvalidRequest if `after` is higher than any number that was given.
        """
        caller.require(Scope.NOTICES)
        now = self.clock()
        code = caller.authority.code
        page = self.notices.page(code, after, limit)
        if after > page.given:
            raise InvalidRequest(FieldError("after", "is not a cursor of ours; start again without one"))
        registry = self.registry.view()
        records = self._records(page.waiting, registry.removed)
        named = self._named(page.waiting)
        notices: list[VisibleNotice] = []
        complete = not page.unreadable
        for numbered in page.waiting:
            if is_for_desk(numbered.notice) and code != self.broker_desk_code:
                continue
            of_child = records[numbered.notice.child]
            notice = visible_notice(numbered, of_child, caller.authority, registry.authorities, now, named=named)
            if notice is not None:
                notices.append(notice)
            elif of_child.unreadable:
                # If the unreadable row could be read, the notice might be visible.
                complete = False
        self.access_log.append_acts(self._access_records(page.waiting, notices, caller))
        self.meter("NoticesShown", len(notices))
        return ReadableNotices(tuple(notices), complete, page.last)

    def _access_records(
        self, waiting: Sequence[NumberedNotice], shown: Sequence[VisibleNotice], caller: Caller
    ) -> list[ActRecord]:
        """One access record for the authority, and one for each child and record that a shown notice is about."""
        numbers = {notice.number for notice in shown}
        notices = [numbered.notice for numbered in waiting if numbered.number in numbers]
        about = dict.fromkeys((notice.child, notice.reference) for notice in notices)
        make = self.recorder.make
        under_children = [make(Act.NOTICES_READ, caller, child, reference=own) for child, own in about if child]
        return [make(Act.NOTICES_READ, caller), *under_children]

    def _named(self, waiting: Sequence[NumberedNotice]) -> frozenset[str]:
        """The lookups that hid behind a record made up for them, and are named after all."""
        hidden: dict[ChildKey, list[HiddenLookup]] = {}
        for numbered in waiting:
            notice = numbered.notice
            if notice.child is not None and notice.by is not None and notice.by.sensitive and notice.by.behind:
                by = notice.by
                one = HiddenLookup(id=notice.source, at=notice.at, authority_code=by.authority_code, behind=by.behind)
                hidden.setdefault(notice.child, []).append(one)
        return frozenset().union(*(self.hidden_lookups.named(child, ones) for child, ones in hidden.items()))

    def _records(
        self, waiting: Sequence[NumberedNotice], passing_over: Set[str]
    ) -> Mapping[ChildKey | None, ChildRecords]:
        """Reads the records of each child once, however many notices are about it."""
        children = {numbered.notice.child for numbered in waiting}
        return {
            child: _NO_RECORDS if child is None else self.involvements.of_child(child, passing_over)
            for child in children
        }

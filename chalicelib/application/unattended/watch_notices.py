"""Watch the heads, notices and marks of the Notices table. Raise a metric for each change that is not our own.

Whoever deletes a notice, lowers a head or plants a mark keeps an authority from hearing that somebody asked.
"""

from collections.abc import Mapping

from ...domain.access_records import Act
from ...domain.notice_items import NoticeChange, NoticeItem, NoticeItemKind, has_ended, is_next_head
from ...domain.notices import StoredNotice
from ...domain.values import Struct
from ..ports import AccessHistory, Meter
from ..recorder import Recorder
from .ports import NoticeHeads

GivenNumbers = Mapping[str, int]
"""The highest number that each authority's head got in the same batch of stream records."""


class WatchNotices(Struct, frozen=True, kw_only=True):
    """If changes arrive twice or out of order, the same ones are found."""

    heads: NoticeHeads
    history: AccessHistory
    recorder: Recorder
    meter: Meter

    def __call__(self, change: NoticeChange, given: GivenNumbers) -> None:
        """Raises Unavailable."""
        if not self._is_ours(change, given):
            self.meter("NoticesTampered")

    def _is_ours(self, change: NoticeChange, given: GivenNumbers) -> bool:
        before, after = change.before, change.after
        if before is not None and after is None:
            return has_ended(change) or self._is_erased(before)
        if after is None:
            return True
        if after.kind is NoticeItemKind.HEAD:
            return is_next_head(before, after)
        return before is None and self._is_given(after, given)

    def _is_given(self, item: NoticeItem, given: GivenNumbers) -> bool:
        """True if the number is no higher than the head. The head is read only if no stream record beside it shows it,
        as at the end of a batch."""
        code, number = item.authority_code, item.number
        if code is None or number is None:
            return False
        if number <= given.get(code, 0):
            return True
        last = self.heads.last(code)
        return last is not None and number <= last

    def _is_erased(self, item: NoticeItem) -> bool:
        """Reads one access record, by the id that an erasure gave it."""
        code, number, ends_at = item.authority_code, item.number, item.ends_at
        if item.kind is NoticeItemKind.HEAD or code is None or number is None or ends_at is None:
            return False
        erased = StoredNotice(recipient=code, number=number, kept_until=ends_at)
        found = self.history.act_of_authority(code, self.recorder.notice_erasure_id(erased))
        return found is not None and found.act == Act.NOTICE_ERASED

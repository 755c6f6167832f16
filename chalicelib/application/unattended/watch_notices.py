"""Watch the heads, notices and marks of the Notices table. Raise a metric for each change that is not our own.

Deleting a notice, lowering a head or planting a mark could keep an authority from hearing that somebody asked.
"""

from ...domain.access_records import Act
from ...domain.notice_items import NoticeChange, NoticeItem, NoticeItemKind, has_ended, is_written_by_us
from ...domain.notices import StoredNotice
from ...domain.values import Struct
from ..ports import AccessHistory, Meter
from ..recorder import Recorder


class WatchNotices(Struct, frozen=True, kw_only=True):
    """Changes may arrive twice or out of order: each is judged alone. Only a removal before its time costs a read."""

    history: AccessHistory
    recorder: Recorder
    meter: Meter

    def __call__(self, change: NoticeChange) -> None:
        """Raises Unavailable."""
        if change.after is not None:
            ours = is_written_by_us(change)
        else:
            ours = has_ended(change) or (change.before is not None and self._is_erased(change.before))
        if not ours:
            self.meter("NoticesTampered")

    def _is_erased(self, item: NoticeItem) -> bool:
        """Reads one access record, by the id that an erasure gave it."""
        code, number, ends_at = item.authority_code, item.number, item.ends_at
        if item.kind is NoticeItemKind.HEAD or code is None or number is None or ends_at is None:
            return False
        erased = StoredNotice(recipient=code, number=number, kept_until=ends_at)
        found = self.history.act_of_authority(code, self.recorder.notice_erasure_id(erased))
        return found is not None and found.act == Act.NOTICE_ERASED

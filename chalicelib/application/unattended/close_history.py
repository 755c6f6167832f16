"""Close the minute: put the leaves that wait into the next checkpoint of the history."""

from typing import NoReturn

from ...domain.errors import Unavailable
from ...domain.history import Checkpoint, Head, close, signed_text
from ...domain.merkle import root_of_peaks
from ...domain.values import Struct
from ..ports import Clock, HasTime, Meter
from ..store_errors import Unreadable
from .ports import History, HistoryPadding, HistorySigner


class CloseHistory(Struct, frozen=True, kw_only=True):
    """Closes a minute even if nothing waits, so that nobody can distinguish a quiet minute from a busy one.

    A run may die between any two calls: only the last call stores anything, and it stores everything at once.
    """

    history: History
    signer: HistorySigner
    padding: HistoryPadding
    clock: Clock
    meter: Meter

    def __call__(self, has_time: HasTime) -> bool:
        """Returns False if leaves are left for the next run. Raises Unavailable."""
        while self._close():
            if not has_time():
                return False
        return True

    def _close(self) -> bool:
        """Returns True if more leaves may wait."""
        # The head is read first. If another run closes a minute after this read, ours is refused. In the other order we
        # could put leaves into a checkpoint that the other run has put into its own already.
        head = self._head()
        pending = self.history.pending()
        number = 1 if head is None else head.checkpoint.number + 1
        closing = close(head, pending.leaves, self.padding(number), self.clock())
        key = self.signer.key()
        signature = self.signer.sign(signed_text(closing.minute, closing.history, key.id))
        checkpoint = Checkpoint(closing.minute, closing.history, key.id, signature)
        if not self.history.append(checkpoint, closing, pending, key.der):
            return False
        self.meter("CheckpointsClosed")
        self.meter("LeavesSealed", len(pending.leaves))
        return pending.is_full

    def _head(self) -> Head | None:
        """The last checkpoint, if it is one of ours. Otherwise our signature would make a forged history genuine."""
        try:
            head = self.history.head()
        except Unreadable:
            return self._stop()
        if head is None or self._is_ours(head):
            return head
        return self._stop()

    def _is_ours(self, head: Head) -> bool:
        checkpoint = head.checkpoint
        grows = head.peaks and root_of_peaks(head.peaks) == checkpoint.history
        return bool(grows) and self.signer.verifies(checkpoint.signed_text, checkpoint.signature)

    def _stop(self) -> NoReturn:
        """A person must decide: a new history would not contain what witnesses have seen."""
        self.meter("HistoryDamaged")
        raise Unavailable

"""The furthest checkpoint that this process has seen. A history only grows, so one that ends before it was set back."""

from ...application.store_errors import Unreadable
from ...domain.history import Checkpoint


class HistoryMemory:
    def __init__(self) -> None:
        self.furthest: Checkpoint | None = None

    def keep(self, found: Checkpoint | None) -> None:
        """`found`: with which the history ends now. Raises Unreadable if it cannot come after the furthest one."""
        if self.furthest is not None and (found is None or not found.may_follow(self.furthest)):
            raise Unreadable
        self.furthest = found

    def forget(self) -> None:
        self.furthest = None

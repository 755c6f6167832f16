"""The errors that a store may raise in addition to `Unavailable`. They never leave the use cases."""

from ..domain.child import ChildKey


class Conflict(Exception):
    """Somebody else changed the register entry since it was read. Read again and decide again."""


class Superseded(Exception):
    """The child's number was superseded. New records and shields belong under the present key."""

    def __init__(self, present: ChildKey) -> None:
        super().__init__()
        self.present = present


class Unreadable(Exception):
    """An item is there but does not open or make sense."""

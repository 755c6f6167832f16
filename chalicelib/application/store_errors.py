"""What a store may raise beside `Unavailable`. The use cases turn each of these into an answer of their own."""

from ..domain.child import ChildKey


class Conflict(Exception):
    """Somebody else changed the register entry since it was read. Read again and decide again."""


class Superseded(Exception):
    """The child's number was superseded: what is new belongs under its present key."""

    def __init__(self, present: ChildKey) -> None:
        super().__init__()
        self.present = present


class Unreadable(Exception):
    """A row is there but does not open or make sense."""

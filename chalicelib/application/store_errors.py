"""The errors that a store may raise in addition to `Unavailable`. They never leave the use cases."""

from ..domain.child import ChildKey


class Conflict(Exception):
    """Somebody else changed the register entry since it was read. Read again and decide again."""


class PointerFound(Exception):
    """The child's number was superseded or retired. `leads_to`: for a retired number, its own key."""

    def __init__(self, leads_to: ChildKey) -> None:
        super().__init__()
        self.leads_to = leads_to


class Unreadable(Exception):
    """An item is there but does not open or make sense."""

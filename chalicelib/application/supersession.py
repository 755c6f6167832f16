"""The numbers of one child: what the use cases need from the store of superseded and retired numbers."""

from collections.abc import Iterable
from typing import Protocol

from ..domain.access_records import ActRecord
from ..domain.child import ChildKey
from ..domain.values import Struct


class ChildKeys(Struct, frozen=True):
    """Every key of one child.

    `version`: of the list of former keys when it was read; None if there is no list.
    `retired`: the present number is no longer in use, and has no successor.
    """

    present: ChildKey
    former: tuple[ChildKey, ...]
    version: str | None
    retired: bool = False

    @property
    def all(self) -> tuple[ChildKey, ...]:
        """The present key last, because records go from former keys to it and never back."""
        return (*self.former, self.present)


class Pointer(Struct, frozen=True):
    leads_to: ChildKey
    version: str


class Supersession(Protocol):
    """Superseded NHS numbers. Raises Unavailable, also if a pointer is unreadable or leads to another pointer."""

    def keys_of(self, child: ChildKey) -> ChildKeys: ...

    def needs_tracing(self, child: ChildKey) -> bool:
        """True if the number of this key was superseded or retired."""
        ...

    def pointer(self, child: ChildKey) -> Pointer | None: ...

    def undo(
        self,
        old: ChildKey,
        pointer: Pointer,
        new: ChildKeys,
        access_records: Iterable[ActRecord],
        *,
        retired: bool = False,
    ) -> None:
        """Takes the pointer of `old` away, and `old` off the former keys of `new`, in one transaction. `retired`: the
        old number gets the pointer of a retired number instead. Raises Conflict if either has changed."""
        ...

    def retire(self, child: ChildKey, access_record: ActRecord) -> None:
        """Marks a number without a successor as no longer in use. Raises Conflict if it has a pointer already."""
        ...

    def supersede(self, old: ChildKeys, new: ChildKeys, access_records: Iterable[ActRecord]) -> None:
        """Makes all keys of `old` former keys of `new`, in one transaction. Raises Conflict if either has changed."""
        ...

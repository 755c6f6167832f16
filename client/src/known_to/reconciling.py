"""A file against the authority's register: what is missing there, what is extra."""

from collections.abc import Iterable
from dataclasses import dataclass

from .answers import Receipt
from .client import Client
from .errors import VersionMismatch
from .feed_file import Survey


@dataclass(frozen=True, slots=True)
class Comparison:
    """`missing`: in the file only. `extra`: in the register only, with the versions seen."""

    missing: int
    in_both: int
    extra: tuple[Receipt, ...]

    @property
    def extra_per_cent(self) -> float:
        return 100 * len(self.extra) / max(1, len(self.extra) + self.in_both)


def compare(survey: Survey, register: Iterable[Receipt]) -> Comparison:
    in_both = 0
    extra: list[Receipt] = []
    for entry in register:
        if entry.reference in survey.places:
            in_both += 1
        else:
            extra.append(entry)
    return Comparison(len(survey.places) - in_both, in_both, tuple(extra))


def withdraw_unchanged(client: Client, entry: Receipt) -> bool:
    """False where somebody has changed the record since it was seen: then somebody wants it."""
    try:
        client.withdraw(entry.reference, entry.version)
    except VersionMismatch:
        return False
    return True

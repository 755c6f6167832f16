"""A file against the authority's register: what is missing there, what is extra."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .answers import Receipt
from .client import Client
from .errors import VersionMismatch
from .feed_file import Survey
from .files import write_whole

Difference = tuple[str, str]
"""Reference and "missing" or "extra", as seen from the register."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`missing`: in the file only. `extra`: in the register only, with the versions seen."""

    missing: tuple[str, ...]
    in_both: int
    extra: tuple[Receipt, ...]

    @property
    def differences(self) -> list[Difference]:
        missing = [(reference, "missing") for reference in self.missing]
        return missing + [(entry.reference, "extra") for entry in self.extra]

    @property
    def extra_per_cent(self) -> float:
        return 100 * len(self.extra) / max(1, len(self.extra) + self.in_both)


def compare(survey: Survey, register: Iterable[Receipt]) -> Comparison:
    missing = dict.fromkeys(survey.places)
    extra: list[Receipt] = []
    for entry in register:
        if entry.reference in survey.places:
            missing.pop(entry.reference, None)
        else:
            extra.append(entry)
    return Comparison(tuple(missing), len(survey.places) - len(missing), tuple(extra))


def write_differences(path: Path, differences: Iterable[Difference]) -> None:
    """A CSV with a line for each difference. Raises FileError."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("reference", "what"), *differences])
    write_whole(path, text.getvalue().encode())


def withdraw_unchanged(client: Client, entry: Receipt) -> bool:
    """False where somebody has changed the record since it was seen: then somebody wants it."""
    try:
        client.withdraw(entry.reference, entry.version)
    except VersionMismatch:
        return False
    return True

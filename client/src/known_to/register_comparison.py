"""Compares a feed file with the authority's register: what is missing there, and what is extra."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .answers import Receipt
from .client import Client
from .csv_cells import plain_cell
from .errors import VersionMismatch
from .feed_file import Survey
from .local_files import write_whole

Difference = tuple[str, str]
"""A reference, and "missing" or "extra": in the register, that is."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`missing`: references in the file only. `extra`: records in the register only."""

    missing: tuple[str, ...]
    in_both: int
    extra: tuple[Receipt, ...]

    @property
    def differences(self) -> list[Difference]:
        missing = [(reference, "missing") for reference in self.missing]
        return missing + [(record.reference, "extra") for record in self.extra]

    @property
    def extra_per_cent(self) -> float:
        return 100 * len(self.extra) / max(1, len(self.extra) + self.in_both)


def compare(survey: Survey, register: Iterable[Receipt]) -> Comparison:
    missing = dict.fromkeys(survey.row_numbers)
    extra: list[Receipt] = []
    for record in register:
        if record.reference in survey.row_numbers:
            missing.pop(record.reference, None)
        else:
            extra.append(record)
    return Comparison(tuple(missing), len(survey.row_numbers) - len(missing), tuple(extra))


def write_differences(path: Path, differences: Iterable[Difference]) -> None:
    """Writes a CSV with a line for each difference. Raises FileError."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        [("reference", "what"), *((plain_cell(reference), what) for reference, what in differences)]
    )
    write_whole(path, text.getvalue().encode())


def withdraw_unchanged(client: Client, record: Receipt) -> bool:
    """Returns False, and withdraws nothing, if somebody has changed the record since the comparison.

    Whoever changes a record still needs it.
    """
    try:
        client.withdraw(record.reference, record.version)
    except VersionMismatch:
        return False
    return True

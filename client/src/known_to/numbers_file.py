"""The file beside a feed that says which number each reference had when the service last took its row.

With it, the next load can see that two references have exchanged their numbers. It is a text file of keyed digests,
which reveal nothing without their key.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .errors import SettingsError
from .feed_rows import Row
from .local_files import file_errors, write_whole
from .row_digests import Digest

_FIRST_LINE = "known-to numbers 1"


class NumbersFile:
    def __init__(self, path: Path, digest: Digest) -> None:
        """Raises FileError, or SettingsError if a load did not write the file."""
        self._path = path
        self._digest = digest
        self._before = self._read()
        self._taken: dict[str, str] = {}

    def before(self, reference: str) -> str | None:
        """The digest of the number that the reference had."""
        return self._before.get(self._digest({"reference": reference})) if self._before else None

    def digest_of(self, record: Mapping[str, Any]) -> str:
        return self._digest({"nhs_number": record.get("nhs_number")})

    def take(self, row: Row) -> None:
        """Notes the number of a row that the service has taken."""
        self._taken[self._digest({"reference": row.reference})] = self.digest_of(row.record)

    def save(self, references: Iterable[str] | None = None) -> None:
        """Writes the noted numbers. A reference whose row was not taken keeps the number that it had.

        Forgets all but `references`, if they are given. Raises FileError.
        """
        numbers = {**self._before, **self._taken}
        if references is not None:
            present = map(self._digest, ({"reference": one} for one in references))
            numbers = {one: numbers[one] for one in present if one in numbers}
        lines = [_FIRST_LINE, *(f"{reference} {number}" for reference, number in numbers.items())]
        write_whole(self._path, "".join(f"{line}\n" for line in lines).encode())

    def _read(self) -> dict[str, str]:
        with file_errors(self._path, "read"):
            if not self._path.exists():
                return {}
            head, *lines = self._path.read_text(encoding="ascii", errors="replace").splitlines() or [""]
        if head != _FIRST_LINE:
            raise SettingsError(f"{self._path} is not the file of a load. Rename it, or delete it.")
        pairs = (line.partition(" ") for line in lines)
        return {reference: number for reference, _, number in pairs}

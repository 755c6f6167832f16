"""The rejects file: which rows were rejected, and why. It contains nothing from the rows themselves."""

import csv
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from .errors import FieldError
from .local_files import file_errors

_CHOOSE_ANOTHER = "Choose another file: --rejects FILE."


class RejectsFile:
    """Use it in a `with`. At the end there is a file only if a row was rejected."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written = False

    def __enter__(self) -> Self:
        """Raises FileError."""
        with file_errors(self.path, "written", _CHOOSE_ANOTHER):
            self.path.unlink(missing_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(("row", "field", "problem", "code"))
        return self

    def add(self, number: int, errors: Iterable[FieldError], code: str) -> None:
        """Raises FileError."""
        self._written = True
        with file_errors(self.path, "written", _CHOOSE_ANOTHER):
            csv.writer(self._file).writerows((number, error.field, error.problem, code) for error in errors)
            self._file.flush()

    def __exit__(self, *_: object) -> None:
        # A failed write has raised already. Closing tries it again, and would raise a second time.
        with suppress(OSError):
            self._file.close()
        if not self._written:
            self.path.unlink(missing_ok=True)

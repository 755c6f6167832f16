"""The rejects file: which rows were rejected, and why. It contains nothing from the rows themselves."""

import csv
import io
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from .csv_cells import plain_cell
from .errors import FieldError, FileError
from .local_files import file_errors, write_whole

_CHOOSE_ANOTHER = "Choose another file: --rejects FILE."
_TITLES = ("row", "column", "problem", "code")


class RejectsFile:
    """Use it in a `with`. At the end there is a file only if a row was rejected.

    `title` gives the title of the column that a field comes from. Rows arrive in any order, and are written at once,
    because a kill may come next. At the end they are put into the order of the feed.
    """

    def __init__(self, path: Path, title: Callable[[str], str]) -> None:
        self.path = path
        self._title = title
        self._lines: list[tuple[int, str, str, str]] = []

    def __enter__(self) -> Self:
        """Raises FileError."""
        with file_errors(self.path, "written", _CHOOSE_ANOTHER):
            self.path.unlink(missing_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(_TITLES)
        return self

    def add(self, number: int, errors: Iterable[FieldError], code: str) -> None:
        """Raises FileError."""
        lines = [(number, plain_cell(self._title(error.field)), error.problem, code) for error in errors]
        self._lines += lines
        with file_errors(self.path, "written", _CHOOSE_ANOTHER):
            csv.writer(self._file).writerows(lines)
            self._file.flush()

    def __exit__(self, *_: object) -> None:
        # A failed write has raised already. Closing tries it again, and would raise a second time.
        with suppress(OSError):
            self._file.close()
        if not self._lines:
            self.path.unlink(missing_ok=True)
        elif self._lines != (ordered := sorted(self._lines, key=lambda line: line[0])):
            self._put_in_order(ordered)

    def _put_in_order(self, lines: list[tuple[int, str, str, str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_TITLES, *lines])
        # If the disk is full, the file stays as it is: complete, and out of order.
        with suppress(FileError):
            write_whole(self.path, text.getvalue().encode())

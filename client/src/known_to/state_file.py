"""The state file of a load: which rows the service has taken. A load that was cut off goes on from there.

It is a text file. Its first line holds the time at which the load began. A keyed digest of each taken row follows.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from .errors import SettingsError
from .local_files import file_errors, lock

_FIRST_WORDS = "known-to load 1"
_CHOOSE_ANOTHER = "Choose another file: --state FILE."
FORGOTTEN_AFTER = timedelta(hours=12)
"""Sending a row confirms it. A row that an older load sent must therefore be sent again."""


class StateFile:
    """Use it in a `with`. One load at a time can open it. The file stays until `forget` removes it."""

    def __init__(self, path: Path, now: datetime) -> None:
        """Raises Busy, FileError if the file cannot be written, or SettingsError if it is not a state file."""
        self._path = path
        with file_errors(path, "written", _CHOOSE_ANOTHER):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
            self._file = os.fdopen(handle, "a+", encoding="ascii", errors="replace", newline="\n")
        try:
            lock(path, self._file.fileno(), _CHOOSE_ANOTHER)
            self._taken = self._read(now)
            self.resumed = bool(self._taken)
            # A kill may have cut the last line short, so a resumed load first ends that line.
            self._write([""] if self.resumed else [f"{_FIRST_WORDS} {now.isoformat()}"])
        except BaseException:
            self._close()
            raise

    def has(self, digest: str) -> bool:
        return digest in self._taken

    def add(self, digests: Iterable[str]) -> None:
        self._write(digests)

    def _write(self, lines: Iterable[str]) -> None:
        with file_errors(self._path, "written", _CHOOSE_ANOTHER):
            self._file.write("".join(f"{line}\n" for line in lines))
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        # A failed write has raised already. Closing tries it again, and would raise a second time.
        with suppress(OSError):
            self._file.close()

    def forget(self) -> None:
        """Removes the file at the end of a load, so that the next load sends every row again. Raises FileError."""
        with file_errors(self._path, "removed"):
            try:
                self._path.unlink(missing_ok=True)
            except PermissionError:  # Windows removes no file that is open
                self._close()
                self._path.unlink(missing_ok=True)
        self._close()

    def _read(self, now: datetime) -> frozenset[str]:
        """Returns the digests of the rows that an interrupted load sent. Empties the file if they are too old.

        Raises SettingsError, and changes nothing, if a load did not write the file.
        """
        with file_errors(self._path, "read", _CHOOSE_ANOTHER):
            self._file.seek(0)
            text = self._file.read()
        # A kill may have cut even the first words short.
        if not text.startswith(_FIRST_WORDS[: len(text)]):
            raise SettingsError(
                f"{self._path} is not the state file of a load. Delete it, or choose another file: --state FILE."
            )
        taken = _taken(text, now)
        if not taken:
            with file_errors(self._path, "written", _CHOOSE_ANOTHER):
                self._file.truncate(0)
        return taken


def _taken(text: str, now: datetime) -> frozenset[str]:
    head, *lines = text.splitlines() or [""]
    try:
        began_at = datetime.fromisoformat(head.removeprefix(_FIRST_WORDS).strip())
    except ValueError:
        return frozenset()
    if began_at.tzinfo is None:  # a kill cut the line within its time zone
        return frozenset()
    return frozenset(filter(None, lines)) if timedelta() <= now - began_at < FORGOTTEN_AFTER else frozenset()

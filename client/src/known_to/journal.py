"""What a load has done already, so that it goes on after a kill without double work.

A text file: when it began, then a keyed digest for each row that the service has taken. The key is random and stays
on this machine, apart from the file; without it a digest says nothing about a row.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from .errors import FileError, SettingsError
from .files import hold, in_words, write_new

_FORM = "known-to load 1"
_KEY_BYTES = 32
_DIGEST_CHARACTERS = 32
_ELSEWHERE = "Choose another place: --state FILE."
FORGOTTEN_AFTER = timedelta(hours=12)
"""A feed confirms what it sends: a row of an older run must be sent again."""

Digest = Callable[[Mapping[str, Any]], str]


def digest_with(key_file: Path, destination: str) -> Digest:
    """A digest of records on their way to `destination`. Makes the key at first.

    Raises FileError, or SettingsError where the key is damaged.
    """
    key = _key(key_file)

    def digest(record: Mapping[str, Any]) -> str:
        text = json.dumps([destination, record], sort_keys=True)
        return hmac.new(key, text.encode(), "sha256").hexdigest()[:_DIGEST_CHARACTERS]

    return digest


def _key(key_file: Path) -> bytes:
    with in_words(key_file, "made"):
        key_file.parent.mkdir(parents=True, exist_ok=True)
    with in_words(key_file, "read"):
        if not key_file.exists():
            _make(key_file)
        key = key_file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise SettingsError(f"{key_file} is damaged. Delete it; a load that was cut off then begins again.")
    return key


def _make(key_file: Path) -> None:
    try:
        write_new(key_file, secrets.token_bytes(_KEY_BYTES))
    except FileError:
        # Another load may have made it meanwhile.
        if not key_file.exists():
            raise


class Journal:
    """Use it in a `with`. One load at a time has it. The file stays until the journal is told to `forget`."""

    def __init__(self, path: Path, now: datetime) -> None:
        """Raises Busy, FileError where the file cannot be written, or SettingsError where it is none of a load."""
        self._path = path
        with in_words(path, "written", _ELSEWHERE):
            self._file = path.open("a+", encoding="ascii", errors="replace", newline="\n")
        try:
            hold(path, self._file.fileno(), _ELSEWHERE)
            self._done = self._read(now)
            self.resumed = bool(self._done)
            # A kill may have cut the last line short.
            self._write([""] if self.resumed else [f"{_FORM} {now.isoformat()}"])
        except BaseException:
            self._close()
            raise

    def has(self, digest: str) -> bool:
        return digest in self._done

    def add(self, digests: Iterable[str]) -> None:
        self._write(digests)

    def _write(self, lines: Iterable[str]) -> None:
        with in_words(self._path, "written", _ELSEWHERE):
            self._file.write("".join(f"{line}\n" for line in lines))
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        # What could not be written was said when it was to be written.
        with suppress(OSError):
            self._file.close()

    def forget(self) -> None:
        """The load has come to its end: the next one sends every row again. Raises FileError."""
        with in_words(self._path, "removed"):
            try:
                self._path.unlink(missing_ok=True)
            except PermissionError:  # Windows removes no file that is open
                self._close()
                self._path.unlink(missing_ok=True)
        self._close()

    def _read(self, now: datetime) -> frozenset[str]:
        """The rows of a load that was cut off. What is older is removed, and what no load has written is refused."""
        with in_words(self._path, "read", _ELSEWHERE):
            self._file.seek(0)
            text = self._file.read()
        # A kill may have cut even the first line short.
        if not text.startswith(_FORM[: len(text)]):
            raise SettingsError(
                f"{self._path} is no state file of a load. Delete it, or choose another place: --state FILE."
            )
        done = _taken(text, now)
        if not done:
            with in_words(self._path, "written", _ELSEWHERE):
                self._file.truncate(0)
        return done


def _taken(text: str, now: datetime) -> frozenset[str]:
    head, *lines = text.splitlines() or [""]
    try:
        began_at = datetime.fromisoformat(head.removeprefix(_FORM).strip())
    except ValueError:
        return frozenset()
    if began_at.tzinfo is None:  # cut short within its zone
        return frozenset()
    return frozenset(filter(None, lines)) if timedelta() <= now - began_at < FORGOTTEN_AFTER else frozenset()

"""What a load has done already, so that it goes on after a kill without double work.

A text file: when it began, then a keyed digest for each row that the service has taken. The key is random and stays
on this machine, apart from the file; without it a digest says nothing about a row.
"""

import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, TextIO

from .errors import SettingsError

_FORM = "known-to load 1"
_KEY_BYTES = 32
_DIGEST_CHARACTERS = 32
FORGOTTEN_AFTER = timedelta(hours=12)
"""A feed confirms what it sends: a row of an older run must be sent again."""

Digest = Callable[[Mapping[str, Any]], str]


def digest_with(key_file: Path, destination: str) -> Digest:
    """A digest of records on their way to `destination`. Makes the key at first. Raises SettingsError."""
    key = _key(key_file)

    def digest(record: Mapping[str, Any]) -> str:
        text = json.dumps([destination, record], sort_keys=True)
        return hmac.new(key, text.encode(), "sha256").hexdigest()[:_DIGEST_CHARACTERS]

    return digest


def _key(key_file: Path) -> bytes:
    try:
        key_file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingsError(f"{key_file} cannot be made: {error.strerror}.") from None
    key = key_file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise SettingsError(f"{key_file} is damaged. Delete it; a load that was cut off then starts over.")
    return key


class Journal:
    """Use it in a `with`. The file stays until the journal is told to `forget`."""

    def __init__(self, path: Path, now: datetime) -> None:
        """Raises SettingsError where the file cannot be written, or is none of a load."""
        self._path = path
        self._done = _read(path, now)
        self.resumed = bool(self._done)
        try:
            self._file: TextIO = path.open("a" if self._done else "w", encoding="ascii")
        except OSError as error:
            raise SettingsError(
                f"{path} cannot be written: {error.strerror}. Choose another place: --state FILE."
            ) from None
        # A kill may have cut the last line short.
        self._write([""] if self._done else [f"{_FORM} {now.isoformat()}"])

    def has(self, digest: str) -> bool:
        return digest in self._done

    def add(self, digests: Iterable[str]) -> None:
        self._write(digests)

    def _write(self, lines: Iterable[str]) -> None:
        self._file.write("".join(f"{line}\n" for line in lines))
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def forget(self) -> None:
        """The load has come to its end: the next one sends every row again."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _read(path: Path, now: datetime) -> frozenset[str]:
    head, *lines = _text(path).splitlines() or [""]
    try:
        began_at = datetime.fromisoformat(head.removeprefix(_FORM).strip())
    except ValueError:
        return frozenset()
    return frozenset(filter(None, lines)) if timedelta() <= now - began_at < FORGOTTEN_AFTER else frozenset()


def _text(path: Path) -> str:
    """What stands there. Raises SettingsError for what no load has written, since it would be lost."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # A kill may have cut even the first line short.
    if not text.startswith(_FORM[: len(text)]):
        raise SettingsError(f"{path} is no state file of a load. Delete it, or choose another place: --state FILE.")
    return text

"""Reads files that other people on this machine must not read, or must not change.

Windows keeps no such bits: there the rights of the folder decide, and client/README.md says how to set them.
"""

import os
import shlex
import stat
import sys
from pathlib import Path

from .errors import FileError, UnsafeFile
from .local_files import file_errors

_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ANY = stat.S_IRWXG | stat.S_IRWXO
# Without O_NONBLOCK, opening a named pipe that somebody has put there would hang.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def read_secret(path: Path, most_bytes: int) -> bytes:
    """For a file that only its owner may read, such as a key. Raises FileError or UnsafeFile."""
    return _read(path, most_bytes, _ANY, "Others on this machine can read or change {}.", "600")


def read_unaltered(path: Path, most_bytes: int) -> bytes:
    """For a file that others may read but not change, such as settings. Raises FileError or UnsafeFile."""
    return _read(path, most_bytes, _WRITE, "Others on this machine can change {}.", "go-w")


def check_folder(folder: Path) -> None:
    """Raises UnsafeFile if others can replace the files in the folder, or FileError."""
    with file_errors(folder, "read"):
        found = folder.stat()
    # Where the sticky bit is set, as in /tmp, only the owner of a file can replace it.
    if _has_bits() and found.st_mode & _WRITE and not found.st_mode & stat.S_ISVTX:
        raise UnsafeFile(f"Others on this machine can replace the files in {folder}.", _chmod("go-w", folder))


def _read(path: Path, most_bytes: int, forbidden: int, what: str, mode: str) -> bytes:
    with file_errors(path, "read"), os.fdopen(os.open(path, _FLAGS), "rb") as file:
        found = os.fstat(file.fileno())
        content = file.read(most_bytes + 1) if stat.S_ISREG(found.st_mode) else b""
    if not stat.S_ISREG(found.st_mode):
        raise FileError(f"{path} is not an ordinary file.")
    if _has_bits() and found.st_mode & forbidden:
        raise UnsafeFile(what.format(path), _chmod(mode, path))
    if _belongs_to_another(found):
        raise UnsafeFile(f"{path} belongs to another user of this machine, who can change it.")
    if len(content) > most_bytes:
        raise FileError(f"{path} is larger than {most_bytes:,} bytes, so it is not what it should be.")
    return content


def _has_bits() -> bool:
    return sys.platform != "win32"


def _belongs_to_another(found: os.stat_result) -> bool:
    """Files of root are fine, and root may use anybody's."""
    if sys.platform == "win32":
        return False
    return os.geteuid() not in (0, found.st_uid) and found.st_uid != 0


def _chmod(mode: str, path: Path) -> str:
    return f"chmod {mode} {shlex.quote(str(path))}"

"""Files on this machine: written whole or not at all, locked by one process at a time, with errors in plain words."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import Busy, FileError

SAVE_AS_UTF_8 = "Save it as UTF-8. In Notepad: Save as, Encoding: UTF-8."


@contextmanager
def file_errors(path: Path, not_done: str, hint: str = "") -> Iterator[None]:
    """Turns an OSError about `path` into a FileError, such as "x.csv cannot be written: No space left on device."

    `not_done` is what failed, such as "written". `hint` is a sentence that says what to do.
    """
    try:
        yield
    except OSError as error:
        raise FileError(f"{path} cannot be {not_done}: {reason(error)}.{hint and f' {hint}'}") from None


def reason(error: OSError) -> str:
    return error.strerror or "the system gives no reason"


def write_whole(path: Path, content: bytes) -> None:
    """Replaces the file, or leaves it as it was if the disk is full or this process is killed.

    An existing file keeps its mode. Only its owner can read a new one. Raises FileError.
    """
    with file_errors(path, "written"):
        target = Path(os.path.realpath(path))  # replaces the file behind a link, not the link
        with _temporary_beside(target, content) as written:
            with suppress(FileNotFoundError):
                os.chmod(written, stat.S_IMODE(target.stat().st_mode))
            os.replace(written, target)


def write_new(path: Path, content: bytes) -> None:
    """Makes a file that only its owner can read. Raises FileError, also if the path exists already."""
    with file_errors(path, "made", "Choose another file."), _temporary_beside(path, content) as written:
        os.link(written, path)


@contextmanager
def _temporary_beside(target: Path, content: bytes) -> Iterator[str]:
    """Writes the content to a temporary file in the same folder and flushes it to disk. Removes the file at the end."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        with suppress(OSError):
            os.unlink(name)


def lock(path: Path, handle: int, hint: str = "") -> None:
    """Locks an open file until `handle` is closed or this process ends.

    Raises Busy if another process has locked it, or FileError.
    """
    with file_errors(path, "locked", hint):
        try:
            _lock(handle)
            # The process that had the lock may have removed the file after we opened it.
            if os.path.samestat(os.fstat(handle), path.stat()):
                return
        except (BlockingIOError, PermissionError, FileNotFoundError):
            pass
    raise Busy(f"Another load is using {path}. Wait until it has ended, then run the same command again.")


if sys.platform == "win32":
    import msvcrt

    # Windows lets nobody else read a locked byte, so this locks one far beyond the text.
    _BEYOND_ALL_TEXT = 1 << 30

    def _lock(handle: int) -> None:
        os.lseek(handle, _BEYOND_ALL_TEXT, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

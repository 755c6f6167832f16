"""Files of this machine: written whole or not at all, held by one process at a time, and every fault in words."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import Busy, FileError

SAVE_AS_UTF_8 = "Save it as UTF-8; in Notepad: Save as, Encoding: UTF-8."


@contextmanager
def in_words(path: Path, what_fails: str, hint: str = "") -> Iterator[None]:
    """Turns an OSError about `path` into a FileError. `what_fails`: such as "written"; `hint`: what to do about it."""
    try:
        yield
    except OSError as error:
        raise FileError(f"{path} cannot be {what_fails}: {reason(error)}.{hint and f' {hint}'}") from None


def reason(error: OSError) -> str:
    return error.strerror or "the system does not say why"


def write_whole(path: Path, content: bytes) -> None:
    """A kill or a full disk leaves what was there before, and what was there keeps its mode; what is new is for its
    owner alone. Raises FileError."""
    with in_words(path, "written"):
        place = Path(os.path.realpath(path))  # what a link leads to is written, and the link stays
        with _beside(place, content) as written:
            with suppress(FileNotFoundError):
                os.chmod(written, stat.S_IMODE(place.stat().st_mode))
            os.replace(written, place)


def write_new(path: Path, content: bytes) -> None:
    """For its owner alone, whole or not at all. Raises FileError, also where something is there already."""
    with in_words(path, "made", "Choose another place."), _beside(path, content) as written:
        os.link(written, path)


@contextmanager
def _beside(place: Path, content: bytes) -> Iterator[str]:
    """A file of that content in the same folder, on disk, which goes at the end unless it was moved away."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        with suppress(OSError):
            os.unlink(name)


def hold(path: Path, handle: int, hint: str = "") -> None:
    """No other process holds the open file until `handle` is closed or this process ends. Raises Busy or FileError."""
    with in_words(path, "locked", hint):
        try:
            _lock(handle)
            # Whoever held it until now may have removed it since it was opened.
            if os.path.samestat(os.fstat(handle), path.stat()):
                return
        except (BlockingIOError, PermissionError, FileNotFoundError):
            pass
    raise Busy(f"Another load holds {path}. Wait until it has ended, then run the same command again.")


if sys.platform == "win32":
    import msvcrt

    _BEYOND_ALL_TEXT = 1 << 30  # what is locked there can be read by nobody else

    def _lock(handle: int) -> None:
        os.lseek(handle, _BEYOND_ALL_TEXT, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

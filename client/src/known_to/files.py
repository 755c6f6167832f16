"""Files of this machine: written whole or not at all, held by one process at a time, and every fault in words."""

import os
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
    """For its owner alone. A kill or a full disk leaves what was there before. Raises FileError."""
    with in_words(path, "written"):
        place = Path(os.path.realpath(path))  # what a link leads to is written, and the link stays
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, place)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


def write_new(path: Path, content: bytes) -> None:
    """For its owner alone. Raises FileError, also where something is there already."""
    with (
        in_words(path, "made", "Choose another place."),
        open(path, "xb", opener=lambda place, flags: os.open(place, flags, 0o600)) as file,
    ):
        try:
            file.write(content)
            file.flush()
        except OSError:
            path.unlink()
            raise


def hold(path: Path, handle: int) -> None:
    """No other process holds the open file until `handle` is closed or this process ends. Raises Busy or FileError."""
    with in_words(path, "locked"):
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

"""Makes .venv with the pinned dependencies. Runs on any Python 3 far enough to say what is wrong."""

import fcntl
import hashlib
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import Iterator, Optional

VENV = ".venv"
PINS = "requirements-dev.txt"
STAMP = os.path.join(VENV, "made-from")
NEEDS = (3, 11)


def main() -> Optional[str]:
    if sys.version_info < NEEDS:
        found = "%d.%d" % sys.version_info[:2]
        return "Known To needs Python 3.11 or newer; this is Python %s. Try: make PYTHON=python3.12 run" % found
    try:
        with _alone():
            return _make()
    except KeyboardInterrupt:
        return "Stopped. Run the same command again: it starts anew."


def _make() -> Optional[str]:
    wanted = _fingerprint()
    if _read(STAMP) == wanted:
        return None
    if os.path.islink(VENV):
        os.unlink(VENV)  # or the environment that it leads to would be emptied under whoever works with it
    print("Making the environment in %s (once, about a minute)" % VENV, flush=True)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        return "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"
    pip = [os.path.join(VENV, "bin", "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.call([*pip, "--require-hashes", "-r", PINS]) != 0:
        return "The dependencies could not be installed; pip says why above. Then run the same command again."
    with open(STAMP, "w") as stamp:
        stamp.write(wanted)
    return None


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time: a second make waits for the environment of the first."""
    os.makedirs(".local", exist_ok=True)
    with open(os.path.join(".local", "environment.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    with open(PINS, "rb") as pins:
        return "%s %s" % (hashlib.sha256(pins.read()).hexdigest(), sys.version.split()[0])


def _read(path: str) -> Optional[str]:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main())

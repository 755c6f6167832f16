"""Makes .venv with the pinned dependencies. Runs on any Python 3 far enough to say what is wrong."""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import IO, Iterator, List, Optional

VENV = ".venv"
PINS = "requirements-dev.txt"
STAMP = os.path.join(VENV, "made-from")
NEEDS = (3, 11)


def main() -> Optional[str]:
    if sys.version_info < NEEDS:
        found = "%d.%d" % sys.version_info[:2]
        return "Known To needs Python 3.11 or newer; this is Python %s. Try: make PYTHON=python3.12 run" % found
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        with _alone():
            return _make()
    except KeyboardInterrupt:
        return "\nStopped. Run the same command again: it starts anew."


def _make() -> Optional[str]:
    wanted = _fingerprint()
    if _read(STAMP) == wanted:
        return None
    if os.path.islink(VENV):
        os.unlink(VENV)  # or the environment that it leads to would be emptied under whoever works with it
    print("Making the environment in %s (once; a minute or two)" % VENV, flush=True)
    if _run([sys.executable, "-m", "venv", "--clear", VENV], "Making an empty one") != 0:
        return "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"
    pip = [os.path.join(VENV, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    # Uncompiled: Python compiles what is used when it is first used, in a fraction of the time.
    if _run([*pip, "--no-compile", "--progress-bar", "off", "--require-hashes", "-r", PINS], "Starting pip") != 0:
        return "The dependencies could not be installed; pip says why above. Then run the same command again."
    with open(STAMP, "w") as stamp:
        stamp.write(wanted)
    return None


def _run(command: List[str], what: str) -> int:
    """Its exit status. Says what it is at while it runs, and what it said itself only if it fails."""
    said: List[str] = []
    steps = [what]
    # In a session of its own: Ctrl-C is for us, and neither pip nor venv answers it with a traceback.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, start_new_session=True
    ) as child:
        reader = threading.Thread(target=_follow, args=(child.stdout, said, steps), daemon=True)
        reader.start()
        try:
            status = _wait(child, steps)
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            raise
        finally:
            reader.join()
    if sys.stdout.isatty():
        print("\033[K", end="", flush=True)
    if status != 0:
        sys.stderr.writelines(said[-20:])
    return status


def _follow(output: IO[str], said: List[str], steps: List[str]) -> None:
    packages = 0
    for line in output:
        said.append(line)
        if line.startswith(("Collecting ", "Processing ", "Ignoring ")):
            packages += 1
            steps.append("Fetching package %d of %d" % (packages, _pinned()))
        elif line.startswith("Installing collected packages"):
            steps.append("Installing them")


def _wait(child: "subprocess.Popen[str]", steps: List[str]) -> int:
    """On a terminal one line, written anew each second; elsewhere a line for each kind of step."""
    started, kind = time.time(), ""
    while True:
        try:
            return child.wait(1)
        except subprocess.TimeoutExpired:
            step = steps[-1]
        if sys.stdout.isatty():
            print("\r\033[K  %s, %d s" % (step, time.time() - started), end="\r", flush=True)
        elif kind != step.split()[0]:
            kind = step.split()[0]
            print("  %s" % step, flush=True)


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time: a second make waits for the environment of the first."""
    os.makedirs(".local", exist_ok=True)
    with open(os.path.join(".local", "environment.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another make is at the environment: waiting for it to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    with open(PINS, "rb") as pins:
        return "%s %s" % (hashlib.sha256(pins.read()).hexdigest(), sys.version.split()[0])


def _pinned() -> int:
    with open(PINS) as pins:
        return sum("==" in line for line in pins)


def _read(path: str) -> Optional[str]:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main())

"""Makes .venv with the pinned dependencies. Even a Python 3 that is too old runs this far enough to say so."""

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import IO, Iterator, List, Optional

VENV = ".venv"
PINS = "requirements-dev.txt"
STAMP = os.path.join(VENV, "made-from")
NEEDS = (3, 11)
ABOUT_MEGABYTES = 100
"""How much pip downloads for the pins, on Linux in November 2026."""

# SIGINT too: if a script starts us in the background, we inherit that it is ignored.
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MEGABYTES = {"bytes": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3}
_DOWNLOADED = re.compile(r"\s+(?:Downloading|Using cached) .*\(([\d.]+) (bytes|kB|MB|GB)\)")


def main() -> Optional[str]:
    if sys.version_info < NEEDS:
        found = "%d.%d" % sys.version_info[:2]
        return "Known To needs Python 3.11 or newer; this is Python %s. Try: make PYTHON=python3.12 run" % found
    for ending in _ENDINGS:
        signal.signal(ending, signal.default_int_handler)
    try:
        with _only_one():
            return _make()
    except KeyboardInterrupt:
        return "\nStopped. Run the same command again: it starts afresh."


def _make() -> Optional[str]:
    wanted = _fingerprint()
    if _read(STAMP) == wanted:
        return None
    if os.path.islink(VENV):
        os.unlink(VENV)  # `venv --clear` would empty the environment that it points to
    print(
        "Making the environment in %s: %d packages, about %d MB to download (once; about a minute)"
        % (VENV, _pinned(), ABOUT_MEGABYTES),
        flush=True,
    )
    if _run([sys.executable, "-m", "venv", "--clear", VENV], "Making an empty environment") != 0:
        return "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"
    pip = [os.path.join(VENV, "bin", "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    # pip compiles nothing: Python compiles each module at its first use, which takes a fraction of the time.
    if _run([*pip, "--no-compile", "--progress-bar", "off", "--require-hashes", "-r", PINS], "Starting pip") != 0:
        return "The dependencies could not be installed. Correct the error above, then run the same command again."
    with open(STAMP, "w") as stamp:
        stamp.write(wanted)
    return None


def _run(command: List[str], first_step: str) -> int:
    """Runs the command and shows its progress. Shows its own output only if it fails. Returns its exit status."""
    said: List[str] = []
    progress = _Progress(first_step)
    held = _HeldInterrupts()  # until there is a process that we can end
    # In a session of its own, so that Ctrl-C reaches only us: pip and venv would answer it with a traceback.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, start_new_session=True
    ) as child:
        reader = threading.Thread(target=_follow, args=(child.stdout, said, progress), daemon=True)
        reader.start()
        try:
            held.release()
            status = _wait(child, progress)
        except BaseException:
            with suppress(ProcessLookupError):  # it may have ended meanwhile
                os.killpg(child.pid, signal.SIGTERM)
            child.wait()  # after Ctrl-C, Popen itself would not wait
            raise
        finally:
            reader.join()
    if sys.stdout.isatty():
        print("\033[K", end="", flush=True)
    if status != 0:
        sys.stderr.writelines(said[-20:])
    return status


class _HeldInterrupts:
    """Remembers an interrupt until `release`, which raises it as KeyboardInterrupt."""

    def __init__(self) -> None:
        self._came = False
        self._handlers = {ending: signal.signal(ending, self._remember) for ending in _ENDINGS}

    def _remember(self, *_: object) -> None:
        self._came = True

    def release(self) -> None:
        for ending, handler in self._handlers.items():
            signal.signal(ending, handler)
        if self._came:
            raise KeyboardInterrupt


class _Progress:
    """The present step. Prints each kind of step once, unless a terminal shows it all the time (`_wait`)."""

    def __init__(self, first_step: str) -> None:
        self.packages = 0
        self.megabytes = 0.0
        self._kind = ""
        self._enter(first_step, first_step)

    def read(self, line: str) -> None:
        """Takes a line that pip printed."""
        downloaded = _DOWNLOADED.match(line)
        if line.startswith("Installing collected packages"):
            self._enter("Installing", "Installing the packages")
        elif line.startswith(("Collecting ", "Processing ", "Ignoring ")):
            self.packages += 1
            self._enter_fetching()
        elif downloaded:
            self.megabytes += float(downloaded.group(1)) * _MEGABYTES[downloaded.group(2)]
            self._enter_fetching()

    def _enter_fetching(self) -> None:
        of_all = (self.packages, _pinned(), self.megabytes, ABOUT_MEGABYTES)
        self._enter("Fetching", "Fetching package %d of %d, %.0f of about %d MB" % of_all)

    def _enter(self, kind: str, step: str) -> None:
        self.step = step
        if kind != self._kind and not sys.stdout.isatty():
            print("  %s" % step, flush=True)
        self._kind = kind


def _follow(output: IO[str], said: List[str], progress: _Progress) -> None:
    for line in output:
        said.append(line)
        progress.read(line)


def _wait(child: "subprocess.Popen[str]", progress: _Progress) -> int:
    """On a terminal, rewrites the line of progress each second."""
    started = time.time()
    while True:
        try:
            return child.wait(1)
        except subprocess.TimeoutExpired:
            if sys.stdout.isatty():
                print("\r\033[K  %s, %d s" % (progress.step, time.time() - started), end="\r", flush=True)


@contextmanager
def _only_one() -> Iterator[None]:
    """Makes a second make wait until the first has made the environment."""
    os.makedirs(".local", exist_ok=True)
    with open(os.path.join(".local", "environment.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Another make is making the environment: waiting for it to end", flush=True)
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

"""Sends a feed file for the commands load and reconcile, and prints the counts at the end."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from ..client import Client
from ..errors import KnownToError, SettingsError
from ..feed_file import FeedFile, Survey
from ..feed_load import FeedLoad, Tally
from ..rejects_file import RejectsFile
from ..row_digests import digest_with
from ..state_file import StateFile
from .error_messages import err, print_remark
from .exit_codes import ExitCode
from .global_options import settings_folder
from .printing import print_line
from .progress_line import ProgressLine

_DIGEST_KEY = "digest.key"
_GOES_ON = "Run the same command again: it goes on from here."


@dataclass(frozen=True, slots=True)
class FeedUpload:
    """A feed file with the files that are written while it is sent."""

    feed: FeedFile
    survey: Survey
    parallel: int
    state: Path
    rejects: Path

    @classmethod
    def of(
        cls, feed: FeedFile, survey: Survey, *, parallel: int, state: Path | None, rejects: Path | None
    ) -> "FeedUpload":
        """Raises SettingsError if one of the files would overwrite another, or something that is not a file."""
        made = cls(feed, survey, parallel, state or _beside(feed, "state"), rejects or _beside(feed, "rejects.csv"))
        written = (made.state, made.rejects, made.differences)
        if any(_is_same(*pair) for pair in combinations((feed.path, *written), 2)):
            raise SettingsError("The file, --state, --rejects and FILE.differences.csv must be different files.")
        if any(path.exists() and not path.is_file() for path in written):
            raise SettingsError("--state, --rejects and FILE.differences.csv must be ordinary files.")
        return made

    @property
    def differences(self) -> Path:
        """The file in which `reconcile` lists them."""
        return _beside(self.feed, "differences.csv")

    def send(self, client: Client, line: ProgressLine) -> Tally:
        """Shows its progress on `line`, then prints how many rows had which result."""
        digest = digest_with(settings_folder() / _DIGEST_KEY, client.destination)
        with StateFile(self.state, datetime.now(UTC)) as state, RejectsFile(self.rejects) as rejects:
            if state.resumed:
                print_remark("The last load of this file was cut off. This one goes on from there.")
            with line.task("Loading", self.survey.rows) as advance, _stopping_at_once():
                load = FeedLoad(client, state, digest, rejects, advance, self.parallel, sleep=line.wait)
                try:
                    tally = load.run(self.feed.rows(self.survey))
                except KnownToError:
                    taken = load.tally.created + load.tally.kept + load.tally.already
                    print_remark(f"Cut off: {taken:,} of {self.survey.rows:,} rows are taken. {_GOES_ON}")
                    raise
            if not tally.not_done:
                state.forget()
        _print_tally(tally, self.rejects)
        return tally


def _beside(feed: FeedFile, suffix: str) -> Path:
    return feed.path.with_name(f"{feed.path.name}.{suffix}")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them does not exist yet
        return one.resolve() == other.resolve()


@contextmanager
def _stopping_at_once() -> Iterator[None]:
    """Makes Ctrl-C end the program without waiting for the batches under way.

    The next load sends those batches again, unless the state file has their rows already.
    """

    def stop(*_: object) -> None:
        err.show_cursor()
        print_remark(f"Stopped. {_GOES_ON}")
        os._exit(ExitCode.STOPPED)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _print_tally(tally: Tally, rejects: Path) -> None:
    print_line(f"{tally.rows:>7,}  rows")
    print_line(f"{tally.created:>7,}  registered")
    print_line(f"{tally.kept:>7,}  replaced or unchanged")
    if tally.already:
        print_line(f"{tally.already:>7,}  taken before the last load was cut off")
    print_line(f"{tally.rejected:>7,}  rejected{f', see {rejects.name}' if tally.rejected else ''}")
    if tally.not_done:
        print_line(f"{tally.not_done:>7,}  not done, because the service was busy. Run the same command again.")


def exit_code_of(tally: Tally) -> ExitCode:
    if tally.not_done:
        return ExitCode.UNAVAILABLE
    return ExitCode.PARTLY if tally.rejected else ExitCode.DONE

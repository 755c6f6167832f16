"""What the commands on files share: their options, the sending of a feed, and its count at the end."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer

from ..client import Client
from ..errors import KnownToError, SettingsError
from ..feed_file import FeedFile, Survey
from ..journal import Journal, digest_with
from ..loading import Load, Rejects, Tally
from ..rows import Habits
from .ending import ExitCode, complain, err
from .invocation import own_folder
from .printing import say
from .progress import ProgressLine

_DIGEST_KEY = "digest.key"
_GOES_ON = "Run the same command again: it goes on from here."


class Written(StrEnum):
    ISO = "iso"
    UK = "uk"


class Phones(StrEnum):
    FULL = "full"
    UK = "uk"


def _encoding(name: str) -> str:
    try:
        "reference".encode(name)
    except (LookupError, UnicodeError):
        raise typer.BadParameter("is no encoding of text that Python knows") from None
    return name


File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A .csv or .ndjson file.")]
Dates = Annotated[Written, typer.Option(help="How days are written: 2026-01-31 (iso) or 31/01/2026 (uk).")]
PhoneHabit = Annotated[Phones, typer.Option(help="uk puts back the first 0 that a spreadsheet took.")]
Encoding = Annotated[str, typer.Option(metavar="NAME", callback=_encoding, help="cp1252 for Excel's plain CSV.")]
Parallel = Annotated[int, typer.Option(metavar="NUMBER", min=1, max=16, help="Batches under way at once.")]
StateFile = Annotated[
    Path | None, typer.Option("--state", metavar="FILE", help="Where it notes what was taken; else FILE.state.")
]
RejectsFile = Annotated[
    Path | None, typer.Option("--rejects", metavar="FILE", help="Where rejected rows are named; else FILE.rejects.csv.")
]


@dataclass(frozen=True, slots=True)
class Sending:
    """How a feed is sent, whichever command sends it."""

    feed: FeedFile
    survey: Survey
    parallel: int
    state: Path
    rejects: Path

    @classmethod
    def of(
        cls, feed: FeedFile, survey: Survey, *, parallel: int, state: Path | None, rejects: Path | None
    ) -> "Sending":
        """Raises SettingsError where one file would be written over another, or over what is no file."""
        made = cls(feed, survey, parallel, state or _beside(feed, "state"), rejects or _beside(feed, "rejects.csv"))
        written = (made.state, made.rejects, made.differences)
        if any(_is_same(*pair) for pair in combinations((feed.path, *written), 2)):
            raise SettingsError("The file, --state, --rejects and FILE.differences.csv must be different files.")
        if any(path.exists() and not path.is_file() for path in written):
            raise SettingsError("--state, --rejects and FILE.differences.csv must be ordinary files.")
        return made

    @property
    def differences(self) -> Path:
        """Where `reconcile` names them."""
        return _beside(self.feed, "differences.csv")

    def send(self, client: Client, line: ProgressLine) -> Tally:
        """Shows on `line` how far it is, then what became of the rows."""
        digest = digest_with(own_folder() / _DIGEST_KEY, client.destination)
        with Journal(self.state, datetime.now(UTC)) as journal, Rejects(self.rejects) as rejected:
            if journal.resumed:
                complain("Going on where the last load of this file was cut off.")
            with line.of("Loading", self.survey.rows) as advanced, _leaving_at_once():
                loading = Load(client, journal, digest, rejected, advanced, self.parallel, sleep=line.wait)
                try:
                    tally = loading.run(self.feed.rows(self.survey))
                except KnownToError:
                    taken = loading.tally.created + loading.tally.kept + loading.tally.already
                    complain(f"Cut off: {taken:,} of {self.survey.rows:,} rows are taken. {_GOES_ON}")
                    raise
            if not tally.not_done:
                journal.forget()
        _print_tally(tally, self.rejects)
        return tally


def _beside(feed: FeedFile, ending: str) -> Path:
    return feed.path.with_name(f"{feed.path.name}.{ending}")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return one.resolve() == other.resolve()


def habits(dates: Written, phones: Phones) -> Habits:
    return Habits(uk_dates=dates is Written.UK, uk_phones=phones is Phones.UK)


@contextmanager
def _leaving_at_once() -> Iterator[None]:
    """Ctrl-C does not wait for the batches under way: they are noted, or sent again by the next load."""

    def leave(*_: object) -> None:
        err.show_cursor()
        complain(f"Stopped. {_GOES_ON}")
        os._exit(ExitCode.STOPPED)

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _print_tally(tally: Tally, rejects: Path) -> None:
    say(f"{tally.rows:>7,}  rows")
    say(f"{tally.created:>7,}  registered")
    say(f"{tally.kept:>7,}  replaced or unchanged")
    if tally.already:
        say(f"{tally.already:>7,}  taken before the last load was cut off")
    say(f"{tally.rejected:>7,}  rejected{f', see {rejects.name}' if tally.rejected else ''}")
    if tally.not_done:
        say(f"{tally.not_done:>7,}  not done, as the service was busy. Run the same command again.")


def ending(tally: Tally) -> ExitCode:
    if tally.not_done:
        return ExitCode.UNAVAILABLE
    return ExitCode.PARTLY if tally.rejected else ExitCode.DONE

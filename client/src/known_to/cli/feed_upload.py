"""Sends a feed file for the commands load and reconcile, and prints the counts at the end."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from ..client import Client
from ..errors import FileError, KnownToError, SettingsError, may_work_later
from ..feed_file import FeedFile, Survey
from ..feed_load import FeedLoad, Place, Tally
from ..identifiers import masked
from ..numbers_file import NumbersFile
from ..reject_reasons import Reasons
from ..rejects_file import RejectsFile
from ..row_digests import digest_with
from ..state_file import StateFile
from .error_messages import err, print_remark
from .exit_codes import ExitCode
from .feed_warnings import digest_key, numbers_path
from .printing import print_first, print_hanging, print_line
from .progress_line import ProgressLine

_MOST_REASONS = 8
_WRITTEN = "--state, --rejects, FILE.differences.csv and FILE.numbers"
_GOES_ON = "Run the same command again: it goes on from here."


@dataclass(frozen=True, slots=True)
class FeedUpload:
    """A feed file with the files that are written while it is sent."""

    feed: FeedFile
    survey: Survey
    numbers: NumbersFile
    parallel: int
    state: Path
    rejects: Path

    @classmethod
    def of(
        cls,
        feed: FeedFile,
        survey: Survey,
        numbers: NumbersFile,
        *,
        parallel: int,
        state: Path | None,
        rejects: Path | None,
    ) -> "FeedUpload":
        """Raises SettingsError, as `written_files` does."""
        return cls(feed, survey, numbers, parallel, *written_files(feed, state, rejects))

    @property
    def differences(self) -> Path:
        """The file in which `reconcile` lists them."""
        return _differences(self.feed)

    def send(self, client: Client, line: ProgressLine) -> Tally:
        """Shows its progress on `line`, then prints how many rows had which result."""
        digest = digest_with(digest_key(), client.destination)
        with StateFile(self.state, datetime.now(UTC)) as state, RejectsFile(self.rejects, self.survey.title) as rejects:
            if state.resumed:
                print_remark("The last load of this file was cut off. This one goes on from there.")
            with line.task("Loading", self.survey.rows) as advance, _stopping_at_once():
                load = FeedLoad(client, state, digest, rejects, advance, self.parallel, sleep=line.wait)
                load.on_taken = self.numbers.take
                try:
                    tally = load.run(self.feed.rows(self.survey))
                except KnownToError as error:
                    _print_cut_off(error, load.tally, self.survey.rows)
                    raise
            if not tally.not_done:
                self.numbers.save(self.survey.row_numbers)
                state.forget()
        _print_tally(tally, self)
        return tally


def written_files(feed: FeedFile, state: Path | None, rejects: Path | None) -> tuple[Path, Path]:
    """The state file and the rejects file.

    Raises SettingsError if a file that is written would overwrite another, or something that is not a file.
    """
    state, rejects = state or _beside(feed, "state"), rejects or _beside(feed, "rejects.csv")
    written = (state, rejects, _differences(feed), numbers_path(feed))
    if any(_is_same(*pair) for pair in combinations((feed.path, *written), 2)):
        raise SettingsError(f"The file, {_WRITTEN} must be different files.")
    if any(path.exists() and not path.is_file() for path in written):
        raise SettingsError(f"{_WRITTEN} must be ordinary files.")
    return state, rejects


def _differences(feed: FeedFile) -> Path:
    return _beside(feed, "differences.csv")


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


def _print_cut_off(error: KnownToError, tally: Tally, rows: int) -> None:
    """The error itself is printed after this. Only some errors go away on their own."""
    taken = tally.created + tally.kept + tally.already
    count = f"{taken:,} of {rows:,} rows are taken."
    if may_work_later(error) or isinstance(error, FileError):
        print_remark(f"Cut off: {count} {_GOES_ON}")
    else:
        print_remark(f"Stopped: {count} Sending the file again as it is cannot help. First put this right:")


def _print_tally(tally: Tally, upload: FeedUpload) -> None:
    print_line(f"{tally.rows:>7,}  rows")
    print_line(f"{tally.created:>7,}  registered")
    print_line(f"{tally.kept:>7,}  replaced or unchanged")
    if tally.already:
        print_line(f"{tally.already:>7,}  taken before the last load was cut off")
    print_line(f"{tally.rejected:>7,}  rejected{f', see {upload.rejects.name}' if tally.rejected else ''}")
    print_reasons(tally.reasons, upload.survey)
    if tally.not_done:
        print_line(f"{tally.not_done:>7,}  not done, because the service was busy. Run the same command again.")
    _print_rows(
        tally.undecided["another_child"],
        "undecided: another child's number under a known reference",
        f"Decide on each. A slip: known-to correct REFERENCE {upload.feed.path.name}. A new identity: withdraw or end "
        "the record and use a new reference; never link the two.",
    )
    _print_rows(
        tally.undecided["trace_number"],
        "refused: a number that is no longer in use",
        "Trace each child's number anew and send the present one.",
    )
    _print_rows(
        tally.out_of_date,
        "taken, with a number that is out of date",
        "Trace each child's number anew and send the present one.",
    )


def print_reasons(reasons: Reasons, survey: Survey) -> None:
    """The most frequent reasons, so that nobody has to open the rejects file to see what went wrong."""
    found = reasons.most_frequent(survey.title)
    for count, sentence in found[:_MOST_REASONS]:
        print_hanging(f"{count:>14,}  ", sentence)
    if more := len(found[_MOST_REASONS:]):
        print_line(f"and {more:,} more reason{'' if more == 1 else 's'}", indent=16)


def _print_rows(places: Sequence[Place], what: str, what_to_do: str) -> None:
    if not places:
        return
    print_line(f"{len(places):>7,}  {what}")
    print_line(what_to_do, indent=9)
    print_first([_named(*place) for place in sorted(places)], indent=9)


def _named(number: int, reference: str | None) -> str:
    may_show = reference is not None and masked(reference) == reference
    return f"row {number}: {reference}" if may_show else f"row {number}"


def exit_code_of(tally: Tally) -> ExitCode:
    if tally.not_done:
        return ExitCode.UNAVAILABLE
    undecided = any(tally.undecided.values())
    return ExitCode.PARTLY if tally.rejected or undecided else ExitCode.DONE

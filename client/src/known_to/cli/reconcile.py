"""The command reconcile, and what keeps half a file from emptying a register."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..answers import Receipt
from ..client import Client
from ..errors import FileError
from ..feed_file import FeedFile, Survey
from ..files import in_words
from ..patience import FOR_A_FEED
from ..reconciling import Comparison, Difference, compare, withdraw_unchanged, write_differences
from .ending import ExitCode, at_a_prompt, complain, tell
from .invocation import for_feed
from .printing import say, say_first
from .progress import ProgressLine
from .sending import (
    Dates,
    Encoding,
    File,
    Parallel,
    PhoneHabit,
    Phones,
    RejectsFile,
    Sending,
    StateFile,
    Written,
    ending,
    habits,
)


def reconcile(
    context: typer.Context,
    file: File,
    apply: Annotated[bool, typer.Option("--apply", help="Send the file and withdraw what is extra.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before applying.")] = False,
    most_withdrawn: Annotated[
        float, typer.Option(min=0, max=100, metavar="PERCENT", help="Stop if more of the register would be withdrawn.")
    ] = 5,
    yes_withdraw: Annotated[bool, typer.Option("--yes-withdraw", help="Withdraw, however many there are.")] = False,
    dates: Dates = Written.ISO,
    phones: PhoneHabit = Phones.FULL,
    encoding: Encoding = "utf-8-sig",
    parallel: Parallel = 4,
    state: StateFile = None,
    rejects: RejectsFile = None,
) -> None:
    """Compare a file with your register: what is missing, what is extra.

    FILE.differences.csv names every difference, until the next run. Withdrawing is for records made in error: work
    that has ended stays in the file, with its ended_on.
    """
    feed = FeedFile(file, habits(dates, phones), encoding)
    survey = feed.survey()
    sending = Sending.of(feed, survey, parallel=parallel, state=state, rejects=rejects)
    with in_words(sending.differences, "removed"):
        sending.differences.unlink(missing_ok=True)
    line = ProgressLine()
    with for_feed(context, FOR_A_FEED, line.wait) as client:
        with line.of("Reading the register", None) as seen:
            found = compare(survey, _counted(client.read_register(), seen))
        _print_comparison(found)
        if differences := found.differences:
            _tell_differences(differences, sending.differences)
        if not apply:
            raise typer.Exit(ExitCode.DIFFERS if differences else ExitCode.DONE)
        _guard(found, survey, most_withdrawn, yes_withdraw)
        _ask(found, survey, yes)
        tally = sending.send(client, line)
        if tally.not_done:
            complain("Nothing was withdrawn: the file was not sent in full.")
        else:
            _withdraw(client, line, found)
    raise typer.Exit(ending(tally))


def _print_comparison(found: Comparison) -> None:
    say(f"{found.in_both:>7,}  in the file and in the register")
    say(f"{len(found.missing):>7,}  missing in the register")
    say(f"{len(found.extra):>7,}  extra in the register ({found.extra_per_cent:.1f} % of it)")


def _tell_differences(differences: Sequence[Difference], file: Path) -> None:
    say_first([f"{what:<7}  {reference}" for reference, what in differences])
    count = len(differences)
    try:
        write_differences(file, differences)
    except FileError as error:
        tell(error)
    else:
        say(f"{file.name} has {'it' if count == 1 else f'all {count:,}'}.")


def _guard(found: Comparison, survey: Survey, most_withdrawn: float, yes_withdraw: bool) -> None:
    if found.extra and survey.nameless:
        complain(
            f"Not applied. {len(survey.nameless)} rows have no reference that can be read (the first is row "
            f"{survey.nameless[0]}): one of them may be what seems extra. Mend them first."
        )
        raise typer.Exit(ExitCode.DIFFERS)
    if found.extra_per_cent > most_withdrawn and not yes_withdraw:
        complain(
            f"Not applied. It would withdraw {found.extra_per_cent:.1f} % of your register, more than "
            f"{most_withdrawn:g} %. Is the file whole? If that is meant, add --yes-withdraw."
        )
        raise typer.Exit(ExitCode.DIFFERS)


def _ask(found: Comparison, survey: Survey, yes: bool) -> None:
    if yes:
        return
    question = f"Send {survey.rows:,} rows and withdraw {len(found.extra):,} records?"
    if not sys.stdin.isatty():
        complain(f"{question} Nobody is there to ask: add --yes.")
        raise typer.Exit(ExitCode.USAGE)
    with at_a_prompt():
        if not typer.confirm(question, err=True):
            raise typer.Exit(ExitCode.DIFFERS)


def _withdraw(client: Client, line: ProgressLine, found: Comparison) -> None:
    withdrawn = 0
    with line.of("Withdrawing", len(found.extra)) as advanced:
        for entry in found.extra:
            withdrawn += withdraw_unchanged(client, entry)
            advanced(1)
    say(f"{withdrawn:>7,}  withdrawn")
    if left := len(found.extra) - withdrawn:
        say(f"{left:>7,}  changed meanwhile, left alone")


def _counted(entries: Iterable[Receipt], seen: Callable[[int], None]) -> Iterator[Receipt]:
    for entry in entries:
        yield entry
        seen(1)

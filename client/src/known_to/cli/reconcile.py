"""The command reconcile. Its guards keep an incomplete file from emptying a register."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..answers import Receipt
from ..client import Client
from ..errors import FileError
from ..feed_file import Survey
from ..feed_load import Tally
from ..local_files import file_errors
from ..register_comparison import Comparison, Difference, compare, withdraw_unchanged, write_differences
from ..retries import FEED_RETRIES
from .arguments import stopped_at_a_prompt
from .error_messages import print_error, print_remark
from .exit_codes import ExitCode
from .feed_options import (
    Dates,
    DateStyle,
    Encoding,
    File,
    IgnoreColumns,
    MapPath,
    Parallel,
    Phones,
    PhoneStyle,
    RejectsPath,
    SheetName,
    StatePath,
    Strict,
    TeamsPath,
    feed_file,
)
from .feed_upload import FeedUpload, exit_code_of
from .feed_warnings import numbers_file, survey_with_warnings
from .global_options import system_client
from .printing import print_first, print_line
from .progress_line import ProgressLine


def reconcile(
    context: typer.Context,
    file: File,
    apply: Annotated[bool, typer.Option("--apply", help="Send the file and withdraw what is extra.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before applying.")] = False,
    most_withdrawn: Annotated[
        float, typer.Option(min=0, max=100, metavar="PERCENT", help="Stop if more of the register would be withdrawn.")
    ] = 5,
    yes_withdraw: Annotated[bool, typer.Option("--yes-withdraw", help="Withdraw, however many there are.")] = False,
    dates: Dates = DateStyle.ISO,
    phones: Phones = PhoneStyle.FULL,
    encoding: Encoding = "utf-8-sig",
    map_path: MapPath = None,
    teams: TeamsPath = None,
    sheet: SheetName = None,
    ignore_columns: IgnoreColumns = False,
    parallel: Parallel = 4,
    state: StatePath = None,
    rejects: RejectsPath = None,
    strict: Strict = False,
) -> None:
    """Compare a file with your register: what is missing, what is extra.

    FILE.differences.csv lists every difference, until the next run. Withdraw only records that were made in error.
    Work that has ended stays in the file, with its ended_on.
    """
    feed = feed_file(file, dates, phones, encoding, map_path, teams, sheet, ignore_columns)
    numbers = numbers_file(feed)
    survey = survey_with_warnings(feed, numbers, strict)
    upload = FeedUpload.of(feed, survey, numbers, parallel=parallel, state=state, rejects=rejects)
    with file_errors(upload.differences, "removed"):
        upload.differences.unlink(missing_ok=True)
    line = ProgressLine()
    with system_client(context, FEED_RETRIES, line) as client:
        found = _compare(client, survey, line)
        _print_comparison(found, upload.differences)
        if not apply:
            raise typer.Exit(ExitCode.DIFFERS if found.differences else ExitCode.DONE)
        _check_withdrawals(found, survey, most_withdrawn, yes_withdraw)
        _ask(found, survey, yes)
        tally = _apply(client, upload, found, line)
    raise typer.Exit(exit_code_of(tally))


def _compare(client: Client, survey: Survey, line: ProgressLine) -> Comparison:
    with line.task("Reading the register", None) as advance:
        return compare(survey, _counted(client.read_register(), advance))


def _counted(records: Iterable[Receipt], advance: Callable[[int], None]) -> Iterator[Receipt]:
    for record in records:
        yield record
        advance(1)


def _print_comparison(found: Comparison, file: Path) -> None:
    print_line(f"{found.in_both:>7,}  in the file and in the register")
    print_line(f"{len(found.missing):>7,}  missing in the register")
    print_line(f"{len(found.extra):>7,}  extra in the register ({found.extra_per_cent:.1f} % of it)")
    if found.differences:
        _list_differences(found.differences, file)


def _list_differences(differences: Sequence[Difference], file: Path) -> None:
    """Shows the first differences and writes all of them to the file. They are shown even if it cannot be written."""
    print_first([f"{what:<7}  {reference}" for reference, what in differences])
    count = len(differences)
    try:
        write_differences(file, differences)
    except FileError as error:
        print_error(error)
    else:
        print_line(f"{file.name} lists {'it' if count == 1 else f'all {count:,}'}.")


def _check_withdrawals(found: Comparison, survey: Survey, most_withdrawn: float, yes_withdraw: bool) -> None:
    """Ends the command if the file may be incomplete."""
    if found.extra and survey.without_reference:
        count = len(survey.without_reference)
        print_remark(
            f"Not applied. In {count:,} row{'' if count == 1 else 's'} the reference cannot be read (first in row "
            f"{survey.without_reference[0]}). A record that seems extra may be in such a row. Correct the rows first."
        )
        raise typer.Exit(ExitCode.DIFFERS)
    if found.extra_per_cent > most_withdrawn and not yes_withdraw:
        print_remark(
            f"Not applied. It would withdraw {found.extra_per_cent:.1f} % of your register, more than "
            f"{most_withdrawn:g} %. Is the file complete? If you mean it, add --yes-withdraw."
        )
        raise typer.Exit(ExitCode.DIFFERS)


def _ask(found: Comparison, survey: Survey, yes: bool) -> None:
    if yes:
        return
    question = f"Send {survey.rows:,} rows and withdraw {len(found.extra):,} records?"
    if not sys.stdin.isatty():
        print_remark(f"{question} There is no terminal to ask on: add --yes.")
        raise typer.Exit(ExitCode.USAGE)
    with stopped_at_a_prompt():
        if not typer.confirm(question, err=True):
            raise typer.Exit(ExitCode.DIFFERS)


def _apply(client: Client, upload: FeedUpload, found: Comparison, line: ProgressLine) -> Tally:
    tally = upload.send(client, line)
    if tally.not_done:
        print_remark("Nothing was withdrawn, because not every row was sent.")
    else:
        _withdraw(client, found, line)
    return tally


def _withdraw(client: Client, found: Comparison, line: ProgressLine) -> None:
    withdrawn = 0
    with line.task("Withdrawing", len(found.extra)) as advance:
        for record in found.extra:
            withdrawn += withdraw_unchanged(client, record)
            advance(1)
    print_line(f"{withdrawn:>7,}  withdrawn")
    if kept := len(found.extra) - withdrawn:
        print_line(f"{kept:>7,}  changed in the meantime, left alone")

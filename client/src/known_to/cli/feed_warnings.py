"""Reads a feed file for the commands load and reconcile, and prints what only the sender can see in it."""

from collections.abc import Sequence
from pathlib import Path

import typer

from ..feed_checks import FeedChecks, Warned
from ..feed_file import FeedFile, Survey, listed
from ..feed_rows import Row
from ..numbers_file import NumbersFile
from ..row_digests import digest_with
from .error_messages import print_remark
from .exit_codes import ExitCode
from .global_options import settings_folder
from .progress_line import ProgressLine

_DIGEST_KEY = "digest.key"


def digest_key() -> Path:
    return settings_folder() / _DIGEST_KEY


def numbers_file(feed: FeedFile) -> NumbersFile:
    """Raises FileError or SettingsError."""
    return NumbersFile(numbers_path(feed), digest_with(digest_key(), "numbers"))


def numbers_path(feed: FeedFile) -> Path:
    return feed.path.with_name(f"{feed.path.name}.numbers")


def survey_with_warnings(feed: FeedFile, numbers: NumbersFile | None, strict: bool) -> Survey:
    """Prints the warnings. With `strict`, ends the command if there are any, before anything is sent."""
    checks = FeedChecks(numbers)
    with ProgressLine().task("Reading the file", None) as advance:

        def look_at(row: Row) -> None:
            checks.add(row)
            advance(1)

        survey = feed.survey(look_at)
    for remark in survey.remarks:
        print_remark(remark)
    _print_invisible(*survey.invisible)
    warnings = checks.warnings()
    _print_warnings(warnings)
    if warnings and strict:
        print_remark("Nothing was sent, because of --strict.")
        raise typer.Exit(ExitCode.REFUSED)
    return survey


def _print_invisible(characters: int, rows: int) -> None:
    if characters:
        print_remark(
            f"Removed {characters:,} invisible character{'' if characters == 1 else 's'} "
            f"from {rows:,} row{'' if rows == 1 else 's'}. They are still in the file."
        )


def _print_warnings(warnings: Sequence[Warned]) -> None:
    for one in warnings:
        print_remark(f"Check row{'' if len(one.rows) == 1 else 's'} {listed(one.rows)}: {one.sentence}")

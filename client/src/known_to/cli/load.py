"""The command load."""

from typing import Annotated

import typer

from ..retries import FEED_RETRIES
from .feed_check import check_feed
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
from .progress_line import ProgressLine


def load(
    context: typer.Context,
    file: File,
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
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Check the whole file and send nothing. Needs no key, no settings and no service."
        ),
    ] = False,
) -> None:
    """Send the nightly feed: a .xlsx, .csv or .ndjson file.

    Send the whole file every night. An unchanged record is not written again, but it stays confirmed. If the command
    is cut off, run it again: it goes on from there. Before it sends, it warns of what looks wrong in the file. Ends
    with 6 if rows were rejected or wait for a decision.
    """
    feed = feed_file(file, dates, phones, encoding, map_path, teams, sheet, ignore_columns)
    if check:
        raise typer.Exit(check_feed(feed, strict, state=state, rejects=rejects))
    numbers = numbers_file(feed)
    survey = survey_with_warnings(feed, numbers, strict)
    upload = FeedUpload.of(feed, survey, numbers, parallel=parallel, state=state, rejects=rejects)
    line = ProgressLine()
    with system_client(context, FEED_RETRIES, line) as client:
        tally = upload.send(client, line)
    raise typer.Exit(exit_code_of(tally))

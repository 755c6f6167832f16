"""The command load."""

import typer

from ..feed_file import FeedFile
from ..retries import FEED_RETRIES
from .feed_options import (
    Dates,
    DateStyle,
    Encoding,
    File,
    Parallel,
    Phones,
    PhoneStyle,
    RejectsPath,
    StatePath,
    Strict,
    habits,
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
    parallel: Parallel = 4,
    state: StatePath = None,
    rejects: RejectsPath = None,
    strict: Strict = False,
) -> None:
    """Send a feed, a .csv or .ndjson file.

    Send the whole file every night. An unchanged record is not written again, but it stays confirmed. If the command
    is cut off, run it again: it goes on from there. Before it sends, it warns of what looks wrong in the file. Ends
    with 6 if rows were rejected or wait for a decision.
    """
    feed = FeedFile(file, habits(dates, phones), encoding)
    numbers = numbers_file(feed)
    survey = survey_with_warnings(feed, numbers, strict)
    upload = FeedUpload.of(feed, survey, numbers, parallel=parallel, state=state, rejects=rejects)
    line = ProgressLine()
    with system_client(context, FEED_RETRIES, line.wait) as client:
        tally = upload.send(client, line)
    raise typer.Exit(exit_code_of(tally))

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
    habits,
)
from .feed_upload import FeedUpload, exit_code_of
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
) -> None:
    """Send a feed, a .csv or .ndjson file.

    Send the whole file every night. An unchanged record is not written again, but it stays confirmed. If the command
    is cut off, run it again: it goes on from there. Ends with 6 if rows were rejected.
    """
    feed = FeedFile(file, habits(dates, phones), encoding)
    upload = FeedUpload.of(feed, feed.survey(), parallel=parallel, state=state, rejects=rejects)
    line = ProgressLine()
    with system_client(context, FEED_RETRIES, line.wait) as client:
        tally = upload.send(client, line)
    raise typer.Exit(exit_code_of(tally))

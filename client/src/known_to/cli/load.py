"""The command load."""

import typer

from ..feed_file import FeedFile
from ..patience import FOR_A_FEED
from .invocation import for_feed
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


def load(
    context: typer.Context,
    file: File,
    dates: Dates = Written.ISO,
    phones: PhoneHabit = Phones.FULL,
    encoding: Encoding = "utf-8-sig",
    parallel: Parallel = 4,
    state: StateFile = None,
    rejects: RejectsFile = None,
) -> None:
    """Send a feed, a .csv or .ndjson file.

    If it is cut off, run the same command again: it goes on where it was. Send everything every night: what is
    unchanged writes nothing. Ends with 6 if rows were rejected.
    """
    feed = FeedFile(file, habits(dates, phones), encoding)
    sending = Sending.of(feed, feed.survey(), parallel=parallel, state=state, rejects=rejects)
    line = ProgressLine()
    with for_feed(context, FOR_A_FEED, line.wait) as client:
        tally = sending.send(client, line)
    raise typer.Exit(ending(tally))

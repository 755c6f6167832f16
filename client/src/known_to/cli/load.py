"""The command load."""

import typer

from ..feed_file import FeedFile
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
from .standing import for_feed


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
    """Send a feed, a .csv or an .ndjson file. Cut off, it goes on where it was when you run it again.

    Send everything every night: what is unchanged costs next to nothing. Ends with 6 if rows were rejected.
    """
    feed = FeedFile(file, habits(dates, phones), encoding)
    sending = Sending.of(feed, feed.survey(), parallel=parallel, state=state, rejects=rejects)
    with for_feed(context) as client:
        tally = sending.send(client)
    raise typer.Exit(ending(tally))

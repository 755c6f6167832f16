"""The options of the commands that read or send a feed file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..feed_columns import Habits
from ..feed_file import FeedFile
from ..feed_map import FeedMap, read_map
from ..feed_teams import read_teams


class DateStyle(StrEnum):
    ISO = "iso"
    UK = "uk"


class PhoneStyle(StrEnum):
    FULL = "full"
    UK = "uk"


def _known_encoding(name: str) -> str:
    try:
        "reference".encode(name)
    except (LookupError, UnicodeError):
        raise typer.BadParameter("is not a text encoding that Python knows") from None
    return name


File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A .xlsx, .csv or .ndjson file.")]
Dates = Annotated[DateStyle, typer.Option(help="How dates are written: 2026-01-31 (iso) or 31/01/2026 (uk).")]
Phones = Annotated[PhoneStyle, typer.Option(help="uk restores the first 0 that a spreadsheet removed.")]
Encoding = Annotated[str, typer.Option(metavar="NAME", callback=_known_encoding, help="cp1252 for Excel's plain CSV.")]
MapPath = Annotated[
    Path | None,
    typer.Option("--map", metavar="FILE", help="Says what your columns are called, and what is the same in every row."),
]
TeamsPath = Annotated[
    Path | None, typer.Option("--teams", metavar="FILE", help="Your team file: name and phone of each team_id.")
]
SheetName = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help="The sheet to read, if several could be the feed.")
]
IgnoreColumns = Annotated[
    bool, typer.Option("--ignore-columns", help="Leave out columns that are not known, and list them.")
]
Parallel = Annotated[int, typer.Option(metavar="NUMBER", min=1, max=16, help="How many batches to send at once.")]
StatePath = Annotated[
    Path | None,
    typer.Option("--state", metavar="FILE", help="Keeps track of the rows that were taken. Default: FILE.state."),
]
RejectsPath = Annotated[
    Path | None, typer.Option("--rejects", metavar="FILE", help="Lists the rejected rows. Default: FILE.rejects.csv.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Send nothing if there is a warning about the file.")]


def feed_file(
    path: Path,
    dates: DateStyle,
    phones: PhoneStyle,
    encoding: str,
    map_path: Path | None,
    teams_path: Path | None,
    sheet: str | None,
    ignore_columns: bool,
) -> FeedFile:
    """Raises UnreadableFile if the map or the team file cannot be used."""
    habits = Habits(uk_dates=dates is DateStyle.UK, uk_phones=phones is PhoneStyle.UK)
    feed_map = FeedMap() if map_path is None else read_map(map_path)
    teams = None if teams_path is None else read_teams(teams_path, habits, encoding)
    return FeedFile(path, habits, encoding, feed_map, teams, sheet, ignore_columns)

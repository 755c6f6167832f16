"""The options of the commands that read or send a feed file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..feed_columns import Habits


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


File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A .csv or .ndjson file.")]
Dates = Annotated[DateStyle, typer.Option(help="How dates are written: 2026-01-31 (iso) or 31/01/2026 (uk).")]
Phones = Annotated[PhoneStyle, typer.Option(help="uk restores the first 0 that a spreadsheet removed.")]
Encoding = Annotated[str, typer.Option(metavar="NAME", callback=_known_encoding, help="cp1252 for Excel's plain CSV.")]
Parallel = Annotated[int, typer.Option(metavar="NUMBER", min=1, max=16, help="How many batches to send at once.")]
StatePath = Annotated[
    Path | None,
    typer.Option("--state", metavar="FILE", help="Keeps track of the rows that were taken. Default: FILE.state."),
]
RejectsPath = Annotated[
    Path | None, typer.Option("--rejects", metavar="FILE", help="Lists the rejected rows. Default: FILE.rejects.csv.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Send nothing if there is a warning about the file.")]


def habits(dates: DateStyle, phones: PhoneStyle) -> Habits:
    return Habits(uk_dates=dates is DateStyle.UK, uk_phones=phones is PhoneStyle.UK)

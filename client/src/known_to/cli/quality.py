"""The command quality."""

from pathlib import Path
from typing import Annotated

import typer

from ..register_quality import Quality, whole, write_quality
from ..retries import FEED_RETRIES
from .arguments import AsJson
from .global_options import system_client
from .printing import print_first, print_json, print_line
from .progress_line import ProgressLine

_WORDS = {
    "unconfirmed": ("unconfirmed", "Nobody has confirmed them for six months: confirm, end or hand over each."),
    "lapsing": ("lapsing", "They end within 90 days unless you confirm them."),
    "undecided": ("undecided", "Your feed sends another child's number for them: decide on each."),
    "trace_number": ("to be traced anew", "Their number is out of date: trace it, and send the present one."),
    "without_phone": ("without a person's phone", "Callers can ring the team only: add the phone of the person."),
    "contacts_failed": ("contacts not reached", "Callers could not reach them at this phone: correct it."),
}


def quality(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Also list everything in a CSV.")] = None,
    as_json: AsJson = False,
) -> None:
    """What to look at in your own register: unconfirmed, lapsing, undecided and more.

    It is computed from your own records and notices, and says nothing about other authorities.
    """
    line = ProgressLine()
    with system_client(context, FEED_RETRIES, line) as client, line.task("Reading the register", None) as advance:
        pages = []
        for page in client.read_quality():
            pages.append(page)
            advance(page.records)
    found = whole(pages)
    if as_json:
        print_json(found)
    else:
        _print_quality(found)
    if file is not None:
        write_quality(file, found)


def _print_quality(found: Quality) -> None:
    print_line(f"{found.records:>7,}  records")
    for name, (words, sentence) in _WORDS.items():
        lines = [which for what, which in found.lines() if what == name]
        print_line(f"{len(lines):>7,}  {words}")
        if lines:
            print_line(sentence, indent=9)
            print_first(lines, indent=11)

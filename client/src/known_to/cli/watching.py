"""Commands that watch: accesses, notices."""

import math
from pathlib import Path
from typing import Annotated

import typer

from ..answers import Authority, Notice
from ..errors import FileError, KnownToError, Problem
from ..files import in_words, write_whole
from ..following import pages, pages_for_ever
from ..identifiers import masked
from ..patience import FOR_A_WATCH, Patience
from .asking import AsJson, Reference
from .ending import complain
from .invocation import for_either, for_feed
from .printing import day, moment, print_json, print_table, say

_NOT_TOLD = "an authority that is not named"


def accesses(context: typer.Context, reference: Reference, as_json: AsJson = False) -> None:
    """Who has looked up the child of one of your records, and why.

    Shown for current social care only, and not for every child.
    """
    with for_either(context) as client:
        found = client.accesses(reference)
    if as_json:
        print_json(found)
        return
    if found.accesses:
        rows = [
            (moment(one.asked_at), _name(one.authority), one.role or "", one.purpose or "") for one in found.accesses
        ]
        print_table(("when", "authority", "role", "purpose"), *rows)
    else:
        say("Nobody has looked since this record was registered.")
    if not found.complete:
        complain("Not every record could be shown: there may be more.")


def notices(
    context: typer.Context,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Begin after this cursor; else with the oldest that waits.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on waiting for new ones, until Ctrl-C.")] = False,
    every: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="How often it looks with --follow.")] = 60,
    cursor_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on where this file says, and write there how far you are.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What waits for your authority, such as records about to lapse."""
    noted: str | None = None
    if cursor_file is not None:
        _check_ordinary(cursor_file)
        if after is None:
            after = noted = _read_cursor(cursor_file)
    with for_feed(context, FOR_A_WATCH if follow else Patience()) as client:
        found = pages_for_ever(client, after, every, _say_waiting) if follow else pages(client, after)
        for page in found:
            for notice in page.notices:
                _print_notice(notice, as_json)
            if not page.complete:
                complain("Not every notice could be shown: there may be more.")
            if cursor_file is not None and page.next_after != noted:
                write_whole(cursor_file, f"{page.next_after}\n".encode())
                noted = page.next_after


def _say_waiting(error: KnownToError, seconds: float) -> None:
    what = f"{error.title}." if isinstance(error, Problem) else masked(str(error))
    complain(f"{what} Trying again in {math.ceil(seconds):,} s.")


def _check_ordinary(file: Path) -> None:
    if file.exists() and not file.is_file():
        raise FileError(f"{file} is no ordinary file. Choose another.")


def _read_cursor(file: Path) -> str | None:
    try:
        with in_words(file, "read"):
            return file.read_text(encoding="ascii").strip() or None if file.exists() else None
    except UnicodeError:
        raise FileError(f"{file} holds no cursor. Choose another file.") from None


def _print_notice(notice: Notice, as_json: bool) -> None:
    if as_json:
        print_json(notice)
    else:
        say(f"{moment(notice.at)}  {_said(notice)}.")


def _said(notice: Notice) -> str:
    name, reference = _name(notice.authority), notice.reference
    if notice.authority is not None and notice.authority.duty_contact is not None:
        name = f"{name} ({notice.authority.duty_contact.phone})"
    match notice.kind:
        case "registered":
            return f"{name} now works with the child of {reference}"
        case "looked_up":
            purpose = "" if notice.purpose is None else f", for {notice.purpose}"
            return f"{name} has looked up the child of {reference}{purpose}"
        case "lapses" if notice.expires_at is not None:
            return f"{reference} lapses on {day(notice.expires_at)} unless it is confirmed"
        case "disputed":
            return f"{reference} is disputed"
        case "soft_limit":
            return f"{notice.practitioner_id or 'your authority'} has passed a limit on lookups"
    return " ".join(filter(None, (notice.kind, reference)))


def _name(authority: Authority | None) -> str:
    return _NOT_TOLD if authority is None else authority.name

"""Commands that watch: accesses, notices."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ..answers import Authority, Notice
from ..errors import SettingsError
from .asking import AsJson
from .ending import complain
from .printing import day, moment, print_json, print_table, say
from .standing import for_either, for_feed

_NOT_TOLD = "an authority that is not named"


def accesses(context: typer.Context, reference: str, as_json: AsJson = False) -> None:
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
        complain("Some records could not be read: there may be more.")


def notices(
    context: typer.Context,
    after: Annotated[str | None, typer.Option(help="Begin after this cursor; else with the oldest that waits.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on waiting for new ones, until Ctrl-C.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Seconds between two looks with --follow.")] = 60,
    cursor_file: Annotated[
        Path | None, typer.Option(help="Go on where this file says, and write there how far you are.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What waits for your authority, such as records about to lapse."""
    if after is None and cursor_file is not None:
        after = _read_cursor(cursor_file)
    with for_feed(context) as client:
        while True:
            page = client.notices(after)
            for notice in page.notices:
                _print_notice(notice, as_json)
            if not page.complete:
                complain("Some notices could not be read: there may be more.")
            at_the_end, after = page.next_after == after, page.next_after
            if cursor_file is not None:
                _write_cursor(cursor_file, after)
            if at_the_end and not follow:
                return
            if at_the_end:
                time.sleep(every)


def _read_cursor(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeError:
        raise SettingsError(f"{file} holds no cursor. Choose another file.") from None


def _write_cursor(file: Path, cursor: str) -> None:
    try:
        file.write_text(f"{cursor}\n", encoding="ascii")
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.") from None


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

"""The command notices."""

import math
import re
from pathlib import Path
from typing import Annotated

import typer

from ..answers import FailedContact, Notice
from ..errors import FileError, KnownToError, Problem
from ..identifiers import masked
from ..local_files import file_errors, write_whole
from ..notice_pages import follow_pages, waiting_pages
from ..register_quality import described
from ..retries import FOLLOW_RETRIES, RetryPolicy
from .arguments import AsJson
from .error_messages import print_remark
from .global_options import system_client
from .printing import authority_name, day, moment, print_json, print_line

_CURSOR = re.compile(rb"[!-~]{1,500}")
_LARGEST_CURSOR_FILE = 1024
_ABOUT_A_RECORD = {
    "shielded": "is about a child who is shielded now: ring the broker desk",
    "disputed": "is disputed",
    "undecided": "waits for a decision: your feed sends another child's number for it",
    "trace_number": "has a number that is out of date: trace it anew and send the present one",
}

_OF_A_SHIELDED_CHILD = {
    "registered": "works with a shielded child now",
    "looked_up": "has looked up a shielded child",
    "shielded": "has shielded a child",
}
"""What the broker desk reads."""


def notices(
    context: typer.Context,
    after: Annotated[
        str | None, typer.Option(metavar="CURSOR", help="Begin after this cursor. Default: with the oldest notice.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on waiting for new ones, until Ctrl-C.")] = False,
    every: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="How often --follow asks for new ones.")] = 60,
    cursor_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Begin after the cursor in this file, and keep it up to date.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the notices for your authority, such as records about to lapse."""
    in_file: str | None = None
    if cursor_file is not None:
        _check_ordinary(cursor_file)
        if after is None:
            after = in_file = _read_cursor(cursor_file)
    with system_client(context, FOLLOW_RETRIES if follow else RetryPolicy()) as client:
        pages = follow_pages(client, after, every, _print_outage) if follow else waiting_pages(client, after)
        for page in pages:
            for notice in page.notices:
                _print_notice(notice, as_json)
            if not page.complete:
                print_remark("Some notices could not be shown: there may be more.")
            if cursor_file is not None and page.next_after != in_file:
                write_whole(cursor_file, f"{page.next_after}\n".encode())
                in_file = page.next_after


def _print_outage(error: KnownToError, seconds: float) -> None:
    what = f"{error.title}." if isinstance(error, Problem) else masked(str(error))
    print_remark(f"{what} Trying again in {math.ceil(seconds):,} s.")


def _check_ordinary(file: Path) -> None:
    if file.exists() and not file.is_file():
        raise FileError(f"{file} is not an ordinary file. Choose another.")


def _read_cursor(file: Path) -> str | None:
    with file_errors(file, "read"):
        if not file.exists():
            return None
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_CURSOR_FILE).strip()
    # The cursor is sent to the service, so nothing else that is in a file may pass for one.
    if content and not _CURSOR.fullmatch(content):
        raise FileError(f"{file} contains no cursor. Choose another file.")
    return content.decode() or None


def _print_notice(notice: Notice, as_json: bool) -> None:
    if as_json:
        print_json(notice)
    else:
        print_line(f"{moment(notice.at)}  {_sentence(notice)}.")


def _sentence(notice: Notice) -> str:
    name, reference = authority_name(notice.authority), notice.reference
    if notice.authority is not None and notice.authority.duty_contact is not None:
        name = f"{name} ({notice.authority.duty_contact.phone})"
    if reference is None and notice.kind in _OF_A_SHIELDED_CHILD:
        role = "" if notice.role is None else f", {notice.role}"
        lookup = "" if notice.lookup_id is None else f", lookup {notice.lookup_id}"
        return f"{name}{role}: {_OF_A_SHIELDED_CHILD[notice.kind]}{lookup}"
    match notice.kind:
        case "registered":
            return f"{name} now works with the child of {reference}"
        case "looked_up":
            purpose = "" if notice.purpose is None else f", for {notice.purpose}"
            return f"{name} has looked up the child of {reference}{purpose}"
    return _own_sentence(notice)


def _own_sentence(notice: Notice) -> str:
    match notice.kind:
        case "lapses" if notice.expires_at is not None:
            return f"{notice.reference} lapses on {day(notice.expires_at)} unless it is confirmed"
        case "contact_outcomes":
            contact = FailedContact(
                practitioner_id=notice.practitioner_id, phone=notice.phone, outcomes=notice.outcomes or {}
            )
            return f"calls last week to {described(contact)}"
        case "soft_limit":
            return f"{notice.practitioner_id or 'your authority'} has passed a limit on lookups or shields"
        case "registry_changed":
            changed = ", ".join(notice.changed or ())
            return f"your authority's registry entry changed ({changed}); if nobody asked for it, ring the operators"
    if notice.kind in _ABOUT_A_RECORD and notice.reference is not None:
        return f"{notice.reference} {_ABOUT_A_RECORD[notice.kind]}"
    return " ".join(filter(None, (notice.kind, notice.reference)))

"""What goes to stdout: plain text that fits 80 columns, without colour, also through a pipe. And JSON."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from ..answers import Answer, Authority, BrokeredEntry, Contact, FullEntry, Sector, SilentAuthority
from ..times import as_utc

out = Console(highlight=False, markup=False)
MOST_SHOWN = 20
_LONGEST_LINE = 20_000
"""Characters: enough for the names of all authorities. Breaking a line of megabytes would take minutes."""
_LONGEST_CELL = 100
_SECTORS = {"local_authority": "local authorities", "health": "health bodies", "police": "police forces"}


def print_line(line: str = "", *, indent: int = 0, style: str = "", to: Console = out) -> None:
    """Prints one line. Breaks it between words if the terminal is narrow, and leaves no blanks at line ends."""
    space = " " * indent
    wrapped = textwrap.fill(printable(line), to.width, initial_indent=space, subsequent_indent=space)
    to.print(Text(wrapped, style=style), soft_wrap=True)


def print_hanging(start: str, line: str) -> None:
    """Prints `start` and the line. What does not fit goes on below the line's own beginning."""
    wrapped = textwrap.fill(
        printable(line), out.width, initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False
    )
    out.print(Text(wrapped), soft_wrap=True)


def print_first(lines: Sequence[str], indent: int = 2) -> None:
    """Prints the first 20 lines, and how many more there are."""
    for line in lines[:MOST_SHOWN]:
        print_line(line, indent=indent)
    if more := lines[MOST_SHOWN:]:
        print_line(f"and {len(more):,} more", indent=indent)


def printable(text: str) -> str:
    """Replaces control characters, so that a name cannot control the terminal. Cuts what nobody would read."""
    shown = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} (cut short)"
    return "".join(character if character.isprintable() else "?" for character in shown)


def print_json(data: Any, indent: int | None = None) -> None:
    """Writes one object as JSON in ASCII and flushes it: one line, or indented for a person to read."""
    # Not through rich, which would break long lines.
    out.file.write(json.dumps(msgspec.to_builtins(data), indent=indent) + "\n")
    out.file.flush()


def day(date_: date) -> str:
    return f"{date_.day} {date_:%b %Y}"


def moment(at: datetime) -> str:
    return f"{day(as_utc(at))}, {as_utc(at):%H:%M} UTC"


def authority_name(authority: Authority | None) -> str:
    return "an authority that is not named" if authority is None else authority.name


def print_table(*rows: Sequence[str]) -> None:
    """Prints columns of equal width. The first row holds the titles."""
    rows = tuple([cell[:_LONGEST_CELL] for cell in row] for row in rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_answer(answer: Answer) -> None:
    if not answer.complete:
        print_line("COULD NOT CHECK every record: there may be more.", style="bold")
    print_line(answer.statement, style="bold")
    for number, entry in enumerate(answer.involvements, start=1):
        print_line()
        for indent, line in _entry_lines(entry, number):
            print_line(line, indent=indent, style="bold" if indent == 0 else "")
    if answer.broker_desk is not None:
        print_line()
        print_line(f"Broker desk, day and night: {_phone_and_name(answer.broker_desk)}")
    print_line()
    if answer.trace_number:
        print_line("This NHS number is out of date. Trace it anew before you send it again.")
    for line in _coverage(answer):
        print_line(line)
    print_line(f"Recorded as lookup {answer.lookup_id}, case {answer.case_reference}.")


def _entry_lines(entry: FullEntry | BrokeredEntry, number: int) -> Iterator[tuple[int, str]]:
    own = " (your own record)" if entry.own else ""
    if isinstance(entry, BrokeredEntry):
        yield 0, f"{number}. {entry.description}{own}"
        yield 3, f"ring {_phone_and_name(entry.contact)}"
        return
    person = entry.practitioner
    name = f"{person.name}, {person.role.lower()}" if person else entry.team.name
    yield 0, f"{number}. {name}{own}"
    if person and person.phone:
        yield 3, f"ring {person.phone}"
    team = f"{entry.team.phone}, {entry.team.name}" if person else entry.team.phone
    yield 3, f"team: {team}" if person and person.phone else f"ring {team}"
    if person and person.email:
        yield 3, person.email
    yield 3, ", ".join(filter(None, (_words(entry.service_type), entry.organisation, entry.authority.name)))
    yield 3, _status(entry)
    if entry.authority.duty_contact is not None:
        yield 3, f"day and night: {_phone_and_name(entry.authority.duty_contact)}"
    if entry.entry is not None:
        yield 3, f"entry {entry.entry} of this lookup"


def _status(entry: FullEntry) -> str:
    statuses = {
        "current": f"current, confirmed {day(entry.confirmed_on)}",
        "unconfirmed": f"not confirmed since {day(entry.confirmed_on)}",
        "previous": "previous" if entry.ended_on is None else f"ended {day(entry.ended_on)}",
    }
    lead = ["lead professional"] if entry.lead_professional else []
    disputed = ["disputed"] if entry.disputed else []
    return ", ".join([statuses.get(entry.status, entry.status), *lead, *disputed])


def _phone_and_name(contact: Contact) -> str:
    return f"{contact.phone}, {contact.name}"


def _words(code: str) -> str:
    return code.replace("_", " ")


def _coverage(answer: Answer) -> Iterator[str]:
    if answer.withheld.never_shown:
        yield f"Never shown for this purpose: {', '.join(map(_words, answer.withheld.never_shown))}."
    yield f"Reporting: {', '.join(map(_sector, answer.coverage))}."
    silent = [one for sector in answer.coverage for one in sector.silent]
    if silent:
        yield f"Silent: {', '.join(map(_silent, silent))}."


def _silent(one: SilentAuthority) -> str:
    return one.name if one.last_write_at is None else f"{one.name} since {day(one.last_write_at)}"


def _sector(sector: Sector) -> str:
    return f"{sector.reporting} of {sector.authorities} {_SECTORS.get(sector.sector, _words(sector.sector))}"

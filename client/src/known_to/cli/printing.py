"""What a person reads. Plain text that holds in 80 columns, without colour, and through a pipe."""

import dataclasses
import json
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from ..answers import Answer, BrokeredEntry, Contact, FullEntry, Sector, SilentAuthority

out = Console(highlight=False, markup=False)
_MOST_SHOWN = 20
_SECTORS = {"local_authority": "local authorities", "health": "health bodies", "police": "police forces"}


def say(line: str = "", *, indent: int = 0, style: str = "", to: Console = out) -> None:
    """One line, broken between words where the terminal is narrow, without blanks at its end."""
    space = " " * indent
    folded = textwrap.fill(printable(line), to.width, initial_indent=space, subsequent_indent=space)
    to.print(Text(folded, style=style), soft_wrap=True)


def say_first(lines: Sequence[str], indent: int = 2) -> None:
    """As many of `lines` as a screen takes."""
    for line in lines[:_MOST_SHOWN]:
        say(line, indent=indent)
    if more := lines[_MOST_SHOWN:]:
        say(f"and {len(more):,} more", indent=indent)


def printable(text: str) -> str:
    """A name may not steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def print_json(data: Any, indent: int | None = None) -> None:
    """JSON for one object, in ASCII, out before the next thing is done: one line, unless indented for a person."""
    plain = dataclasses.asdict(data) if dataclasses.is_dataclass(data) and not isinstance(data, type) else data
    # Not through rich, which would break long lines.
    out.file.write(json.dumps(plain, default=_as_text, indent=indent) + "\n")
    out.file.flush()


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError


def day(one: date) -> str:
    return f"{one.day} {one:%b %Y}"


def moment(one: datetime) -> str:
    return f"{day(one)}, {one.astimezone(UTC):%H:%M} UTC"


def print_table(*rows: Sequence[str]) -> None:
    """The first row are the titles."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_answer(answer: Answer) -> None:
    if not answer.complete:
        say("COULD NOT CHECK every record: there may be more.", style="bold")
    say(answer.statement, style="bold")
    for place, entry in enumerate(answer.involvements, start=1):
        say()
        for indent, line in _lines(entry, place):
            say(line, indent=indent, style="bold" if indent == 0 else "")
    if answer.broker_desk is not None:
        say()
        say(f"Broker desk, day and night: {_ring(answer.broker_desk)}")
    say()
    for line in _coverage(answer):
        say(line)
    say(f"Recorded as lookup {answer.lookup_id}, case {answer.case_reference}.")


def _lines(entry: FullEntry | BrokeredEntry, place: int) -> Iterator[tuple[int, str]]:
    own = " (your own record)" if entry.own else ""
    if isinstance(entry, BrokeredEntry):
        yield 0, f"{place}. {entry.description}{own}"
        yield 3, f"ring {_ring(entry.contact)}"
        return
    who = entry.practitioner
    yield 0, f"{place}. {who.name}, {who.role.lower()}{own}" if who else f"{place}. {entry.team.name}{own}"
    if who and who.phone:
        yield 3, f"ring {who.phone}"
    team = f"{entry.team.phone}, {entry.team.name}" if who else entry.team.phone
    yield 3, f"team: {team}" if who and who.phone else f"ring {team}"
    if who and who.email:
        yield 3, who.email
    yield 3, ", ".join(filter(None, (_words(entry.service_type), entry.organisation, entry.authority.name)))
    yield 3, _status(entry)
    if entry.authority.duty_contact is not None:
        yield 3, f"day and night: {_ring(entry.authority.duty_contact)}"


def _status(entry: FullEntry) -> str:
    said = {
        "current": f"current, confirmed {day(entry.confirmed_on)}",
        "unconfirmed": f"not confirmed since {day(entry.confirmed_on)}",
        "previous": "previous" if entry.ended_on is None else f"ended {day(entry.ended_on)}",
    }
    lead = ["lead professional"] if entry.lead_professional else []
    disputed = ["disputed"] if entry.disputed else []
    return ", ".join([said.get(entry.status, entry.status), *lead, *disputed])


def _ring(contact: Contact) -> str:
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

"""The command correct."""

import sys
from typing import Annotated

import typer

from ..correction import Correction, plan, row_of
from ..errors import KnownToError, may_work_later
from ..feed_file import FeedFile
from .arguments import Reference, stopped_at_a_prompt
from .error_messages import print_remark
from .exit_codes import ExitCode
from .feed_options import (
    Dates,
    DateStyle,
    Encoding,
    File,
    IgnoreColumns,
    MapPath,
    Phones,
    PhoneStyle,
    SheetName,
    TeamsPath,
    feed_file,
)
from .feed_warnings import numbers_file
from .global_options import practitioner_or_system_client
from .printing import day, print_line
from .records import print_receipt

_ONLY_A_SLIP = (
    "Only for a slip. If the child has a new identity or was adopted, stop here: withdraw or end the record, and use a "
    "new reference. Never link the two."
)


def correct(
    context: typer.Context,
    reference: Reference,
    file: File,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. For a script, after a person has decided.")] = False,
    dates: Dates = DateStyle.ISO,
    phones: Phones = PhoneStyle.FULL,
    encoding: Encoding = "utf-8-sig",
    map_path: MapPath = None,
    teams: TeamsPath = None,
    sheet: SheetName = None,
    ignore_columns: IgnoreColumns = False,
) -> None:
    """Put right a record whose NHS number was a slip.

    Withdraws the record, and registers its row in the file anew. Only for a slip, never for a new identity or an
    adoption. If it is cut off, run it again.
    """
    feed = feed_file(file, dates, phones, encoding, map_path, teams, sheet, ignore_columns)
    row = row_of(feed, feed.survey(), reference)
    numbers = numbers_file(feed)
    with practitioner_or_system_client(context) as client:
        correction = plan(client, row)
        _print_plan(correction, feed)
        _ask(yes)
        correction.withdraw(client)
        try:
            receipt = correction.register(client)
        except KnownToError as error:
            again = "Run the same command again."
            then = again if may_work_later(error) else "Put right what follows, then correct it again:"
            print_remark(f"The old record is withdrawn, and the row is not registered. {then}")
            raise
    print_receipt(receipt, "Registered anew:", as_json=False)
    numbers.take(row)
    numbers.save()


def _print_plan(correction: Correction, feed: FeedFile) -> None:
    """Shows no digits of a number, and no name or phone."""
    record, row = correction.on_record, correction.row
    if record is None:
        print_line("1. Nothing to withdraw: no record is under this reference, or it is withdrawn already.")
    else:
        service = record.service_type.replace("_", " ")
        print_line(f"1. Withdraws {record.reference}: {service}, registered {day(record.first_registered_on)}.")
    print_line(f"2. Registers {row.reference} anew, for the child in row {row.number} of {feed.path.name}.")
    print_line(_ONLY_A_SLIP)


def _ask(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        print_remark("Nothing was changed. There is no terminal to ask on. If a person has decided, add --yes.")
        raise typer.Exit(ExitCode.USAGE)
    with stopped_at_a_prompt():
        typed: str = typer.prompt("Type yes to go on", err=True, default="no", show_default=False)
    if typed.strip() != "yes":
        print_remark("Nothing was changed.")
        raise typer.Exit(ExitCode.DIFFERS)

"""Commands on single records: register, confirm, end, shield."""

import sys
from codecs import BOM_UTF8
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..answers import Receipt
from ..errors import UnreadableFile
from ..identifiers import masked, reference_error
from ..local_files import SAVE_AS_UTF_8, reason
from ..strict_json import read_json
from .arguments import AsJson, NhsNumber, Reference, given_nhs_number
from .error_messages import print_error
from .exit_codes import OF_ONE_RECORD, ExitCode
from .global_options import practitioner_client, practitioner_or_system_client
from .printing import day, print_json, print_line

IfVersion = Annotated[
    str | None,
    typer.Option("--if-version", metavar="VERSION", help="Change the record only if this is still its version."),
]
References = Annotated[
    list[str], typer.Argument(metavar="REFERENCE", show_default=False, help="Your own names for the records.")
]
_DAY = ["%Y-%m-%d"]
_LARGEST_RECORD = 1024 * 1024


def register(
    context: typer.Context,
    reference: Reference,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="The record as JSON; - for stdin.")],
    if_version: IfVersion = None,
    as_json: AsJson = False,
) -> None:
    """Register or replace one record. You may repeat it."""
    record = _read_record(file)
    with practitioner_or_system_client(context) as client:
        print_receipt(client.register(reference, record, if_version), "Registered", as_json)


def confirm(context: typer.Context, references: References, as_json: AsJson = False) -> None:
    """Confirm that records are still true, as of today.

    Ends with 6 if only some could be confirmed.
    """
    failed = 0
    with practitioner_or_system_client(context) as client:
        for number, reference in enumerate(references, start=1):
            try:
                print_receipt(client.confirm(reference), "Confirmed", as_json)
            except OF_ONE_RECORD as error:
                failed += 1
                may_show = reference_error(reference) is None and masked(reference) == reference
                print_error(error, f"{reference}: " if may_show else f"Reference {number}: ")
    if failed:
        raise typer.Exit(ExitCode.PARTLY if failed < len(references) else ExitCode.REFUSED)


def end(
    context: typer.Context,
    reference: Reference,
    on: Annotated[datetime, typer.Option(metavar="YYYY-MM-DD", formats=_DAY, help="The last day of the work.")],
    if_version: IfVersion = None,
    as_json: AsJson = False,
) -> None:
    """Record that the work has ended. The record expires later, without further action."""
    with practitioner_or_system_client(context) as client:
        print_receipt(client.end(reference, on.date(), if_version), "Ended", as_json)


def shield(
    context: typer.Context,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the child needs protection. It is sealed.")],
    review_on: Annotated[datetime, typer.Option(metavar="YYYY-MM-DD", formats=_DAY, help="Within two years.")],
    nhs_number: NhsNumber = None,
    as_json: AsJson = False,
) -> None:
    """Protect a child at once: lookups say "known" and show no place.

    Only the service's custodian can lift a shield. If nobody makes the review, it stays.
    """
    digits = given_nhs_number(nhs_number)
    with practitioner_client(context) as client:
        shielded = client.shield(digits, reason, review_on.date())
    if as_json:
        print_json(shielded)
        return
    print_line(f"Shielded from now on. Review on {day(shielded.review_on)}.")
    print_line("Only the service's custodian can lift the shield.")
    print_line("If somebody else has set a later review, that one counts.")


def _read_record(file: Path) -> dict[str, Any]:
    try:
        record = read_json(_content(file).removeprefix(BOM_UTF8))
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {reason(error)}.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(
            f"The record is not UTF-8 text. It may be UTF-16 or Windows-1252. {SAVE_AS_UTF_8}"
        ) from None
    except (ValueError, RecursionError):
        raise UnreadableFile("The record is not JSON, or has a name twice.") from None
    if not isinstance(record, dict):
        raise UnreadableFile("The record must be one JSON object.")
    return record


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.read().encode("utf-8", "surrogateescape")
    with file.open("rb") as opened:
        content = opened.read(_LARGEST_RECORD + 1)
    if len(content) > _LARGEST_RECORD:
        raise UnreadableFile(f"The record is larger than {_LARGEST_RECORD:,} bytes.")
    return content


def print_receipt(receipt: Receipt, done: str, as_json: bool) -> None:
    if as_json:
        print_json(receipt)
        return
    print_line(f"{done} {receipt.reference}: confirmed {day(receipt.confirmed_on)}, expires {day(receipt.expires_at)}.")
    print_line(f"version {receipt.version}", indent=2)
    if receipt.trace_number:
        print_line("This NHS number is out of date. Trace the number anew and send the present one.", indent=2)

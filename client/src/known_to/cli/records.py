"""Commands on single records: register, confirm, end, shield."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..answers import Receipt
from ..errors import FeedError
from ..files import SAVE_AS_UTF_8, reason
from ..identifiers import masked, reference_fault
from .asking import AsJson, NhsNumber, Reference, read_nhs_number
from .ending import OF_ONE_RECORD, ExitCode, tell
from .invocation import for_either, for_practitioner
from .printing import day, print_json, say

IfVersion = Annotated[
    str | None, typer.Option("--if-version", metavar="VERSION", help="Only if this is still the record's version.")
]
References = Annotated[
    list[str], typer.Argument(metavar="REFERENCE", show_default=False, help="Your own names of the records.")
]
_DAY = ["%Y-%m-%d"]


def register(
    context: typer.Context,
    reference: Reference,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="The record as JSON; - for stdin.")],
    if_version: IfVersion = None,
    as_json: AsJson = False,
) -> None:
    """Register or replace one record. It may be repeated."""
    record = _read_record(file)
    with for_either(context) as client:
        _print_receipt(client.register(reference, record, if_version), "Registered", as_json)


def confirm(context: typer.Context, references: References, as_json: AsJson = False) -> None:
    """Confirm that records are still true, as of today.

    Ends with 6 if only some could be confirmed.
    """
    failed = 0
    with for_either(context) as client:
        for place, reference in enumerate(references, start=1):
            try:
                _print_receipt(client.confirm(reference), "Confirmed", as_json)
            except OF_ONE_RECORD as error:
                failed += 1
                is_shown = reference_fault(reference) is None and masked(reference) == reference
                tell(error, f"{reference}: " if is_shown else f"Reference {place}: ")
    if failed:
        raise typer.Exit(ExitCode.PARTLY if failed < len(references) else ExitCode.REFUSED)


def end(
    context: typer.Context,
    reference: Reference,
    on: Annotated[datetime, typer.Option(metavar="YYYY-MM-DD", formats=_DAY, help="The last day of the work.")],
    if_version: IfVersion = None,
    as_json: AsJson = False,
) -> None:
    """Say that the work has ended. The record then expires by itself."""
    with for_either(context) as client:
        _print_receipt(client.end(reference, on.date(), if_version), "Ended", as_json)


def shield(
    context: typer.Context,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="For the operator who will review it.")],
    review_on: Annotated[datetime, typer.Option(metavar="YYYY-MM-DD", formats=_DAY, help="Within two years.")],
    nhs_number: NhsNumber = None,
    as_json: AsJson = False,
) -> None:
    """Protect a child at once: lookups say "known" and show no place.

    Only an operator of the service can lift it.
    """
    digits = read_nhs_number(nhs_number)
    with for_practitioner(context) as client:
        shielded = client.shield(digits, reason, review_on.date())
    if as_json:
        print_json(shielded)
        return
    say(f"Shielded from now on. To be reviewed on {day(shielded.review_on)}; only an operator lifts it.")
    if shielded.review_on != review_on.date():
        say("The child was shielded already, with a later day of review: that day is kept.")


def _read_record(file: Path) -> dict[str, Any]:
    try:
        record = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FeedError(f"{file} cannot be read: {reason(error)}.") from None
    except UnicodeDecodeError:
        raise FeedError(f"The record is not UTF-8 text, but perhaps UTF-16 or Windows-1252. {SAVE_AS_UTF_8}") from None
    except (ValueError, RecursionError):
        raise FeedError("The record is not JSON.") from None
    if not isinstance(record, dict):
        raise FeedError("The record must be one JSON object.")
    return record


def _print_receipt(receipt: Receipt, what: str, as_json: bool) -> None:
    if as_json:
        print_json(receipt)
        return
    say(f"{what} {receipt.reference}: confirmed {day(receipt.confirmed_on)}, expires {day(receipt.expires_at)}.")
    say(f"version {receipt.version}", indent=2)

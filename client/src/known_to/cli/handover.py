"""The command handover."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..client import Client
from ..errors import InvalidRequest, Problem
from ..feed_file import FeedFile
from ..handover import Colleague, Outcome, hand_over
from ..retries import FEED_RETRIES
from .error_messages import print_error
from .exit_codes import OF_ONE_RECORD, ExitCode
from .feed_options import Encoding
from .global_options import system_client
from .printing import print_first, print_line
from .progress_line import ProgressLine


def handover(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A .csv file.")],
    leaver: Annotated[str, typer.Option("--from", metavar="ID", help="The leaver's practitioner id.")],
    to: Annotated[str, typer.Option("--to", metavar="ID", help="The colleague's practitioner id.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="The colleague's name.")],
    colleagues_role: Annotated[str, typer.Option("--to-role", metavar="ROLE", help="The colleague's role.")],
    phone: Annotated[
        str | None, typer.Option(metavar="PHONE", help="The colleague's phone. Without it only the team's remains.")
    ] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The colleague's e-mail address.")] = None,
    encoding: Encoding = "utf-8-sig",
) -> None:
    """Pass a leaver's records to a colleague.

    The file is a CSV with a column "reference". If the command is cut off, run it again.
    """
    colleague = Colleague(id=to, name=name, role=colleagues_role, phone=phone, email=email)
    references = list(FeedFile(file, encoding=encoding).references())
    line = ProgressLine()
    with system_client(context, FEED_RETRIES, line) as client:
        done, failed = _hand_over_all(client, references, leaver, colleague, line)
    for outcome, rows in done.items():
        print_line(f"{len(rows):>7,}  {outcome}")
        if outcome is not Outcome.HANDED_OVER:
            print_first(rows, indent=9)
    print_line(f"{failed:>7,}  failed")
    raise typer.Exit(ExitCode.PARTLY if failed else ExitCode.DONE)


def _hand_over_all(
    client: Client,
    references: Sequence[tuple[int, str | None]],
    leaver_id: str,
    colleague: Colleague,
    line: ProgressLine,
) -> tuple[dict[Outcome, list[str]], int]:
    """Returns the rows by outcome, and how many failed. A failed row is printed, and the next one is tried.

    An error in the colleague's own data is raised, because every row would fail with it.
    """
    done: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    failed = 0
    with line.task("Handing over", len(references)) as advance:
        for number, reference in references:
            try:
                done[hand_over(client, reference or "", leaver_id, colleague)].append(f"row {number}: {reference}")
            except OF_ONE_RECORD as error:
                if _concerns_the_colleague(error):
                    raise
                failed += 1
                print_error(error, f"Row {number}: ")
            advance(1)
    return done, failed


def _concerns_the_colleague(error: Problem) -> bool:
    return isinstance(error, InvalidRequest) and any(one.field.startswith("practitioner") for one in error.errors)

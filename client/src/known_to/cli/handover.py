"""The command handover."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InvalidRequest, Problem
from ..feed_file import FeedFile
from ..handover import Colleague, Outcome, hand_over
from ..patience import FOR_A_FEED
from .ending import OF_ONE_RECORD, ExitCode, tell
from .invocation import for_feed
from .printing import say, say_first
from .progress import ProgressLine
from .sending import Encoding


def handover(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A .csv file.")],
    leaver: Annotated[str, typer.Option("--from", metavar="ID", help="The leaver's practitioner id.")],
    to: Annotated[str, typer.Option("--to", metavar="ID", help="The colleague's practitioner id.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="The colleague's name.")],
    colleagues_role: Annotated[str, typer.Option("--to-role", metavar="ROLE", help="The colleague's role.")],
    phone: Annotated[
        str | None, typer.Option(metavar="PHONE", help="The colleague's phone; without it only the team's stays.")
    ] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The colleague's e-mail address.")] = None,
    encoding: Encoding = "utf-8-sig",
) -> None:
    """Pass a leaver's records to a colleague.

    The file is a CSV with a column "reference". If it is cut off, run it again.
    """
    colleague = Colleague(id=to, name=name, role=colleagues_role, phone=phone, email=email)
    references = list(FeedFile(file, encoding=encoding).references())
    done: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    failed = 0
    line = ProgressLine()
    with for_feed(context, FOR_A_FEED, line.wait) as client, line.of("Handing over", len(references)) as advanced:
        for number, reference in references:
            try:
                done[hand_over(client, reference or "", leaver, colleague)].append(f"row {number}: {reference}")
            except OF_ONE_RECORD as error:
                if _is_about_the_colleague(error):
                    raise
                failed += 1
                tell(error, f"Row {number}: ")
            advanced(1)
    for outcome, records in done.items():
        say(f"{len(records):>7,}  {outcome}")
        if outcome is not Outcome.HANDED_OVER:
            say_first(records, indent=9)
    say(f"{failed:>7,}  failed")
    raise typer.Exit(ExitCode.PARTLY if failed else ExitCode.DONE)


def _is_about_the_colleague(error: Problem) -> bool:
    """Then it is the same with every row."""
    return isinstance(error, InvalidRequest) and any(one.field.startswith("practitioner") for one in error.errors)

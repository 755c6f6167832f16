"""The command handover."""

from typing import Annotated

import typer

from ..errors import InvalidRequest, Problem
from ..feed_file import FeedFile
from ..handover import Colleague, Outcome, hand_over
from .ending import OF_ONE_RECORD, ExitCode, tell
from .printing import say
from .sending import Encoding, File, progress
from .standing import for_feed


def handover(
    context: typer.Context,
    file: File,
    leaver: Annotated[str, typer.Option("--from", metavar="ID", help="The leaver's practitioner id.")],
    to: Annotated[str, typer.Option("--to", metavar="ID", help="The colleague's practitioner id.")],
    name: Annotated[str, typer.Option(help="The colleague's name.")],
    colleagues_role: Annotated[str, typer.Option("--to-role", metavar="ROLE", help="The colleague's role.")],
    phone: Annotated[str | None, typer.Option(help="The colleague's phone; without it only the team's stays.")] = None,
    email: Annotated[str | None, typer.Option(help="The colleague's e-mail address.")] = None,
    encoding: Encoding = "utf-8-sig",
) -> None:
    """Pass a leaver's records to a colleague.

    The file is a CSV with a column "reference". Cut off, it can be run again.
    """
    colleague = Colleague(id=to, name=name, role=colleagues_role, phone=phone, email=email)
    references = list(FeedFile(file, encoding=encoding).references())
    done = dict.fromkeys(Outcome, 0)
    failed = 0
    with for_feed(context) as client, progress("Handing over", len(references)) as bar:
        for number, reference in references:
            try:
                done[hand_over(client, reference or "", leaver, colleague)] += 1
            except OF_ONE_RECORD as error:
                if _is_about_the_colleague(error):
                    raise
                failed += 1
                tell(error, f"Row {number}: ")
            bar.advance(bar.task_ids[0])
    for outcome, count in done.items():
        say(f"{count:>7,}  {outcome}")
    say(f"{failed:>7,}  failed")
    raise typer.Exit(ExitCode.PARTLY if failed else ExitCode.DONE)


def _is_about_the_colleague(error: Problem) -> bool:
    """Then it is the same with every row."""
    return isinstance(error, InvalidRequest) and any(one.field.startswith("practitioner") for one in error.errors)

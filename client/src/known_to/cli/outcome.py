"""The command outcome, and the offer that `lookup` makes at a terminal: did the call reach somebody?"""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from ..answers import Answer, FullEntry
from ..client import Client
from ..errors import KnownToError
from .error_messages import print_error, print_remark
from .global_options import practitioner_client
from .printing import out, print_line


class Outcome(StrEnum):
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    LEFT = "left"
    NOT_THEIRS = "not_theirs"


_KEYS = {
    "r": Outcome.REACHED,
    "n": Outcome.NO_ANSWER,
    "w": Outcome.WRONG_NUMBER,
    "l": Outcome.LEFT,
    "t": Outcome.NOT_THEIRS,
}
_ENDS = frozenset({"q", "\x1b"})  # and Escape
_OFFER = (
    "If you have rung: r reached, n no answer, w wrong number, l has left, t not theirs. Any other key skips an entry, "
    "q ends. Only the owner sees counts, without child or caller."
)


def outcome(
    context: typer.Context,
    lookup_id: Annotated[str, typer.Argument(metavar="LOOKUP_ID", show_default=False, help="As the lookup shows it.")],
    entry: Annotated[
        int, typer.Argument(metavar="ENTRY", min=1, show_default=False, help="The entry's number in the lookup.")
    ],
    result: Annotated[Outcome, typer.Argument(metavar="OUTCOME", show_default=False, help=f"{', '.join(Outcome)}.")],
) -> None:
    """Record whether the call to an entry of your lookup reached somebody.

    Within 7 days of the lookup, one outcome for each entry. You may repeat it.
    """
    with practitioner_client(context) as client:
        client.report_outcome(lookup_id, entry, result)
    print_line(f"Recorded for entry {entry}: {result.replace('_', ' ')}.")


def may_offer() -> bool:
    """True if a person is at a terminal."""
    return sys.stdin.isatty() and out.is_terminal


def offer_outcomes(context: typer.Context, answer: Answer) -> None:
    """Asks once for each entry that the caller can ring. Whatever happens here changes nothing about the lookup."""
    entries = [one for one in answer.involvements if isinstance(one, FullEntry) and one.entry and not one.own]
    if not entries:
        return
    print_remark(_OFFER)
    try:
        with practitioner_client(context) as client:
            for one in entries:
                if not _asked(client, answer.lookup_id, one):
                    return
    except KnownToError as error:
        print_error(error, "Not recorded. ")
    except (KeyboardInterrupt, EOFError, OSError):
        return


def _asked(client: Client, lookup_id: str, entry: FullEntry) -> bool:
    """Returns False if the person wants no more questions."""
    print_remark(f"{entry.entry}. {entry.practitioner.name if entry.practitioner else entry.team.name}?")
    key = typer.getchar().lower()
    if key in _KEYS and entry.entry is not None:
        client.report_outcome(lookup_id, entry.entry, _KEYS[key])
        print_remark(f"Recorded: {_KEYS[key].replace('_', ' ')}.", indent=3)
    return key not in _ENDS

"""The command lookup, and how a command gets an NHS number."""

import sys
from typing import Annotated

import typer

from ..errors import CannotAnswer, Mistyped
from ..identifiers import mended_nhs_number
from .ending import COULD_NOT_CHECK, at_a_prompt, complain, exit_code
from .invocation import for_practitioner
from .printing import print_answer, print_json

Reference = Annotated[str, typer.Argument(metavar="REFERENCE", show_default=False, help="Your own name of the record.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
NhsNumber = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NHS_NUMBER",
        show_default=False,
        help="Better left out, as arguments stay in the shell's history: it is then asked for, or read from stdin.",
    ),
]


def read_nhs_number(arguments: list[str] | None) -> str:
    """From arguments, such as 999 000 0018, the prompt or the first line of stdin. Raises Mistyped."""
    if arguments:
        complain("Note: an argument stays in your shell's history. Leave the NHS number out and you are asked for it.")
    try:
        return mended_nhs_number(" ".join(arguments) if arguments else _typed())
    except UnicodeError:
        raise Mistyped("What was given is no text.") from None
    except ValueError as fault:
        raise Mistyped(f"What was given {fault}.") from None


def _typed() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    with at_a_prompt():
        typed: str = typer.prompt("NHS number", err=True)
    return typed


def lookup(
    context: typer.Context,
    purpose: Annotated[
        str,
        typer.Option(
            metavar="WORD", help="safeguarding, child_protection, education_welfare or health_care. It is recorded."
        ),
    ],
    case: Annotated[str, typer.Option(metavar="REFERENCE", help="Your own reference of the case. It is recorded.")],
    nhs_number: NhsNumber = None,
    as_json: AsJson = False,
) -> None:
    """Who else works with this child, and whom do I ring?

    Ends with 0 when there is an answer, also when none is registered; with anything else it could not check.
    """
    try:
        digits = read_nhs_number(nhs_number)
        with for_practitioner(context) as client:
            answer = client.look_up(digits, purpose, case)
        if as_json:
            print_json(answer)
        else:
            print_answer(answer)
    except BaseException as error:
        complain(COULD_NOT_CHECK, style="bold")
        if isinstance(error, CannotAnswer):  # which says just that
            raise typer.Exit(exit_code(error)) from None
        raise

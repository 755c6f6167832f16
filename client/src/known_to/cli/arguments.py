"""Arguments that several commands take: a reference, an NHS number, --json."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ..errors import Mistyped
from ..identifiers import read_nhs_number
from .error_messages import print_remark
from .exit_codes import ExitCode

Reference = Annotated[
    str, typer.Argument(metavar="REFERENCE", show_default=False, help="Your own name for the record.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
NhsNumber = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NHS_NUMBER",
        show_default=False,
        help="Better left out, because your shell keeps arguments in its history. "
        "The command then asks for it, or reads it from stdin.",
    ),
]


def given_nhs_number(arguments: list[str] | None) -> str:
    """Reads it from arguments such as 999 000 0018, from the prompt, or from the first line of stdin.

    Raises Mistyped.
    """
    if arguments:
        print_remark(
            "Note: an argument stays in your shell's history, and others on this machine may see it while the command "
            "runs. If you leave the NHS number out, the command asks for it."
        )
    try:
        return read_nhs_number(" ".join(arguments) if arguments else _typed())
    except UnicodeError:
        raise Mistyped("The input is not text.") from None
    except ValueError as error:
        raise Mistyped(f"The input {error}.") from None


def _typed() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    with stopped_at_a_prompt():
        typed: str = typer.prompt("NHS number", err=True)
    return typed


@contextmanager
def stopped_at_a_prompt() -> Iterator[None]:
    """Makes Ctrl-C at a prompt end with the same exit code as everywhere else."""
    try:
        yield
    except typer.Abort:
        raise typer.Exit(ExitCode.STOPPED) from None

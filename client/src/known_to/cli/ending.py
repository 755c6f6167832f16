"""How a command ends: exit codes that a script can rely on, and what is said on the way out."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import typer
from rich.console import Console

from ..errors import (
    AlreadyExpired,
    Busy,
    Conflict,
    InvalidRequest,
    KnownToError,
    Mistyped,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Problem,
    SettingsError,
    TooMany,
    Unavailable,
    Unreachable,
    UnreadableAnswer,
    VersionMismatch,
)
from ..identifiers import masked
from .printing import say

err = Console(stderr=True, highlight=False, markup=False)

UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # which typer does not name
COULD_NOT_CHECK = "COULD NOT CHECK. Treat as unknown; ring your duty team."
OF_ONE_RECORD = (AlreadyExpired, Conflict, InvalidRequest, NotFound)
"""Faults that the next record may not have."""

_HERE: dict[type[Problem], str] = {
    NotSignedIn: "Check authority, kid, key_file and audience in your settings, and the clock of this machine.",
    VersionMismatch: "See what was changed. To write all the same, leave --if-version out.",
}
"""What to do where the words of the service are for who writes a client."""


class ExitCode(IntEnum):
    """1 is left to Python for a fault of this program, 2 to the command line."""

    DONE = 0
    USAGE = 2
    NOT_SIGNED_IN = 3
    UNAVAILABLE = 4
    REFUSED = 5
    PARTLY = 6
    DIFFERS = 7
    STOPPED = 130  # 128 and the number of SIGINT, as shells have it


def complain(line: str, style: str = "", indent: int = 0) -> None:
    say(line, indent=indent, style=style, to=err)


def exit_code(error: KnownToError) -> ExitCode:
    if isinstance(error, Mistyped):
        return ExitCode.USAGE
    if isinstance(error, SettingsError | NotSignedIn | NotAllowed):
        return ExitCode.NOT_SIGNED_IN
    if isinstance(error, Unavailable | TooMany | Unreachable | UnreadableAnswer | Busy):
        return ExitCode.UNAVAILABLE
    return ExitCode.REFUSED


def tell(error: KnownToError, about: str = "") -> None:
    """To stderr: what happened, what to do, and how to find it in the service's logs."""
    if not isinstance(error, Problem):
        complain(f"{about}{masked(str(error))}")
        return
    complain(f"{about}{error.title}. {_HERE.get(type(error), error.detail)}")
    for fault in error.errors:
        complain(f"{fault.field or 'the request'}: {fault.problem}", indent=2)
    if error.retry_after_seconds:
        seconds = math.ceil(error.retry_after_seconds)
        complain(f"The service asks you to wait {seconds:,} second{'' if seconds == 1 else 's'} before the next try.")
    if error.correlation_id is not None:
        complain(f"({error.code}, correlation id {error.correlation_id})")


def tell_usage(error: Any) -> int:
    """To stderr: what is wrong with the command line. Digits are not repeated: they may be of an NHS number."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return ExitCode.USAGE
    if error.ctx is not None and error.ctx.info_name == "lookup":
        complain(COULD_NOT_CHECK, style="bold")
    complain(masked(error.format_message(), least_digits=6))
    complain(f"How to write it: {'known-to' if error.ctx is None else error.ctx.command_path} --help")
    return ExitCode.USAGE


@contextmanager
def at_a_prompt() -> Iterator[None]:
    """Ctrl-C ends as it does everywhere else."""
    try:
        yield
    except typer.Abort:
        raise typer.Exit(ExitCode.STOPPED) from None

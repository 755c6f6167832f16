"""How a command ends: exit codes that a script can rely on, and what is said on the way out."""

from enum import IntEnum

from rich.console import Console

from ..errors import (
    KnownToError,
    NotAllowed,
    NotSignedIn,
    Problem,
    SettingsError,
    TooMany,
    Unavailable,
    Unreachable,
    UnreadableAnswer,
)
from .printing import say

err = Console(stderr=True, highlight=False, markup=False)


class ExitCode(IntEnum):
    """1 is left to Python for a fault of this program, 2 to the command line."""

    DONE = 0
    USAGE = 2
    NOT_SIGNED_IN = 3
    UNAVAILABLE = 4
    REFUSED = 5
    PARTLY = 6
    DIFFERS = 7


def complain(line: str, style: str = "", indent: int = 0) -> None:
    say(line, indent=indent, style=style, to=err)


def exit_code(error: KnownToError) -> ExitCode:
    if isinstance(error, SettingsError | NotSignedIn | NotAllowed):
        return ExitCode.NOT_SIGNED_IN
    if isinstance(error, Unavailable | TooMany | Unreachable | UnreadableAnswer):
        return ExitCode.UNAVAILABLE
    return ExitCode.REFUSED


def tell(error: KnownToError) -> None:
    """To stderr: what happened, what to do, and how to find it in the service's logs."""
    complain(str(error))
    if not isinstance(error, Problem):
        return
    for fault in error.errors:
        complain(f"{fault.field or 'the request'}: {fault.problem}", indent=2)
    if error.correlation_id is not None:
        complain(f"({error.code}, correlation id {error.correlation_id})")

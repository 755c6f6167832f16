"""What goes to stderr: errors and remarks."""

import math
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from ..errors import KnownToError, NotSignedIn, Problem, UnsafeFile, VersionMismatch
from ..identifiers import masked
from .exit_codes import ExitCode
from .printing import MOST_SHOWN, print_line, printable

err = Console(stderr=True, highlight=False, markup=False)

UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # typer has no name for it
COULD_NOT_CHECK = "COULD NOT CHECK. Treat as unknown; ring your duty team."

_INSTEAD_OF_DETAIL: dict[type[Problem], str] = {
    NotSignedIn: "Check authority, kid, key_file and audience in your settings, and the clock of this machine.",
    VersionMismatch: "Look at the new version first. To overwrite it anyway, leave out --if-version.",
}
"""Replaces the detail of a problem if the service wrote that for the developer of a client."""


def print_remark(line: str, style: str = "", indent: int = 0) -> None:
    print_line(line, indent=indent, style=style, to=err)


def print_error(error: KnownToError, prefix: str = "") -> None:
    """Prints what happened, what to do, and how to find it in the service's logs."""
    if isinstance(error, UnsafeFile) and error.remedy:
        print_remark(f"{prefix}{masked(error.what)}")
        print_remark("Run this, and try again:")
        # On a line of its own, which is not broken: it is there to be copied.
        err.print(Text(printable(f"  {error.remedy}")), soft_wrap=True)
        return
    if not isinstance(error, Problem):
        print_remark(f"{prefix}{masked(str(error))}")
        return
    print_remark(f"{prefix}{error.title}. {_INSTEAD_OF_DETAIL.get(type(error), error.detail)}")
    for one in error.errors[:MOST_SHOWN]:
        print_remark(f"{one.field or 'the request'}: {one.problem}", indent=2)
    if more := error.errors[MOST_SHOWN:]:
        print_remark(f"and {len(more):,} more", indent=2)
    if error.retry_after_seconds:
        seconds = math.ceil(error.retry_after_seconds)
        print_remark(
            f"The service asks you to wait {seconds:,} second{'' if seconds == 1 else 's'} before the next try."
        )
    if error.correlation_id is not None:
        print_remark(f"({error.code}, correlation id {error.correlation_id})")


def print_usage_error(error: Any) -> int:
    """Prints what is wrong with the command line. Does not repeat digits, which may be those of an NHS number."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return ExitCode.USAGE
    if error.ctx is not None and error.ctx.info_name == "lookup":
        print_remark(COULD_NOT_CHECK, style="bold")
    print_remark(masked(error.format_message(), least_digits=6))
    print_remark(f"For help: {'known-to' if error.ctx is None else error.ctx.command_path} --help")
    return ExitCode.USAGE

"""`known-to`: every command, and the one place where errors become exit codes."""

import io
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from ..errors import KnownToError
from ..files import reason
from . import asking, records, watching
from .ending import ExitCode, UsageError, complain, exit_code, tell, tell_usage
from .handover import handover
from .invocation import Invocation
from .keys import keys
from .load import load
from .reconcile import reconcile

app = typer.Typer(
    name="known-to",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Ends with 0 done, 2 wrong command line, 3 settings or signing in, 4 the service could not, 5 refused, "
    "6 not all done, 7 file and register differ. client/README.md says more.",
)


def _version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(version("known-to-client"))
        except PackageNotFoundError:
            typer.echo("not installed")
        raise typer.Exit


def _not_blank(value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise typer.BadParameter("is blank. Write who it is, or leave the option out.")
    return value


@app.callback()
def main(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Use the local stage that make run has started here.")] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your settings; else known-to.toml, here or in your own folder.")
    ] = None,
    authority: Annotated[
        str | None, typer.Option(metavar="CODE", callback=_not_blank, help="Sign for this authority.")
    ] = None,
    caller: Annotated[
        str | None, typer.Option("--as", metavar="ID", callback=_not_blank, help="The practitioner who calls.")
    ] = None,
    role: Annotated[
        str | None, typer.Option(metavar="TEXT", callback=_not_blank, help="The practitioner's role, in words.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Known To: is a child known to another practitioner, and whom do I ring?

    These options go before the command: known-to --demo lookup ...
    """
    context.obj = Invocation(config, demo, authority, caller, role)


for command in (
    *(asking.lookup, records.register, records.confirm, records.end, load, reconcile),
    *(watching.notices, watching.accesses, handover, records.shield),
):
    app.command(short_help=(command.__doc__ or "").partition("\n")[0])(command)
app.add_typer(keys, name="keys")


def run() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A letter that the terminal lacks may not cost the answer.
            stream.reconfigure(errors="replace")
    sys.exit(_ended())


def _ended() -> int:
    try:
        return int(app(prog_name="known-to", standalone_mode=False) or ExitCode.DONE)
    except UsageError as error:
        return tell_usage(error)
    except typer.Abort:
        return ExitCode.STOPPED
    except KnownToError as error:
        tell(error)
        return exit_code(error)
    except OSError as error:
        complain(f"A file of this machine cannot be read or written: {reason(error)}.")
        return ExitCode.REFUSED

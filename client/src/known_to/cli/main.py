"""`known-to`: every command, and the one place where errors become exit codes."""

import io
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from ..errors import KnownToError
from . import asking, records, watching
from .ending import exit_code, tell
from .handover import handover
from .load import load
from .reconcile import reconcile
from .standing import Standing

app = typer.Typer(
    name="known-to",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Ends with 0 done, 2 wrong command line, 3 settings or signing in, 4 the service could not, 5 refused, "
    "6 not all done, 7 file and register differ. See README.md.",
)


def _version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(version("known-to-client"))
        except PackageNotFoundError:
            typer.echo("not installed")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Use the local stage that make run has started here.")] = False,
    config: Annotated[Path | None, typer.Option(help="Else known-to.toml, here or in your own folder.")] = None,
    authority: Annotated[str | None, typer.Option(metavar="CODE", help="Sign for this authority.")] = None,
    caller: Annotated[str | None, typer.Option("--as", metavar="ID", help="The practitioner who calls.")] = None,
    role: Annotated[str | None, typer.Option(help="The practitioner's role, in words.")] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Known To: is a child known to another practitioner, and whom do I ring?

    These options stand before the command: known-to --demo lookup ...
    """
    context.obj = Standing(config, demo, authority, caller, role)


for command in (
    *(asking.lookup, records.register, records.confirm, records.end, load, reconcile),
    *(watching.notices, watching.accesses, handover, records.shield),
):
    app.command(short_help=(command.__doc__ or "").partition("\n")[0])(command)


def run() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A letter that the terminal lacks may not cost the answer.
            stream.reconfigure(errors="replace")
    try:
        app()
    except KnownToError as error:
        tell(error)
        sys.exit(exit_code(error))

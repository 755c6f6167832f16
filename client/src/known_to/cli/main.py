"""`known-to`: every command. Errors become exit codes here and nowhere else."""

import io
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from ..errors import KnownToError
from ..local_files import reason
from .accesses import accesses
from .correct import correct
from .error_messages import UsageError, print_error, print_remark, print_usage_error
from .exit_codes import ExitCode, exit_code
from .findings import findings
from .global_options import GlobalOptions
from .handover import handover
from .keys import keys
from .load import load
from .lookup import lookup
from .notices import notices
from .outcome import outcome
from .quality import quality
from .reconcile import reconcile
from .records import confirm, end, register, shield
from .verify import verify

app = typer.Typer(
    name="known-to",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 done, 2 wrong command line, 3 settings or signing in, 4 the service failed, 5 refused, "
    "6 not all done, 7 file and register differ, or the history was changed. More in client/README.md.",
)


def _version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(version("known-to"))
        except PackageNotFoundError:
            typer.echo("not installed")
        raise typer.Exit


def _not_blank(value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise typer.BadParameter("is blank. Give a value, or leave the option out.")
    return value


@app.callback()
def main(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Use the local stage that make run started here.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your settings. Default: known-to.toml in your settings folder."),
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
    context.obj = GlobalOptions(config, demo, authority, caller, role)


for command in (
    *(
        lookup,
        outcome,
        register,
        confirm,
        end,
        correct,
        load,
        reconcile,
        quality,
        notices,
        findings,
        accesses,
        handover,
        shield,
    ),
    verify,
):
    app.command(short_help=(command.__doc__ or "").partition("\n")[0])(command)
app.add_typer(keys, name="keys")


def run() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A letter that the terminal cannot show must not suppress the whole answer.
            stream.reconfigure(errors="replace")
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        return int(app(prog_name="known-to", standalone_mode=False) or ExitCode.DONE)
    except UsageError as error:
        return print_usage_error(error)
    except typer.Abort:
        return ExitCode.STOPPED
    except KnownToError as error:
        print_error(error)
        return exit_code(error)
    except OSError as error:
        print_remark(f"A file on this machine cannot be read or written: {reason(error)}.")
        return ExitCode.REFUSED

"""The commands keys make and keys show: a signing key, and its public half for the service's operator."""

from pathlib import Path
from typing import Annotated

import typer

from ..local_files import file_errors
from ..signing import make_private_key
from .error_messages import print_remark
from .global_options import GlobalOptions, settings_folder
from .printing import print_json

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make a signing key, and show its public half.")


@keys.command()
def make(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="A new file for the private key. Default: signing-key.pem beside your settings.",
        ),
    ] = None,
) -> None:
    """Make a private signing key and print its public half.

    Send the printed public half, a JWK set, to the service's operator. Name your authority:
    known-to --authority CODE keys make
    """
    options: GlobalOptions = context.obj
    authority = options.authority_code()
    if file is None:
        file = settings_folder() / "signing-key.pem"
        with file_errors(file.parent, "made"):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = make_private_key(file, authority)
    print_json(made.jwks, indent=2)
    print_remark(f"Made {file}. Keep it secret. Send the printed public half to the service's operator.")
    print_remark("Put this line into your settings:")
    print_remark(f'kid = "{made.kid}"', indent=2)


@keys.command()
def show(context: typer.Context) -> None:
    """Print the public half of the key in your settings, a JWK set."""
    options: GlobalOptions = context.obj
    print_json(options.settings().signer().jwks, indent=2)

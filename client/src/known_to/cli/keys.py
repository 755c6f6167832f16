"""The commands keys make and keys show: a signing key, and its public half for the service's operator."""

from pathlib import Path
from typing import Annotated

import typer

from ..signing import make_private_key
from .ending import complain
from .invocation import Invocation
from .printing import print_json

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make a signing key, and show its public half.")


@keys.command()
def make(
    context: typer.Context,
    file: Annotated[
        Path, typer.Option("--file", metavar="FILE", help="Where the private key goes. No file may be there yet.")
    ] = Path("signing-key.pem"),
) -> None:
    """Make a private signing key and print its public half.

    What is printed, a JWK set, goes to the service's operator. Say for whom: known-to --authority CODE keys make
    """
    invocation: Invocation = context.obj
    made = make_private_key(file, invocation.authority_code())
    print_json(made.jwks, indent=2)
    complain(f"Made {file}: keep it to yourself. What was printed goes to the service's operator. In your settings:")
    complain(f'kid = "{made.kid}"', indent=2)


@keys.command()
def show(context: typer.Context) -> None:
    """Print the public half of the key in your settings, a JWK set."""
    invocation: Invocation = context.obj
    print_json(invocation.settings().signer().jwks, indent=2)

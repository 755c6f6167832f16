"""The command lookup."""

from typing import Annotated

import typer

from ..errors import CannotAnswer
from .arguments import AsJson, NhsNumber, given_nhs_number
from .error_messages import COULD_NOT_CHECK, print_remark
from .exit_codes import exit_code
from .global_options import practitioner_client
from .outcome import may_offer, offer_outcomes
from .printing import print_answer, print_json
from .verify import keep_checkpoint


def lookup(
    context: typer.Context,
    purpose: Annotated[
        str,
        typer.Option(
            metavar="WORD", help="safeguarding, child_protection, education_welfare or health_care. It is recorded."
        ),
    ],
    case: Annotated[str, typer.Option(metavar="REFERENCE", help="Your own reference for the case. It is recorded.")],
    nhs_number: NhsNumber = None,
    as_json: AsJson = False,
) -> None:
    """Who else works with this child, and whom do I ring?

    Ends with 0 if there is an answer, even if nobody is registered. Any other exit code means that it could not check.
    At a terminal it then offers to record, with one key for each entry, whether your call reached somebody.
    """
    try:
        digits = given_nhs_number(nhs_number)
        with practitioner_client(context) as client:
            answer = client.look_up(digits, purpose, case)
        if as_json:
            print_json(answer)
        else:
            print_answer(answer)
    except BaseException as error:
        print_remark(COULD_NOT_CHECK, style="bold")
        if isinstance(error, CannotAnswer):  # its own message says the same
            raise typer.Exit(exit_code(error)) from None
        raise
    keep_checkpoint(context, answer)
    if may_offer() and not as_json:
        offer_outcomes(context, answer)

"""The command accesses."""

import typer

from .arguments import AsJson, Reference
from .error_messages import print_remark
from .global_options import practitioner_or_system_client
from .printing import authority_name, moment, print_json, print_line, print_table


def accesses(context: typer.Context, reference: Reference, as_json: AsJson = False) -> None:
    """Who has looked up the child of one of your records, and why.

    Shown for current social care only, if your authority is granted a wide purpose.
    """
    with practitioner_or_system_client(context) as client:
        found = client.accesses(reference)
    if as_json:
        print_json(found)
        return
    if found.accesses:
        rows = [
            (moment(one.asked_at), authority_name(one.authority), one.role or "", one.purpose or "")
            for one in found.accesses
        ]
        print_table(("when", "authority", "role", "purpose"), *rows)
    else:
        print_line("Nobody has looked up the child since this record was registered.")
    if not found.complete:
        print_remark("Some lookups could not be shown: there may be more.")

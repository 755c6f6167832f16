"""The command verify."""

from pathlib import Path
from typing import Annotated

import typer

from ..answers import Answer, Checkpoint
from ..client import connect
from ..errors import KnownToError
from ..history import Recorded
from ..settings import Settings
from ..witness import Verification
from ..witness_file import Witness, read_checkpoint, read_witness, witness_path, write_witness
from .arguments import AsJson
from .error_messages import print_remark
from .global_options import GlobalOptions, settings_folder
from .printing import moment, print_json, print_line

_NAMES = {"at": "asked at", "token_id": "token", "case_reference": "case", "over_soft_limit": "over the limit of"}


def verify(
    context: typer.Context,
    lookup_id: Annotated[
        str | None, typer.Argument(metavar="LOOKUP_ID", show_default=False, help="One of your authority's lookups.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Has anybody rewritten the history? Is a lookup in it?

    Proves that today's history contains every checkpoint that your lookups have shown. With LOOKUP_ID it also proves
    that this lookup is in the history as it was recorded. Ends with 7 if either proof fails.
    """
    options: GlobalOptions = context.obj
    settings = options.settings()
    path = _path(options, settings)
    witness = read_witness(path)
    named = options.caller_id or settings.practitioner
    with connect(settings, options.practitioner(settings) if named else options.system(settings)) as client:
        verification = Verification(client, witness, settings.history_key)
        recorded = None if lookup_id is None else verification.lookup(lookup_id)
        latest = verification.history()
    # A lookup may have kept one meanwhile.
    since = tuple(one for one in read_witness(path).seen if one not in witness.seen)
    write_witness(path, Witness(latest.key_id, latest, since))
    if as_json:
        print_json({"checkpoint": latest, "verified": len(witness.everything), "recorded": recorded})
        return
    _print(latest, witness, settings, recorded)


def _print(latest: Checkpoint, witness: Witness, settings: Settings, recorded: Recorded | None) -> None:
    print_line(f"Verified: today's history {_found(len(witness.everything))}", style="bold")
    print_line(f"It now has {latest.number:,} checkpoints. The last was closed on {moment(latest.closed_at)}.")
    if recorded is not None:
        print_line()
        print_line(f"The lookup is in checkpoint {recorded.number:,}, closed on {moment(recorded.closed_at)}:")
        for name, value in recorded.fields.items():
            print_line(f"{_NAMES.get(name, name)}: {value}", indent=2)
    if settings.history_key is None and witness.key_id is None:
        print_remark(
            "This is the first verification, so it trusts the key that the service shows. Ask the operator for its "
            "id, and put it into your settings:"
        )
        print_remark(f'history_key = "{latest.key_id}"', indent=2)


def _found(kept: int) -> str:
    if not kept:
        return "is signed. You have kept no checkpoint yet to compare it with."
    if kept == 1:
        return "contains the checkpoint that you kept. Nothing up to that was removed or altered."
    return f"contains the {kept:,} checkpoints that you kept. Nothing up to the last of them was removed or altered."


def keep_checkpoint(context: typer.Context, answer: Answer) -> None:
    """Keeps the checkpoint of an answer. A failure is a remark: it never affects the answer."""
    options: GlobalOptions = context.obj
    checkpoint = read_checkpoint(answer.checkpoint)
    if checkpoint is None:
        return
    try:
        path = _path(options, options.settings())
        witness = read_witness(path)
        if (kept := witness.with_seen(checkpoint)) is not witness:
            write_witness(path, kept)
    except (KnownToError, OSError) as error:
        print_remark(f"The checkpoint was not kept. {error}")


def _path(options: GlobalOptions, settings: Settings) -> Path:
    # A local stage that starts again has another history and another key.
    service = f"{settings.base_url} {settings.kid if options.demo else ''}"
    return witness_path(settings_folder(), settings.authority, service)

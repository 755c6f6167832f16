"""What the rules may know of an access record."""

from datetime import datetime

from ..access_records import Act, ActRecord, LookupRecord
from ..authority import Caller
from ..values import Hidden

WRITING_ACTS = frozenset({Act.REGISTERED, Act.REPLACED, Act.AMENDED})
"""By these acts an authority says that it works with a child."""


class SeenLookup(Hidden, frozen=True, kw_only=True):
    """`child`: the pseudonym, or anything that is the same for the same child.

    `known`: None if what was shown cannot be read. `own_references`: of the records of the asker's authority that the
    answer drew on.
    `sensitive`: owners are not shown who asked, because the asker worked with the child in a sensitive service.
    `behind`: the marks of the records that hid the asker (`hiding.py`).
    """

    id: str
    at: datetime
    child: str
    authority_code: str
    practitioner_id: str
    role: str
    organisation: str | None
    token_id: str | None
    known: bool | None
    own_references: tuple[str, ...]
    sensitive: bool = False
    behind: bytes = b""


class SeenAct(Hidden, frozen=True, kw_only=True):
    """`authority_code`: whose record the act concerns; of a shield, who asked for it.

    `practitioner_id`: None if the act has no caller. A feed has one that begins with `system:`.
    """

    id: str
    at: datetime
    child: str
    act: Act
    authority_code: str
    practitioner_id: str | None
    role: str = ""
    organisation: str | None = None
    reference: str | None = None


Seen = SeenLookup | SeenAct


def seen(record: LookupRecord | ActRecord) -> Seen | None:
    """None if the access record says nothing about a child that the rules need."""
    if isinstance(record, ActRecord):
        return _seen_act(record)
    code, caller = record.caller.authority.code, record.caller
    return SeenLookup(
        id=record.id,
        at=record.at,
        child=record.child,
        authority_code=code,
        practitioner_id=caller.practitioner_id,
        role=caller.role,
        organisation=caller.organisation,
        token_id=caller.token_id,
        known=record.disclosed.known,
        own_references=tuple(row.reference for row in record.disclosed.rows if row.authority_code == code),
        sensitive=record.disclosed.sensitive,
        behind=record.disclosed.behind,
    )


def _seen_act(record: ActRecord) -> SeenAct | None:
    code = record.concerns
    if record.child is None or code is None:
        return None
    caller = record.actor if isinstance(record.actor, Caller) else None
    return SeenAct(
        id=record.id,
        at=record.at,
        child=record.child,
        act=record.act,
        authority_code=code,
        practitioner_id=None if caller is None else caller.practitioner_id,
        role="" if caller is None else caller.role,
        organisation=None if caller is None else caller.organisation,
        reference=record.reference,
    )

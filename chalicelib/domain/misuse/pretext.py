"""Whether a lookup had a pretext: a record that was registered just before it and undone after it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntEnum

from ..access_records import Act
from ..hiding import PROVES_ITSELF_AFTER, is_behind
from .seen import SeenAct, SeenLookup

_UNDOING = frozenset({Act.WITHDRAWN, Act.NO_LONGER_SENSITIVE})
SHORTLY = timedelta(days=1)
"""A record that was registered within this time before a lookup may have been made for it."""


class Pretext(IntEnum):
    """`OPEN`: the record made the lookup look like work. `SENSITIVE`: it also hid who asked from owners."""

    NONE = 0
    OPEN = 1
    SENSITIVE = 2


def pretext(lookup: SeenLookup, acts: Iterable[SeenAct]) -> Pretext:
    """`acts`: about the child, of the asker's authority, in any order."""
    acts = list(acts)
    found = Pretext.NONE
    for act in acts:
        if _is_made_before(act, lookup):
            hides = _hides(act, lookup)
            if hides or act.practitioner_id == lookup.practitioner_id:
                undoing = _UNDOING if hides else {Act.WITHDRAWN}
                if _is_undone(act, lookup.at, (one for one in acts if one.act in undoing)):
                    found = max(found, Pretext.SENSITIVE if hides else Pretext.OPEN)
    return found


def _is_made_before(act: SeenAct, lookup: SeenLookup) -> bool:
    return act.act is Act.REGISTERED and timedelta() <= lookup.at - act.at <= SHORTLY


def _hides(act: SeenAct, lookup: SeenLookup) -> bool:
    """The marks say behind which records the asker hid. A lookup without marks hid behind the asker's own."""
    if not lookup.sensitive:
        return False
    if not lookup.behind:
        return act.practitioner_id == lookup.practitioner_id
    return is_behind(lookup.behind, lookup.authority_code, act.reference or "")


def _is_undone(registered: SeenAct, asked_at: datetime, undoing: Iterable[SeenAct]) -> bool:
    until = registered.at + PROVES_ITSELF_AFTER
    return any(act.reference == registered.reference and asked_at <= act.at <= until for act in undoing)

"""Which access record explains a change of an item that decides an answer.

Every write of ours is one transaction with its access record, and the id of that access record is the version of the
item. Nobody without the audit key can make an access record. So a new version was written by hand unless a genuine
access record of the same child has it as its id, and its act fits. A removal is explained by an act that names the
version that was removed.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import Enum

from .access_records import ENDING_ACTS, SHIELDING_ACTS, Act
from .hand_edits import CLOCKS_DIFFER, WRITTEN_WITHIN
from .values import Struct


class ItemKind(Enum):
    """`POINTER` and `FORMER`: the items `M#` and `F#` of superseded and retired numbers. `OTHER`: no item of ours."""

    INVOLVEMENT = "involvement"
    ENTRY = "register entry"
    TOMBSTONE = "tombstone"
    SHIELD = "shield"
    POINTER = "pointer"
    FORMER = "list of former keys"
    OTHER = "other"


class Item(Struct, frozen=True, kw_only=True):
    """What a watcher knows of an item. Only involvements, entries and tombstones have authority and reference."""

    kind: ItemKind
    version: str | None
    authority_code: str | None = None
    reference: str | None = None


class Explanation(Struct, frozen=True, kw_only=True):
    """An act, as read back from a genuine access record under the item's child."""

    id: str
    at: datetime
    act: str
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None


_WRITES = frozenset({Act.REGISTERED, Act.REPLACED, Act.AMENDED, Act.DISPUTED, Act.DISPUTE_CLEARED})
_MAKING = {
    ItemKind.INVOLVEMENT: _WRITES,
    ItemKind.ENTRY: _WRITES,
    ItemKind.TOMBSTONE: frozenset({Act.ERASED}),
    ItemKind.SHIELD: SHIELDING_ACTS,
    ItemKind.POINTER: frozenset({Act.SUPERSEDED, Act.NUMBER_RETIRED}),
    ItemKind.FORMER: frozenset({Act.SUPERSEDES, Act.SUPERSEDE_UNDONE}),
}
_ENDING = {
    ItemKind.INVOLVEMENT: ENDING_ACTS,
    ItemKind.ENTRY: ENDING_ACTS,
    ItemKind.SHIELD: frozenset({Act.UNSHIELDED}),
    ItemKind.POINTER: frozenset({Act.SUPERSEDE_UNDONE}),
    ItemKind.FORMER: frozenset({Act.SUPERSEDED, Act.SUPERSEDE_UNDONE}),
}

_REFUSING = frozenset({Act.UNDECIDED})
_ENDING_THE_NUMBER = frozenset({Act.SUPERSEDED, Act.NUMBER_RETIRED, Act.FOUND_UNCHANGED})
"""FOUND_UNCHANGED: somebody ran the function again, which finishes setting the marks."""
_BRINGING_THE_NUMBER_BACK = frozenset({Act.SUPERSEDE_UNDONE})


class MarkChange(Enum):
    """What happened to a mark of a register entry."""

    UNDECIDED_SET = "undecided"
    TRACE_SET = "trace the number anew"
    TRACE_REMOVED = "the number need not be traced any more"


def explains_version(
    item: Item, acts: Collection[Explanation], written_at: datetime, replaced: str | None = None
) -> bool:
    """`acts`: those under the item's child since its version was made. `replaced`: the version that was there before.

    Also false if a later act ended or replaced the item well before it was written: then somebody put it back.
    """
    later = [act for act in acts if act.at + CLOCKS_DIFFER < written_at]
    made = any(act.id == item.version and _makes(act, item, replaced) for act in acts)
    return made and not any(_outdates(act, item) for act in later)


def explains_removal(item: Item, acts: Iterable[Explanation], removed_at: datetime) -> bool:
    """`acts`: those under the item's child since its version was made. If the version was unreadable, no act names it,
    and only an act of that time explains the removal."""
    ending = [act for act in acts if act.version == item.version and _fits(act, item, _ENDING.get(item.kind))]
    return any(item.version is not None or abs(removed_at - act.at) <= WRITTEN_WITHIN for act in ending)


def explains_mark(entry: Item, acts: Iterable[Explanation], change: MarkChange) -> bool:
    """`acts`: those under the entry's child in the quarter of an hour before the mark was set or removed."""
    if change is MarkChange.UNDECIDED_SET:
        return any(_fits(act, entry, _REFUSING) for act in acts)
    changing = _ENDING_THE_NUMBER if change is MarkChange.TRACE_SET else _BRINGING_THE_NUMBER_BACK
    return any(act.act in changing for act in acts)


def _makes(act: Explanation, item: Item, replaced: str | None) -> bool:
    """An older list of former keys hides the records of a number. So each act names the list that it replaces, and
    nobody can put an older one back, however fast."""
    in_turn = item.kind is not ItemKind.FORMER or act.version == replaced
    return in_turn and _fits(act, item, _MAKING.get(item.kind))


def _outdates(act: Explanation, item: Item) -> bool:
    if act.version == item.version and _fits(act, item, _ENDING.get(item.kind)):
        return True
    is_newer = item.version is not None and act.id > item.version
    return is_newer and _fits(act, item, _MAKING.get(item.kind))


def _fits(act: Explanation, item: Item, acts: frozenset[Act] | None) -> bool:
    named = act.authority_code, act.reference
    if item.reference is None:
        return act.act in (acts or ())
    return act.act in (acts or ()) and named == (item.authority_code, item.reference)

"""Decides which acts a restore gate repeats on a restored Involvements table, from versions and times alone.

Versions and access record ids are ULIDs and sort by time. The access record of an ending names the version that ended.
The gate removes an item if its version is no newer than the version named, or than the access record's own id, because
the clocks of two machines differ. So a record that was registered again afterwards stays.

A row that was changed since the backup stays too, so that no lookup answers "none". But the gate removes its details,
so the row does not open until its owner sends the record again. So does a row whose record went to the child's present
number: both numbers are one child.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import Enum, auto

from .access_records import ENDING_ACTS, SHIELDING_ACTS, Act
from .child import ChildKey
from .values import Struct

MARGIN = timedelta(minutes=15)
"""A replay begins this much before the backup, because clocks differ and the time of a backup is not exact. Repeating a
change that the table already has does no harm."""
REVIEW_WITHIN = timedelta(days=28)
"""How soon a shield that is put back must be reviewed. Its own review day was lost with the table."""

CHANGING_ACTS = frozenset({Act.REPLACED, Act.AMENDED})
POINTER_ACTS = frozenset({Act.SUPERSEDED, Act.NUMBER_RETIRED, Act.SUPERSEDE_UNDONE})
REPLAYED_ACTS = frozenset({*ENDING_ACTS, *SHIELDING_ACTS, *CHANGING_ACTS, Act.UNSHIELDED, *POINTER_ACTS})

NO_VERSION = ""
"""Stands in for a version that cannot be read, and counts as older than any other."""


class Effect(Enum):
    """The change that an access record reports, and that a replay must make again."""

    REMOVES_RECORD = auto()
    ERASES_RECORD = auto()
    OUTDATES_ROW = auto()
    SHIELDS = auto()
    CHANGES_POINTER = auto()
    NONE = auto()


def effect_of(act: Act, *, names_record: bool) -> Effect:
    """`names_record`: the access record has an authority or a reference."""
    if act not in REPLAYED_ACTS:
        return Effect.NONE
    if act is Act.ERASED:
        return Effect.ERASES_RECORD if names_record else Effect.NONE  # the erasure found nothing to erase
    if act in CHANGING_ACTS or act is Act.RENUMBERED:
        return Effect.OUTDATES_ROW
    if act in POINTER_ACTS:
        return Effect.CHANGES_POINTER
    return Effect.REMOVES_RECORD if act in ENDING_ACTS else Effect.SHIELDS


class StoredVersion(Struct, frozen=True):
    """An item that was found in the restored table."""

    version: str
    is_tombstone: bool = False


def last_version(record_id: str, named_version: str) -> str:
    """The newest version that an ending removed, according to its access record."""
    return max(record_id, named_version)


def must_go(found: StoredVersion | None, last: str) -> bool:
    return found is not None and not found.is_tombstone and found.version <= last


def needs_tombstone(entry: StoredVersion | None, last: str) -> bool:
    """Also true if there is no entry, because the reference must be refused even then."""
    return entry is None or must_go(entry, last)


def is_outdated(row: StoredVersion | None, changed_to: str) -> bool:
    return row is not None and row.version < changed_to


def needs_pointer(pointer: StoredVersion | None, record_id: str) -> bool:
    return pointer is None or pointer.version < record_id


class PointerAct(Struct, frozen=True):
    """An access record of a change of a child's pointer. `leads_to`: where it led from then on, or until then if the
    act takes it away."""

    id: str
    leads_to: ChildKey
    takes_away: bool


class ShieldAct(Struct, frozen=True, kw_only=True):
    """An access record of a child's shield. `at` is None if it cannot be read."""

    id: str
    version: str
    at: datetime | None
    lifts: bool

    @property
    def last_lifted(self) -> str:
        """The newest version that this act lifted. If the shield was unreadable, the access record names no version."""
        return self.version or self.id


class UnreadableTime(Exception):
    """The decision depends on the time of an access record that cannot be read."""


class ShieldChange(Struct, frozen=True, kw_only=True):
    """`put`: the act whose shield is put back. `first`: the earliest that still holds. `lift`: the present shield is
    removed."""

    put: ShieldAct | None = None
    first: ShieldAct | None = None
    lift: bool = False


def shield_change(acts: Iterable[ShieldAct], found: StoredVersion | None) -> ShieldChange | None:
    """Decides from all shield acts of a child together, so that their order of replay does not matter.

    `acts`: oldest first. Returns None if the table is right already. Raises UnreadableTime.
    """
    every = tuple(acts)
    lifts = [act for act in every if act.lifts]
    in_force = [act for act in every if not act.lifts and not _is_lifted(act, lifts)]
    if in_force:
        return ShieldChange(put=in_force[-1], first=in_force[0]) if found is None else None
    if found is not None and any(found.version <= lift.last_lifted for lift in lifts):
        return ShieldChange(lift=True)
    return None


def review_on(act: ShieldAct) -> date:
    return (_time(act) + REVIEW_WITHIN).date()


def shielded_at(act: ShieldAct) -> datetime:
    return _time(act)


def _is_lifted(act: ShieldAct, lifts: Iterable[ShieldAct]) -> bool:
    """In doubt the child stays shielded: somebody may lift a shield while somebody else makes a new one, and clocks
    differ."""
    at = _time(act)
    return any(act.id <= lift.last_lifted or _time(lift) - at > MARGIN for lift in lifts)


def _time(act: ShieldAct) -> datetime:
    if act.at is None:
        raise UnreadableTime
    return act.at

"""What a restore gate does again in a restored Involvements table, decided from versions and times alone.

Versions and access record ids are ULIDs and sort by time. An item goes if it is no newer than the version whose end an
access record names, or than that access record itself, since the clocks of two machines differ. A record that was
registered again afterwards therefore stays. A row that was changed since the backup stays too, so that no lookup
answers "none", but without its details: they do not open until its owner sends the record again.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import Enum, auto

from .access_records import ENDING_ACTS, SHIELDING_ACTS, Act
from .child import ChildKey
from .values import Struct

MARGIN = timedelta(minutes=15)
"""Clocks differ, and the time of a backup is not exact. Repeating what the table already has changes nothing."""
REVIEW_WITHIN = timedelta(days=28)
"""When a shield that is put back must be reviewed: its own review day went with the table."""

CHANGING_ACTS = frozenset({Act.REPLACED, Act.AMENDED})
POINTER_ACTS = frozenset({Act.SUPERSEDED, Act.NUMBER_RETIRED, Act.SUPERSEDE_UNDONE})
REPLAYED_ACTS = frozenset({*ENDING_ACTS, *SHIELDING_ACTS, *CHANGING_ACTS, Act.UNSHIELDED, *POINTER_ACTS})

NO_VERSION = ""
"""In place of a version that cannot be read. It is older than any other."""


class Effect(Enum):
    """What an access record has changed, and a replay must change again."""

    REMOVES_RECORD = auto()
    ERASES_RECORD = auto()
    OUTDATES_ROW = auto()
    SHIELDS = auto()
    CHANGES_POINTER = auto()
    NONE = auto()


def effect_of(act: Act, *, names_record: bool) -> Effect:
    """`names_record`: the access record has an authority or a reference. `act`: one of REPLAYED_ACTS."""
    if act is Act.ERASED:
        return Effect.ERASES_RECORD if names_record else Effect.NONE  # the erasure found nothing to erase
    if act in CHANGING_ACTS:
        return Effect.OUTDATES_ROW
    if act in POINTER_ACTS:
        return Effect.CHANGES_POINTER
    return Effect.REMOVES_RECORD if act in ENDING_ACTS else Effect.SHIELDS


class StoredVersion(Struct, frozen=True):
    """An item that was found in the restored table."""

    version: str
    is_tombstone: bool = False


def last_version(record_id: str, named_version: str) -> str:
    """The newest version that the access record of an ending ends."""
    return max(record_id, named_version)


def must_go(found: StoredVersion | None, last: str) -> bool:
    return found is not None and not found.is_tombstone and found.version <= last


def needs_tombstone(entry: StoredVersion | None, last: str) -> bool:
    """Also true if there is no entry: the reference must be refused all the same."""
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
        """The last version that a lifting took. If the shield was damaged, its access record names none."""
        return self.version or self.id


class UnreadableTime(Exception):
    """The time of an access record decides, but cannot be read."""


class ShieldChange(Struct, frozen=True, kw_only=True):
    """`put`: the act whose shield is put back. `lift`: the shield that is there goes."""

    put: ShieldAct | None = None
    lift: bool = False


def shield_change(acts: Iterable[ShieldAct], found: StoredVersion | None) -> ShieldChange | None:
    """Decides from all shield acts of a child together, so that their order of replay does not matter.

    `acts`: oldest first. Returns None if the table is right already. Raises UnreadableTime.
    """
    every = tuple(acts)
    lifts = [act for act in every if act.lifts]
    in_force = [act for act in every if not act.lifts and not _is_lifted(act, lifts)]
    if in_force:
        return ShieldChange(put=in_force[-1]) if found is None else None
    if found is not None and any(found.version <= lift.last_lifted for lift in lifts):
        return ShieldChange(lift=True)
    return None


def review_on(act: ShieldAct) -> date:
    return (_time(act) + REVIEW_WITHIN).date()


def _is_lifted(act: ShieldAct, lifts: Iterable[ShieldAct]) -> bool:
    """A new shield and the lifting of the one before it may cross, and clocks differ. In doubt the child stays
    shielded."""
    at = _time(act)
    return any(act.id <= lift.last_lifted or _time(lift) - at > MARGIN for lift in lifts)


def _time(act: ShieldAct) -> datetime:
    if act.at is None:
        raise UnreadableTime
    return act.at

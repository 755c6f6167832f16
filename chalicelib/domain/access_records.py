"""Access records: who did what to which child pseudonym, when, why, and what was shown."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, StrEnum

from .authority import Caller, Purpose
from .child import ChildKey
from .limits import SoftLimit
from .values import Struct

KEPT_YEARS = 6
"""How long access records are kept."""


class Form(StrEnum):
    """In what form a row was disclosed."""

    FULL = "full"
    BROKERED = "brokered"
    SHIELDED = "shielded"


class Act(StrEnum):
    """What was done, other than a lookup. The log of these is also what a restore replays."""

    REGISTERED = "registered"
    REPLACED = "replaced"
    MOVED_HERE = "moved_here"
    MOVED_AWAY = "moved_away"
    AMENDED = "amended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    READ = "read"
    LISTED = "listed"
    SHIELDED = "shielded"
    ACCESSES_READ = "accesses_read"
    NOTICES_READ = "notices_read"
    DISPUTED = "disputed"
    DISPUTE_CLEARED = "dispute_cleared"
    SHIELD_REVIEWED = "shield_reviewed"
    UNSHIELDED = "unshielded"
    ERASED = "erased"
    FOUND_UNCHANGED = "found_unchanged"
    PREVIEWED = "previewed"
    SUPERSEDED = "superseded"
    SUPERSEDES = "supersedes"
    SERVICE_KEY_MADE = "service_key_made"
    ONBOARDED = "onboarded"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    KEYS_REPLACED = "keys_replaced"
    REMOVED = "removed"
    BROKERED = "brokered"
    HELD = "held"
    HOLD_RELEASED = "hold_released"
    SUBJECT_ACCESS_REPORTED = "subject_access_reported"
    RESTORED = "restored"
    ACCESS_REPORTED = "access_reported"
    SWITCH_OFF_BEGUN = "switch_off_begun"
    SWITCHED_OFF = "switched_off"


ENDING_ACTS = frozenset({Act.WITHDRAWN, Act.EXPIRED, Act.MOVED_AWAY, Act.ERASED})
"""After any of these a record is no longer under its child."""
SHIELDING_ACTS = frozenset({Act.SHIELDED, Act.SHIELD_REVIEWED})


class Operator(Struct, frozen=True):
    """An administrator, who works in the AWS console and says who asked for it and why."""

    requested_by: str
    reason: str


class Unattended(Enum):
    """The service itself, when nobody asks: expiry, streams, schedules."""

    SERVICE = "service"


Actor = Caller | Operator | Unattended


class Shown(Struct, frozen=True):
    """One row that an answer drew on: enough for the broker desk to find its owner, and no name."""

    authority_code: str
    reference: str
    version: str
    form: Form


class Disclosed(Struct, frozen=True):
    """What an answer told: sealed in its access record, since the table alone must not tell it again.

    `sensitive`: who asked worked with the child in a sensitive service then. Where `complete` is false, perhaps it did.
    """

    known: bool
    complete: bool
    rows: tuple[Shown, ...]
    sensitive: bool = False


class LookupRecord(Struct, frozen=True, kw_only=True):
    """The access record of one lookup. Written before the answer leaves, or the answer does not leave."""

    id: str
    at: datetime
    child: ChildKey
    caller: Caller
    purpose: Purpose
    case_reference: str
    over_soft_limit: SoftLimit | None
    disclosed: Disclosed


class PastLookup(Struct, frozen=True, kw_only=True):
    """A lookup as its access record tells of it later, but for what was shown. `complete`, `sensitive`: as in
    Disclosed."""

    id: str
    at: datetime
    authority_code: str
    practitioner_id: str
    role: str
    purpose: Purpose
    complete: bool
    sensitive: bool


class PastLookups(Struct, frozen=True):
    """Newest first. `unreadable` counts access records among them that make no sense."""

    lookups: tuple[PastLookup, ...]
    unreadable: int = 0


def latest(pasts: Iterable[PastLookups], limit: int) -> PastLookups:
    """The last `limit` of several."""
    known = tuple(pasts)
    newest_first = sorted((one for past in known for one in past.lookups), key=lambda one: one.id, reverse=True)
    return PastLookups(tuple(newest_first[:limit]), sum(past.unreadable for past in known))


class ActRecord(Struct, frozen=True, kw_only=True):
    """The access record of anything else.

    `child` is None where it concerns no one child: an authority's register, or the whole service.
    `present`: the present key of a child whose number was superseded.
    `authority_code`: whose record or register it concerns; a caller's own unless given.
    """

    id: str
    at: datetime
    child: ChildKey | None
    actor: Actor
    act: Act
    authority_code: str | None = None
    reference: str | None = None
    version: str | None = None
    present: ChildKey | None = None

    @property
    def concerns(self) -> str | None:
        """The code of the authority whose record or register this is about."""
        if self.authority_code is None and isinstance(self.actor, Caller):
            return self.actor.authority.code
        return self.authority_code

"""Access records: who did what to which child's pseudonym, when and why, and what they were shown."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, StrEnum

from .authority import Caller, Purpose
from .calendar import add_years, midnight
from .child import ChildKey
from .limits import SoftLimit
from .outcomes import EntryOutcome
from .values import Struct

KEPT_YEARS = 6
"""How long access records are kept."""


def kept_until(made_at: datetime) -> datetime:
    """When TTL may remove an access record whose id was made at that time: midnight (UTC), six years after its day."""
    return midnight(add_years(made_at.date(), KEPT_YEARS))


class Form(StrEnum):
    """How much of a row was disclosed."""

    FULL = "full"
    BROKERED = "brokered"
    SHIELDED = "shielded"


class Act(StrEnum):
    """Anything done other than a lookup. A restore gate repeats some of these acts (`domain/replay.py`)."""

    REGISTERED = "registered"
    REPLACED = "replaced"
    RENUMBERED = "renumbered"
    UNDECIDED = "undecided"
    NUMBER_REFUSED = "number_refused"
    AMENDED = "amended"
    NO_LONGER_SENSITIVE = "no_longer_sensitive"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    READ = "read"
    LISTED = "listed"
    SHIELDED = "shielded"
    ACCESSES_READ = "accesses_read"
    NOTICES_READ = "notices_read"
    OUTCOME = "outcome"
    QUALITY_READ = "quality_read"
    PROOF_READ = "proof_read"
    FINDINGS_READ = "findings_read"
    DISPUTED = "disputed"
    DISPUTE_CLEARED = "dispute_cleared"
    SHIELD_REVIEWED = "shield_reviewed"
    UNSHIELDED = "unshielded"
    ERASED = "erased"
    FOUND_UNCHANGED = "found_unchanged"
    PREVIEWED = "previewed"
    PROPOSED = "proposed"
    CARRIED_OUT = "carried_out"
    SUPERSEDED = "superseded"
    SUPERSEDES = "supersedes"
    SUPERSEDE_UNDONE = "supersede_undone"
    NUMBER_RETIRED = "number_retired"
    SERVICE_KEY_MADE = "service_key_made"
    ONBOARDED = "onboarded"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    KEYS_REPLACED = "keys_replaced"
    GRANTS_CHANGED = "grants_changed"
    REMOVED = "removed"
    BROKERED = "brokered"
    HELD = "held"
    HOLD_RELEASED = "hold_released"
    SUBJECT_ACCESS_REPORTED = "subject_access_reported"
    RESTORED = "restored"
    NOTICES_REPLAYED = "notices_replayed"
    ACCESS_REPORTED = "access_reported"
    ACTS_REPORTED = "acts_reported"
    AUDIT_EXPORTED = "audit_exported"
    SWITCH_OFF_BEGUN = "switch_off_begun"
    SWITCHED_OFF = "switched_off"
    REGISTRY_CHANGED = "registry_changed"
    NOTICE_ERASED = "notice_erased"
    SHIELDS_LISTED = "shields_listed"


ENDING_ACTS = frozenset({Act.WITHDRAWN, Act.EXPIRED, Act.RENUMBERED, Act.ERASED})
"""After any of these acts the record is no longer stored under that key of its child."""
SHIELDING_ACTS = frozenset({Act.SHIELDED, Act.SHIELD_REVIEWED})


class Operator(Struct, frozen=True):
    """An administrator in the AWS console. Every console function asks who requested the work, and why.

    `request_id`: AWS's name of the invocation. Lambda does not say who invoked a function. CloudTrail does, under this
    id.
    """

    requested_by: str
    reason: str
    request_id: str | None = None


class Unattended(Enum):
    """The service acting without a caller: expiry, streams, schedules."""

    SERVICE = "service"


Actor = Caller | Operator | Unattended


class Shown(Struct, frozen=True):
    """One row that an answer drew on. It is enough for the broker desk to find the owner, and it names nobody."""

    authority_code: str
    reference: str
    version: str
    form: Form


class Disclosed(Struct, frozen=True):
    """The result of a lookup. It is sealed in the access record, so that reading the table alone does not reveal it.

    `complete`: every row could be read. The answer's own `complete` may differ: see Decision.
    `sensitive`: at the time of the lookup the asker worked with the child in a sensitive service. If `complete` is
    false, `sensitive` may be wrong: a row that could not be read may have been the asker's. `behind`: the marks of the
    records that hid it (`hiding.py`).
    `left_out`: the authority of some row has more rows than an answer draws on, so `rows` does not list them all.
    """

    known: bool
    complete: bool
    rows: tuple[Shown, ...]
    sensitive: bool = False
    behind: bytes = b""
    left_out: bool = False


class LookupRecord(Struct, frozen=True, kw_only=True):
    """The access record of one lookup. If it cannot be written, the answer is not sent."""

    id: str
    at: datetime
    child: ChildKey
    caller: Caller
    purpose: Purpose
    case_reference: str
    over_soft_limit: SoftLimit | None
    disclosed: Disclosed


class FoundLookup(Struct, frozen=True, kw_only=True):
    """A lookup that was found by its id, with the rows it showed."""

    id: str
    at: datetime
    child: ChildKey
    disclosed: Disclosed

    def shown_in_full(self, entry: int) -> Shown | None:
        """The row of the answer entry with this number. None if no such entry was shown in full."""
        shown = self.disclosed.rows[entry - 1] if 1 <= entry <= len(self.disclosed.rows) else None
        return shown if shown is not None and shown.form is Form.FULL else None


class PastLookup(Struct, frozen=True, kw_only=True):
    """A lookup as read back from its access record, without the rows it showed.

    `complete`, `sensitive`, `behind`: as in Disclosed.
    """

    id: str
    at: datetime
    authority_code: str
    practitioner_id: str
    role: str
    purpose: Purpose
    complete: bool
    sensitive: bool
    behind: bytes = b""


class PastLookups(Struct, frozen=True):
    """Newest first. `unreadable`: how many access records in that range could not be read."""

    lookups: tuple[PastLookup, ...]
    unreadable: int = 0


def latest(histories: Iterable[PastLookups], limit: int) -> PastLookups:
    """Merges several histories, one for each key of a child, and keeps the newest `limit` lookups."""
    histories = tuple(histories)
    lookups = [lookup for history in histories for lookup in history.lookups]
    newest_first = sorted(lookups, key=lambda lookup: lookup.id, reverse=True)
    return PastLookups(tuple(newest_first[:limit]), sum(history.unreadable for history in histories))


class ActRecord(Struct, frozen=True, kw_only=True):
    """The access record of an act, that is, of anything other than a lookup.

    `child`: None if the act concerns no single child, but an authority's register or the whole service.
    `present`: the child's present key, if its number was superseded.
    `authority_code`: whose record or register the act concerns. None means the caller's own.
    `outcome`: of a call; `reference` is then the id of the lookup.
    `changed`: the fields of a registry item that changed; `reference` is then the id of the access record that explains
    it. `over_soft_limit`: of a shield or a record that is one of unusually many.
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
    outcome: EntryOutcome | None = None
    changed: tuple[str, ...] = ()
    over_soft_limit: SoftLimit | None = None

    @property
    def concerns(self) -> str | None:
        """The code of the authority whose record or register the act concerns."""
        if self.authority_code is None and isinstance(self.actor, Caller):
            return self.actor.authority.code
        return self.authority_code

"""Lookup visibility: which lookups of a child the owner of an involvement may see.

Nobody may use this to follow a child around, so four rules apply. They are decided whenever the lookups are read.

- The owner works with the child in social care now.
- The owner's authority has been granted a wide purpose.
- Of a shielded child only lookups from before the shield are shown, and neither who made them nor where.
- A lookup from a sensitive service shows neither who made it nor where, unless the asker made up the work for the
  lookup (`hiding.py`).
"""

from collections.abc import Mapping, Set
from datetime import date, datetime

from .access_records import PastLookup, PastLookups
from .authority import Authority, Purpose, Standing
from .disclosure import WIDE, ChildRecords
from .hiding import hide_colleagues, live_rows, own_sensitive
from .involvement import Involvement, ServiceType
from .roles import passed_on
from .values import Struct


class VisibleLookup(Struct, frozen=True, kw_only=True):
    """`authority`, `role` and `purpose` are all None if they would reveal a sensitive service, or the child is
    shielded. `role` is None as well if it is no known role."""

    lookup_id: str
    asked_at: datetime
    purpose: Purpose | None
    authority: Authority | None
    role: str | None


class Accesses(Struct, frozen=True):
    """Newest first. `complete`: every access record among them could be read."""

    lookups: tuple[VisibleLookup, ...]
    complete: bool


def may_see_lookups(reader: Authority) -> bool:
    """True if the registry grants the authority a wide purpose.

    The authority itself says that its work is social care, so that claim alone is not enough.
    """
    return not WIDE.isdisjoint(reader.purposes)


def owner_may_see_lookups(own: Involvement, today: date) -> bool:
    """True if the owner works with the child in social care now."""
    work = own.details.work
    return work.service_type is ServiceType.SOCIAL_CARE and not work.has_ended(today)


def visible_lookups(
    past: PastLookups,
    own: Involvement,
    records: ChildRecords,
    authorities: Mapping[str, Authority],
    now: datetime,
    *,
    named: Set[str] = frozenset(),
) -> Accesses:
    """The lookups since the day on which the involvement was first registered, without those under a shield.

    `named`: the ids of those that hid behind a record made up for them.
    """

    def visible(lookup: PastLookup) -> VisibleLookup:
        # If the lookup was incomplete, an unreadable row may have been the asker's own record in a sensitive service.
        doubtful = not lookup.complete and lookup.authority_code != own.authority_code
        hidden = (lookup.sensitive and lookup.id not in named) or doubtful
        asker = Asker(lookup.authority_code, lookup.practitioner_id, hidden, lookup.at.date())
        authority = nameable_authority(asker, own.authority_code, records, authorities, now)
        # Who asked before the shield may be the reason for it, or work where the child is now.
        if authority is None or records.shielded:
            return VisibleLookup(lookup_id=lookup.id, asked_at=lookup.at, purpose=None, authority=None, role=None)
        role = passed_on(lookup.role, authority.roles)
        return VisibleLookup(
            lookup_id=lookup.id, asked_at=lookup.at, purpose=lookup.purpose, authority=authority, role=role
        )

    since = own.details.first_registered_on
    of_own_time = [lookup for lookup in past.lookups if lookup.at.date() >= since]
    lookups = tuple(visible(lookup) for lookup in of_own_time if not records.was_shielded_at(lookup.at))
    return Accesses(lookups, complete=not past.unreadable)


class Asker(Struct, frozen=True):
    """Whoever made a lookup.

    `hidden`: the asker worked with the child in a sensitive service at that time. This still counts if the asker's
    record has ended since.
    """

    authority_code: str
    practitioner_id: str | None
    hidden: bool
    asked_on: date


def nameable_authority(
    asker: Asker, reader_code: str, records: ChildRecords, authorities: Mapping[str, Authority], now: datetime
) -> Authority | None:
    """Returns the asker's authority, or None if naming it could reveal a sensitive service."""
    authority = authorities.get(asker.authority_code)
    # An unreadable row may be the asker's own record in a sensitive service.
    doubtful = records.unreadable > 0 and asker.authority_code != reader_code
    live = live_rows(asker.authority_code, records, now)
    works_there = own_sensitive(live, asker.practitioner_id) or hide_colleagues(live, asker.asked_on)
    if authority is None or authority.standing is Standing.REMOVED or doubtful or asker.hidden or works_there:
        return None
    return authority

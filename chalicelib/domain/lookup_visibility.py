"""Accesses: what the owner of an involvement may be told of the lookups of its child.

They are no tracker of a child: only who works with it in social care at present is told, and only where its authority
may itself ask for a purpose that knows of every service; of a shielded child nobody, and of a sensitive service neither
who nor where. All of it is decided when read.
"""

from collections.abc import Mapping
from datetime import date, datetime

from .access_records import PastLookup, PastLookups
from .authority import Authority, Purpose, Standing
from .disclosure import WIDE, ChildRecords
from .involvement import Involvement, ServiceType
from .values import Struct


class VisibleLookup(Struct, frozen=True, kw_only=True):
    """`authority`, `role` and `purpose` are None together, where they would give a sensitive service away."""

    lookup_id: str
    asked_at: datetime
    purpose: Purpose | None
    authority: Authority | None
    role: str | None


class Accesses(Struct, frozen=True):
    """Newest first. `complete`: every record among them could be read."""

    lookups: tuple[VisibleLookup, ...]
    complete: bool


def may_see_lookups(reader: Authority) -> bool:
    """An authority says itself that its work is social care; what it may ask about, the registry says."""
    return not WIDE.isdisjoint(reader.purposes)


def owner_may_see_lookups(own: Involvement, records: ChildRecords, today: date) -> bool:
    work = own.details.work
    return work.service_type is ServiceType.SOCIAL_CARE and not work.has_ended(today) and not records.shielded


def visible_lookups(
    past: PastLookups,
    own: Involvement,
    records: ChildRecords,
    authorities: Mapping[str, Authority],
    now: datetime,
) -> Accesses:
    """The lookups since the day on which the involvement was registered first."""

    def entry(lookup: PastLookup) -> VisibleLookup:
        # Where it could not read all, the asker's own record may have been what did not open.
        doubtful = not lookup.complete and lookup.authority_code != own.authority_code
        asker = Asker(lookup.authority_code, lookup.practitioner_id, lookup.sensitive or doubtful)
        authority = nameable(asker, own.authority_code, records, authorities, now)
        if authority is None:
            return VisibleLookup(lookup_id=lookup.id, asked_at=lookup.at, purpose=None, authority=None, role=None)
        return VisibleLookup(
            lookup_id=lookup.id, asked_at=lookup.at, purpose=lookup.purpose, authority=authority, role=lookup.role
        )

    since = own.details.first_registered_on
    return Accesses(tuple(entry(one) for one in past.lookups if one.at.date() >= since), not past.unreadable)


class Asker(Struct, frozen=True):
    """`sensitive`: was so when it asked. That stays, though its record of the child may have ended since."""

    authority_code: str
    practitioner_id: str | None
    sensitive: bool


def nameable(
    asker: Asker, reader_code: str, records: ChildRecords, authorities: Mapping[str, Authority], now: datetime
) -> Authority | None:
    """The asker's authority; None where naming it would give a sensitive service away."""
    authority = authorities.get(asker.authority_code)
    # What does not open may be of a sensitive service.
    doubtful = records.unreadable > 0 and asker.authority_code != reader_code
    sensitive = asker.sensitive or is_sensitive(asker.authority_code, asker.practitioner_id, records, now)
    if authority is None or authority.standing is Standing.REMOVED or doubtful or sensitive:
        return None
    return authority


def is_sensitive(authority_code: str, practitioner_id: str | None, records: ChildRecords, now: datetime) -> bool:
    """Whether who asks works with the child in a sensitive service, or its authority is there for nothing else."""
    live = (row for row in records.involvements if row.is_live(now))
    rows = [row for row in live if row.authority_code == authority_code]
    sensitive = [row for row in rows if row.details.work.is_sensitive]
    own = any(row.details.work.practitioner.id == practitioner_id for row in sensitive)
    return own or (bool(rows) and len(sensitive) == len(rows))

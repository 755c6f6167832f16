"""Accesses: what the owner of an involvement may be told of the lookups of its child.

They are no tracker of a child: only who works with it in social care at present is told, of a shielded child nobody,
and of a sensitive service neither who nor where. All of it is decided when read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .access import PastLookup, PastLookups
from .authority import Authority, Purpose, Standing
from .disclosure import ChildRecords
from .involvement import Involvement, ServiceType


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLookup:
    """`authority` and `role` are both None where they would give a sensitive service away."""

    lookup_id: str
    asked_at: datetime
    purpose: Purpose
    authority: Authority | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Accesses:
    """Newest first. `complete`: every record among them could be read."""

    lookups: tuple[ToldLookup, ...]
    complete: bool


def may_be_told(own: Involvement, records: ChildRecords, today: date) -> bool:
    work = own.details.work
    return work.service_type is ServiceType.SOCIAL_CARE and not work.has_ended(today) and not records.shielded


def told(
    past: PastLookups,
    own: Involvement,
    records: ChildRecords,
    authorities: Mapping[str, Authority],
    now: datetime,
) -> Accesses:
    """The lookups since the day on which the involvement was registered first."""
    live = tuple(row for row in records.involvements if row.is_live(now))

    def entry(lookup: PastLookup) -> ToldLookup:
        authority = authorities.get(lookup.authority_code)
        # What does not open may be of a sensitive service.
        doubtful = records.unreadable > 0 and lookup.authority_code != own.authority_code
        if authority is None or authority.standing is Standing.REMOVED or doubtful or _is_sensitive(lookup, live):
            authority, role = None, None
        else:
            role = lookup.role
        return ToldLookup(
            lookup_id=lookup.id, asked_at=lookup.at, purpose=lookup.purpose, authority=authority, role=role
        )

    since = own.details.first_registered_on
    return Accesses(tuple(entry(one) for one in past.lookups if one.at.date() >= since), not past.unreadable)


def _is_sensitive(lookup: PastLookup, live: tuple[Involvement, ...]) -> bool:
    """The asker works with the child in a sensitive service, or its authority is there for nothing else."""
    rows = [row for row in live if row.authority_code == lookup.authority_code]
    sensitive = [row for row in rows if row.details.work.is_sensitive]
    askers = any(row.details.work.practitioner.id == lookup.practitioner_id for row in sensitive)
    return askers or (bool(rows) and len(sensitive) == len(rows))

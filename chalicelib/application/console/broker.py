"""Broker: find the people behind a lookup's answer, so that the broker desk can put the caller through to them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from ...domain.access_records import Act, FoundLookup, Operator, Shown
from ...domain.authority import Authority, Standing
from ...domain.errors import Refused
from ...domain.involvement import Involvement
from ...domain.values import Struct
from ..ports import Clock, FoundLookups, InvolvementStore, Registry
from ..recorder import Recorder
from ..register_entries import RegisterEntry
from ..store_errors import Unreadable
from ..supersession import Supersession


class Finding(StrEnum):
    """The state of a record now, compared with the lookup."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    GONE = "gone"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    AUTHORITY_REMOVED = "authority_removed"


class Owner(Struct, frozen=True):
    """The owner to ring about one record.

    `authority`: None if the registry no longer has it.
    `involvement`: None if the record is gone or unreadable.
    """

    shown: Shown
    finding: Finding
    authority: Authority | None
    involvement: Involvement | None = None


class Brokered(Struct, frozen=True):
    lookup: FoundLookup
    owners: tuple[Owner, ...]
    today: date


class Broker(Struct, frozen=True, kw_only=True):
    lookups: FoundLookups
    involvements: InvolvementStore
    supersession: Supersession
    registry: Registry
    recorder: Recorder
    clock: Clock

    def __call__(self, authority_code: str, lookup_id: str, days: tuple[date, ...], operator: Operator) -> Brokered:
        """`days`: the days on which the lookup may have been made. Raises Refused or Unavailable."""
        lookup = self._find(authority_code, lookup_id, days)
        now = self.clock()
        authorities = self.registry.view().authorities
        owners = tuple(self._owner(shown, lookup, authorities, now) for shown in lookup.disclosed.rows)
        self.recorder.write(Act.BROKERED, operator, lookup.child, authority_code=authority_code, reference=lookup_id)
        return Brokered(lookup, owners, now.date())

    def _find(self, authority_code: str, lookup_id: str, days: tuple[date, ...]) -> FoundLookup:
        try:
            if (lookup := self.lookups.find(authority_code, days, lookup_id)) is not None:
                return lookup
        except Unreadable:
            raise Refused(
                "The access record of that lookup does not open. Ask the authority to look the child up again."
            ) from None
        raise Refused(
            f"{authority_code} made no lookup of that lookup_id. If it was made within the last minute, try again. "
            "Otherwise check both with the caller."
        )

    def _owner(self, shown: Shown, lookup: FoundLookup, authorities: Mapping[str, Authority], now: datetime) -> Owner:
        authority = authorities.get(shown.authority_code)
        if authority is not None and authority.standing is Standing.REMOVED:
            return Owner(shown, Finding.AUTHORITY_REMOVED, authority)
        try:
            entry = self.involvements.entry(shown.authority_code, shown.reference)
            if entry is None or entry.erased:
                return Owner(shown, Finding.GONE, authority)
            if entry.child != lookup.child and entry.child not in self.supersession.keys_of(lookup.child).all:
                # The reference was withdrawn and registered anew. Nothing may lead to the other child.
                return Owner(shown, Finding.GONE, authority)
            return self._present(shown, entry, authority, now)
        except Unreadable:
            return Owner(shown, Finding.UNREADABLE, authority)

    def _present(self, shown: Shown, entry: RegisterEntry, authority: Authority | None, now: datetime) -> Owner:
        involvement = self.involvements.involvement(shown.authority_code, entry)
        if involvement is None:
            return Owner(shown, Finding.GONE, authority)
        if not involvement.is_live(now):
            return Owner(shown, Finding.EXPIRED, authority)
        finding = Finding.UNCHANGED if involvement.version == shown.version else Finding.CHANGED
        return Owner(shown, finding, authority, involvement)

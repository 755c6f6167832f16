"""Coverage: how much a "no" is worth. Who reports to the service, and who has fallen silent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from .authority import Authority, Standing
from .values import Struct


class SectorCoverage(Struct, frozen=True):
    """One sector. `silent` lists those that did report once, but not within their own interval, or may not now."""

    sector: str
    authorities: int
    reporting: int
    silent: tuple[Authority, ...]
    removed: int

    @property
    def is_whole(self) -> bool:
        return self.reporting == self.authorities and not self.removed


def coverage_of(authorities: Iterable[Authority], now: datetime) -> tuple[SectorCoverage, ...]:
    """Coverage by sector, sectors in alphabetical order."""
    by_sector: dict[str, list[Authority]] = {}
    for authority in authorities:
        by_sector.setdefault(authority.sector, []).append(authority)
    return tuple(_sector(sector, members, now) for sector, members in sorted(by_sector.items()))


def _sector(sector: str, members: list[Authority], now: datetime) -> SectorCoverage:
    present = [member for member in members if member.standing is not Standing.REMOVED]
    reporting = [member for member in present if _reports(member, now)]
    silent = (m for m in present if m.last_write_at is not None and not _reports(m, now))
    return SectorCoverage(
        sector=sector,
        authorities=len(present),
        reporting=len(reporting),
        silent=tuple(sorted(silent, key=lambda member: member.code)),
        removed=len(members) - len(present),
    )


def _reports(authority: Authority, now: datetime) -> bool:
    """A suspended authority cannot write: what it has begun since is on no record, however fresh its last write."""
    last = authority.last_write_at
    return (
        authority.standing is Standing.ACTIVE
        and last is not None
        and now - last <= timedelta(days=authority.reports_every_days)
    )

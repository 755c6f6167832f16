"""Coverage: which authorities report to the service, and which have fallen silent.

Every answer carries it, so that a reader can judge how much "none registered" is worth.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from .authority import Authority, Standing
from .values import Struct


class SectorCoverage(Struct, frozen=True):
    """Coverage of one sector.

    `silent`: authorities that have reported at some time, but not within their own interval, or that are suspended.
    """

    sector: str
    authorities: int
    reporting: int
    silent: tuple[Authority, ...]
    removed: int

    @property
    def is_whole(self) -> bool:
        return self.reporting == self.authorities and not self.removed


def coverage_of(authorities: Iterable[Authority], now: datetime) -> tuple[SectorCoverage, ...]:
    """Coverage of each sector, in alphabetical order of sectors."""
    by_sector: dict[str, list[Authority]] = {}
    for authority in authorities:
        by_sector.setdefault(authority.sector, []).append(authority)
    return tuple(_sector(sector, members, now) for sector, members in sorted(by_sector.items()))


def _sector(sector: str, members: list[Authority], now: datetime) -> SectorCoverage:
    present = [member for member in members if member.standing is not Standing.REMOVED]
    reporting = [member for member in present if _reports(member, now)]
    silent = (member for member in present if member.last_write_at is not None and not _reports(member, now))
    return SectorCoverage(
        sector=sector,
        authorities=len(present),
        reporting=len(reporting),
        silent=tuple(sorted(silent, key=lambda member: member.code)),
        removed=len(members) - len(present),
    )


def _reports(authority: Authority, now: datetime) -> bool:
    """True if the authority wrote within its own interval and is active.

    A suspended authority cannot write, so the service misses any work begun since, however recent its last write.
    """
    last = authority.last_write_at
    return (
        authority.standing is Standing.ACTIVE
        and last is not None
        and now - last <= timedelta(days=authority.reports_every_days)
    )

"""Limits on lookups. Soft, because a night may be an emergency; hard only at ten times that."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import TooManyLookups

HARD_FACTOR = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Lookups per clock hour and per day (UTC)."""

    practitioner_hour: int = 60
    practitioner_day: int = 200
    authority_day: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupCounts:
    """Lookups so far, this one counted. All zero where the counter could not be written."""

    practitioner_hour: int = 0
    practitioner_day: int = 0
    authority_day: int = 0


def over_soft_limit(counts: LookupCounts, limits: Limits, now: datetime) -> bool:
    """True beyond a soft limit. Raises TooManyLookups beyond a hard one."""
    to_next_hour = 3600 - now.minute * 60 - now.second
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    to_next_day = int((tomorrow - now).total_seconds())
    checks = (
        (counts.practitioner_day, limits.practitioner_day, to_next_day),
        (counts.authority_day, limits.authority_day, to_next_day),
        (counts.practitioner_hour, limits.practitioner_hour, to_next_hour),
    )
    for count, limit, wait in checks:
        if count > limit * HARD_FACTOR:
            raise TooManyLookups(wait)
    return any(count > limit for count, limit, _ in checks)

"""Limits on lookups. Beyond a soft limit the answer still comes, because there may be an emergency. The hard limit is
ten times as high."""

from datetime import datetime, timedelta
from enum import StrEnum

from .errors import TooManyLookups
from .values import Struct

HARD_FACTOR = 10


class SoftLimit(StrEnum):
    """Whose limit was passed. If several were, the first of these is reported, because a person can be asked why.

    `PEOPLE`: how many different practitioners of the authority asked. Whoever changes its `sub` for every lookup
    passes no limit of a practitioner.
    """

    PRACTITIONER = "practitioner"
    PEOPLE = "people"
    AUTHORITY = "authority"


class Limits(Struct, frozen=True, kw_only=True):
    """Lookups per clock hour and per day (UTC), and how many practitioners of one authority may ask on a day."""

    practitioner_hour: int = 60
    practitioner_day: int = 200
    authority_day: int = 5_000
    people_day: int = 500


class LookupCounts(Struct, frozen=True, kw_only=True):
    """Lookups and askers so far, including this one. All zero if the counter could not be written."""

    practitioner_hour: int = 0
    practitioner_day: int = 0
    authority_day: int = 0
    people_day: int = 0


def seconds_to_next_day(now: datetime) -> int:
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    return int((tomorrow - now).total_seconds())


def over_soft_limit(counts: LookupCounts, limits: Limits, now: datetime) -> SoftLimit | None:
    """Returns the soft limit that was passed, if any. Raises TooManyLookups beyond a hard limit."""
    to_next_hour = 3600 - now.minute * 60 - now.second
    to_next_day = seconds_to_next_day(now)
    practitioner, authority = SoftLimit.PRACTITIONER, SoftLimit.AUTHORITY
    checks = (
        (practitioner, counts.practitioner_day, limits.practitioner_day, to_next_day),
        (SoftLimit.PEOPLE, counts.people_day, limits.people_day, to_next_day),
        (authority, counts.authority_day, limits.authority_day, to_next_day),
        (practitioner, counts.practitioner_hour, limits.practitioner_hour, to_next_hour),
    )
    for _, count, limit, wait in checks:
        if count > limit * HARD_FACTOR:
            raise TooManyLookups(wait)
    passed = {whose for whose, count, limit, _ in checks if count > limit}
    return next((whose for whose in SoftLimit if whose in passed), None)

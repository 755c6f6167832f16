"""Times of the service, which always have a time zone."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Annotated

from msgspec import Meta

Time = Annotated[datetime, Meta(tz=True)]


def as_utc(at: datetime) -> datetime:
    """Another zone could lead out of the first and the last year of the calendar, so these keep their hours."""
    return at.replace(tzinfo=UTC) if at.year in (MINYEAR, MAXYEAR) else at.astimezone(UTC)

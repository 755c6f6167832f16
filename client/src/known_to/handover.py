"""Passes a leaver's records to a colleague, one at a time. A second run finds the records that were handed over."""

from dataclasses import dataclass
from enum import StrEnum

from .answers import OwnInvolvement
from .client import Client
from .errors import VersionMismatch


class Outcome(StrEnum):
    HANDED_OVER = "handed over"
    ALREADY = "already with the colleague"
    NOT_THEIRS = "with somebody else, left alone"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Colleague:
    """The colleague's data. A field that is None is removed from the record, such as the leaver's phone."""

    id: str
    name: str
    role: str
    phone: str | None = None
    email: str | None = None

    @property
    def patch(self) -> dict[str, dict[str, str | None]]:
        return {"practitioner": {name: getattr(self, name) for name in ("id", "name", "role", "phone", "email")}}


def hand_over(client: Client, reference: str, leaver_id: str, colleague: Colleague) -> Outcome:
    """Raises NotFound, and whatever the client raises."""
    try:
        return _hand_over(client, client.read_own(reference), leaver_id, colleague)
    except VersionMismatch:
        return _hand_over(client, client.read_own(reference), leaver_id, colleague)


def _hand_over(client: Client, record: OwnInvolvement, leaver_id: str, colleague: Colleague) -> Outcome:
    if record.practitioner.id == colleague.id:
        return Outcome.ALREADY
    if record.practitioner.id != leaver_id:
        return Outcome.NOT_THEIRS
    client.amend(record.reference, colleague.patch, record.version)
    return Outcome.HANDED_OVER

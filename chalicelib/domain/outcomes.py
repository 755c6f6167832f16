"""Outcomes: whether whoever rang about an answer entry reached somebody.

The asker may record one outcome for each entry that its lookup showed in full. Only the owner of the record learns of
it: counts by week, practitioner and phone, without child, reference, asker or day.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from .involvement import Involvement
from .values import Hidden, Struct

RECORDED_WITHIN = timedelta(days=7)
"""How long after the lookup an outcome is taken."""


class ContactOutcome(StrEnum):
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    LEFT = "left"
    NOT_THEIRS = "not_theirs"


class EntryOutcome(Struct, frozen=True):
    """`entry`: the number of the answer entry within its lookup, from 1."""

    entry: int
    outcome: ContactOutcome


class RungContact(Hidden, frozen=True):
    """Whom an answer entry said to ring. `practitioner_id`: None if it named the team only, as for previous work."""

    practitioner_id: str | None
    phone: str


class ContactOutcomes(Hidden, frozen=True):
    """How often each outcome was recorded for one contact in one week. `counts` has no zeros."""

    rung: RungContact
    counts: Mapping[ContactOutcome, int]

    @property
    def all_reached(self) -> bool:
        return self.counts.keys() <= {ContactOutcome.REACHED}


class Week(Struct, frozen=True, order=True):
    """A week of ISO 8601, from Monday to Sunday."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Week":
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def ended_on(self) -> date:
        """The Monday after it. Raises ValueError if the year has no such week."""
        return date.fromisocalendar(self.year, self.number, 7) + timedelta(days=1)


def rung_contact(shown: Involvement, asked_on: date) -> RungContact:
    """`shown`: the version of the record that the answer entry showed in full on that day."""
    work = shown.details.work
    if work.has_ended(asked_on):
        return RungContact(None, work.team.phone)
    return RungContact(work.practitioner.id, work.practitioner.phone or work.team.phone)

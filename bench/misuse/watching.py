"""Walks through a month for the rules, and notes what the score needs: who looked up in which week, and the CPU."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import date

from chalicelib.domain.access_records import LookupRecord

from .clerk import AccessRecord
from .days import MONTH_BEGINS_ON
from .month import Month

Who = tuple[str, str]
"""The code of an authority and the id of a practitioner."""
Week = tuple[int, int]


def week_of(day: date) -> Week:
    """Year and number, as ISO 8601 counts."""
    return day.isocalendar()[:2]


class Watching:
    """`records`, `lookups`: how many so far. `generating`: CPU seconds of the generator. `active`: who looked a child
    up in a week, from the beginning of the month."""

    def __init__(self, month: Month) -> None:
        self._month = month
        self.records = self.lookups = 0
        self.generating = 0.0
        self.active: set[tuple[Who, Week]] = set()

    def days(self) -> Iterator[tuple[date, list[AccessRecord]]]:
        days = self._month.days()
        while True:
            began = time.process_time()
            found = next(days, None)
            if found is None:
                return
            self._note(*found)
            self.generating += time.process_time() - began
            yield found

    def _note(self, day: date, records: list[AccessRecord]) -> None:
        self.records += len(records)
        looked = Counter(
            (record.caller.authority.code, record.caller.practitioner_id)
            for record in records
            if isinstance(record, LookupRecord)
        )
        self.lookups += looked.total()
        if day >= MONTH_BEGINS_ON:
            self.active.update((who, week_of(day)) for who in looked)

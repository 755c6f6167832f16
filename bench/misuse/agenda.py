"""The agenda: what is going to be done, by day. A day is taken off it when it begins, and may still grow meanwhile."""

import heapq
from collections.abc import Iterator
from datetime import date, datetime

from .actions import Action
from .days import BEGINS_ON, ENDS_ON, at

_Queue = list[tuple[datetime, int, Action]]


class Agenda:
    def __init__(self) -> None:
        self._days: dict[date, _Queue] = {}
        self._number = 0
        self.begin(BEGINS_ON)

    def add(self, action: Action) -> None:
        """What would be after the end is left out. What would be on a day gone by is done first thing today."""
        action.at = max(action.at, self._earliest)
        if action.at.date() >= ENDS_ON:
            return
        self._number += 1
        heapq.heappush(self._days.setdefault(action.at.date(), []), (action.at, self._number, action))

    def begin(self, day: date) -> None:
        self._earliest = at(day, 60)

    def taken(self, day: date) -> Iterator[Action]:
        """In order of time, with what is added for that day meanwhile."""
        queue = self._days.setdefault(day, [])
        while queue:
            yield heapq.heappop(queue)[2]
        del self._days[day]

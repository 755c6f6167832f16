"""Counters and heartbeats. A write that fails is metered and otherwise ignored: no answer waits for one.

Each lookup adds one to its practitioner's counters, under a pseudonym, in one call. An authority's day is counted in
the process and added to its item ten at a time, beside other work. For a limit of thousands that is exact enough.

The same item counts how many practitioners asked that day: each whose own counter begins with this lookup. They are
added three at a time, so that somebody who changes the `sub` for every lookup is seen on however many containers.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Update

from ...application.ports import Clock
from ...domain.authority import Caller
from ...domain.errors import Unavailable
from ...domain.limits import LookupCounts
from ...domain.values import Struct
from ..aws_errors import ConditionRefused, Contended, aws_errors
from ..sealing.keyring import KeyMaterial
from ..telemetry import meter
from . import attributes
from .expressions import Prepared
from .schema import UsageItem

HEARTBEAT = "HEARTBEAT"
_LONGEST_COUNT = 9
_KEPT_FOR = timedelta(days=2)
_BEAT_EVERY = timedelta(hours=1)
SETTLED_AT_ONCE = 10
PEOPLE_SETTLED_AT_ONCE = 3


class _Total(Struct, frozen=True):
    day: date
    lookups: int = 0
    people: int = 0


class DynamoUsage:
    """`client` must not retry: a repeated ADD would count a lookup twice."""

    def __init__(self, client: Any, table_name: str, material: Callable[[], KeyMaterial], clock: Clock) -> None:
        self._client = client
        self._table_name = table_name
        self._material = material
        self._clock = clock
        self._beats: dict[str, datetime] = {}
        self._unsettled: Counter[str] = Counter()
        self._unsettled_people: Counter[str] = Counter()
        self._totals: dict[str, _Total] = {}

    def count_lookup(self, caller: Caller) -> LookupCounts:
        now = self._clock()
        code = caller.authority.code
        hour = f"h{now:%H}"
        self._unsettled[code] += 1
        try:
            counts = self._add(f"P#{code}#{self._pseudonym(caller)}", now, {"day": 1, hour: 1})
        except (Unavailable, ConditionRefused, Contended):
            meter("UsageFailures")
            counts = {}
        if _whole(counts, "day") == 1:
            self._unsettled_people[code] += 1
        total = self._total(code, now.date())
        return LookupCounts(
            practitioner_hour=_whole(counts, hour),
            practitioner_day=_whole(counts, "day"),
            authority_day=self._unsettled[code] + total.lookups,
            people_day=self._unsettled_people[code] + total.people,
        )

    def settling_is_due(self, authority_code: str) -> bool:
        return (
            self._unsettled[authority_code] >= SETTLED_AT_ONCE
            or self._unsettled_people[authority_code] >= PEOPLE_SETTLED_AT_ONCE
        )

    def settle(self, authority_code: str) -> None:
        """Adds what this process has counted to the authority's item."""
        now = self._clock()
        lookups = self._unsettled.pop(authority_code, 0)
        people = self._unsettled_people.pop(authority_code, 0)
        try:
            counts = self._add(f"A#{authority_code}", now, {"day": lookups, "people": people})
            self._totals[authority_code] = _Total(
                now.date(), _whole(counts, "day", lookups), _whole(counts, "people", people)
            )
        except (Unavailable, ConditionRefused, Contended):
            self._unsettled[authority_code] += lookups
            self._unsettled_people[authority_code] += people
            meter("UsageFailures")

    def _total(self, authority_code: str, today: date) -> _Total:
        """As the authority's item said when this process last wrote it, today."""
        total = self._totals.get(authority_code)
        return total if total is not None and total.day == today else _Total(today)

    def wrote(self, authority_code: str) -> None:
        now = self._clock()
        last = self._beats.get(authority_code)
        if last is not None and timedelta(0) <= now - last < _BEAT_EVERY:
            return
        item = attributes.raw(pk=HEARTBEAT, sk=authority_code, last_write_at=attributes.seconds(now))
        try:
            with aws_errors("DynamoDB"):
                self._client.put_item(TableName=self._table_name, Item=item)
            self._beats[authority_code] = now
        except (Unavailable, ConditionRefused, Contended):
            meter("UsageFailures")

    def _pseudonym(self, caller: Caller) -> str:
        salt = self._material().salts.get(caller.authority.code)
        if salt is None:
            meter("MissingKeys")
            raise Unavailable
        mac = hmac.digest(salt, b"usage|" + caller.practitioner_id.encode(), hashlib.sha256)
        return urlsafe_b64encode(mac[:15]).decode()

    def _add(self, pk: str, now: datetime, added: Mapping[str, int]) -> dict[str, Any]:
        """Adds to the counters of the day's item. Returns the new counts, as raw attributes."""
        values = [{"N": str(attributes.seconds(now + _KEPT_FOR))}, *({"N": str(number)} for number in added.values())]
        with aws_errors("DynamoDB"):
            reply = self._client.update_item(
                TableName=self._table_name,
                Key=attributes.raw(pk=pk, sk=now.date().isoformat()),
                **_addition(tuple(added)).with_values(*values),
                ReturnValues="UPDATED_NEW",
            )
        counts: dict[str, Any] = reply.get("Attributes", {})
        return counts


@cache
def _addition(names: tuple[str, ...]) -> Prepared:
    """Its values: the time of expiry, and what to add to each of these counters."""
    counters = [Path(name) for name in names]
    return Prepared({"UpdateExpression": Update(UsageItem.ttl.set(0), *(counter.add(0) for counter in counters))})


def _whole(counts: dict[str, Any], name: str, otherwise: int = 0) -> int:
    """Returns 0 for a counter that was edited by hand into a fraction or an absurdly large number."""
    if name not in counts:
        return otherwise
    number = counts[name]["N"]
    if number.isascii() and number.isdigit() and len(number) <= _LONGEST_COUNT:
        return int(number)
    meter("UsageFailures")
    return 0

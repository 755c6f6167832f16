"""Counters and heartbeats. A write that fails is metered and otherwise ignored: no answer waits for one.

Each lookup adds one to its practitioner's counters, under a pseudonym, in one call. An authority's day is counted in
the process and added to its item ten at a time, beside other work. For a limit of thousands that is exact enough.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Update

from ...application.ports import Clock
from ...domain.authority import Caller
from ...domain.errors import Unavailable
from ...domain.limits import LookupCounts
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


class DynamoUsage:
    """`client` must not retry: a repeated ADD would count a lookup twice."""

    def __init__(self, client: Any, table_name: str, material: Callable[[], KeyMaterial], clock: Clock) -> None:
        self._client = client
        self._table_name = table_name
        self._material = material
        self._clock = clock
        self._beats: dict[str, datetime] = {}
        self._unsettled: Counter[str] = Counter()
        self._totals: dict[str, tuple[date, int]] = {}

    def count_lookup(self, caller: Caller) -> LookupCounts:
        now = self._clock()
        code = caller.authority.code
        hour = f"h{now:%H}"
        self._unsettled[code] += 1
        settled_on, total = self._totals.get(code, (now.date(), 0))
        in_day = self._unsettled[code] + (total if settled_on == now.date() else 0)
        try:
            counts = self._add(f"P#{code}#{self._pseudonym(caller)}", now, 1, hour)
        except (Unavailable, ConditionRefused, Contended):
            meter("UsageFailures")
            return LookupCounts(authority_day=in_day)
        return LookupCounts(
            practitioner_hour=_whole(counts, hour), practitioner_day=_whole(counts, "day"), authority_day=in_day
        )

    def settling_is_due(self, authority_code: str) -> bool:
        return self._unsettled[authority_code] >= SETTLED_AT_ONCE

    def settle(self, authority_code: str) -> None:
        """Adds what this process has counted to the authority's item."""
        now = self._clock()
        count = self._unsettled.pop(authority_code, 0)
        try:
            total = _whole(self._add(f"A#{authority_code}", now, count), "day", count)
            self._totals[authority_code] = (now.date(), total)
        except (Unavailable, ConditionRefused, Contended):
            self._unsettled[authority_code] += count
            meter("UsageFailures")

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

    def _add(self, pk: str, now: datetime, number: int, hour: str | None = None) -> dict[str, Any]:
        """Adds to the day's counter and to that of `hour`, if given. Returns the new counts, as raw attributes."""
        added = {"N": str(number)}
        values = [{"N": str(attributes.seconds(now + _KEPT_FOR))}, added, *([] if hour is None else [added])]
        with aws_errors("DynamoDB"):
            reply = self._client.update_item(
                TableName=self._table_name,
                Key=attributes.raw(pk=pk, sk=now.date().isoformat()),
                **_addition(hour).with_values(*values),
                ReturnValues="UPDATED_NEW",
            )
        counts: dict[str, Any] = reply.get("Attributes", {})
        return counts


@cache
def _addition(hour: str | None) -> Prepared:
    """Its values: the time of expiry, what to add to the day and, if an hour is given, what to add to that."""
    counters = [Path(name) for name in ("day", hour) if name is not None]
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

"""Reads and writes the canary: an item that has already expired when it is written, and that TTL must delete."""

from datetime import datetime

from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.schema import CanaryItem
from ..dynamodb.tables import Tables
from ..row_keys import CANARY


class DynamoTtlProbe:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def canary(self) -> datetime | None:
        found = self._tables.get(CanaryItem, *CANARY)
        # A canary that was edited by hand does not count: the next one replaces it.
        return None if found is None else attributes.or_none(attributes.epoch, found, "expires_at")

    def plant_canary(self, now: datetime) -> None:
        at = attributes.seconds(now)
        pk, sk = CANARY
        canary = attributes.raw(pk=pk, sk=sk, expires_at=at, ttl=at)
        try:
            self._tables.put(self._tables.put_request(CanaryItem, canary))
        except (ConditionRefused, Contended):
            return  # the next check is in an hour

"""Whether TTL deletes: the setting of each table, and a canary, an item that is written when its time is up."""

from datetime import datetime

from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.schema import EXPIRING, TTL_ATTRIBUTE, CanaryItem
from ..dynamodb.tables import Tables

_CANARY = ("CANARY", "CANARY")
_ON = {"ENABLED", "ENABLING"}


class DynamoTtlProbe:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def tables_without_ttl(self) -> int:
        settings = (self._tables.time_to_live(table) for table in sorted(EXPIRING))
        return sum(
            setting.get("TimeToLiveStatus") not in _ON or setting.get("AttributeName") != TTL_ATTRIBUTE
            for setting in settings
        )

    def canary(self) -> datetime | None:
        found = self._tables.get(CanaryItem, *_CANARY)
        # One that was edited by hand is none: another takes its place.
        return None if found is None else attributes.or_none(attributes.epoch, found, "expires_at")

    def plant_canary(self, now: datetime) -> None:
        at = attributes.seconds(now)
        with_its_end = CanaryItem(*_CANARY, expires_at=at, ttl=at)
        try:
            self._tables.put(self._tables.put_request(with_its_end))
        except (ConditionRefused, Contended):
            return  # the next check is in an hour

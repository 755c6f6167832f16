"""Finds the shields that stand by the index `due` of the Involvements table, and who asked for them by the access
records that their versions name."""

from datetime import date

from ...application.console.standing_shields import StandingShield
from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ...domain.values import replace
from ..dynamodb import attributes
from ..dynamodb.access_records import AccessRecords, OpenedRecord
from ..dynamodb.schema import DUE_INDEX, AccessItem, RegisterItem, ShieldItem
from ..dynamodb.tables import Item, Tables
from ..row_keys import ACT, review_month

_LAST_DAY = date.max


class DynamoStandingShields:
    def __init__(self, tables: Tables, records: AccessRecords) -> None:
        self._tables = tables
        self._records = records

    def of_month(self, month: date) -> list[StandingShield]:
        found = self._tables.query_index(ShieldItem, DUE_INDEX, RegisterItem.due == review_month(month))
        rows = self._tables.get_many(ShieldItem, [(key["pk"]["S"], key["sk"]["S"]) for key in found])
        requests = self._requests(rows)
        shields = [_shield(row, requests.get(row["pk"]["S"])) for row in rows]
        return sorted(shields, key=lambda shield: (shield.review_on or _LAST_DAY, shield.id or ""))

    def _requests(self, rows: list[Item]) -> dict[str, OpenedRecord]:
        """The last request for each shield, by child."""
        versions = [(row["pk"]["S"], attributes.version(row)) for row in rows]
        keys = [(child, f"{ACT}{version}") for child, version in versions if version is not None]
        opened = (self._opened(item) for item in self._tables.get_many(AccessItem, keys))
        return {record.pk: record for record in opened if record is not None}

    def _opened(self, item: Item) -> OpenedRecord | None:
        try:
            return self._records.opened(item)
        except Unreadable:
            return None


def _shield(row: Item, request: OpenedRecord | None) -> StandingShield:
    shield = StandingShield(
        child=ChildKey(row["pk"]["S"]),
        id=attributes.version(row),
        review_on=attributes.or_none(attributes.day, row, "review_on"),
        since=attributes.or_none(attributes.epoch, row, "since"),
    )
    if request is None:
        return shield
    return replace(
        shield,
        asked_at=request.content.at,
        authority_code=request.content.authority,
        over_soft_limit=request.content.over_soft_limit is not None,
        is_genuine=True,
    )

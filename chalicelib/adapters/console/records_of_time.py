"""Finds the access records of a stretch of time that `post_notices` would get, by the times in their ids."""

from datetime import datetime

from ...application.console.ports import RecordsPage, ScanKey
from ...domain.outcomes import RECORDED_WITHIN
from ..dynamodb import attributes
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Tables
from ..ids import first_ulid
from ..row_keys import ACT, AUTHORITY, CHILD, LOOKUP

_ITEMS_A_PAGE = 200
"""Posting the notices of so many takes less than the time that a run keeps in reserve."""


class DynamoRecordsOfTime:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def page(self, since: datetime, before: datetime, place: ScanKey | None) -> RecordsPage:
        # The id of an outcome has the time of its lookup, which may be a week before.
        first, first_act, last = first_ulid(since), first_ulid(since - RECORDED_WITHIN), first_ulid(before)
        is_lookup = AccessItem.sk.between(f"{LOOKUP}{first}", f"{LOOKUP}{last}")
        is_act = AccessItem.sk.between(f"{ACT}{first_act}", f"{ACT}{last}")
        start = None if place is None else attributes.raw(pk=place.pk, sk=place.sk)
        somebodys = AccessItem.pk.startswith(CHILD) | AccessItem.pk.startswith(AUTHORITY)
        only = somebodys & (is_lookup | is_act)
        items, more = self._tables.scan_page(AccessItem, start, _ITEMS_A_PAGE, only=only)
        keys = tuple(ScanKey(item["pk"]["S"], attributes.sort_key(item)) for item in items)
        return RecordsPage(keys, None if more is None else ScanKey(more["pk"]["S"], attributes.sort_key(more)))

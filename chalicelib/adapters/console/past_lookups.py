"""Finds lookups by authority and day. The sparse index gives their keys, the table itself the access records."""

from datetime import date

from ...application.console.ports import ReportedLookup, ReportPage
from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ...domain.values import replace
from ..dynamodb import attributes
from ..dynamodb.access_records import AccessRecords
from ..dynamodb.lookup_index import LookupIndex
from ..dynamodb.tables import Item
from ..row_keys import LOOKUP, authority_day

PAGE = 2000
"""This many lookups fit into the 6 MB of a Lambda answer, even if each has the longest texts that a token may carry."""


class DynamoPastLookups:
    def __init__(self, index: LookupIndex, records: AccessRecords, page_size: int = PAGE) -> None:
        self._records = records
        self._page_size = page_size
        self._index = index

    def count(self, authority_code: str, day: date) -> int:
        return self._index.count(authority_day(authority_code, day))

    def page(self, authority_code: str, day: date, after: str | None) -> ReportPage:
        since = None if after is None else LOOKUP + after
        keys, more = self._index.keys(authority_day(authority_code, day), since, self._page_size)
        rows = {attributes.text(row, "sk"): row for row in self._index.records(keys)}
        lookups = tuple(self._reported(rows[sk]) for key in keys if (sk := attributes.text(key, "sk")) in rows)
        return ReportPage(lookups, attributes.text(keys[-1], "sk").removeprefix(LOOKUP) if more else None)

    def _reported(self, row: Item) -> ReportedLookup:
        """An audit must also show an access record that is not genuine. Only its key can be read."""
        reported = ReportedLookup(
            id=attributes.sort_key(row).removeprefix(LOOKUP), child=ChildKey(attributes.text(row, "pk"))
        )
        try:
            content = self._records.opened(row).content
        except Unreadable:
            return reported
        return replace(
            reported,
            at=content.at,
            practitioner_id=content.practitioner,
            role=content.role,
            organisation=content.organisation,
            purpose=content.purpose,
            case_reference=content.case_reference,
            over_soft_limit=content.over_soft_limit is not None,
            hidden_from_owners=content.unnamed,
        )

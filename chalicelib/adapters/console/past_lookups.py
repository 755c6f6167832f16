"""Finds lookups by authority and day. The sparse index gives their keys, the table itself the access records."""

from datetime import date

from ...application.console.ports import ReportedLookup, ReportPage
from ...domain.child import ChildKey
from ..dynamodb import attributes
from ..dynamodb.lookup_index import LookupIndex
from ..dynamodb.tables import Item
from ..row_keys import LOOKUP, authority_date

PAGE = 2000
"""This many lookups fit into the 6 MB of a Lambda answer, even if each has the longest texts that a token may carry."""


class DynamoPastLookups:
    def __init__(self, index: LookupIndex, page_size: int = PAGE) -> None:
        self._page_size = page_size
        self._index = index

    def count(self, authority_code: str, day: date) -> int:
        return self._index.count(authority_date(authority_code, day))

    def page(self, authority_code: str, day: date, after: str | None) -> ReportPage:
        since = None if after is None else LOOKUP + after
        keys, more = self._index.keys(authority_date(authority_code, day), since, self._page_size)
        rows = {attributes.text(row, "sk"): row for row in self._index.records(keys)}
        lookups = tuple(_reported(rows[sk]) for key in keys if (sk := attributes.text(key, "sk")) in rows)
        return ReportPage(lookups, attributes.text(keys[-1], "sk").removeprefix(LOOKUP) if more else None)


def _reported(row: Item) -> ReportedLookup:
    """An unreadable field becomes None, because an audit must show unreadable access records too."""
    return ReportedLookup(
        id=attributes.text(row, "sk").removeprefix(LOOKUP),
        at=attributes.or_none(attributes.epoch, row, "at"),
        practitioner_id=attributes.or_none(attributes.text, row, "practitioner"),
        role=attributes.or_none(attributes.text, row, "role"),
        organisation=attributes.or_none(attributes.text, row, "organisation"),
        purpose=attributes.or_none(attributes.text, row, "purpose"),
        case_reference=attributes.or_none(attributes.text, row, "case_reference"),
        over_soft_limit="over_soft_limit" in row,
        child=ChildKey(attributes.text(row, "pk")),
    )

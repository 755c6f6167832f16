"""Finds the leaf of a lookup by its id."""

from datetime import date

from ...domain.history import SealedLookup
from ..row_keys import LOOKUP, authority_day
from . import attributes
from .access_leaves import AccessLeaves
from .access_records import NotGenuine
from .lookup_index import LookupIndex
from .schema import AccessItem
from .tables import Tables


class DynamoSealedLookups:
    def __init__(self, tables: Tables, index: LookupIndex, leaves: AccessLeaves) -> None:
        self._tables = tables
        self._index = index
        self._leaves = leaves

    def find(self, authority_code: str, days: tuple[date, ...], lookup_id: str) -> SealedLookup | None:
        for day in days:
            key = self._index.key(authority_day(authority_code, day), LOOKUP + lookup_id)
            if key is not None:
                return self._read(attributes.text(key, "pk"), attributes.text(key, "sk"))
        return None

    def _read(self, pk: str, sk: str) -> SealedLookup | None:
        """None for one that was forged or altered: it is in no history."""
        item = self._tables.get(AccessItem, pk, sk)
        if item is None:
            return None
        try:
            record, leaf = self._leaves.of(item)
        except NotGenuine:
            return None
        return SealedLookup(record.content.at, leaf)

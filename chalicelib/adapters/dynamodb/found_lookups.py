"""Finds a lookup by its id. The sparse index gives the key of its access record, the table the record itself."""

from datetime import date

from ...application.store_errors import Unreadable
from ...domain.access_records import FoundLookup
from ...domain.child import ChildKey
from ..row_keys import LOOKUP, authority_day
from ..sealing.sealer import Sealer
from ..telemetry import meter
from . import attributes
from .access_log import open_shown
from .access_records import AccessRecords, OpenedRecord
from .lookup_index import LookupIndex
from .schema import AccessItem
from .tables import Tables


class DynamoFoundLookups:
    def __init__(self, tables: Tables, index: LookupIndex, sealer: Sealer, records: AccessRecords) -> None:
        self._records = records
        self._tables = tables
        self._index = index
        self._sealer = sealer

    def find(self, authority_code: str, days: tuple[date, ...], lookup_id: str) -> FoundLookup | None:
        for day in days:
            key = self._index.key(authority_day(authority_code, day), LOOKUP + lookup_id)
            if key is not None:
                return self._read(attributes.text(key, "pk"), attributes.text(key, "sk"))
        return None

    def _read(self, pk: str, sk: str) -> FoundLookup | None:
        row = self._tables.get(AccessItem, pk, sk)
        if row is None:
            return None
        try:
            return read_lookup(self._records.opened(row), self._sealer)
        except Unreadable:
            meter("UnreadableRows")
            raise


def read_lookup(record: OpenedRecord, sealer: Sealer) -> FoundLookup:
    """Raises Unreadable."""
    return FoundLookup(
        id=record.id, at=record.content.at, child=ChildKey(record.pk), disclosed=open_shown(record, sealer)
    )

"""Shields as operators look after them: `S#` beside the child's rows, each change with its access record."""

from datetime import date

from ..domain.access import ActRecord
from ..domain.child import ChildKey
from ..domain.errors import Unavailable
from .access_log import AccessRecords
from .faults import ConditionRefused, Contended
from .involvement_store import SHIELD
from .schema import ShieldItem
from .sealing import Sealer
from .succession import NO_EXPIRY
from .tables import Request, Tables


class DynamoShields:
    def __init__(self, tables: Tables, sealer: Sealer, access_records: AccessRecords) -> None:
        self._tables = tables
        self._sealer = sealer
        self._access_records = access_records

    def review(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> None:
        sealed = self._sealer.seal_reason(reason, (child, SHIELD, record.id, NO_EXPIRY))
        shield = ShieldItem(child, SHIELD, version=record.id, review_on=review_on.isoformat(), sealed=sealed)
        self._write({"Put": self._tables.put_request(shield)}, record)

    def lift(self, child: ChildKey, record: ActRecord) -> bool:
        delete = self._tables.delete_request(ShieldItem, child, SHIELD, ShieldItem.pk.exists())
        try:
            self._write({"Delete": delete}, record)
        except ConditionRefused:
            return False
        return True

    def _write(self, change: dict[str, Request], record: ActRecord) -> None:
        try:
            self._tables.transact([change, {"Put": self._access_records.put_request(record)}])
        except Contended:
            raise Unavailable from None

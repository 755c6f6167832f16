"""Shields as operators change them: the item `S#` among the child's rows. Each change is written together with its
access record."""

from datetime import date

from ...application.store_errors import Conflict
from ...domain.access_records import ActRecord
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.values import replace
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.access_log import DynamoAccessLog
from ..dynamodb.involvement_rows import shield_item, shielded_since
from ..dynamodb.schema import ShieldItem
from ..dynamodb.tables import Request, Tables, as_read
from ..row_keys import SHIELD
from ..sealing.sealer import Sealer


class DynamoShields:
    def __init__(self, tables: Tables, sealer: Sealer, access_log: DynamoAccessLog) -> None:
        self._tables = tables
        self._sealer = sealer
        self._access_log = access_log

    def review(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> None:
        found = self._tables.get(ShieldItem, child, SHIELD)
        since = record.at if found is None else shielded_since(self._sealer, found)
        shield = shield_item(self._sealer, child, reason, review_on, record.id, since=since)
        try:
            self._write({"Put": self._tables.put_request(ShieldItem, shield, as_read(ShieldItem, found))}, record)
        except ConditionRefused:
            raise Conflict from None

    def exists(self, child: ChildKey) -> bool:
        return self._tables.get(ShieldItem, child, SHIELD) is not None

    def lift(self, child: ChildKey, record: ActRecord, *, version: str | None = None) -> bool:
        found = self._tables.get(ShieldItem, child, SHIELD)
        if found is None:
            return False
        if version is not None and attributes.version(found) != version:
            raise Conflict
        delete = self._tables.delete_request(ShieldItem, child, SHIELD, condition=as_read(ShieldItem, found))
        try:
            self._write({"Delete": delete}, replace(record, version=attributes.version(found)))
        except ConditionRefused as refused:
            if refused.found is None:
                return False
            raise Conflict from None
        return True

    def _write(self, change: dict[str, Request], record: ActRecord) -> None:
        try:
            self._tables.transact([change, {"Put": self._access_log.put_request(record)}])
        except Contended:
            raise Unavailable from None

"""Erasure: every row under a child's key goes, and leaves a tombstone on the register entry of its reference."""

from collections.abc import Iterator
from datetime import datetime

from pynamodb.expressions.condition import Condition

from ...application.console.erase_child import tombstone_ends
from ...application.console.ports import StoredRow
from ...application.store_errors import Conflict
from ...domain.access_records import ActRecord
from ...domain.child import ChildKey
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.access_log import DynamoAccessLog
from ..dynamodb.schema import InvolvementItem, RegisterItem
from ..dynamodb.tables import Item, Request, Tables, as_read
from ..row_keys import CHILD, FORMER, INVOLVEMENT, POINTER, SHIELD, entry_key, involvement_sort_key, owner_of

NOBODY = ChildKey("C#0#erased")
"""The child of a tombstone: it does not say whose record it was."""


class DynamoErasure:
    def __init__(self, tables: Tables, access_log: DynamoAccessLog) -> None:
        self._tables = tables
        self._access_log = access_log

    def rows(self, child: ChildKey) -> list[StoredRow]:
        found = self._tables.query(InvolvementItem, child)
        rows = [_stored(child, row) for row in found if not attributes.sort_key(row).startswith((POINTER, FORMER))]
        return [*rows, *self._gone(child, {(row.authority_code, row.reference) for row in rows})]

    def _gone(self, child: ChildKey, there: set[tuple[str | None, str | None]]) -> Iterator[StoredRow]:
        """The register does not tell which entries lead to a child; the access records name all that ever did."""
        told = {(past.authority_code, past.reference) for past in self._access_log.acts_of(child)}
        for code, reference in told - there:
            if code is None or reference is None:
                continue
            entry = self._tables.get(RegisterItem, *entry_key(code, reference))
            if entry is not None and entry.get("child") == {"S": child}:
                yield StoredRow(
                    child=child,
                    sort_key=involvement_sort_key(code, reference),
                    authority_code=code,
                    reference=reference,
                    version=attributes.version(entry),
                    is_gone=True,
                )

    def erase(self, row: StoredRow, record: ActRecord) -> None:
        requests: list[dict[str, Request]] = [
            {"Delete": self._tables.delete_request(InvolvementItem, row.child, row.sort_key, _row_as_read(row))},
            {"Put": self._access_log.put_request(record)},
        ]
        if row.authority_code is not None and row.reference is not None:
            key = entry_key(row.authority_code, row.reference)
            entry = self._tables.get(RegisterItem, *key)
            if _is_of(entry, row.child):
                stone = tombstone(*key, record.at, record.id)
                requests.append({"Put": self._tables.put_request(stone, as_read(RegisterItem, entry))})
        try:
            self._tables.transact(requests)
        except (ConditionRefused, Contended):
            raise Conflict from None


def tombstone(pk: str, sk: str, erased_at: datetime, version: str) -> RegisterItem:
    ends = attributes.seconds(tombstone_ends(erased_at))
    return RegisterItem(
        pk,
        sk,
        child=NOBODY,
        version=version,
        confirmed_on=erased_at.date().isoformat(),
        expires_at=ends,
        ttl=ends,
        erased_at=attributes.seconds(erased_at),
    )


def _is_of(entry: Item | None, child: ChildKey) -> bool:
    """An entry that leads to another child is the lock of that child's record. One that leads nowhere is nobody's."""
    if entry is None or "erased_at" in entry:
        return entry is None
    found = entry.get("child", {}).get("S", "")
    return found == child or not found.startswith(CHILD)


def _row_as_read(row: StoredRow) -> Condition:
    if row.is_gone:
        return InvolvementItem.pk.does_not_exist()
    return InvolvementItem.pk.exists() if row.version is None else InvolvementItem.version == row.version


def _stored(child: ChildKey, row: Item) -> StoredRow:
    """Nothing is opened: what is damaged is erased too."""
    sort_key = attributes.sort_key(row)
    code, reference = owner_of(sort_key) if sort_key.startswith(INVOLVEMENT) else (None, None)
    return StoredRow(
        child=child,
        sort_key=sort_key,
        authority_code=code,
        reference=reference,
        version=attributes.version(row),
        is_shield=sort_key.startswith(SHIELD),
    )

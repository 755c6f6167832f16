"""Erasure: deletes every row under a child's key, and leaves a tombstone on the register entry of each reference."""

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
"""The `child` of every tombstone, so that it does not reveal whose record it was."""


class DynamoErasure:
    def __init__(self, tables: Tables, access_log: DynamoAccessLog) -> None:
        self._tables = tables
        self._access_log = access_log

    def rows(self, child: ChildKey) -> list[StoredRow]:
        found = self._tables.query(InvolvementItem, child)
        rows = [_stored(child, row) for row in found if not attributes.sort_key(row).startswith((POINTER, FORMER))]
        return [*rows, *self._gone(child, {(row.authority_code, row.reference) for row in rows})]

    def _gone(self, child: ChildKey, there: set[tuple[str | None, str | None]]) -> Iterator[StoredRow]:
        """Finds entries whose row was deleted by hand. The register cannot be searched by child, but the access records
        name every reference that the child has had."""
        named = {(past.authority_code, past.reference) for past in self._access_log.acts_of(child)}
        for code, reference in named - there:
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
        as_stored = _row_as_read(row)
        requests: list[dict[str, Request]] = [
            {"Delete": self._tables.delete_request(InvolvementItem, row.child, row.sort_key, condition=as_stored)},
            {"Put": self._access_log.put_request(record)},
        ]
        if row.authority_code is not None and row.reference is not None:
            key = entry_key(row.authority_code, row.reference)
            entry = self._tables.get(RegisterItem, *key)
            if _is_of(entry, row.child):
                stone = tombstone(*key, record.at, record.id)
                requests.append({"Put": self._tables.put_request(RegisterItem, stone, as_read(RegisterItem, entry))})
        try:
            self._tables.transact(requests)
        except (ConditionRefused, Contended):
            raise Conflict from None


def tombstone(pk: str, sk: str, erased_at: datetime, version: str) -> Item:
    ends = attributes.seconds(tombstone_ends(erased_at))
    return attributes.raw(
        pk=pk,
        sk=sk,
        child=NOBODY,
        version=version,
        confirmed_on=erased_at.date().isoformat(),
        expires_at=ends,
        ttl=ends,
        erased_at=attributes.seconds(erased_at),
    )


def _is_of(entry: Item | None, child: ChildKey) -> bool:
    """True if the tombstone may be written there.

    An entry that names another child stays, because it locks that child's record. An entry that names no child belongs
    to nobody, so the tombstone replaces it.
    """
    if entry is None or "erased_at" in entry:
        return entry is None
    found = entry.get("child", {}).get("S", "")
    return found == child or not found.startswith(CHILD)


def _row_as_read(row: StoredRow) -> Condition:
    if row.is_gone:
        return InvolvementItem.pk.does_not_exist()
    return InvolvementItem.pk.exists() if row.version is None else InvolvementItem.version == row.version


def _stored(child: ChildKey, row: Item) -> StoredRow:
    """The row stays sealed, so that an unreadable one is erased too."""
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

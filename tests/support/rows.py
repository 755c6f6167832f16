"""The tables as an administrator reads and edits them, past the service."""

import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from chalicelib.adapters.dynamodb import attributes
from chalicelib.adapters.dynamodb.access_records import RecordContent
from chalicelib.adapters.dynamodb.schema import (
    ACCESS,
    INVOLVEMENTS,
    SCHEMAS,
    USAGE,
    AccessItem,
    table_name,
    table_schema,
)
from chalicelib.adapters.sealing.sealer import Sealer
from chalicelib.application.store_errors import Unreadable
from chalicelib.domain.access_records import Disclosed
from chalicelib.domain.child import ChildKey, NhsNumber
from tests.support.stage import HARINGEY, STAGE, Stage

Row = dict[str, dict[str, Any]]

HALVES = {"proposed", "carried_out"}
"""The access records that work of two people leaves besides its own. The id of the second one is not of its time."""


class Rows:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._dynamodb = stage.dynamodb
        self._keys: dict[str, ChildKey] = {}

    def key_of(self, child: str) -> ChildKey:
        if child not in self._keys:
            self._keys[child] = self._stage.services.look_up.pseudonyms.child_key(NhsNumber(child))
        return self._keys[child]

    def of(self, pk: str, table: str = INVOLVEMENTS) -> list[Row]:
        reply = self._dynamodb.query(
            TableName=table_name(STAGE, table),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        found = list(reply["Items"])
        return [self.opened(row) for row in found] if table == ACCESS else found

    def opened(self, access_record: Row) -> Row:
        """An access record with its sealed fields beside the stored ones. One that does not open stays as it is."""
        try:
            record = self._stage.services.parts.records.opened(access_record)
        except Unreadable:
            return access_record
        content = msgspec.structs.asdict(record.content)
        fields = {name: value for name, value in content.items() if value is not None and value is not False}
        if record.is_lookup:
            fields["act"] = "looked_up"
        if "outcome" in fields:
            fields["outcome"] = "{} {}".format(*fields["outcome"])
        fields["at"] = int(fields["at"].timestamp())
        return {**access_record, **attributes.raw(**fields)}

    def as_stored(self, access_record: Row) -> Row:
        """Only what the table holds of an access record that was opened."""
        return {name: access_record[name] for name in AccessItem.get_attributes() if name in access_record}

    def reseal(self, access_record: Row, **changes: Any) -> None:
        """Puts an access record that was opened back, with other contents or under another key, as the service itself
        would write it."""
        names = RecordContent.__struct_fields__
        opened = {name: access_record[name] for name in names if name in access_record}
        held = {name: next(iter(value.values())) for name, value in opened.items()}
        held["at"] = datetime.fromtimestamp(int(held["at"]), UTC)
        held["unnamed"] = held.get("unnamed") == "True"
        if "outcome" in held:
            entry, _, word = held["outcome"].partition(" ")
            held["outcome"] = int(entry), word
        if access_record["sk"]["S"].startswith("L#"):
            del held["act"]
        day = access_record.get("day", {}).get("S")
        content = RecordContent(**{**held, **changes})
        records = self._stage.services.parts.records
        self.put(records.sealed(access_record["pk"]["S"], access_record["sk"]["S"], content, day), ACCESS)

    def of_child(self, child: str) -> list[Row]:
        """Everything about one child in the Involvements table."""
        return self.of(self.key_of(child))

    def one_of(self, child: str) -> Row:
        [row] = self.of_child(child)
        return row

    def entry(self, reference: str, authority: str = HARINGEY) -> Row | None:
        key = {"pk": {"S": f"A#{authority}"}, "sk": {"S": f"R#{reference}"}}
        reply = self._dynamodb.get_item(TableName=table_name(STAGE, INVOLVEMENTS), Key=key, ConsistentRead=True)
        found: Row | None = reply.get("Item")
        return found

    def access_records(self, child: str, kind: str = "") -> list[Row]:
        """Those of one child, oldest first. `kind`: `L#` for lookups, `E#` for all other acts."""
        return [row for row in self.of(self.key_of(child), ACCESS) if row["sk"]["S"].startswith(kind)]

    def acts(self, child: str) -> list[str]:
        """The acts in the child's access records, oldest first. `HALVES` are left out."""
        return [act for row in self.access_records(child) if (act := row["act"]["S"]) not in HALVES]

    def lookups(self, child: str) -> dict[str, Row]:
        """The access records of lookups, by lookup_id."""
        return {row["sk"]["S"].removeprefix("L#"): row for row in self.access_records(child, "L#")}

    def all(self, table: str) -> list[Row]:
        """All rows but those that TTL may delete at any moment."""
        return [row for page in self._pages(table) for row in page["Items"] if not _has_ended(row)]

    def everything(self) -> dict[str, list[Row]]:
        """All rows by table, including those that TTL may delete."""
        return {table: [row for page in self._pages(table) for row in page["Items"]] for table in SCHEMAS}

    def empty(self, *tables: str) -> None:
        """Deletes every row, so that a scan finds nothing of an earlier test."""
        for table in tables:
            name, key = table_name(STAGE, table), [part["AttributeName"] for part in table_schema(table)["KeySchema"]]
            found = [row for page in self._pages(table) for row in page["Items"]]
            for start in range(0, len(found), 25):
                rows = found[start : start + 25]
                deletes = [{"DeleteRequest": {"Key": {part: row[part] for part in key}}} for row in rows]
                assert not self._dynamodb.batch_write_item(RequestItems={name: deletes})["UnprocessedItems"]

    def forget_shields(self) -> None:
        """Nobody has shielded a child today: the shields of many tests are more than an authority may make."""
        for row in self.all(USAGE):
            if row["sk"]["S"].endswith("#shields"):
                self.delete(row, USAGE)

    def _pages(self, table: str) -> Any:
        scan = self._dynamodb.get_paginator("scan")
        return scan.paginate(TableName=table_name(STAGE, table), ConsistentRead=True)

    def disclosed(self, lookup: Row) -> Disclosed:
        """What was shown, according to the access record of a lookup."""
        bound = (lookup["pk"]["S"], lookup["sk"]["S"], lookup["sk"]["S"].removeprefix("L#"), int(lookup["ttl"]["N"]))
        return self._sealer().open_disclosed(lookup["shown"]["B"], bound)

    def pointer(self, old: str, present: str) -> Row:
        """The pointer that a superseded number leaves behind."""
        pk, sk, version = self.key_of(old), "M#", "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        sealed = self._sealer().seal_present_key(self.key_of(present), (pk, sk, version, 0))
        return {"pk": {"S": pk}, "sk": {"S": sk}, "version": {"S": version}, "sealed": {"B": sealed}}

    def _sealer(self) -> Sealer:
        return self._stage.services.parts.sealer

    def put(self, row: Row, table: str = INVOLVEMENTS) -> None:
        self._dynamodb.put_item(TableName=table_name(STAGE, table), Item=row)

    def delete(self, row: Row, table: str = INVOLVEMENTS) -> None:
        key = {name: row[name] for name in ("pk", "sk")}
        self._dynamodb.delete_item(TableName=table_name(STAGE, table), Key=key)


def _has_ended(row: Row) -> bool:
    ttl = row.get("ttl", {}).get("N") or row.get("ttl", {}).get("S", "")
    return ttl.isdigit() and int(ttl) <= time.time()


def as_text(value: Any) -> str:
    """Any stored value as text, bytes included, to search it for what may not be stored."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return " ".join(f"{as_text(key)}={as_text(held)}" for key, held in value.items())
    if isinstance(value, list | tuple | set):
        return " ".join(as_text(held) for held in value)
    return str(value)

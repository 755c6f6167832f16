"""The tables as an administrator's hand sees and edits them, past the service."""

from typing import Any

from chalicelib.adapters.tables import ACCESS, INVOLVEMENTS, table_name
from chalicelib.domain.child import NhsNumber
from tests.support.stage import HARINGEY, STAGE, Stage

Row = dict[str, dict[str, Any]]


class Rows:
    def __init__(self, stage: Stage, dynamodb: Any) -> None:
        self._stage = stage
        self._dynamodb = dynamodb

    def key_of(self, child: str) -> str:
        return self._stage.services.look_up.pseudonyms.child_key(NhsNumber(child))

    def of(self, pk: str, table: str = INVOLVEMENTS) -> list[Row]:
        reply = self._dynamodb.query(
            TableName=table_name(STAGE, table),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            ConsistentRead=True,
        )
        return list(reply["Items"])

    def of_child(self, child: str) -> list[Row]:
        return self.of(self.key_of(child))

    def one_of(self, child: str) -> Row:
        [row] = self.of_child(child)
        return row

    def entry(self, reference: str, authority: str = HARINGEY) -> Row | None:
        key = {"pk": {"S": f"A#{authority}"}, "sk": {"S": f"R#{reference}"}}
        reply = self._dynamodb.get_item(TableName=table_name(STAGE, INVOLVEMENTS), Key=key, ConsistentRead=True)
        found: Row | None = reply.get("Item")
        return found

    def acts(self, child: str) -> list[str]:
        """What the Access table tells of the child, in order."""
        return [row["act"]["S"] for row in self.of(self.key_of(child), ACCESS)]

    def lookups(self, child: str) -> dict[str, Row]:
        """The access records of lookups, by lookup_id."""
        rows = self.of(self.key_of(child), ACCESS)
        return {row["sk"]["S"].removeprefix("L#"): row for row in rows if row["sk"]["S"].startswith("L#")}

    def all(self, table: str) -> list[Row]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=table_name(STAGE, table))
        return [row for page in pages for row in page["Items"]]

    def put(self, row: Row, table: str = INVOLVEMENTS) -> None:
        self._dynamodb.put_item(TableName=table_name(STAGE, table), Item=row)

    def delete(self, row: Row, table: str = INVOLVEMENTS) -> None:
        key = {name: row[name] for name in ("pk", "sk")}
        self._dynamodb.delete_item(TableName=table_name(STAGE, table), Key=key)

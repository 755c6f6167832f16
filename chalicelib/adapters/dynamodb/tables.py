"""The calls to the tables of a stage. Reads are raw and decoded item by item (`attributes.py`), so that a damaged item
costs only itself."""

from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from typing import Any

from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from ..aws_errors import aws_errors
from . import attributes
from .schema import DUE_INDEX, INVOLVEMENTS, SCHEMAS, TABLE_OF, Keyed, RegisterItem, Versioned, table_name, table_schema

Item = dict[str, dict[str, Any]]
"""An item as DynamoDB sends it: `{"name": {"S": "text"}}`."""

Request = dict[str, Any]


class Tables:
    """The tables of one stage, through one connection. Every method that calls raises Unavailable."""

    def __init__(self, connection: Connection, stage: str) -> None:
        self._connection = connection
        self._client: Any = connection.client
        self._names = {table: table_name(stage, table) for table in SCHEMAS}
        for table, name in self._names.items():
            connection.add_meta_table(MetaTable({"TableName": name, **table_schema(table)}))

    def beside(self, involvements: str) -> "Tables":
        """The same with another Involvements table, such as a restored one."""
        other = copy(self)
        other._names = {**self._names, INVOLVEMENTS: involvements}
        with suppress(ValueError):  # known already
            self._connection.add_meta_table(MetaTable({"TableName": involvements, **table_schema(INVOLVEMENTS)}))
        return other

    def name_of(self, model: type[Model]) -> str:
        return self._names[TABLE_OF[model]]

    def put_request(self, item: Keyed, condition: Condition | None = None) -> Request:
        """A put that, if refused, says what it found instead."""
        return self._connection.get_operation_kwargs(
            self.name_of(type(item)),
            item.pk,
            item.sk,
            key="Item",
            attributes=item.serialize(),
            condition=condition,
            return_values_on_condition_failure=None if condition is None else "ALL_OLD",
        )

    def put_item_request(self, model: type[Model], item: Item) -> Request:
        """An unconditional put of a raw item, for a transaction."""
        return {"TableName": self.name_of(model), "Item": item}

    def put_once(self, model: type[Model], key: str, item: Item) -> Request:
        """A put of a raw item, refused if there is one under its key. `key`: the table's partition key."""
        return {
            "TableName": self.name_of(model),
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": key},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def put_over(self, model: type[Versioned], version: str, item: Item) -> Request:
        """A put of a raw item in place of the one of this version, refused if there is another or none."""
        return {
            "TableName": self.name_of(model),
            "Item": item,
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":version": {"S": version}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def set_text(self, model: type[Model], key: str, value: str, **texts: str) -> Request:
        """An update of these attributes, in a table of one-part keys; the caller adds the condition."""
        return {
            "TableName": self.name_of(model),
            "Key": {key: {"S": value}},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in texts),
            "ExpressionAttributeNames": {"#key": key, **{f"#{name}": name for name in texts}},
            "ExpressionAttributeValues": {f":{name}": {"S": text} for name, text in texts.items()},
        }

    def set_once(self, model: type[Model], key: str, value: str, name: str, secret: bytes) -> Request:
        """An update that makes what is missing and changes nothing, in a table of one-part keys."""
        return {
            "TableName": self.name_of(model),
            "Key": {key: {"S": value}},
            "UpdateExpression": "SET #name = if_not_exists(#name, :secret)",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": {":secret": {"B": secret}},
        }

    def delete_one(self, model: type[Model], key: str, value: str) -> Request:
        """In a table of one-part keys."""
        return {"TableName": self.name_of(model), "Key": {key: {"S": value}}}

    def delete_request(self, model: type[Keyed], pk: str, sk: str, condition: Condition | None = None) -> Request:
        return self._connection.get_operation_kwargs(
            self.name_of(model),
            pk,
            sk,
            condition=condition,
            return_values_on_condition_failure=None if condition is None else "ALL_OLD",
        )

    def get_one(self, model: type[Model], key: str, value: str) -> Item | None:
        """Strongly consistent, from a table of one-part keys."""
        return self._get(model, {key: {"S": value}})

    def get(self, model: type[Keyed], pk: str, sk: str) -> Item | None:
        """Strongly consistent."""
        return self._get(model, {"pk": {"S": pk}, "sk": {"S": sk}})

    def _get(self, model: type[Model], key: Item) -> Item | None:
        with aws_errors("DynamoDB"):
            reply = self._client.get_item(TableName=self.name_of(model), Key=key, ConsistentRead=True)
        found: Item | None = reply.get("Item")
        return found

    def query(self, model: type[Keyed], pk: str, prefix: str | None = None) -> list[Item]:
        """The whole partition, or what begins with `prefix` in it; every page, strongly consistent."""
        found: list[Item] = []
        start: Item | None = None
        while True:
            page, start = self.query_page(model, pk, start, prefix=prefix)
            found += page
            if start is None:
                return found

    def query_page(
        self,
        model: type[Keyed],
        pk: str,
        start: Item | None = None,
        limit: int | None = None,
        *,
        prefix: str | None = None,
    ) -> tuple[list[Item], Item | None]:
        """One page and where the next begins. Strongly consistent."""
        request: Request = {
            "TableName": self.name_of(model),
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ConsistentRead": True,
        }
        if start is not None:
            request["ExclusiveStartKey"] = start
        if limit is not None:
            request["Limit"] = limit
        if prefix is not None:
            request["KeyConditionExpression"] = "pk = :pk AND begins_with(sk, :prefix)"
            request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
        with aws_errors("DynamoDB"):
            reply = self._client.query(**request)
        return reply["Items"], reply.get("LastEvaluatedKey")

    def newest(self, model: type[Keyed], pk: str, prefix: str, limit: int) -> list[Item]:
        """The last `limit` items whose sort keys begin with `prefix`, newest first. Strongly consistent."""
        request: Request = {
            "TableName": self.name_of(model),
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": prefix}},
            "ConsistentRead": True,
            "ScanIndexForward": False,
            "Limit": limit,
        }
        with aws_errors("DynamoDB"):
            reply = self._client.query(**request)
        return list(reply["Items"])

    def due(self, value: str) -> Iterator[Item]:
        """The keys of the entries that are due so, page by page, as they are wanted. Eventually consistent."""
        request: Request = {
            "TableName": self.name_of(RegisterItem),
            "IndexName": DUE_INDEX,
            "KeyConditionExpression": "due = :due",
            "ExpressionAttributeValues": {":due": {"S": value}},
        }
        while True:
            with aws_errors("DynamoDB"):
                reply = self._client.query(**request)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def reschedule(self, key: Item, found: str, to: str | None) -> None:
        """Changes `due` of a register entry, or takes it away. Raises ConditionRefused or Contended."""
        values = {":found": {"S": found}} | ({} if to is None else {":to": {"S": to}})
        with aws_errors("DynamoDB"):
            self._client.update_item(
                TableName=self.name_of(RegisterItem),
                Key=key,
                UpdateExpression="REMOVE due" if to is None else "SET due = :to",
                ConditionExpression="due = :found",
                ExpressionAttributeValues=values,
            )

    def time_to_live(self, table: str) -> dict[str, str]:
        """`TimeToLiveStatus` and `AttributeName`."""
        with aws_errors("DynamoDB"):
            reply = self._client.describe_time_to_live(TableName=self._names[table])
        return dict(reply["TimeToLiveDescription"])

    def scan(self, model: type[Model]) -> list[Item]:
        """A whole small table, strongly consistent."""
        found: list[Item] = []
        request: Request = {"TableName": self.name_of(model), "ConsistentRead": True}
        while True:
            with aws_errors("DynamoDB"):
                reply = self._client.scan(**request)
            found += reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return found
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def put(self, request: Request) -> None:
        """Raises ConditionRefused."""
        with aws_errors("DynamoDB"):
            self._client.put_item(**request)

    def delete(self, model: type[Model], key: Item) -> None:
        with aws_errors("DynamoDB"):
            self._client.delete_item(TableName=self.name_of(model), Key=key)

    def transact(self, requests: list[dict[str, Request]]) -> None:
        """All or nothing. Raises ConditionRefused or Contended."""
        with aws_errors("DynamoDB"):
            # botocore adds a request token of this call, so that its own retries are harmless.
            self._client.transact_write_items(TransactItems=requests)


def as_read(model: type[Versioned], found: Item | None) -> Condition:
    """Holds where what stands there is what was read. What has no version that can be read need only be there still."""
    if found is None:
        return model.pk.does_not_exist()
    version = attributes.version(found)
    return model.pk.exists() if version is None else model.version == version

"""The calls to the tables of a stage.

Items are read and written raw (`attributes.py`), never as pynamodb models: one unreadable attribute would cost a whole
page, and a model takes five times as long. Conditions and updates are pynamodb's (`expressions.py`).
"""

from collections.abc import Collection, Iterator
from copy import copy
from functools import cache
from typing import Any

from pynamodb.connection import Connection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from ...domain.errors import Unavailable
from ..aws_errors import aws_errors
from . import attributes
from .expressions import Prepared, condition_parameters, update_parameters
from .schema import INVOLVEMENTS, KEY_NAMES, SCHEMAS, TABLE_OF, Keyed, Versioned, table_name

Item = dict[str, dict[str, Any]]
"""An item as DynamoDB sends it: `{"name": {"S": "text"}}`."""

Request = dict[str, Any]

LAST = "\U0010ffff"
"""Sorts after every character of our sort keys."""

_LARGEST_READ = 100  # of BatchGetItem
_TRIES = 3
_SAY_WHAT_IS_THERE = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
_PARTITION = Prepared({"KeyConditionExpression": Keyed.pk == "pk"})
_PREFIX = Prepared({"KeyConditionExpression": (Keyed.pk == "pk") & Keyed.sk.startswith("prefix")})
_RANGE = Prepared({"KeyConditionExpression": (Keyed.pk == "pk") & Keyed.sk.between("first", "last")})
_AFTER = Prepared({"KeyConditionExpression": (Keyed.pk == "pk") & (Keyed.sk > "sk")})
_AT_VERSION = Prepared({"ConditionExpression": Versioned.version == "version"})


class Tables:
    """The tables of one stage, through one connection. Every method that calls AWS raises Unavailable.

    The methods whose names end in `request` only build a request: for `transact`, or for the method of the same verb.
    If its condition does not hold, ConditionRefused brings the item that was found. `key`: the values of the table's
    key attributes.
    """

    def __init__(self, connection: Connection, stage: str) -> None:
        self._client: Any = connection.client
        self._names = {table: table_name(stage, table) for table in SCHEMAS}

    def beside(self, involvements: str) -> "Tables":
        """The same tables, but with another Involvements table, such as a restored one."""
        other = copy(self)
        other._names = {**self._names, INVOLVEMENTS: involvements}
        return other

    def name_of(self, model: type[Model]) -> str:
        return self._names[TABLE_OF[model]]

    def put_request(self, model: type[Model], item: Item, condition: Condition | None = None) -> Request:
        request = {"TableName": self.name_of(model), "Item": item}
        return request if condition is None else {**request, **condition_parameters(condition), **_SAY_WHAT_IS_THERE}

    def put_once_request(self, model: type[Model], item: Item) -> Request:
        """Refused if there is an item under the key."""
        return {
            "TableName": self.name_of(model),
            "Item": item,
            **_absent(model).with_values(),
            **_SAY_WHAT_IS_THERE,
        }

    def put_over_request(self, model: type[Versioned], version: str, item: Item) -> Request:
        """Refused unless the item under the key has this version."""
        return {
            "TableName": self.name_of(model),
            "Item": item,
            **_AT_VERSION.with_values({"S": version}),
            **_SAY_WHAT_IS_THERE,
        }

    def update_request(
        self, model: type[Model], *key: str, actions: list[Action], condition: Condition | None = None
    ) -> Request:
        request = self._at(model, *key) | update_parameters(actions, condition)
        return request if condition is None else {**request, **_SAY_WHAT_IS_THERE}

    def delete_request(self, model: type[Model], *key: str, condition: Condition | None = None) -> Request:
        request = self._at(model, *key)
        return request if condition is None else {**request, **condition_parameters(condition), **_SAY_WHAT_IS_THERE}

    def condition_check(self, model: type[Model], *key: str, condition: Condition) -> Request:
        """For `transact` only: changes nothing, and cancels the transaction unless the condition holds."""
        return {**self._at(model, *key), **condition_parameters(condition), **_SAY_WHAT_IS_THERE}

    def _at(self, model: type[Model], *key: str) -> Request:
        names = KEY_NAMES[model]
        return {
            "TableName": self.name_of(model),
            "Key": {name: {"S": value} for name, value in zip(names, key, strict=True)},
        }

    def get(self, model: type[Model], *key: str) -> Item | None:
        """Strongly consistent."""
        with aws_errors("DynamoDB"):
            reply = self._client.get_item(**self._at(model, *key), ConsistentRead=True)
        found: Item | None = reply.get("Item")
        return found

    def get_many(self, model: type[Keyed], keys: Collection[tuple[str, str]]) -> list[Item]:
        """Those of the items that exist, in any order. Strongly consistent."""
        table, found = self.name_of(model), []
        wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys(keys)]
        for start in range(0, len(wanted), _LARGEST_READ):
            found += self._get_batch(table, wanted[start : start + _LARGEST_READ])
        return found

    def _get_batch(self, table: str, keys: list[Item]) -> list[Item]:
        found: list[Item] = []
        for _ in range(_TRIES):
            with aws_errors("DynamoDB"):
                reply = self._client.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
            found += reply["Responses"].get(table, [])
            if not reply.get("UnprocessedKeys"):
                return found
            keys = reply["UnprocessedKeys"][table]["Keys"]
        raise Unavailable

    def query(self, model: type[Keyed], pk: str, prefix: str | None = None) -> list[Item]:
        """The whole partition, or every item in it whose sort key begins with `prefix`. Strongly consistent."""
        found: list[Item] = []
        start: Item | None = None
        while True:
            page, start = self.query_page(model, pk, start, prefix=prefix)
            found += page
            if start is None:
                return found

    def query_range(self, model: type[Keyed], pk: str, first: str, last: str) -> list[Item]:
        """The items whose sort keys are neither before `first` nor after `last`. Strongly consistent."""
        keys = _RANGE.with_values({"S": pk}, {"S": first}, {"S": last})
        request: Request = {"TableName": self.name_of(model), "ConsistentRead": True, **keys}
        found: list[Item] = []
        while True:
            with aws_errors("DynamoDB"):
                reply = self._client.query(**request)
            found += reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return found
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def query_page(
        self,
        model: type[Keyed],
        pk: str,
        start: Item | None = None,
        limit: int | None = None,
        *,
        prefix: str | None = None,
    ) -> tuple[list[Item], Item | None]:
        """One page, and the key after which the next one starts (None after the last). Strongly consistent."""
        request = self._query_request(model, pk, prefix)
        if start is not None:
            request["ExclusiveStartKey"] = start
        if limit is not None:
            request["Limit"] = limit
        with aws_errors("DynamoDB"):
            reply = self._client.query(**request)
        return reply["Items"], reply.get("LastEvaluatedKey")

    def newest(self, model: type[Keyed], pk: str, prefix: str, limit: int, last: str = LAST) -> list[Item]:
        """The last `limit` items whose sort keys begin with `prefix` and go on with no more than `last`, newest first.
        Strongly consistent."""
        keys = _RANGE.with_values({"S": pk}, {"S": prefix}, {"S": prefix + last})
        request: Request = {"TableName": self.name_of(model), "ConsistentRead": True, **keys}
        request |= {"ScanIndexForward": False, "Limit": limit}
        with aws_errors("DynamoDB"):
            reply = self._client.query(**request)
        return list(reply["Items"])

    def query_after(self, model: type[Keyed], pk: str, sk: str) -> Iterator[Item]:
        """The items of the partition beyond this sort key, in order. The next page is read when its first item is
        wanted. Strongly consistent."""
        request: Request = {"TableName": self.name_of(model), "ConsistentRead": True}
        request |= _AFTER.with_values({"S": pk}, {"S": sk})
        while True:
            with aws_errors("DynamoDB"):
                reply = self._client.query(**request)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _query_request(self, model: type[Keyed], pk: str, prefix: str | None) -> Request:
        request: Request = {"TableName": self.name_of(model), "ConsistentRead": True}
        if prefix is None:
            return request | _PARTITION.with_values({"S": pk})
        return request | _PREFIX.with_values({"S": pk}, {"S": prefix})

    def query_index(self, model: type[Model], index: str, key_condition: Condition) -> Iterator[Item]:
        """The keys in an index. The next page is read when its first item is wanted. Eventually consistent."""
        request: Request = {
            "TableName": self.name_of(model),
            "IndexName": index,
            **condition_parameters(key_condition, "KeyConditionExpression"),
        }
        while True:
            with aws_errors("DynamoDB"):
                reply = self._client.query(**request)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def scan(self, model: type[Model]) -> list[Item]:
        """A whole small table, strongly consistent."""
        found: list[Item] = []
        start: Item | None = None
        while True:
            page, start = self.scan_page(model, start)
            found += page
            if start is None:
                return found

    def scan_page(
        self,
        model: type[Model],
        start: Item | None = None,
        limit: int | None = None,
        *,
        only: Condition | None = None,
    ) -> tuple[list[Item], Item | None]:
        """`limit`: how many items are read at most, before `only` drops some. Otherwise like `query_page`."""
        request: Request = {"TableName": self.name_of(model), "ConsistentRead": True}
        request |= condition_parameters(only, "FilterExpression")
        if start is not None:
            request["ExclusiveStartKey"] = start
        if limit is not None:
            request["Limit"] = limit
        with aws_errors("DynamoDB"):
            reply = self._client.scan(**request)
        return reply["Items"], reply.get("LastEvaluatedKey")

    def put(self, request: Request) -> None:
        """Raises ConditionRefused."""
        with aws_errors("DynamoDB"):
            self._client.put_item(**request)

    def update(self, request: Request) -> None:
        """Raises ConditionRefused or Contended."""
        with aws_errors("DynamoDB"):
            self._client.update_item(**request)

    def delete(self, request: Request) -> None:
        with aws_errors("DynamoDB"):
            self._client.delete_item(**request)

    def transact(self, requests: list[dict[str, Request]]) -> None:
        """All or nothing. Raises ConditionRefused or Contended."""
        with aws_errors("DynamoDB"):
            # botocore adds a request token to this call, so its own retries do no harm.
            self._client.transact_write_items(TransactItems=requests)


@cache
def _absent(model: type[Model]) -> Prepared:
    partition_key = model.get_attributes()[KEY_NAMES[model][0]]
    return Prepared({"ConditionExpression": partition_key.does_not_exist()})


def as_read(model: type[Versioned], found: Item | None) -> Condition:
    """Holds if the item is still the one that was read. If its version is unreadable, it need only still be there."""
    if found is None:
        return model.pk.does_not_exist()
    version = attributes.version(found)
    return model.pk.exists() if version is None else model.version == version

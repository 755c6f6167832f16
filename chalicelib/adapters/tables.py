"""The tables: one model per kind of item, one table per security boundary.

The models define schema and writes. Reads are raw, and decoded item by item in `items.py`,
so that one damaged item costs only itself.
"""

from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from .faults import aws_faults

TTL_ATTRIBUTE = "ttl"

Item = dict[str, dict[str, Any]]
"""An item as DynamoDB sends it: `{"name": {"S": "text"}}`."""

Request = dict[str, Any]


class _Keyed(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class _DueIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Sparse: holds the entries that somebody must look at on a day. `due = <date>#<0-3>`."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due = UnicodeAttribute(hash_key=True)


class InvolvementItem(_Keyed):
    """`C#1#<mac>`, `I#<authority>#<reference>`"""

    sealed = BinaryAttribute(legacy_encoding=False)
    version = UnicodeAttribute()
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class ShieldItem(_Keyed):
    """`C#1#<mac>`, `S#`. It has no expiry: lifting a shield is an operator's act."""

    version = UnicodeAttribute()
    review_on = UnicodeAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)


class PointerItem(_Keyed):
    """`C#1#<mac>` of a superseded number, `M#`. `sealed` holds the child's present key."""

    version = UnicodeAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)


class FormerItem(_Keyed):
    """`C#1#<mac>` of a present number, `F#`. `sealed` holds the child's former keys."""

    version = UnicodeAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)


class RegisterItem(_Keyed):
    """`A#<authority>`, `R#<reference>`: the lock of every write of the reference."""

    child = UnicodeAttribute()
    version = UnicodeAttribute()
    confirmed_on = UnicodeAttribute()
    expires_at = NumberAttribute()
    ttl = NumberAttribute()
    due = UnicodeAttribute(null=True)
    digest = BinaryAttribute(legacy_encoding=False, null=True)
    erased_at = NumberAttribute(null=True)
    due_index = _DueIndex()


class _AuthorityDateIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Sparse: lookups only. `authority_date = <authority>#<date>`."""

    class Meta:
        index_name = "authority_date"
        projection = KeysOnlyProjection()

    authority_date = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class AccessItem(_Keyed):
    """Child key, `A#<authority>`, or `O#` for the whole service; `L#<ULID>` for lookups, `E#<ULID>` for all else.

    A caller has `practitioner`, an operator `requested_by`, the service itself neither.
    """

    at = NumberAttribute()
    ttl = NumberAttribute()
    authority = UnicodeAttribute(null=True)
    practitioner = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    requested_by = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    organisation = UnicodeAttribute(null=True)
    token_id = UnicodeAttribute(null=True)
    act = UnicodeAttribute()
    reference = UnicodeAttribute(null=True)
    version = UnicodeAttribute(null=True)
    purpose = UnicodeAttribute(null=True)
    case_reference = UnicodeAttribute(null=True)
    over_soft_limit = UnicodeAttribute(null=True)
    shown = BinaryAttribute(legacy_encoding=False, null=True)
    present = BinaryAttribute(legacy_encoding=False, null=True)
    authority_date = UnicodeAttribute(null=True)
    authority_date_index = _AuthorityDateIndex()


class HeldItem(_Keyed):
    """`H#<hold>`, `<child key>|<sort key>|<version>`: a copy for an inquiry. `details` is opened, as JSON; what did not
    open stays `sealed`. `expires_at` is when the row itself would have ended, `ttl` when the hold does."""

    held_at = NumberAttribute()
    ttl = NumberAttribute()
    authority = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    details = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    review_on = UnicodeAttribute(null=True)
    sealed = BinaryAttribute(legacy_encoding=False, null=True)


class RegistryItem(Model):
    """One authority, edited by administrators. Decoded leniently in `registry.py`."""

    authority = UnicodeAttribute(hash_key=True)


class KeyItem(Model):
    """`SERVICE#<version>`: the wrapped service data key. `SALT#<authority>`: its secret salt."""

    key = UnicodeAttribute(hash_key=True)
    secret = BinaryAttribute(legacy_encoding=False)


class UsageItem(_Keyed):
    """`P#<authority>#<pseudonym>` and `A#<authority>` by date: counters. `HEARTBEAT` by authority."""


class NoticeItem(_Keyed):
    """`N#<authority>`, `N#<number>`: twelve digits, so that they sort."""

    sealed = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class NoticeHeadItem(_Keyed):
    """`N#<authority>`, `HEAD`: the number given last. It has no expiry, since numbers never start again."""

    last = NumberAttribute()


class NoticeSourceItem(_Keyed):
    """Child key, or `N#<authority>` for what is about no child; `D#<token of its source>`.

    Nothing is posted twice from one source. By it an erasure finds the notices about a child.
    """

    authority = UnicodeAttribute()
    number = NumberAttribute()
    ttl = NumberAttribute()


class CanaryItem(_Keyed):
    """`CANARY`, `CANARY`: of no child. It is there for TTL to delete."""

    expires_at = NumberAttribute()
    ttl = NumberAttribute()


INVOLVEMENTS, ACCESS, REGISTRY, KEYS, USAGE, HELD = "involvements", "access", "registry", "keys", "usage", "held"
NOTICES = "notices"

_TABLE_OF: dict[type[Model], str] = {
    InvolvementItem: INVOLVEMENTS,
    ShieldItem: INVOLVEMENTS,
    PointerItem: INVOLVEMENTS,
    FormerItem: INVOLVEMENTS,
    RegisterItem: INVOLVEMENTS,
    CanaryItem: INVOLVEMENTS,
    AccessItem: ACCESS,
    HeldItem: HELD,
    RegistryItem: REGISTRY,
    KeyItem: KEYS,
    UsageItem: USAGE,
    NoticeItem: NOTICES,
    NoticeHeadItem: NOTICES,
    NoticeSourceItem: NOTICES,
}

SCHEMAS: dict[str, type[Model]] = {
    INVOLVEMENTS: RegisterItem,
    ACCESS: AccessItem,
    HELD: HeldItem,
    REGISTRY: RegistryItem,
    KEYS: KeyItem,
    USAGE: UsageItem,
    NOTICES: NoticeItem,
}
"""The model of each table that has all of its keys and indexes."""

EXPIRING = frozenset({INVOLVEMENTS, ACCESS, USAGE, NOTICES, HELD})
"""The tables that have TTL on."""

STREAMS = {INVOLVEMENTS: "NEW_AND_OLD_IMAGES", ACCESS: "KEYS_ONLY"}
"""The tables that have a stream, and what it tells."""


def table_name(stage: str, table: str) -> str:
    return f"knownto-{stage}-{table}"


def table_schema(table: str) -> dict[str, Any]:
    """`AttributeDefinitions`, `KeySchema` and `GlobalSecondaryIndexes` as CreateTable wants them."""
    schema = SCHEMAS[table]._get_schema()
    indexes = [
        {"IndexName": index["index_name"], "KeySchema": index["key_schema"], "Projection": index["projection"]}
        for index in schema["global_secondary_indexes"]
    ]
    keys = {"AttributeDefinitions": schema["attribute_definitions"], "KeySchema": schema["key_schema"]}
    return {**keys, "GlobalSecondaryIndexes": indexes} if indexes else keys


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
        return self._names[_TABLE_OF[model]]

    def put_request(self, item: _Keyed, condition: Condition | None = None) -> Request:
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

    def set_text(self, model: type[Model], key: str, value: str, name: str, text: str) -> Request:
        """An update of one attribute, in a table of one-part keys; the caller adds the condition."""
        return {
            "TableName": self.name_of(model),
            "Key": {key: {"S": value}},
            "UpdateExpression": "SET #name = :value",
            "ExpressionAttributeNames": {"#key": key, "#name": name},
            "ExpressionAttributeValues": {":value": {"S": text}},
        }

    def delete_one(self, model: type[Model], key: str, value: str) -> Request:
        """In a table of one-part keys."""
        return {"TableName": self.name_of(model), "Key": {key: {"S": value}}}

    def delete_request(self, model: type[_Keyed], pk: str, sk: str, condition: Condition | None = None) -> Request:
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

    def get(self, model: type[_Keyed], pk: str, sk: str) -> Item | None:
        """Strongly consistent."""
        return self._get(model, {"pk": {"S": pk}, "sk": {"S": sk}})

    def _get(self, model: type[Model], key: Item) -> Item | None:
        with aws_faults("DynamoDB"):
            reply = self._client.get_item(TableName=self.name_of(model), Key=key, ConsistentRead=True)
        found: Item | None = reply.get("Item")
        return found

    def query(self, model: type[_Keyed], pk: str, prefix: str | None = None) -> list[Item]:
        """The whole partition, or what begins with `prefix` in it; every page, strongly consistent."""
        items: list[Item] = []
        start: Item | None = None
        while True:
            page, start = self.query_page(model, pk, start, prefix=prefix)
            items += page
            if start is None:
                return items

    def query_page(
        self,
        model: type[_Keyed],
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
        with aws_faults("DynamoDB"):
            reply = self._client.query(**request)
        return reply["Items"], reply.get("LastEvaluatedKey")

    def newest(self, model: type[_Keyed], pk: str, prefix: str, limit: int) -> list[Item]:
        """The last `limit` items whose sort keys begin with `prefix`, newest first. Strongly consistent."""
        request: Request = {
            "TableName": self.name_of(model),
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": prefix}},
            "ConsistentRead": True,
            "ScanIndexForward": False,
            "Limit": limit,
        }
        with aws_faults("DynamoDB"):
            reply = self._client.query(**request)
        return list(reply["Items"])

    def due(self, value: str) -> Iterator[Item]:
        """The keys of the entries that are due so, page by page, as they are wanted. Eventually consistent."""
        request: Request = {
            "TableName": self.name_of(RegisterItem),
            "IndexName": _DueIndex.Meta.index_name,
            "KeyConditionExpression": "due = :due",
            "ExpressionAttributeValues": {":due": {"S": value}},
        }
        while True:
            with aws_faults("DynamoDB"):
                reply = self._client.query(**request)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def move_on(self, key: Item, found: str, to: str | None) -> None:
        """Changes `due` of a register entry, or takes it away. Raises ConditionRefused or Contended."""
        values = {":found": {"S": found}} | ({} if to is None else {":to": {"S": to}})
        with aws_faults("DynamoDB"):
            self._client.update_item(
                TableName=self.name_of(RegisterItem),
                Key=key,
                UpdateExpression="REMOVE due" if to is None else "SET due = :to",
                ConditionExpression="due = :found",
                ExpressionAttributeValues=values,
            )

    def time_to_live(self, table: str) -> dict[str, str]:
        """`TimeToLiveStatus` and `AttributeName`."""
        with aws_faults("DynamoDB"):
            reply = self._client.describe_time_to_live(TableName=self._names[table])
        return dict(reply["TimeToLiveDescription"])

    def scan(self, model: type[Model]) -> list[Item]:
        """A whole small table, strongly consistent."""
        items: list[Item] = []
        request: Request = {"TableName": self.name_of(model), "ConsistentRead": True}
        while True:
            with aws_faults("DynamoDB"):
                reply = self._client.scan(**request)
            items += reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return items
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def put(self, request: Request) -> None:
        """Raises ConditionRefused."""
        with aws_faults("DynamoDB"):
            self._client.put_item(**request)

    def delete(self, model: type[Model], key: Item) -> None:
        with aws_faults("DynamoDB"):
            self._client.delete_item(TableName=self.name_of(model), Key=key)

    def transact(self, requests: list[dict[str, Request]]) -> None:
        """All or nothing. Raises ConditionRefused or Contended."""
        with aws_faults("DynamoDB"):
            # botocore adds a request token of this call, so that its own retries are harmless.
            self._client.transact_write_items(TransactItems=requests)

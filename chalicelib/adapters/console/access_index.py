"""Which lookups an authority made on a day: the sparse index of the Access table gives their keys, oldest first."""

from typing import Any

from ...domain.errors import Unavailable
from ..aws_errors import aws_errors
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Item, Request
from ..row_keys import LOOKUP

_LARGEST_BATCH = 100  # of BatchGetItem
_TRIES = 3


class AccessIndex:
    """Eventually consistent, as every such index. Every method raises Unavailable."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def keys(self, authority_date: str, after: str | None, limit: int) -> tuple[list[Item], bool]:
        """At most `limit` keys after the sort key `after`, and whether there are more."""
        request = self._request("authority_date = :day AND sk > :sk", authority_date, after or LOOKUP)
        keys: list[Item] = []
        while True:
            reply = self._query({**request, "Limit": limit - len(keys)})
            keys += reply["Items"]
            if "LastEvaluatedKey" not in reply or len(keys) == limit:
                return keys, "LastEvaluatedKey" in reply
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def key(self, authority_date: str, sk: str) -> Item | None:
        reply = self._query(self._request("authority_date = :day AND sk = :sk", authority_date, sk))
        return next(iter(reply["Items"]), None)

    def count(self, authority_date: str) -> int:
        request = self._request("authority_date = :day AND sk > :sk", authority_date, LOOKUP)
        count = 0
        while True:
            reply = self._query({**request, "Select": "COUNT"})
            count += int(reply["Count"])
            if "LastEvaluatedKey" not in reply:
                return count
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def records(self, keys: list[Item]) -> list[Item]:
        """The records of these keys, in any order; strongly consistent."""
        asked = [{name: key[name] for name in ("pk", "sk")} for key in keys]
        batches = [asked[start : start + _LARGEST_BATCH] for start in range(0, len(asked), _LARGEST_BATCH)]
        return [record for batch in batches for record in self._batch(batch)]

    def _batch(self, keys: list[Item]) -> list[Item]:
        found: list[Item] = []
        for _ in range(_TRIES):
            with aws_errors("DynamoDB"):
                reply = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
            found += reply["Responses"].get(self._table, [])
            if not reply.get("UnprocessedKeys"):
                return found
            keys = reply["UnprocessedKeys"][self._table]["Keys"]
        raise Unavailable

    def _request(self, condition: str, authority_date: str, sk: str) -> Request:
        return {
            "TableName": self._table,
            "IndexName": AccessItem.authority_date_index.Meta.index_name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {":day": {"S": authority_date}, ":sk": {"S": sk}},
        }

    def _query(self, request: Request) -> Any:
        with aws_errors("DynamoDB"):
            return self._client.query(**request)

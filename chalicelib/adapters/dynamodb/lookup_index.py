"""Which lookups and shields an authority made on a day. The sparse index of the Access table gives their keys, the
shields first and each kind with the oldest first."""

from typing import Any

from pynamodb.expressions.condition import Condition

from ...domain.errors import Unavailable
from ..aws_errors import aws_errors
from ..row_keys import LOOKUP
from .expressions import condition_parameters
from .schema import AccessItem
from .tables import Item, Request

_LARGEST_BATCH = 100  # of BatchGetItem
_TRIES = 3


class LookupIndex:
    """Eventually consistent, like every secondary index. Every method raises Unavailable."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def keys(self, authority_day: str, after: str | None, limit: int) -> tuple[list[Item], bool]:
        """Returns at most `limit` keys after the sort key `after`, by default those of lookups, and whether there are
        more."""
        request = self._request(_on(authority_day) & (AccessItem.sk > (after or LOOKUP)))
        keys: list[Item] = []
        while True:
            reply = self._query({**request, "Limit": limit - len(keys)})
            keys += reply["Items"]
            if "LastEvaluatedKey" not in reply or len(keys) == limit:
                return keys, "LastEvaluatedKey" in reply
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def key(self, authority_day: str, sk: str) -> Item | None:
        reply = self._query(self._request(_on(authority_day) & (AccessItem.sk == sk)))
        return next(iter(reply["Items"]), None)

    def count(self, authority_day: str) -> int:
        request = self._request(_on(authority_day) & (AccessItem.sk > LOOKUP))
        count = 0
        while True:
            reply = self._query({**request, "Select": "COUNT"})
            count += int(reply["Count"])
            if "LastEvaluatedKey" not in reply:
                return count
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def records(self, keys: list[Item]) -> list[Item]:
        """The access records of these keys, in any order. Strongly consistent."""
        wanted = [{name: key[name] for name in ("pk", "sk")} for key in keys]
        batches = [wanted[start : start + _LARGEST_BATCH] for start in range(0, len(wanted), _LARGEST_BATCH)]
        return [access_record for batch in batches for access_record in self._batch(batch)]

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

    def _request(self, key_condition: Condition) -> Request:
        return {
            "TableName": self._table,
            "IndexName": AccessItem.day_index.Meta.index_name,
            **condition_parameters(key_condition, "KeyConditionExpression"),
        }

    def _query(self, request: Request) -> Any:
        with aws_errors("DynamoDB"):
            return self._client.query(**request)


def _on(authority_day: str) -> Condition:
    return AccessItem.day == authority_day

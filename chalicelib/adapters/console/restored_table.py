"""A restored Involvements table: its settings, which a restore drops, and all of it and of the access records, page by
page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ...application.console.ports import GatePage, Restored, ScanKey
from ...application.recorder import Ended
from ...application.store_errors import Unreadable
from ...domain.access_records import Act
from ...domain.child import ChildKey
from ..aws_errors import aws_errors
from ..dynamodb import attributes
from ..dynamodb.schema import AccessItem, InvolvementItem
from ..dynamodb.tables import Item, Tables
from ..row_keys import ACT, CHILD, INVOLVEMENT, REGISTER, owner_of
from ..telemetry import meter
from .replay import REPLAYED, Replay
from .table_settings import TableSettings

_ITEMS_A_PAGE = 1000


class DynamoRestoredTable:
    """`tables` names the restored table where the service's own would be; the access records are the live ones.

    `tell_end`: of a restored table that is the service's own. Beside it the same record may live on, renewed since.
    """

    def __init__(
        self,
        tables: Tables,
        replay: Replay,
        dynamodb: Any,
        settings: TableSettings,
        tell_end: Callable[[Ended], None] | None,
    ) -> None:
        self._tables = tables
        self._replay = replay
        self._dynamodb = dynamodb
        self._settings = settings
        self._tell_end = tell_end

    def described(self) -> Restored | None:
        return self._settings.described()

    def put_settings_right(self) -> tuple[str, ...]:
        return self._settings.put_right()

    def wrong_settings(self) -> tuple[str, ...]:
        return self._settings.wrong()

    def replay(self, since: datetime, place: ScanKey | None, *, apply: bool) -> GatePage:
        others = {f":act{number}": {"S": act} for number, act in enumerate(set(Act) - set(REPLAYED))}
        # What does not hold is denied, rather than what holds asked for: so a damaged record is not passed over.
        found, following = self._page(
            AccessItem,
            place,
            FilterExpression=f"begins_with(sk, :acts) AND NOT #at < :since AND NOT act IN ({', '.join(others)})",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":acts": {"S": ACT}, ":since": {"N": str(attributes.seconds(since))}, **others},
        )
        changed = sum(self._replayed(record, apply) for record in found if record["pk"]["S"].startswith(CHILD))
        return GatePage(changed, len(found), following)

    def sweep(self, now: datetime, place: ScanKey | None, *, apply: bool) -> GatePage:
        found, following = self._page(InvolvementItem, place)
        changed = sum(self._swept(row, now, apply) for row in found)
        return GatePage(changed, len(found), following)

    def _page(self, model: Any, place: ScanKey | None, **only: Any) -> tuple[list[Item], ScanKey | None]:
        request = {"TableName": self._tables.name_of(model), "ConsistentRead": True, "Limit": _ITEMS_A_PAGE, **only}
        if place is not None:
            request["ExclusiveStartKey"] = attributes.raw(pk=place.pk, sk=place.sk)
        with aws_errors("DynamoDB"):
            reply = self._dynamodb.scan(**request)
        more = reply.get("LastEvaluatedKey")
        return reply["Items"], None if more is None else ScanKey(more["pk"]["S"], attributes.sort_key(more))

    def _replayed(self, record: Item, apply: bool) -> bool:
        """True if the table did not know of it yet. What cannot be read is never known."""
        try:
            return self._replay(record, apply)
        except Unreadable:
            meter("UnreadableRows")
            return True

    def _swept(self, row: Item, now: datetime, apply: bool) -> bool:
        sort_key = attributes.sort_key(row)
        if not sort_key.startswith((INVOLVEMENT, REGISTER)):
            return False
        try:
            ended = attributes.epoch(row, "expires_at") <= now
            if ended and apply and self._tell_end is not None and sort_key.startswith(INVOLVEMENT):
                self._tell_end(_ended(row))
        except Unreadable:
            meter("UnreadableRows")
            return False
        if ended and apply:
            self._replay.delete(InvolvementItem, row)
        return ended


def _ended(row: Item) -> Ended:
    """Raises Unreadable."""
    code, reference = owner_of(attributes.sort_key(row))
    return Ended(
        child=ChildKey(attributes.text(row, "pk")),
        authority_code=code,
        reference=reference,
        version=attributes.text(row, "version"),
        expires_at=attributes.epoch(row, "expires_at"),
    )

"""A restored Involvements table: its settings, which a restore drops, and the two passes that the gate makes page by
page, over the access records (replay) and over the table (sweep)."""

from collections.abc import Callable
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from ...application.console.ports import GatePage, Restored, ScanKey
from ...application.recorder import Ended
from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ..dynamodb import attributes
from ..dynamodb.schema import AccessItem, InvolvementItem
from ..dynamodb.tables import LAST, Item, Tables
from ..ids import first_ulid
from ..row_keys import ACT, CHILD, INVOLVEMENT, REGISTER, owner_of
from ..telemetry import meter
from .replay import Replay
from .table_settings import TableSettings

_ITEMS_A_PAGE = 1000


class DynamoRestoredTable:
    """`tables`: the stage's tables, except that the Involvements table is the restored one. Access records are the live
    ones.

    `write_expired`: given only if the restored table is the stage's own. For any other table the access record
    "expired" could be untrue, because the record may have been renewed in the stage's own table.
    """

    def __init__(
        self,
        tables: Tables,
        replay: Replay,
        settings: TableSettings,
        write_expired: Callable[[Ended], None] | None,
    ) -> None:
        self._tables = tables
        self._replay = replay
        self._settings = settings
        self._write_expired = write_expired

    def described(self) -> Restored | None:
        return self._settings.described()

    def put_settings_right(self) -> tuple[str, ...]:
        return self._settings.put_right()

    def wrong_settings(self) -> tuple[str, ...]:
        return self._settings.wrong()

    def replay(self, since: datetime, place: ScanKey | None, *, apply: bool) -> GatePage:
        # Only the key of an access record can be filtered: everything else is sealed.
        only = AccessItem.sk.between(ACT + first_ulid(since), ACT + LAST)
        found, following = self._page(AccessItem, place, only)
        changed = sum(self._replayed(one, apply) for one in found if one["pk"]["S"].startswith(CHILD))
        return GatePage(changed, len(found), following)

    def sweep(self, now: datetime, place: ScanKey | None, *, apply: bool) -> GatePage:
        found, following = self._page(InvolvementItem, place)
        changed = sum(self._swept(row, now, apply) for row in found)
        return GatePage(changed, len(found), following)

    def _page(
        self, model: type[Model], place: ScanKey | None, only: Condition | None = None
    ) -> tuple[list[Item], ScanKey | None]:
        start = None if place is None else attributes.raw(pk=place.pk, sk=place.sk)
        items, more = self._tables.scan_page(model, start, _ITEMS_A_PAGE, only=only)
        return items, None if more is None else ScanKey(more["pk"]["S"], attributes.sort_key(more))

    def _replayed(self, access_record: Item, apply: bool) -> bool:
        """Returns True if the table did not yet have the change, or if the access record cannot be read."""
        try:
            return self._replay(access_record, apply)
        except Unreadable:
            meter("UnreadableRows")
            return True

    def _swept(self, row: Item, now: datetime, apply: bool) -> bool:
        sort_key = attributes.sort_key(row)
        if not sort_key.startswith((INVOLVEMENT, REGISTER)):
            return False
        try:
            ended = attributes.epoch(row, "expires_at") <= now
            if ended and apply and self._write_expired is not None and sort_key.startswith(INVOLVEMENT):
                self._write_expired(_ended(row))
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

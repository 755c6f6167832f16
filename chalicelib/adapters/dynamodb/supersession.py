"""NHS numbers that are no longer in use. The key of a superseded number points to the child's present key (`M#`), the
present one lists its former keys (`F#`). The key of a retired number points to itself. All are sealed: the tables alone
do not reveal that two numbers belong to one child."""

from collections.abc import Iterable
from typing import NoReturn

from pynamodb.expressions.condition import Condition

from ...application.store_errors import Conflict, Unreadable
from ...application.supersession import ChildKeys, Pointer
from ...domain.access_records import ActRecord
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.values import replace
from ..aws_errors import ConditionRefused, Contended
from ..row_keys import FORMER, POINTER
from ..sealing.sealer import NO_EXPIRY, Bound, Sealer
from ..telemetry import meter
from . import attributes
from .access_log import DynamoAccessLog
from .schema import FormerItem, InvolvementItem, PointerItem
from .tables import Item, Request, Tables


class DynamoSupersession:
    def __init__(self, tables: Tables, sealer: Sealer, access_log: DynamoAccessLog) -> None:
        self._tables = tables
        self._sealer = sealer
        self._access_log = access_log

    def needs_tracing(self, child: ChildKey) -> bool:
        return self._tables.get(PointerItem, child, POINTER) is not None

    def keys_of(self, child: ChildKey) -> ChildKeys:
        pointer = self._tables.get(PointerItem, child, POINTER)
        present = child if pointer is None else self.target(pointer)
        if present != child:
            pointer = self._tables.get(PointerItem, present, POINTER)
            self._check_ends_here(present, pointer)
        item = self._tables.get(FormerItem, present, FORMER)
        keys = ChildKeys(present, (), None) if item is None else self._former(present, item)
        return keys if pointer is None else replace(keys, retired=True)

    def target(self, pointer: Item) -> ChildKey:
        """Raises Unavailable if the pointer is unreadable: records may be hidden behind it."""
        try:
            return self._sealer.open_present_key(*sealed_in(pointer))
        except Unreadable:
            _no_answer()

    def all_rows(self, child: ChildKey, rows: list[Item]) -> list[Item]:
        """Returns everything about the child. `rows`: all that is stored under `child`, one of its keys.

        Records go from former keys to the present one and never back, so the present key is read last: a record that
        goes there meanwhile is found twice, never missed. Raises Unavailable if the present key is itself superseded
        meanwhile, because a record may have gone beyond it.
        """
        pointer, former = _one(rows, POINTER), _one(rows, FORMER)
        if pointer is None and former is None:
            return rows
        present: ChildKey = child
        earlier: list[Item] = []
        if pointer is not None:
            present = self.target(pointer)
        if present != child:
            earlier = [*rows]
            rows = self._tables.query(InvolvementItem, present)
            former = _one(rows, FORMER)
            self._check_ends_here(present, _one(rows, POINTER))
        keys = () if former is None else self._former(present, former).former
        unread = [key for key in keys if key != child]
        for key in unread:
            earlier += self._tables.query(InvolvementItem, key)
        if unread:
            rows = self._tables.query(InvolvementItem, present)
            self._check_ends_here(present, _one(rows, POINTER))
        return [*earlier, *rows]

    def _check_ends_here(self, present: ChildKey, pointer: Item | None) -> None:
        """Raises Unavailable if the present key leads on to another. A retired number's pointer leads to itself."""
        if pointer is not None and self.target(pointer) != present:
            _no_answer()

    def supersede(self, old: ChildKeys, new: ChildKeys, records: Iterable[ActRecord]) -> None:
        """One transaction. `F#` is its lock: every change of a child's former keys writes it.

        The version of each item is the id of the access record under the same key.
        """
        records = tuple(records)
        versions = {record.child: record.id for record in records}
        joining = (*old.former, old.present)
        listed = former_item(self._sealer, new.present, (*new.former, *joining), versions[new.present])
        requests: list[dict[str, Request]] = [
            {"Put": self._tables.put_request(FormerItem, listed, _as_read(new))},
            {"ConditionCheck": self.has_no_pointer(new.present)},
            {"Delete": self._tables.delete_request(FormerItem, old.present, FORMER, condition=_as_read(old))},
            *(
                {"Put": self._put_pointer(key, new.present, versions[key], key != old.present or old.retired)}
                for key in joining
            ),
            *({"Put": self._access_log.put_request(record)} for record in records),
        ]
        try:
            self._tables.transact(requests)
        except (ConditionRefused, Contended):
            raise Conflict from None

    def pointer(self, child: ChildKey) -> Pointer | None:
        item = self._tables.get(PointerItem, child, POINTER)
        return None if item is None else Pointer(self.target(item), attributes.text(item, "version"))

    def undo(
        self,
        old: ChildKey,
        pointer: Pointer,
        new: ChildKeys,
        access_records: Iterable[ActRecord],
        *,
        retired: bool = False,
    ) -> None:
        records = tuple(access_records)
        as_read: Condition = PointerItem.version == pointer.version
        left = tuple(key for key in new.former if key != old)
        retiring = pointer_item(self._sealer, old, old, records[-1].id)
        requests: list[dict[str, Request]] = [
            {"Put": self._tables.put_request(PointerItem, retiring, as_read)}
            if retired
            else {"Delete": self._tables.delete_request(PointerItem, old, POINTER, condition=as_read)},
            self._list_of_former(new, left, next(record.id for record in records if record.child == new.present)),
            *({"Put": self._access_log.put_request(record)} for record in records),
        ]
        try:
            self._tables.transact(requests)
        except (ConditionRefused, Contended):
            raise Conflict from None

    def _list_of_former(self, new: ChildKeys, left: tuple[ChildKey, ...], version: str) -> dict[str, Request]:
        if not left:
            return {"Delete": self._tables.delete_request(FormerItem, new.present, FORMER, condition=_as_read(new))}
        listed = former_item(self._sealer, new.present, left, version)
        return {"Put": self._tables.put_request(FormerItem, listed, _as_read(new))}

    def retire(self, child: ChildKey, record: ActRecord) -> None:
        pointer = pointer_item(self._sealer, child, child, record.id)
        requests = [
            {"Put": self._tables.put_once_request(PointerItem, pointer)},
            {"Put": self._access_log.put_request(record)},
        ]
        try:
            self._tables.transact(requests)
        except Contended:
            raise Conflict from None
        except ConditionRefused as refused:
            if refused.found is None or refused.found.get("version") != {"S": record.id}:
                raise Conflict from None

    def has_no_pointer(self, child: ChildKey) -> Request:
        """Cancels a transaction if the number of this key was superseded or retired."""
        return self._tables.condition_check(PointerItem, child, POINTER, condition=PointerItem.pk.does_not_exist())

    def has_pointer(self, child: ChildKey) -> Request:
        """Cancels a transaction unless the number of this key was superseded or retired."""
        return self._tables.condition_check(PointerItem, child, POINTER, condition=PointerItem.pk.exists())

    def _put_pointer(self, old: ChildKey, present: ChildKey, version: str, replaces: bool) -> Request:
        """`replaces`: the key has a pointer already, which must still be there."""
        condition = PointerItem.pk.exists() if replaces else PointerItem.pk.does_not_exist()
        return self._tables.put_request(PointerItem, pointer_item(self._sealer, old, present, version), condition)

    def _former(self, present: ChildKey, item: Item) -> ChildKeys:
        try:
            keys = self._sealer.open_former_keys(*sealed_in(item))
            return ChildKeys(present, keys, attributes.text(item, "version"))
        except Unreadable:
            _no_answer()


def has_pointer(rows: list[Item]) -> bool:
    return _one(rows, POINTER) is not None


def pointer_item(sealer: Sealer, old: ChildKey, present: ChildKey, version: str) -> Item:
    sealed = sealer.seal_present_key(present, (old, POINTER, version, NO_EXPIRY))
    return attributes.raw(pk=old, sk=POINTER, version=version, sealed=sealed)


def former_item(sealer: Sealer, present: ChildKey, former: tuple[ChildKey, ...], version: str) -> Item:
    sealed = sealer.seal_former_keys(former, (present, FORMER, version, NO_EXPIRY))
    return attributes.raw(pk=present, sk=FORMER, version=version, sealed=sealed)


def _no_answer() -> NoReturn:
    meter("UnreadableRows")
    raise Unavailable from None


def sealed_in(item: Item) -> tuple[bytes, Bound]:
    bound = (attributes.text(item, "pk"), attributes.text(item, "sk"), attributes.text(item, "version"), NO_EXPIRY)
    return attributes.blob(item, "sealed"), bound


def _as_read(keys: ChildKeys) -> Condition:
    return FormerItem.pk.does_not_exist() if keys.version is None else FormerItem.version == keys.version


def _one(rows: list[Item], sort_key: str) -> Item | None:
    return next((row for row in rows if attributes.sort_key(row).startswith(sort_key)), None)

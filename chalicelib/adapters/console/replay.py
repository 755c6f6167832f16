"""Repeats the acts in the access records on a restored Involvements table.

The rules in `domain/replay.py` decide. This module reads the items for them, and writes their decisions.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ...application.store_errors import Unreadable
from ...domain import replay as rules
from ...domain.access_records import SHIELDING_ACTS, Act
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.replay import Effect, PointerAct, ShieldAct, StoredVersion
from ...domain.values import Struct
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.access_log import present
from ..dynamodb.access_records import AccessRecords, OpenedRecord
from ..dynamodb.involvement_rows import shield_item
from ..dynamodb.schema import AccessItem, FormerItem, InvolvementItem, PointerItem, RegisterItem, ShieldItem, Versioned
from ..dynamodb.supersession import former_item, pointer_item, sealed_in
from ..dynamodb.tables import Item, Request, Tables, as_read
from ..row_keys import ACT, FORMER, POINTER, SHIELD, entry_key, involvement_sort_key
from ..sealing.sealer import Sealer
from .erasure import tombstone

_REASON = "Put back by the restore gate. The original reason was lost with the table"
_NO_DETAILS = b"\0"
"""Stands in for sealed details. No key opens it."""


class _Record(Struct, frozen=True, kw_only=True):
    """The access record of a change of one involvement. `version`: NO_VERSION if it names none."""

    id: str
    at: datetime
    version: str
    child: ChildKey
    row_key: tuple[str, str]
    entry_key: tuple[str, str]


class Replay:
    """`tables`: the stage's tables, except that the Involvements table is the restored one. Access records are the live
    ones."""

    def __init__(self, tables: Tables, sealer: Sealer, records: AccessRecords) -> None:
        self._records = records
        self._tables = tables
        self._sealer = sealer

    def __call__(self, access_record: Item, apply: bool) -> bool:
        """Returns True if the table did not yet have the change. Writes only with `apply`. Raises Unreadable or
        Unavailable."""
        opened = self._records.opened(access_record)
        child, content = ChildKey(opened.pk), opened.content
        names_record = content.authority is not None or content.reference is not None
        effect = rules.effect_of(_act(opened), names_record=names_record)
        if effect is Effect.NONE:
            return False
        if effect is Effect.SHIELDS:
            return self._shield(child, apply)
        if effect is Effect.CHANGES_POINTER:
            return self._pointer(child, apply)
        record = _record(child, opened)
        if effect is Effect.OUTDATES_ROW:
            return self._outdate(record, apply)
        return self._end(record, effect is Effect.ERASES_RECORD, apply)

    def _end(self, record: _Record, erased: bool, apply: bool) -> bool:
        last = rules.last_version(record.id, record.version)
        _, former = self._former(record.child)
        # The record may have come from an old number of its child since the backup, and be under that number there.
        keys = (record.child, *former)
        went = [self._remove(InvolvementItem, (key, record.row_key[1]), last, apply) for key in keys]
        if erased:
            return self._entomb(record, last, apply) or any(went)
        went += [self._remove(RegisterItem, record.entry_key, last, apply, key) for key in keys]
        return any(went)

    def _outdate(self, record: _Record, apply: bool) -> bool:
        """Removes the details from a row that was changed since the backup, because the change may have hidden them.
        The access record's id is the version that the change gave the row."""
        found = self._tables.get(InvolvementItem, *record.row_key)
        if found is None or not rules.is_outdated(_stored(found), record.id):
            return False
        try:
            ends = attributes.seconds(attributes.epoch(found, "expires_at"))
        except Unreadable:
            return False  # such a row does not open anyway
        if apply:
            pk, sk = record.row_key
            row = attributes.raw(pk=pk, sk=sk, sealed=_NO_DETAILS, version=record.id, expires_at=ends, ttl=ends)
            put = self._tables.put_request(InvolvementItem, row, as_read(InvolvementItem, found))
            self._write({"Put": put}, *self._entry_at(record, record.id))
        return True

    def _entry_at(self, record: _Record, version: str) -> Iterator[dict[str, Request]]:
        """Gives the entry the version of its row, because the access record of a later ending names that version."""
        found = self._tables.get(RegisterItem, *record.entry_key)
        if found is None or not _belongs_to(found, record.child):
            return
        old_version = attributes.version(found)
        if old_version is not None:
            entry = {**found, "version": {"S": version}}
            yield {"Put": self._tables.put_over_request(RegisterItem, old_version, entry)}

    def _remove(
        self, model: type[Versioned], key: tuple[str, str], last: str, apply: bool, child: ChildKey | None = None
    ) -> bool:
        """`child`: if given, an item that names another child stays."""
        found = self._tables.get(model, *key)
        if found is None or not rules.must_go(_stored(found), last):
            return False
        if child is not None and not _belongs_to(found, child):
            return False
        if apply:
            self.delete(model, found)
        return True

    def _entomb(self, record: _Record, last: str, apply: bool) -> bool:
        found = self._tables.get(RegisterItem, *record.entry_key)
        if not rules.needs_tombstone(_stored(found), last):
            return False
        if apply:
            stone = tombstone(*record.entry_key, record.at, record.id)
            self._write({"Put": self._tables.put_request(RegisterItem, stone, as_read(RegisterItem, found))})
        return True

    def _shield(self, child: ChildKey, apply: bool) -> bool:
        acts = [act for record in self._acts(child) if (act := _shield_act(record)) is not None]
        found = self._tables.get(ShieldItem, child, SHIELD)
        try:
            change = rules.shield_change(acts, _stored(found))
            if change is None:
                return False
            if apply and found is not None and change.lift:
                self.delete(ShieldItem, found)
            if apply and change.put is not None:
                put, since = change.put, rules.shielded_at(change.first or change.put)
                shield = shield_item(self._sealer, child, _REASON, rules.review_on(put), put.id, since=since)
                self._write({"Put": self._tables.put_request(ShieldItem, shield)})
        except rules.UnreadableTime:
            raise Unreadable from None
        return True

    def _pointer(self, child: ChildKey, apply: bool) -> bool:
        """Decides from all acts about the child's pointer together: the last of them holds. Nobody reads the list that
        an old key may still have."""
        acts = [act for record in self._acts(child) if (act := self._pointer_act(record))]
        if not acts:
            return False
        last = acts[-1]
        undone = {act.leads_to for act in acts if act.takes_away}
        left = [self._leave(key, child, apply) for key in undone if last.takes_away or key != last.leads_to]
        pointer = self._tables.get(PointerItem, child, POINTER)
        if last.takes_away:
            must_go = rules.must_go(_stored(pointer), last.id)
            if must_go and apply and pointer is not None:
                self.delete(PointerItem, pointer)
            return must_go or any(left)
        if not rules.needs_pointer(_stored(pointer), last.id):
            return any(left)
        if apply:
            new_pointer = pointer_item(self._sealer, child, last.leads_to, last.id)
            put = {"Put": self._tables.put_request(PointerItem, new_pointer, as_read(PointerItem, pointer))}
            self._write(put, *self._join(last.leads_to, child, last.id))
        return True

    def _join(self, present: ChildKey, child: ChildKey, version: str) -> Iterator[dict[str, Request]]:
        """Puts the child's key among the former keys of `present`. A retired number's pointer leads to itself."""
        if present == child:
            return
        former, keys = self._former(present)
        listed = former_item(self._sealer, present, (*(key for key in keys if key != child), child), version)
        yield {"Put": self._tables.put_request(FormerItem, listed, as_read(FormerItem, former))}

    def _leave(self, present: ChildKey, child: ChildKey, apply: bool) -> bool:
        """Takes the child's key off the former keys of `present`. Returns False if it is not among them."""
        former, keys = self._former(present)
        if former is None or child not in keys:
            return False
        left = tuple(key for key in keys if key != child)
        if apply and left:
            listed = former_item(self._sealer, present, left, _version(former))
            self._write({"Put": self._tables.put_request(FormerItem, listed, as_read(FormerItem, former))})
        elif apply:
            self.delete(FormerItem, former)
        return True

    def _former(self, present: ChildKey) -> tuple[Item | None, tuple[ChildKey, ...]]:
        former = self._tables.get(FormerItem, present, FORMER)
        return former, () if former is None else self._sealer.open_former_keys(*sealed_in(former))

    def _pointer_act(self, record: OpenedRecord) -> PointerAct | None:
        """None for any other act. The key of a present number has an act of the same name, which names no key."""
        content, child = record.content, ChildKey(record.pk)
        if content.act == Act.NUMBER_RETIRED:
            return PointerAct(record.id, child, takes_away=False)
        if content.act not in rules.POINTER_ACTS or content.present is None:
            return None
        leads_to = self._sealer.open_present_key(content.present, record.bound)
        return PointerAct(record.id, leads_to, takes_away=content.act == Act.SUPERSEDE_UNDONE)

    def _acts(self, child: ChildKey) -> list[OpenedRecord]:
        """Raises Unreadable if one of them is not genuine: it may have been the one that decides."""
        return [self._records.opened(item) for item in self._tables.query(AccessItem, child, ACT)]

    def delete(self, model: type[Versioned], found: Item) -> None:
        key = found["pk"]["S"], attributes.sort_key(found)
        self._write({"Delete": self._tables.delete_request(model, *key, condition=as_read(model, found))})

    def _write(self, *requests: dict[str, Any]) -> None:
        """An item that is written meanwhile stays, so even on a table with traffic the gate loses no record."""
        try:
            self._tables.transact([*requests])
        except (ConditionRefused, Contended):
            raise Unavailable from None


def _act(record: OpenedRecord) -> Act:
    """Raises Unreadable."""
    try:
        return Act(record.content.act or "")
    except ValueError:
        raise Unreadable from None


def _record(child: ChildKey, opened: OpenedRecord) -> _Record:
    """Raises Unreadable."""
    code, reference = present(opened.content.authority), present(opened.content.reference)
    return _Record(
        id=opened.id,
        at=opened.content.at,
        version=opened.content.version or rules.NO_VERSION,
        child=child,
        row_key=(child, involvement_sort_key(code, reference)),
        entry_key=entry_key(code, reference),
    )


def _shield_act(record: OpenedRecord) -> ShieldAct | None:
    content = record.content
    if content.act != Act.UNSHIELDED and content.act not in SHIELDING_ACTS:
        return None
    return ShieldAct(
        id=record.id,
        version=content.version or rules.NO_VERSION,
        at=content.at,
        lifts=content.act == Act.UNSHIELDED,
    )


def _stored(found: Item | None) -> StoredVersion | None:
    return None if found is None else StoredVersion(_version(found), "erased_at" in found)


def _belongs_to(entry: Item, child: ChildKey) -> bool:
    return entry.get("child") == {"S": child}


def _version(item: Item) -> str:
    return attributes.version(item) or rules.NO_VERSION

"""What access records tell is done again in a restored Involvements table.

A row goes if it is no newer than the version whose end an access record tells, or than that record: clocks differ.
Versions and record ids are ULIDs and sort by time, so a row that was registered again afterwards stays.
One that was changed since stays too, so that nobody hears "none", but does not open until its owner sends it again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ...application.console.restore_gate import MARGIN
from ...application.store_errors import Unreadable
from ...domain.access_records import ENDING_ACTS, SHIELDING_ACTS, Act
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended
from ..dynamodb import attributes
from ..dynamodb.schema import AccessItem, FormerItem, InvolvementItem, PointerItem, RegisterItem, ShieldItem, Versioned
from ..dynamodb.supersession import sealed_in
from ..dynamodb.tables import Item, Request, Tables, as_read
from ..row_keys import ACT, FORMER, POINTER, SHIELD, entry_key, involvement_sort_key
from ..sealing.sealer import NO_EXPIRY, Sealer
from .erasure import tombstone

_CHANGED = frozenset({Act.REPLACED, Act.AMENDED})
REPLAYED = (*sorted(ENDING_ACTS | SHIELDING_ACTS | _CHANGED), Act.UNSHIELDED, Act.SUPERSEDED)
_REVIEW_WITHIN = timedelta(days=28)
_REASON = "Put back by the restore gate; the reason went with the table"
_NOTHING = b"\0"
"""In place of sealed details: it opens with no key."""


class Replay:
    """`tables` names the restored table where the service's own would be; the access records are the live ones."""

    def __init__(self, tables: Tables, sealer: Sealer) -> None:
        self._tables = tables
        self._sealer = sealer

    def __call__(self, record: Item, apply: bool) -> bool:
        """True if the table did not know of it yet. Raises Unreadable or Unavailable."""
        child, act, id_ = ChildKey(record["pk"]["S"]), attributes.text(record, "act"), _id(record)
        attributes.epoch(record, "at")
        if act not in REPLAYED:
            raise Unreadable
        if act in SHIELDING_ACTS or act == Act.UNSHIELDED:
            return self._shield(child, apply)
        if act == Act.SUPERSEDED:
            return self._superseded(child, id_, record, apply)
        if act == Act.ERASED and not {"authority", "reference"} & record.keys():
            return False  # it erased nothing
        code, reference = attributes.text(record, "authority"), attributes.text(record, "reference")
        sort_key, entry = involvement_sort_key(code, reference), entry_key(code, reference)
        if act in _CHANGED:
            return self._outdated((child, sort_key), entry, attributes.text(record, "version"), apply)
        last = max(id_, _version(record))
        row = self._removed(InvolvementItem, (child, sort_key), last, apply)
        if act == Act.ERASED:
            return self._entombed(entry, last, record, apply) or row
        return self._removed(RegisterItem, entry, last, apply, child) or row

    def _outdated(self, key: tuple[str, str], entry: tuple[str, str], version: str, apply: bool) -> bool:
        """Takes the details out of a row that was written again since: what it told may have been covered."""
        found = self._tables.get(InvolvementItem, *key)
        if found is None or _version(found) >= version:
            return False
        try:
            ends = attributes.seconds(attributes.epoch(found, "expires_at"))
        except Unreadable:
            return False  # it does not open as it is
        if apply:
            row = InvolvementItem(*key, sealed=_NOTHING, version=version, expires_at=ends, ttl=ends)
            put = self._tables.put_request(row, as_read(InvolvementItem, found))
            self._write({"Put": put}, *self._entry_of(key[0], entry, version))
        return True

    def _entry_of(self, child: str, key: tuple[str, str], version: str) -> Iterator[dict[str, Request]]:
        """The entry goes on to the row's version: what ends the record later tells the end of that."""
        found = self._tables.get(RegisterItem, *key)
        if found is not None and found.get("child") == {"S": child} and (was := attributes.version(found)) is not None:
            yield {"Put": self._tables.put_over(RegisterItem, was, {**found, "version": {"S": version}})}

    def _removed(
        self, model: type[Versioned], key: tuple[str, str], last: str, apply: bool, child: str | None = None
    ) -> bool:
        """Deletes an item that is no newer, and where a child is given, leads to it."""
        found = self._tables.get(model, *key)
        if found is None or _version(found) > last or "erased_at" in found:
            return False
        if child is not None and found.get("child") != {"S": child}:
            return False
        if apply:
            self.delete(model, found)
        return True

    def _entombed(self, key: tuple[str, str], last: str, record: Item, apply: bool) -> bool:
        found = self._tables.get(RegisterItem, *key)
        if found is not None and ("erased_at" in found or _version(found) > last):
            return False
        if apply:
            stone = tombstone(*key, attributes.epoch(record, "at"), _id(record))
            self._write({"Put": self._tables.put_request(stone, as_read(RegisterItem, found))})
        return True

    def _shield(self, child: ChildKey, apply: bool) -> bool:
        """The shield as all acts together leave it, so that it does not matter which of them is come upon first."""
        acts = self._tables.query(AccessItem, child, ACT)
        lifts = [act for act in acts if act.get("act") == {"S": Act.UNSHIELDED}]
        asked = [act for act in acts if act.get("act", {}).get("S") in SHIELDING_ACTS]
        standing = [act for act in asked if not _is_lifted(_id(act), attributes.epoch(act, "at"), lifts)]
        found = self._tables.get(ShieldItem, child, SHIELD)
        if standing:
            return found is None and self._shielded(child, standing[-1], apply)
        if found is None or not any(_version(found) <= _lifted(lift) for lift in lifts):
            return False
        if apply:
            self.delete(ShieldItem, found)
        return True

    def _shielded(self, child: ChildKey, act: Item, apply: bool) -> bool:
        if apply:
            version, review_on = _id(act), (attributes.epoch(act, "at") + _REVIEW_WITHIN).date().isoformat()
            sealed = self._sealer.seal_reason(_REASON, (child, SHIELD, version, NO_EXPIRY))
            shield = ShieldItem(child, SHIELD, version=version, review_on=review_on, sealed=sealed)
            self._write({"Put": self._tables.put_request(shield)})
        return True

    def _superseded(self, child: ChildKey, id_: str, record: Item, apply: bool) -> bool:
        """Pointer and list as they were; the list that the old key may have is read by nobody any more."""
        bound = (child, attributes.sort_key(record), id_, attributes.seconds(attributes.epoch(record, "ttl")))
        present = self._sealer.open_present_key(attributes.blob(record, "present"), bound)
        pointer = self._tables.get(PointerItem, child, POINTER)
        if pointer is not None and _version(pointer) >= id_:
            return False
        former = self._tables.get(FormerItem, present, FORMER)
        keys = () if former is None else self._sealer.open_former_keys(*sealed_in(former))
        if apply:
            sealed = self._sealer.seal_present_key(present, (child, POINTER, id_, NO_EXPIRY))
            listed = self._sealer.seal_former_keys(
                (*(key for key in keys if key != child), child), (present, FORMER, id_, NO_EXPIRY)
            )
            self._write(
                {
                    "Put": self._tables.put_request(
                        PointerItem(child, POINTER, version=id_, sealed=sealed), as_read(PointerItem, pointer)
                    )
                },
                {
                    "Put": self._tables.put_request(
                        FormerItem(present, FORMER, version=id_, sealed=listed), as_read(FormerItem, former)
                    )
                },
            )
        return True

    def delete(self, model: type[Versioned], found: Item) -> None:
        self._write(
            {
                "Delete": self._tables.delete_request(
                    model, found["pk"]["S"], attributes.sort_key(found), as_read(model, found)
                )
            }
        )

    def _write(self, *requests: dict[str, Any]) -> None:
        """What is written meanwhile stays: whoever runs this on a table with traffic loses no record to it."""
        try:
            self._tables.transact([*requests])
        except (ConditionRefused, Contended):
            raise Unavailable from None


def _id(record: Item) -> str:
    return attributes.sort_key(record).removeprefix(ACT)


def _version(item: Item) -> str:
    """What has no version that can be read is older than anything."""
    return attributes.version(item) or ""


def _lifted(lift: Item) -> str:
    """The last version that went. Where the shield was damaged, its record cannot tell it."""
    return _version(lift) or _id(lift)


def _is_lifted(version: str, at: datetime, lifts: list[Item]) -> bool:
    """A shield and the lifting of the one before it may cross, and clocks differ: in doubt it stands."""
    return any(version <= _lifted(lift) or attributes.epoch(lift, "at") - at > MARGIN for lift in lifts)

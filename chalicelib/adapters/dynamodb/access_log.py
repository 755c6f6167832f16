"""The Access table: append only. Who, when and why are readable without a key, so that an audit outlives the keys.
`shown`, what a lookup disclosed, is sealed, and holds no name even when it is opened.

`AccessItem` in `schema.py` declares the layout of an access record, and `sealing/formats.py` that of `shown`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ...application.ports import PastAct
from ...application.store_errors import Unreadable
from ...domain.access_records import (
    KEPT_YEARS,
    Actor,
    ActRecord,
    Disclosed,
    LookupRecord,
    Operator,
    PastLookup,
    PastLookups,
)
from ...domain.authority import Caller, Purpose
from ...domain.calendar import add_years, midnight
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.outcomes import ContactOutcome, EntryOutcome
from ..aws_errors import ConditionRefused, Contended
from ..row_keys import ACT, LOOKUP, WHOLE_SERVICE, authority_date, authority_key
from ..sealing.sealer import Sealer
from ..telemetry import meter
from . import attributes
from .schema import AccessItem
from .tables import Item, Request, Tables

_LOOKED_UP = "looked_up"
_AT_ONCE = 100  # the most that DynamoDB takes in one transaction


class DynamoAccessLog:
    def __init__(self, tables: Tables, sealer: Sealer) -> None:
        self._tables = tables
        self._sealer = sealer

    def append_lookup(self, record: LookupRecord) -> None:
        sk, code = f"{LOOKUP}{record.id}", record.caller.authority.code
        ttl = _expires_at(record.at)
        item = attributes.raw(
            pk=record.child,
            sk=sk,
            **_times(record.at),
            **_actor(record.caller),
            authority=code,
            act=_LOOKED_UP,
            purpose=record.purpose,
            case_reference=record.case_reference,
            over_soft_limit=record.over_soft_limit,
            shown=self._sealer.seal_disclosed(record.disclosed, (record.child, sk, record.id, ttl)),
            authority_date=authority_date(code, record.at.date()),
        )
        self._put(item)

    def append_act(self, record: ActRecord) -> None:
        self._put(self._item(record))

    def append_acts(self, records: Sequence[ActRecord]) -> None:
        if len(records) == 1:
            return self.append_act(records[0])  # costs half of a transaction
        for start in range(0, len(records), _AT_ONCE):
            puts = [{"Put": self.put_request(record)} for record in records[start : start + _AT_ONCE]]
            try:
                self._tables.transact(puts)
            except (Contended, ConditionRefused):
                raise Unavailable from None
        return None

    def append_outcome(self, record: ActRecord) -> EntryOutcome | None:
        try:
            self._tables.put(self.put_request(record))
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            return _recorded(refused.found)
        return None

    def latest_lookups(self, child: ChildKey, limit: int) -> PastLookups:
        lookups: list[PastLookup] = []
        unreadable = 0
        for row in self._tables.newest(AccessItem, child, LOOKUP, limit):
            try:
                lookups.append(self._past_lookup(row))
            except Unreadable:
                meter("UnreadableRows")
                unreadable += 1
        return PastLookups(tuple(lookups), unreadable)

    def _past_lookup(self, row: Item) -> PastLookup:
        try:
            purpose = Purpose(attributes.text(row, "purpose"))
        except ValueError:
            raise Unreadable from None
        disclosed = open_shown(row, self._sealer)
        return PastLookup(
            id=attributes.text(row, "sk").removeprefix(LOOKUP),
            at=attributes.epoch(row, "at"),
            authority_code=attributes.text(row, "authority"),
            practitioner_id=attributes.text(row, "practitioner"),
            role=attributes.text(row, "role"),
            purpose=purpose,
            complete=disclosed.complete,
            sensitive=disclosed.sensitive,
        )

    def acts_of(self, child: ChildKey) -> tuple[PastAct, ...]:
        return tuple(_past_act(row) for row in self._tables.query(AccessItem, child, ACT))

    def put_request(self, record: ActRecord) -> Request:
        """For the transaction of the change that the access record describes: both are written, or neither is."""
        return self._tables.put_once_request(AccessItem, self._item(record))

    def _item(self, record: ActRecord) -> Item:
        partition, sk = _partition(record), f"{ACT}{record.id}"
        times = _times(record.at)
        present = record.present
        return attributes.raw(
            pk=partition,
            sk=sk,
            **times,
            **_actor(record.actor),
            authority=record.concerns,
            act=record.act,
            reference=record.reference,
            version=record.version,
            outcome=None if record.outcome is None else _outcome_text(record.outcome),
            # Sealed like the pointer: the log alone must not reveal that two keys belong to one child.
            present=present and self._sealer.seal_present_key(present, (partition, sk, record.id, times["ttl"])),
        )

    def _put(self, item: Item) -> None:
        """A repeat after a lost reply finds its own item and succeeds. Another item under a new id is an error."""
        try:
            self._tables.put(self._tables.put_once_request(AccessItem, item))
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            if refused.found != item:
                raise Unavailable from None


def open_shown(row: Item, sealer: Sealer) -> Disclosed:
    """Opens what a lookup disclosed. Raises Unreadable."""
    pk, sk = attributes.text(row, "pk"), attributes.text(row, "sk")
    bound = (pk, sk, sk.removeprefix(LOOKUP), attributes.seconds(attributes.epoch(row, "ttl")))
    return sealer.open_disclosed(attributes.blob(row, "shown"), bound)


def _outcome_text(recorded: EntryOutcome) -> str:
    return f"{recorded.entry} {recorded.outcome}"


def read_outcome(row: Item) -> EntryOutcome:
    """Raises Unreadable."""
    entry, _, word = attributes.text(row, "outcome").partition(" ")
    try:
        return EntryOutcome(int(entry), ContactOutcome(word))
    except ValueError:
        raise Unreadable from None


def _recorded(found: Item | None) -> EntryOutcome:
    """Raises Unavailable if what was recorded cannot be read: neither "the same" nor "another" would be true."""
    try:
        return read_outcome(found or {})
    except Unreadable:
        meter("UnreadableRows")
        raise Unavailable from None


def _past_act(row: Item) -> PastAct:
    return PastAct(
        at=attributes.or_none(attributes.epoch, row, "at"),
        act=attributes.or_none(attributes.text, row, "act"),
        authority_code=attributes.or_none(attributes.text, row, "authority"),
        reference=attributes.or_none(attributes.text, row, "reference"),
        version=attributes.version(row),
    )


def _partition(record: ActRecord) -> str:
    if record.child is not None:
        return record.child
    return WHOLE_SERVICE if record.concerns is None else authority_key(record.concerns)


def _times(at: datetime) -> dict[str, Any]:
    return {"at": attributes.seconds(at), "ttl": _expires_at(at)}


def _actor(actor: Actor) -> dict[str, Any]:
    if isinstance(actor, Caller):
        return {
            "practitioner": actor.practitioner_id,
            "role": actor.role,
            "organisation": actor.organisation,
            "token_id": actor.token_id,
        }
    if isinstance(actor, Operator):
        return {"requested_by": actor.requested_by, "reason": actor.reason}
    return {}


def _expires_at(at: datetime) -> int:
    return attributes.seconds(midnight(add_years(at.astimezone(UTC).date(), KEPT_YEARS)))

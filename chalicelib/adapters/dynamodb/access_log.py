"""The Access table: append only. `access_records.py` has the stored form of an access record, and
`sealing/formats.py` that of `shown`, what a lookup disclosed."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from ...application.ports import PastAct
from ...application.store_errors import Unreadable
from ...domain.access_records import (
    Act,
    Actor,
    ActRecord,
    Disclosed,
    LookupRecord,
    Operator,
    PastLookup,
    PastLookups,
)
from ...domain.authority import Caller, Purpose
from ...domain.child import ChildKey
from ...domain.errors import Unavailable
from ...domain.outcomes import ContactOutcome, EntryOutcome
from ..aws_errors import ConditionRefused, Contended
from ..ids import first_ulid
from ..row_keys import ACT, LOOKUP, WHOLE_SERVICE, authority_day, authority_key
from ..sealing.sealer import Bound, Sealer
from ..telemetry import meter
from .access_records import AccessRecords, OpenedRecord, RecordContent, ends_at, record_id
from .schema import AccessItem
from .tables import LAST, Item, Request, Tables

Value = TypeVar("Value")

_AT_ONCE = 100  # the most that DynamoDB takes in one transaction


class DynamoAccessLog:
    def __init__(self, tables: Tables, sealer: Sealer, records: AccessRecords) -> None:
        self._tables = tables
        self._sealer = sealer
        self._records = records

    def append_lookup(self, record: LookupRecord) -> None:
        sk, code = f"{LOOKUP}{record.id}", record.caller.authority.code
        content = RecordContent(
            at=record.at,
            **_actor(record.caller),
            authority=code,
            purpose=record.purpose,
            case_reference=record.case_reference,
            over_soft_limit=record.over_soft_limit,
            unnamed=record.disclosed.sensitive,
            shown=self._sealer.seal_disclosed(record.disclosed, (record.child, sk, record.id, ends_at(record.id))),
        )
        self._put(self._records.sealed(record.child, sk, content, authority_day(code, record.at.date())))

    def append_act(self, record: ActRecord) -> None:
        self._put(self._item(record))

    def append_once(self, record: ActRecord) -> None:
        try:
            self._tables.put(self.put_request(record))
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            self.count_unless_genuine(refused.found or {})

    def count_unless_genuine(self, found: Item) -> None:
        with suppress(Unreadable):
            self._records.opened(found)

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
            return self._recorded(refused.found)
        return None

    def _recorded(self, found: Item | None) -> EntryOutcome:
        """Raises Unavailable if what was recorded cannot be read: neither "the same" nor "another" would be true."""
        try:
            return read_outcome(self._records.opened(found or {}))
        except Unreadable:
            raise Unavailable from None

    def latest_lookups(self, child: ChildKey, limit: int, before: datetime | None = None) -> PastLookups:
        lookups: list[PastLookup] = []
        unreadable = 0
        last = LAST if before is None else first_ulid(before)
        for row in self._tables.newest(AccessItem, child, LOOKUP, limit, last):
            try:
                lookups.append(self._past_lookup(self._records.opened(row)))
            except Unreadable:
                meter("UnreadableRows")
                unreadable += 1
        return PastLookups(tuple(lookups), unreadable)

    def _past_lookup(self, record: OpenedRecord) -> PastLookup:
        content = record.content
        disclosed = open_shown(record, self._sealer)
        return PastLookup(
            id=record.id,
            at=content.at,
            authority_code=present(content.authority),
            practitioner_id=present(content.practitioner),
            role=present(content.role),
            purpose=read_purpose(record),
            complete=disclosed.complete,
            sensitive=disclosed.sensitive,
            behind=disclosed.behind,
        )

    def acts_of(
        self, child: ChildKey, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[PastAct, ...]:
        first = ACT if since is None else ACT + first_ulid(since)
        last = ACT + (LAST if until is None else first_ulid(until))
        return tuple(self._past_act(row) for row in self._tables.query_range(AccessItem, child, first, last))

    def acts_between(self, child: ChildKey, since: datetime, until: datetime) -> tuple[PastAct, ...]:
        first, last = (f"{ACT}{first_ulid(at)}" for at in (since, until))
        return tuple(self._past_act(row) for row in self._tables.query_range(AccessItem, child, first, last))

    def _past_act(self, row: Item) -> PastAct:
        try:
            record = self._records.opened(row)
        except Unreadable:
            return PastAct(id=record_id(row["sk"]["S"]))
        content = record.content
        return PastAct(
            id=record.id,
            at=content.at,
            act=content.act,
            authority_code=content.authority,
            reference=content.reference,
            version=content.version,
        )

    def act_of_authority(self, authority_code: str, id: str) -> PastAct | None:
        row = self._tables.get(AccessItem, authority_key(authority_code), f"{ACT}{id}")
        return None if row is None else self._past_act(row)

    def acts_of_authority(self, authority_code: str, since: datetime, until: datetime) -> tuple[PastAct, ...]:
        first, last = (f"{ACT}{first_ulid(at)}" for at in (since, until))
        rows = self._tables.query_range(AccessItem, authority_key(authority_code), first, last)
        return tuple(self._past_act(row) for row in rows)

    def put_request(self, record: ActRecord) -> Request:
        """For the transaction of the change that the access record describes: both are written, or neither is."""
        return self._tables.put_once_request(AccessItem, self._item(record))

    def _item(self, record: ActRecord) -> Item:
        partition, sk = partition_of(record.child, record.concerns), f"{ACT}{record.id}"
        outcome = record.outcome
        content = RecordContent(
            at=record.at,
            **_actor(record.actor),
            authority=record.concerns,
            act=record.act,
            reference=record.reference,
            version=record.version,
            over_soft_limit=record.over_soft_limit,
            outcome=None if outcome is None else (outcome.entry, outcome.outcome),
            changed=" ".join(record.changed) or None,
            present=self._sealed_present_key(record, (partition, sk, record.id, ends_at(record.id))),
        )
        return self._records.sealed(partition, sk, content, _day_of_shield(record))

    def _sealed_present_key(self, record: ActRecord, bound: Bound) -> bytes | None:
        """Sealed like the pointer: whoever may read the log must not learn that two keys belong to one child."""
        return None if record.present is None else self._sealer.seal_present_key(record.present, bound)

    def _put(self, item: Item) -> None:
        """A repeat after a lost reply finds its own item and succeeds. Another item under a new id is an error."""
        try:
            self._tables.put(self._tables.put_once_request(AccessItem, item))
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            if refused.found != item:
                raise Unavailable from None


def open_shown(record: OpenedRecord, sealer: Sealer) -> Disclosed:
    """Opens what a lookup disclosed. Raises Unreadable."""
    return sealer.open_disclosed(present(record.content.shown), record.bound)


def read_purpose(record: OpenedRecord) -> Purpose:
    """Raises Unreadable."""
    try:
        return Purpose(present(record.content.purpose))
    except ValueError:
        raise Unreadable from None


def read_outcome(record: OpenedRecord) -> EntryOutcome:
    """Raises Unreadable."""
    entry, word = present(record.content.outcome)
    try:
        return EntryOutcome(entry, ContactOutcome(word))
    except ValueError:
        raise Unreadable from None


def present(value: Value | None) -> Value:
    """Raises Unreadable if an access record of this kind lacks the field."""
    if value is None:
        raise Unreadable
    return value


def partition_of(child: ChildKey | None, authority_code: str | None) -> str:
    """The partition of the access records of acts that concern them, or neither: then it is that of the service."""
    if child is not None:
        return child
    return WHOLE_SERVICE if authority_code is None else authority_key(authority_code)


def _day_of_shield(record: ActRecord) -> str | None:
    """The key of the index `day`: whoever looks for mass shields must find also those of children whom the authority
    never looked up."""
    if record.act is not Act.SHIELDED or not isinstance(record.actor, Caller):
        return None
    return authority_day(record.actor.authority.code, record.at.date())


def _actor(actor: Actor) -> dict[str, Any]:
    if isinstance(actor, Caller):
        return {
            "practitioner": actor.practitioner_id,
            "role": actor.role,
            "organisation": actor.organisation,
            "token_id": actor.token_id,
        }
    if isinstance(actor, Operator):
        return {"requested_by": actor.requested_by, "reason": actor.reason, "request_id": actor.request_id}
    return {}

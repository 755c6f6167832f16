"""The Access table: append only. Who, when and why stand in clear, so that an audit outlives the keys;
what was shown is sealed, and holds no name even then."""

from datetime import UTC, datetime
from typing import Any

from ..domain.access import ActRecord, LookupRecord
from ..domain.authority import Caller
from ..domain.calendar import add_years, midnight
from ..domain.errors import Unavailable
from . import items
from .faults import ConditionRefused, Contended
from .sealing import Sealer
from .tables import AccessItem, Request, Tables

KEPT_YEARS = 6
LOOKUP = "looked_up"


class AccessRecords:
    def __init__(self, tables: Tables, sealer: Sealer) -> None:
        self._tables = tables
        self._sealer = sealer

    def append_lookup(self, record: LookupRecord) -> None:
        sk, code = f"L#{record.id}", record.caller.authority.code
        ttl = _expires_at(record.at)
        item = AccessItem(
            record.child,
            sk,
            **_who(record.caller, record.at),
            act=LOOKUP,
            purpose=record.purpose,
            case_reference=record.case_reference,
            over_soft_limit=1 if record.over_soft_limit else None,
            shown=self._sealer.seal_disclosed(record.disclosed, (record.child, sk, record.id, ttl)),
            authority_date=f"{code}#{record.at:%F}",
        )
        self._put(item)

    def append_act(self, record: ActRecord) -> None:
        self._put(_item(record))

    def put_request(self, record: ActRecord) -> Request:
        """For a transaction: the record is written with what it tells of, or neither is."""
        return self._tables.put_request(_item(record), AccessItem.pk.does_not_exist())

    def _put(self, item: AccessItem) -> None:
        """A repeat after a lost reply finds its own record; nothing else may stand under a fresh id."""
        try:
            self._tables.put(self._tables.put_request(item, AccessItem.pk.does_not_exist()))
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            if refused.found != item.serialize():
                raise Unavailable from None


def _item(record: ActRecord) -> AccessItem:
    pk = f"A#{record.caller.authority.code}" if record.child is None else record.child
    who = _who(record.caller, record.at)
    return AccessItem(pk, f"E#{record.id}", **who, act=record.act, reference=record.reference, version=record.version)


def _who(caller: Caller, at: datetime) -> dict[str, Any]:
    return {
        "at": items.seconds(at),
        "ttl": _expires_at(at),
        "authority": caller.authority.code,
        "practitioner": caller.practitioner_id,
        "role": caller.role,
        "organisation": caller.organisation,
        "token_id": caller.token_id,
    }


def _expires_at(at: datetime) -> int:
    return items.seconds(midnight(add_years(at.astimezone(UTC).date(), KEPT_YEARS)))

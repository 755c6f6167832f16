"""The stored form of an access record. Its key, its end and the key of the index are readable; everything else is one
text, sealed under the audit key and bound to them. So if an access record opens, the service wrote it.

`shown` and `present` are sealed under the service key as well: they lead to a child's records, and must end with them.
"""

import hashlib
import hmac
from datetime import UTC, date, datetime

import msgspec

from ...application.store_errors import Unreadable
from ...domain.access_records import KEPT_YEARS
from ...domain.calendar import add_years, midnight
from ...domain.values import Struct
from ..ids import made_at
from ..row_keys import ACT, LOOKUP
from ..sealing.audit_keys import CURRENT_VERSION, AuditKeys
from ..sealing.held_keys import NoKey
from ..sealing.padding import with_end, without_padding
from ..sealing.sealer import NONCE_BYTES, Bound, key_version, open_sealed, seal
from ..telemetry import meter
from . import attributes
from .tables import Item

_SEALING, _NONCES = "access record", "access record nonce"
_STEPS = 128, 320, 640  # bytes
"""Most acts take the first, most lookups the second, whether they found nothing or a few records."""


class NotGenuine(Unreadable):
    """The service did not write the access record as it is stored. It was forged, changed or put under another key."""


class RecordContent(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """The sealed fields. A caller has `practitioner`, an operator `requested_by`, `reason` and `request_id`, the
    service none of these. Only a lookup has `purpose`, `case_reference` and `shown`, and no `act`. A lookup, a shield
    or a registration may have `over_soft_limit`. `changed`: the fields of a registry item that changed, as words.
    `unnamed`: owners are not shown who made the lookup.

    A new field goes last and needs a default.
    """

    at: datetime
    act: str | None = None
    authority: str | None = None
    practitioner: str | None = None
    role: str | None = None
    organisation: str | None = None
    token_id: str | None = None
    purpose: str | None = None
    case_reference: str | None = None
    over_soft_limit: str | None = None
    shown: bytes | None = None
    requested_by: str | None = None
    reason: str | None = None
    reference: str | None = None
    version: str | None = None
    outcome: tuple[int, str] | None = None
    present: bytes | None = None
    changed: str | None = None
    request_id: str | None = None
    unnamed: bool = False


class OpenedRecord(Struct, frozen=True, kw_only=True):
    """A genuine access record. `ttl`: when it ends, in epoch seconds."""

    pk: str
    sk: str
    ttl: int
    content: RecordContent

    @property
    def id(self) -> str:
        return record_id(self.sk)

    @property
    def is_lookup(self) -> bool:
        return self.sk.startswith(LOOKUP)

    @property
    def bound(self) -> Bound:
        """The values that `shown` and `present` are bound to."""
        return self.pk, self.sk, self.id, self.ttl


class AccessRecords:
    def __init__(self, keys: AuditKeys) -> None:
        self._keys = keys

    def sealed(self, pk: str, sk: str, content: RecordContent, day: str | None = None) -> Item:
        """The same content under the same key always gives the same item, so that a repeat finds its own. Raises
        Unavailable."""
        ttl = ends_at(record_id(sk))
        text, bound = padded(msgspec.msgpack.encode(content)), _bound(pk, sk, day, ttl)
        cipher, nonces = self._keys.cipher(_SEALING), self._keys.subkey(_NONCES)
        nonce = hmac.digest(nonces, msgspec.msgpack.encode((bound, text)), hashlib.sha256)[:NONCE_BYTES]
        sealed = seal(cipher, text, bound, version=CURRENT_VERSION, nonce=nonce)
        return attributes.raw(pk=pk, sk=sk, ttl=ttl, day=day, sealed=sealed)

    def opened(self, item: Item) -> OpenedRecord:
        """Raises NotGenuine, which is counted for an alarm."""
        try:
            return self._opened(item)
        except Unreadable:
            meter("AccessRecordsTampered")
            raise NotGenuine from None

    def _opened(self, item: Item) -> OpenedRecord:
        pk, sk = attributes.text(item, "pk"), attributes.text(item, "sk")
        ttl, sealed = attributes.seconds(attributes.epoch(item, "ttl")), attributes.blob(item, "sealed")
        day = attributes.text(item, "day") if "day" in item else None
        try:
            cipher = self._keys.cipher(_SEALING, key_version(sealed))
            text = open_sealed(cipher, sealed, _bound(pk, sk, day, ttl))
            content = msgspec.msgpack.decode(without_padding(text), type=RecordContent)
        except (NoKey, msgspec.MsgspecError):
            raise Unreadable from None
        return OpenedRecord(pk=pk, sk=sk, ttl=ttl, content=content)


def record_id(sk: str) -> str:
    return sk.removeprefix(LOOKUP).removeprefix(ACT)


def ends_at(id: str) -> int:
    """The end of the access record with this id, in epoch seconds. It depends on the id alone, so that a watcher that
    sees only the key knows when TTL may remove the access record."""
    return attributes.seconds(midnight(add_years(_day_of(id), KEPT_YEARS)))


def _day_of(id: str) -> date:
    return made_at(id).astimezone(UTC).date()


def _bound(pk: str, sk: str, day: str | None, ttl: int) -> Bound:
    return pk, sk, day or "", ttl


def padded(text: bytes) -> bytes:
    """Pads to a step, because the exact length would reveal the act, the purpose, or how much a lookup found."""
    return with_end(text, _STEPS)

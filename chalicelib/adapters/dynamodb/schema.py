"""What the tables hold: one model per kind of item, one table per security boundary."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

TTL_ATTRIBUTE = "ttl"
DUE_INDEX = "due"


class Keyed(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class Versioned(Keyed):
    """`version`: a ULID, made anew for each write but the sweep's of `due`."""

    version = UnicodeAttribute()


class _DueIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Sparse: holds the entries that somebody must look at on a day. `due = <date>#<0-3>`."""

    class Meta:
        index_name = DUE_INDEX
        projection = KeysOnlyProjection()

    due = UnicodeAttribute(hash_key=True)


class InvolvementItem(Versioned):
    """`C#1#<mac>`, `I#<authority>#<reference>`"""

    sealed = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class ShieldItem(Versioned):
    """`C#1#<mac>`, `S#`. It has no expiry: lifting a shield is an operator's act."""

    review_on = UnicodeAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)


class PointerItem(Versioned):
    """`C#1#<mac>` of a superseded number, `M#`. `sealed` holds the child's present key."""

    sealed = BinaryAttribute(legacy_encoding=False)


class FormerItem(Versioned):
    """`C#1#<mac>` of a present number, `F#`. `sealed` holds the child's former keys."""

    sealed = BinaryAttribute(legacy_encoding=False)


class RegisterItem(Versioned):
    """`A#<authority>`, `R#<reference>`: the lock of every write of the reference."""

    child = UnicodeAttribute()
    confirmed_on = UnicodeAttribute()
    expires_at = NumberAttribute()
    ttl = NumberAttribute()
    due = UnicodeAttribute(null=True)
    digest = BinaryAttribute(legacy_encoding=False, null=True)
    remembered = BinaryAttribute(legacy_encoding=False, null=True)
    erased_at = NumberAttribute(null=True)
    due_index = _DueIndex()


class _AuthorityDateIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Sparse: lookups only. `authority_date = <authority>#<date>`."""

    class Meta:
        index_name = "authority_date"
        projection = KeysOnlyProjection()

    authority_date = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class AccessItem(Keyed):
    """Child key, `A#<authority>`, or `O#` for the whole service; `L#<ULID>` for lookups, `E#<ULID>` for all else.

    A caller has `practitioner`, an operator `requested_by`, the service itself neither.
    """

    at = NumberAttribute()
    ttl = NumberAttribute()
    authority = UnicodeAttribute(null=True)
    practitioner = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    requested_by = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    organisation = UnicodeAttribute(null=True)
    token_id = UnicodeAttribute(null=True)
    act = UnicodeAttribute()
    reference = UnicodeAttribute(null=True)
    version = UnicodeAttribute(null=True)
    purpose = UnicodeAttribute(null=True)
    case_reference = UnicodeAttribute(null=True)
    over_soft_limit = UnicodeAttribute(null=True)
    shown = BinaryAttribute(legacy_encoding=False, null=True)
    present = BinaryAttribute(legacy_encoding=False, null=True)
    authority_date = UnicodeAttribute(null=True)
    authority_date_index = _AuthorityDateIndex()


class HeldItem(Keyed):
    """`H#<hold>`, `<child key>|<sort key>|<version>`: a copy for an inquiry. `details` is opened, as JSON; what did not
    open stays `sealed`. `expires_at` is when the row itself would have ended, `ttl` when the hold does."""

    held_at = NumberAttribute()
    ttl = NumberAttribute()
    authority = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    details = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    review_on = UnicodeAttribute(null=True)
    sealed = BinaryAttribute(legacy_encoding=False, null=True)


class RegistryItem(Model):
    """One authority, edited by administrators. Decoded leniently in `registry_items.py`."""

    authority = UnicodeAttribute(hash_key=True)


class KeyItem(Model):
    """`SERVICE#<version>`: the wrapped service data key. `SALT#<authority>`: its secret salt."""

    key = UnicodeAttribute(hash_key=True)
    secret = BinaryAttribute(legacy_encoding=False)


class UsageItem(Keyed):
    """`P#<authority>#<pseudonym>` and `A#<authority>` by date: counters. `HEARTBEAT` by authority."""


class NoticeItem(Keyed):
    """`N#<authority>`, `N#<number>`: twelve digits, so that they sort."""

    sealed = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class NoticeHeadItem(Keyed):
    """`N#<authority>`, `HEAD`: the number given last. It has no expiry, since numbers never start again."""

    last = NumberAttribute()


class NoticeSourceItem(Keyed):
    """Child key, or `N#<authority>` for what is about no child; `D#<token of its source>`.

    Nothing is posted twice from one source. By it an erasure finds the notices about a child.
    """

    authority = UnicodeAttribute()
    number = NumberAttribute()
    ttl = NumberAttribute()


class CanaryItem(Keyed):
    """`CANARY`, `CANARY`: of no child. It is there for TTL to delete."""

    expires_at = NumberAttribute()
    ttl = NumberAttribute()


INVOLVEMENTS, ACCESS, REGISTRY, KEYS, USAGE, HELD = "involvements", "access", "registry", "keys", "usage", "held"
NOTICES = "notices"

TABLE_OF: dict[type[Model], str] = {
    InvolvementItem: INVOLVEMENTS,
    ShieldItem: INVOLVEMENTS,
    PointerItem: INVOLVEMENTS,
    FormerItem: INVOLVEMENTS,
    RegisterItem: INVOLVEMENTS,
    CanaryItem: INVOLVEMENTS,
    AccessItem: ACCESS,
    HeldItem: HELD,
    RegistryItem: REGISTRY,
    KeyItem: KEYS,
    UsageItem: USAGE,
    NoticeItem: NOTICES,
    NoticeHeadItem: NOTICES,
    NoticeSourceItem: NOTICES,
}

SCHEMAS: dict[str, type[Model]] = {
    INVOLVEMENTS: RegisterItem,
    ACCESS: AccessItem,
    HELD: HeldItem,
    REGISTRY: RegistryItem,
    KEYS: KeyItem,
    USAGE: UsageItem,
    NOTICES: NoticeItem,
}
"""The model of each table that has all of its keys and indexes."""

EXPIRING = frozenset({INVOLVEMENTS, ACCESS, USAGE, NOTICES, HELD})
"""The tables that have TTL on."""

STREAMS = {INVOLVEMENTS: "NEW_AND_OLD_IMAGES", ACCESS: "KEYS_ONLY"}
"""The tables that have a stream, and what it tells."""


def table_name(stage: str, table: str) -> str:
    return f"knownto-{stage}-{table}"


def table_schema(table: str) -> dict[str, Any]:
    """`AttributeDefinitions`, `KeySchema` and `GlobalSecondaryIndexes` as CreateTable wants them."""
    schema = SCHEMAS[table]._get_schema()
    indexes = [
        {"IndexName": index["index_name"], "KeySchema": index["key_schema"], "Projection": index["projection"]}
        for index in schema["global_secondary_indexes"]
    ]
    keys = {"AttributeDefinitions": schema["attribute_definitions"], "KeySchema": schema["key_schema"]}
    return {**keys, "GlobalSecondaryIndexes": indexes} if indexes else keys

"""What the tables hold: one model per kind of item, one table per security boundary."""

from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import Attribute, BinaryAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

TTL_ATTRIBUTE = "ttl"
DUE_INDEX = "due"


class Keyed(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class Versioned(Keyed):
    """`version`: a ULID, new with every write, unless only `due` or a mark on a register entry changes."""

    version = UnicodeAttribute()


class _DueIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Sparse: holds the entries that the sweep must look at on a day. `due = <date>#<0-3>`."""

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
    """`C#1#<mac>`, `S#`. It has no expiry: only an operator lifts a shield. `since`: when it was first asked for.
    `due`: `S#<month of the review>`, so that the index finds every shield."""

    review_on = UnicodeAttribute()
    due = UnicodeAttribute()
    since = NumberAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)


class PointerItem(Versioned):
    """`C#1#<mac>` of a superseded or retired number, `M#`. `sealed` holds the child's present key, or the retired
    number's own."""

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
    undecided_on = UnicodeAttribute(null=True)
    trace_number_on = UnicodeAttribute(null=True)
    due_index = _DueIndex()


class _DayIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Sparse: lookups, and shields that callers asked for. `day = <authority>#<date>`."""

    class Meta:
        index_name = "day"
        projection = KeysOnlyProjection()

    day = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class AccessItem(Keyed):
    """Child key, `A#<authority>`, or `O#` for the whole service; `L#<ULID>` for a lookup, `E#<ULID>` for an act.

    `sealed` holds everything else (`access_records.py`).
    """

    ttl = NumberAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)
    day = UnicodeAttribute(null=True)
    day_index = _DayIndex()


class HeldItem(Keyed):
    """`H#<hold>`, `<child key>|<sort key>|<version>`: a copy for an inquiry. `details` is opened, as JSON; a row that
    did not open stays `sealed`. `expires_at` is when the row itself would have ended, `ttl` when the hold ends."""

    held_at = NumberAttribute()
    ttl = NumberAttribute()
    authority = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    details = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    review_on = UnicodeAttribute(null=True)
    since = NumberAttribute(null=True)
    sealed = BinaryAttribute(legacy_encoding=False, null=True)


class RegistryItem(Model):
    """One authority, edited by administrators. `registry_items.py` reads it leniently, with its other attributes."""

    authority = UnicodeAttribute(hash_key=True)
    standing = UnicodeAttribute(null=True)
    removed_on = UnicodeAttribute(null=True)
    jwks = UnicodeAttribute(null=True)
    scopes = UnicodeSetAttribute(null=True)
    purposes = UnicodeSetAttribute(null=True)
    granted = BinaryAttribute(legacy_encoding=False, null=True)


class KeyItem(Model):
    """`SERVICE#<version>`: the wrapped service key. `SALT#<authority>`: its secret salt."""

    key = UnicodeAttribute(hash_key=True)
    secret = BinaryAttribute(legacy_encoding=False)


class UsageItem(Keyed):
    """`P#<authority>#<pseudonym>` and `A#<authority>` by date: counters. `HEARTBEAT` by authority.

    Each hour of a practitioner's day has a counter of its own, `h00` to `h23`. `people`: how many practitioners of the
    authority asked that day. `shielded`: a token for each child who was shielded that day; sort key `<date>#shields`.
    """

    day = NumberAttribute(null=True)
    people = NumberAttribute(null=True)
    ttl = NumberAttribute(null=True)
    last_write_at = NumberAttribute(null=True)
    shielded = UnicodeSetAttribute(null=True)


class SummaryItem(Keyed):
    """`M#<authority>`, `S#<date>#<stage>#<part>`: the summary of a day, made from the access records.

    It is sealed under the audit key, like the next three. `parts`: how many parts the summary has."""

    parts = NumberAttribute()
    sealed = BinaryAttribute(legacy_encoding=False)
    ttl = NumberAttribute()


class FindingItem(Keyed):
    """`M#<authority>`, `F#<number>`. The number has twelve digits, so that findings sort."""

    sealed = BinaryAttribute(legacy_encoding=False)
    ttl = NumberAttribute()


class FindingsHeadItem(Keyed):
    """`M#<authority>`, `HEAD`: the last day that the rules have seen, and the last number of each day.

    It has no expiry: numbers never start again. `last`, `seen_until`: copies, for the condition of the next write."""

    sealed = BinaryAttribute(legacy_encoding=False)
    last = NumberAttribute()
    seen_until = UnicodeAttribute()


class FindingsReadItem(Keyed):
    """`M#<authority>`, `READ`: the number up to which findings were read."""

    sealed = BinaryAttribute(legacy_encoding=False)


class Stamped(Keyed):
    """`stamp`: shows that the service wrote the item, and when (`notice_stamps.py`)."""

    written_at = NumberAttribute()
    stamp = BinaryAttribute(legacy_encoding=False)


class NoticeItem(Stamped):
    """`N#<authority>`, `N#<number>`. The number has twelve digits, so that notices sort."""

    sealed = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class NoticeHeadItem(Stamped):
    """`N#<authority>`, `HEAD`. `last`: the number given last. It has no expiry: numbers never start again."""

    last = NumberAttribute()


class NoticeSourceItem(Stamped):
    """Child key, or `N#<authority>` for a notice about no child; `D#<token of its source>`.

    It marks that one source has been posted, so that it is not posted twice. An erasure finds a child's notices by it.
    """

    authority = UnicodeAttribute()
    number = NumberAttribute()
    ttl = NumberAttribute()


class ContactCountItem(Keyed):
    """`N#<authority>`, `W#<year>-W<week>#<token of the contact>`: outcomes of calls. `sealed` holds the contact."""

    sealed = BinaryAttribute(legacy_encoding=False)
    ttl = NumberAttribute()
    reached = NumberAttribute(null=True)
    no_answer = NumberAttribute(null=True)
    wrong_number = NumberAttribute(null=True)
    left = NumberAttribute(null=True)
    not_theirs = NumberAttribute(null=True)


class CountedOutcomeItem(Keyed):
    """`N#<authority>`, `O#<token of its access record>`: marks that one outcome has been counted."""

    ttl = NumberAttribute()


class HistoryHeadItem(Keyed):
    """`HEAD`, `HEAD`: the last checkpoint, and the peaks of the history from which the next one grows."""

    number = NumberAttribute()
    closed_at = NumberAttribute()
    root = BinaryAttribute(legacy_encoding=False)
    history = BinaryAttribute(legacy_encoding=False)
    key_id = UnicodeAttribute()
    signature = BinaryAttribute(legacy_encoding=False)
    peaks = BinaryAttribute(legacy_encoding=False)
    stamp = BinaryAttribute(legacy_encoding=False)


class CheckpointItem(Keyed):
    """`CHECKPOINTS`, number with twelve digits. It has no expiry: proofs lead through it for ever.

    `nodes`: the subtrees of the history that end with it, of one checkpoint, of two, of four and so on.
    """

    closed_at = NumberAttribute()
    root = BinaryAttribute(legacy_encoding=False)
    history = BinaryAttribute(legacy_encoding=False)
    key_id = UnicodeAttribute()
    signature = BinaryAttribute(legacy_encoding=False)
    nodes = BinaryAttribute(legacy_encoding=False)


class LeavesItem(Keyed):
    """`LEAVES#<date>`, `<time>#<number>`: the leaves in a checkpoint, unless it has none. They end with their access
    records. `key_version`: of the audit key whose padding fills the tree."""

    leaves = BinaryAttribute(legacy_encoding=False)
    key_version = NumberAttribute()
    ttl = NumberAttribute()


class PendingLeavesItem(Keyed):
    """`PENDING`, hash of the leaves: they wait for the next checkpoint."""

    leaves = BinaryAttribute(legacy_encoding=False)
    stamp = BinaryAttribute(legacy_encoding=False)


class HistoryKeyItem(Keyed):
    """`KEYS`, id of the key: a public key that verifies checkpoints."""

    public_key = BinaryAttribute(legacy_encoding=False)


class CanaryItem(Keyed):
    """`CANARY`, `CANARY`: about no child. TTL must delete it."""

    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class PulseItem(Keyed):
    """`PULSE`, `<ULID>`: about no child. It goes through the stream, and TTL removes it after a day."""

    ttl = NumberAttribute()


class AccessPulseItem(PulseItem):
    """The same in the Access table. It is no access record."""


class NoticePulseItem(PulseItem):
    """The same in the Notices table. It is no notice."""


INVOLVEMENTS, ACCESS, REGISTRY, KEYS, USAGE, HELD = "involvements", "access", "registry", "keys", "usage", "held"
NOTICES, HISTORY = "notices", "history"

TABLE_OF: dict[type[Model], str] = {
    InvolvementItem: INVOLVEMENTS,
    ShieldItem: INVOLVEMENTS,
    PointerItem: INVOLVEMENTS,
    FormerItem: INVOLVEMENTS,
    RegisterItem: INVOLVEMENTS,
    CanaryItem: INVOLVEMENTS,
    PulseItem: INVOLVEMENTS,
    AccessItem: ACCESS,
    AccessPulseItem: ACCESS,
    HeldItem: HELD,
    RegistryItem: REGISTRY,
    KeyItem: KEYS,
    UsageItem: USAGE,
    SummaryItem: USAGE,
    FindingItem: USAGE,
    FindingsHeadItem: USAGE,
    FindingsReadItem: USAGE,
    NoticeItem: NOTICES,
    NoticeHeadItem: NOTICES,
    NoticeSourceItem: NOTICES,
    ContactCountItem: NOTICES,
    CountedOutcomeItem: NOTICES,
    NoticePulseItem: NOTICES,
    HistoryHeadItem: HISTORY,
    CheckpointItem: HISTORY,
    LeavesItem: HISTORY,
    PendingLeavesItem: HISTORY,
    HistoryKeyItem: HISTORY,
}

SCHEMAS: dict[str, type[Model]] = {
    INVOLVEMENTS: RegisterItem,
    ACCESS: AccessItem,
    HELD: HeldItem,
    REGISTRY: RegistryItem,
    KEYS: KeyItem,
    USAGE: UsageItem,
    NOTICES: NoticeItem,
    HISTORY: CheckpointItem,
}
"""For each table, the model that declares all of its keys and indexes."""

EXPIRING = frozenset({INVOLVEMENTS, ACCESS, USAGE, NOTICES, HELD, HISTORY})
"""The tables with TTL switched on."""

STREAMS = {
    INVOLVEMENTS: "NEW_AND_OLD_IMAGES",
    ACCESS: "KEYS_ONLY",
    REGISTRY: "NEW_AND_OLD_IMAGES",
    NOTICES: "NEW_AND_OLD_IMAGES",
}
"""The tables with a stream, and the view type of the stream."""

INDEXES: Mapping[str, tuple[type[GlobalSecondaryIndex[Any]], ...]] = {
    INVOLVEMENTS: (_DueIndex,),
    ACCESS: (_DayIndex,),
}
"""The indexes of each table that has any."""


def table_name(stage: str, table: str) -> str:
    return f"knownto-{stage}-{table}"


def table_schema(table: str) -> dict[str, Any]:
    """`AttributeDefinitions`, `KeySchema` and `GlobalSecondaryIndexes`, as CreateTable expects them."""
    keys = _key_attributes(SCHEMAS[table].get_attributes())
    definitions = {attribute.attr_name: attribute.attr_type for attribute in keys}
    indexes = []
    for index in INDEXES.get(table, ()):
        index_keys = _key_attributes(index.Meta.attributes)
        definitions |= {attribute.attr_name: attribute.attr_type for attribute in index_keys}
        projection = {"ProjectionType": index.Meta.projection.projection_type}
        indexes.append(
            {"IndexName": index.Meta.index_name, "KeySchema": _key_schema(index_keys), "Projection": projection}
        )
    schema = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in definitions.items()],
        "KeySchema": _key_schema(keys),
    }
    return {**schema, "GlobalSecondaryIndexes": indexes} if indexes else schema


def _key_attributes(attributes: Mapping[str, Attribute[Any]]) -> list[Attribute[Any]]:
    """The partition key, then the sort key if there is one."""
    keys = [attribute for attribute in attributes.values() if attribute.is_hash_key or attribute.is_range_key]
    return sorted(keys, key=lambda attribute: attribute.is_range_key)


def _key_schema(keys: list[Attribute[Any]]) -> list[dict[str, str]]:
    return [{"AttributeName": key.attr_name, "KeyType": "HASH" if key.is_hash_key else "RANGE"} for key in keys]


KEY_NAMES: Mapping[type[Model], tuple[str, ...]] = {
    model: tuple(key.attr_name for key in _key_attributes(model.get_attributes())) for model in TABLE_OF
}
"""The names of the key attributes of each kind of item."""

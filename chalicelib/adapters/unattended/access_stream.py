"""Reads the Access table's stream.

The stream carries only keys, so that no access record is in it. This module reads each access record from the table.
"""

from ...application.store_errors import Unreadable
from ...application.unattended.count_outcome import CountOutcome, SeenOutcome
from ...application.unattended.notify import NUMBER_ENDS, Notify, SeenAct, SeenLookup, SeenRegistryChange
from ...domain.access_records import Act
from ...domain.authority import RegistryField
from ...domain.child import ChildKey
from ...domain.hiding import Hiding
from ...domain.limits import SoftLimit
from ...domain.notices import Originator
from ..dynamodb import attributes
from ..dynamodb.access_log import open_shown, present, read_outcome, read_purpose
from ..dynamodb.access_records import AccessRecords, NotGenuine, OpenedRecord
from ..dynamodb.found_lookups import read_lookup
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Tables
from ..row_keys import AUTHORITY, LOOKUP
from ..sealing.sealer import Sealer
from ..telemetry import meter
from .dead_letters import StreamRecord
from .streams import is_tampered


class AccessStream:
    def __init__(self, tables: Tables, sealer: Sealer, records: AccessRecords) -> None:
        self._records = records
        self._tables = tables
        self._sealer = sealer

    def read(self, record: StreamRecord) -> SeenLookup | SeenAct | SeenOutcome | SeenRegistryChange | None:
        """Returns None if the access record concerns nobody else, or is not genuine: nobody gets a notice of something
        that did not happen. Raises Unreadable or Unavailable."""
        try:
            opened = self.opened(record)
        except NotGenuine:
            return None
        return None if opened is None else self._seen(opened)

    def opened(self, record: StreamRecord) -> OpenedRecord | None:
        """Reads the access record that was written, or None if it is gone. Raises NotGenuine, Unreadable or
        Unavailable."""
        try:
            keys = record["dynamodb"]["Keys"]
        except (KeyError, TypeError):
            raise Unreadable from None
        row = self._tables.get(AccessItem, attributes.text(keys, "pk"), attributes.text(keys, "sk"))
        return None if row is None else self._records.opened(row)

    def _seen(self, record: OpenedRecord) -> SeenLookup | SeenAct | SeenOutcome | SeenRegistryChange | None:
        if record.pk.startswith(AUTHORITY):
            return _registry_change(record)
        if record.is_lookup:
            return self._lookup(record)
        return self._outcome(record) if record.content.act == Act.OUTCOME else _act(record)

    def _lookup(self, record: OpenedRecord) -> SeenLookup:
        content = record.content
        hiding = self._hiding(record)
        return SeenLookup(
            id=record.id,
            at=content.at,
            child=ChildKey(record.pk),
            by=Originator(
                authority_code=present(content.authority),
                practitioner_id=present(content.practitioner),
                role=content.role,
                sensitive=hiding.hidden,
                behind=hiding.behind,
            ),
            purpose=read_purpose(record),
            over_soft_limit=_soft_limit(record),
        )

    def _outcome(self, record: OpenedRecord) -> SeenOutcome | None:
        """The lookup's own access record is under the same child."""
        recorded = read_outcome(record)
        asked = self._tables.get(AccessItem, record.pk, LOOKUP + present(record.content.reference))
        lookup = None if asked is None else read_lookup(self._records.opened(asked), self._sealer)
        shown = None if lookup is None else lookup.shown_in_full(recorded.entry)
        if lookup is None or shown is None:
            return None
        return SeenOutcome(id=record.id, asked_at=lookup.at, child=lookup.child, shown=shown, outcome=recorded.outcome)

    def _hiding(self, record: OpenedRecord) -> Hiding:
        """Hidden if the asker worked with the child in a sensitive service at the time of the lookup, even if the
        asker's record has ended since. Also if that cannot be read: then nothing ever names the asker."""
        try:
            disclosed = open_shown(record, self._sealer)
        except Unreadable:
            meter("UnreadableRows")
            return Hiding(hidden=True)
        if not disclosed.complete:
            return Hiding(hidden=True)
        return Hiding(disclosed.sensitive, disclosed.behind)


def watch_access(record: StreamRecord) -> None:
    """Counts, for an alarm, each access record that was changed, or removed too early. `gather_leaves` verifies new
    ones."""
    if is_tampered(record):
        meter("AccessRecordsTampered")


class PostNotices:
    """Notifies everybody whom a new access record concerns. An outcome is only counted: its notice comes weekly."""

    def __init__(self, access_stream: AccessStream, notify: Notify, count_outcome: CountOutcome) -> None:
        self._access_stream = access_stream
        self._notify = notify
        self._count_outcome = count_outcome

    def __call__(self, record: StreamRecord) -> None:
        """Raises Unreadable or Unavailable."""
        seen = self._access_stream.read(record)
        if isinstance(seen, SeenOutcome):
            self._count_outcome(seen)
        else:
            self._notify(seen)


def _registry_change(record: OpenedRecord) -> SeenRegistryChange | None:
    """Returns None for any other act that concerns an authority itself: that it read its register, or was suspended."""
    content = record.content
    if content.act != Act.REGISTRY_CHANGED:
        return None
    try:
        changed = tuple(RegistryField(word) for word in present(content.changed).split())
    except ValueError:
        raise Unreadable from None
    return SeenRegistryChange(id=record.id, at=content.at, authority_code=present(content.authority), changed=changed)


def _act(record: OpenedRecord) -> SeenAct | None:
    """Returns None for an act that concerns neither a record nor a child's number or shield."""
    content = record.content
    try:
        act = Act(present(content.act))
    except ValueError:
        raise Unreadable from None
    concerns_record = content.authority is not None and content.reference is not None
    if not concerns_record and act is not Act.SHIELDED and act not in NUMBER_ENDS:
        return None
    return SeenAct(
        id=record.id,
        at=content.at,
        act=act,
        child=ChildKey(record.pk),
        authority_code=content.authority if concerns_record else None,
        reference=content.reference if concerns_record else None,
        by=_shielder(record) if act is Act.SHIELDED else None,
        over_soft_limit=_soft_limit(record),
    )


def _shielder(record: OpenedRecord) -> Originator | None:
    content = record.content
    if content.authority is None:
        return None
    return Originator(authority_code=content.authority, practitioner_id=content.practitioner, role=content.role)


def _soft_limit(record: OpenedRecord) -> SoftLimit | None:
    """Raises Unreadable."""
    try:
        return None if record.content.over_soft_limit is None else SoftLimit(record.content.over_soft_limit)
    except ValueError:
        raise Unreadable from None

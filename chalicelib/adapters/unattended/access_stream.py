"""The Access table's stream. It carries only keys, so that no stream holds an access record: the item itself is read
from the table."""

from ...application.store_errors import Unreadable
from ...application.unattended.notify import NUMBER_ENDS, Notify, SeenAct, SeenLookup
from ...domain.access_records import Act
from ...domain.authority import Purpose
from ...domain.child import ChildKey
from ...domain.limits import SoftLimit
from ...domain.notices import Originator
from ..dynamodb import attributes
from ..dynamodb.access_log import open_shown
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Item, Tables
from ..row_keys import ACT, LOOKUP
from ..sealing.sealer import Sealer
from ..telemetry import meter
from .streams import StreamRecord


class AccessStream:
    def __init__(self, tables: Tables, sealer: Sealer) -> None:
        self._tables = tables
        self._sealer = sealer

    def read(self, record: StreamRecord) -> SeenLookup | SeenAct | None:
        """Returns None if the access record concerns nobody else. Raises Unreadable or Unavailable."""
        try:
            keys = record["dynamodb"]["Keys"]
        except (KeyError, TypeError):
            raise Unreadable from None
        row = self._tables.get(AccessItem, attributes.text(keys, "pk"), attributes.text(keys, "sk"))
        if row is None:
            return None
        if attributes.text(row, "sk").startswith(LOOKUP):
            return self._lookup(row)
        return _act(row)

    def _lookup(self, row: Item) -> SeenLookup:
        try:
            purpose = Purpose(attributes.text(row, "purpose"))
            limit = SoftLimit(attributes.text(row, "over_soft_limit")) if "over_soft_limit" in row else None
        except ValueError:
            raise Unreadable from None
        return SeenLookup(
            id=attributes.text(row, "sk").removeprefix(LOOKUP),
            at=attributes.epoch(row, "at"),
            child=ChildKey(attributes.text(row, "pk")),
            by=Originator(
                authority_code=attributes.text(row, "authority"),
                practitioner_id=attributes.text(row, "practitioner"),
                sensitive=self._may_be_sensitive(row),
            ),
            purpose=purpose,
            over_soft_limit=limit,
        )

    def _may_be_sensitive(self, row: Item) -> bool:
        """Whether the asker worked with the child in a sensitive service when it asked: its record may have ended
        since. True if that cannot be read."""
        try:
            disclosed = open_shown(row, self._sealer)
        except Unreadable:
            meter("UnreadableRows")
            return True
        return disclosed.sensitive or not disclosed.complete


class PostNotices:
    """Notifies everybody whom a new access record concerns."""

    def __init__(self, access_stream: AccessStream, notify: Notify) -> None:
        self._access_stream = access_stream
        self._notify = notify

    def __call__(self, record: StreamRecord) -> None:
        """Raises Unreadable or Unavailable."""
        self._notify(self._access_stream.read(record))


def _act(row: Item) -> SeenAct | None:
    """Returns None for an act that concerns neither a record nor a child's number, such as a shield."""
    try:
        act = Act(attributes.text(row, "act"))
    except ValueError:
        raise Unreadable from None
    concerns_record = {"authority", "reference"} <= row.keys()
    if not concerns_record and act not in NUMBER_ENDS:
        return None
    return SeenAct(
        id=attributes.text(row, "sk").removeprefix(ACT),
        at=attributes.epoch(row, "at"),
        act=act,
        child=ChildKey(attributes.text(row, "pk")),
        authority_code=attributes.text(row, "authority") if concerns_record else None,
        reference=attributes.text(row, "reference") if concerns_record else None,
    )

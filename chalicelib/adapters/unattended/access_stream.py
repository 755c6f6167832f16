"""Reads the Access table's stream.

The stream carries only keys, so that no access record is in it. This module reads each access record from the table.
"""

from ...application.store_errors import Unreadable
from ...application.unattended.count_outcome import CountOutcome, SeenOutcome
from ...application.unattended.notify import NUMBER_ENDS, Notify, SeenAct, SeenLookup
from ...domain.access_records import Act
from ...domain.authority import Purpose
from ...domain.child import ChildKey
from ...domain.limits import SoftLimit
from ...domain.notices import Originator
from ..dynamodb import attributes
from ..dynamodb.access_log import open_shown, read_outcome
from ..dynamodb.found_lookups import read_lookup
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

    def read(self, record: StreamRecord) -> SeenLookup | SeenAct | SeenOutcome | None:
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
        if row.get("act") == {"S": Act.OUTCOME}:
            return self._outcome(row)
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

    def _outcome(self, row: Item) -> SeenOutcome | None:
        """The lookup's own access record is under the same child."""
        pk, recorded = attributes.text(row, "pk"), read_outcome(row)
        asked = self._tables.get(AccessItem, pk, LOOKUP + attributes.text(row, "reference"))
        lookup = None if asked is None else read_lookup(asked, self._sealer)
        shown = None if lookup is None else lookup.shown_in_full(recorded.entry)
        if lookup is None or shown is None:
            return None
        return SeenOutcome(
            id=attributes.sort_key(row).removeprefix(ACT),
            asked_at=lookup.at,
            child=lookup.child,
            shown=shown,
            outcome=recorded.outcome,
        )

    def _may_be_sensitive(self, row: Item) -> bool:
        """True if the asker worked with the child in a sensitive service at the time of the lookup, even if the asker's
        record has ended since. Also true if that cannot be read."""
        try:
            disclosed = open_shown(row, self._sealer)
        except Unreadable:
            meter("UnreadableRows")
            return True
        return disclosed.sensitive or not disclosed.complete


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

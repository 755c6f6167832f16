"""The rows under a child's key: how an involvement and a shield are stored, and what all rows of a child say."""

from collections.abc import Iterator, Set
from contextlib import suppress
from datetime import UTC, date, datetime

from ...application.store_errors import Unreadable
from ...domain.child import ChildKey
from ...domain.disclosure import ChildRecords
from ...domain.involvement import Involvement
from ..row_keys import (
    FORMER,
    INVOLVEMENT,
    POINTER,
    SHIELD,
    authority_of,
    involvement_sort_key,
    owner_of,
    review_month,
)
from ..sealing.sealer import OpenDetails, Sealer
from ..telemetry import meter
from . import attributes
from .tables import Item

_BEGINNING = datetime.fromtimestamp(0, UTC)


class InvolvementRows:
    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def sealed(self, involvement: Involvement) -> Item:
        sort_key = involvement_sort_key(involvement.authority_code, involvement.reference)
        expires_at = attributes.seconds(involvement.expires_at)
        bound = (involvement.child, sort_key, involvement.version, expires_at)
        return attributes.raw(
            pk=involvement.child,
            sk=sort_key,
            sealed=self._sealer.seal_details(involvement.details, involvement.authority_code, bound),
            version=involvement.version,
            expires_at=expires_at,
            ttl=expires_at,
        )

    def opened(self, row: Item, open_details: OpenDetails | None = None) -> Involvement:
        """`open_details`: one for all rows that were read together is cheaper. Raises Unreadable."""
        open_details = open_details or self._sealer.open_details
        pk, sort_key = attributes.text(row, "pk"), attributes.sort_key(row)
        version, expires_at = attributes.text(row, "version"), attributes.epoch(row, "expires_at")
        code, reference = owner_of(sort_key)
        sealed = attributes.blob(row, "sealed")
        if row.get("ttl") != row["expires_at"]:
            meter("MalformedTtl")
        return Involvement(
            child=ChildKey(pk),
            authority_code=code,
            reference=reference,
            version=version,
            expires_at=expires_at,
            details=open_details(sealed, code, (pk, sort_key, version, attributes.seconds(expires_at))),
        )

    def readable(self, rows: list[Item]) -> Iterator[Involvement]:
        """The involvements among the rows of one read that open, one after the other. Counts the others."""
        open_details = self._sealer.open_details_of_one_read()
        for row in rows:
            with suppress(Unreadable), attributes.metering_unreadable():
                yield self.opened(row, open_details)

    def of_child(self, rows: list[Item], passing_over: Set[str], *, trace_number: bool = False) -> ChildRecords:
        """`rows`: all rows under every key of the child. Those of the authorities in `passing_over` stay unopened."""
        involvements: dict[tuple[str, str], Involvement] = {}
        since: list[datetime] = []
        unreadable = 0
        open_details = self._sealer.open_details_of_one_read()
        for row in rows:
            sort_key = attributes.sort_key(row)
            if sort_key.startswith(SHIELD):
                since.append(shielded_since(self._sealer, row))
            elif sort_key.startswith(INVOLVEMENT):
                if authority_of(sort_key) in passing_over:
                    continue
                try:
                    opened = self.opened(row, open_details)
                except Unreadable:
                    meter("UnreadableRows")
                    unreadable += 1
                else:
                    _keep_newest(involvements, opened)
            elif not sort_key.startswith((POINTER, FORMER)):
                meter("UnreadableRows")
                unreadable += 1
        found = tuple(involvements.values())
        return ChildRecords(found, bool(since), unreadable, trace_number, min(since, default=None))


def shield_item(
    sealer: Sealer, child: ChildKey, reason: str, review_on: date, version: str, *, since: datetime
) -> Item:
    """`version`: the id of the access record of whoever asked for the shield. `since`: when it was asked for first."""
    since_seconds = attributes.seconds(since)
    return attributes.raw(
        pk=child,
        sk=SHIELD,
        version=version,
        review_on=review_on.isoformat(),
        due=review_month(review_on),
        since=since_seconds,
        sealed=sealer.seal_reason(reason, (child, SHIELD, version, since_seconds)),
    )


def shielded_since(sealer: Sealer, shield: Item) -> datetime:
    """When the child was shielded. The beginning of time if the item does not open: then every lookup counts as made
    under the shield. Raises Unavailable if KMS does not answer."""
    try:
        since = attributes.epoch(shield, "since")
        bound = (attributes.text(shield, "pk"), SHIELD, attributes.text(shield, "version"), attributes.seconds(since))
        sealer.check_reason(attributes.blob(shield, "sealed"), bound)
    except Unreadable:
        meter("UnreadableRows")
        return _BEGINNING
    return since


def _keep_newest(involvements: dict[tuple[str, str], Involvement], row: Involvement) -> None:
    """A child with two keys may have two rows for one reference: one that went to the present key while the rows
    were read, or one that has expired but is not yet deleted."""
    key = row.authority_code, row.reference
    if key not in involvements or involvements[key].version < row.version:
        involvements[key] = row

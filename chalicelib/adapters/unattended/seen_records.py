"""Reads what the rules on misuse may see of an authority's access records: its lookups and shields of a day, which the
index names, and the acts about their children, each child with one Query."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime

from ...application.store_errors import Unreadable
from ...domain.access_records import Act, Disclosed
from ...domain.calendar import midnight
from ...domain.child import ChildKey
from ...domain.misuse.seen import Seen, SeenAct, SeenLookup
from ...domain.misuse.summaries import LOOK_BACK
from ..dynamodb.access_log import open_shown, present
from ..dynamodb.access_records import AccessRecords, OpenedRecord
from ..dynamodb.lookup_index import LookupIndex
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Item, Tables
from ..ids import first_ulid
from ..row_keys import ACT, CHILD, authority_day
from ..sealing.misuse_texts import MisuseTexts
from ..sealing.sealer import Sealer

_AT_ONCE = 1000


class SeenRecords:
    """Access records that are not genuine are counted for an alarm, and left out. So is what names no child."""

    def __init__(
        self, tables: Tables, index: LookupIndex, records: AccessRecords, sealer: Sealer, texts: MisuseTexts
    ) -> None:
        self._tables = tables
        self._index = index
        self._records = records
        self._sealer = sealer
        self._texts = texts

    def of_day(self, authority_code: str, day: date, until: datetime) -> Iterator[Seen]:
        """The authority's lookups of the day, and all acts about these children, and those it shielded that day, from
        LOOK_BACK before it until `until`. Raises Unavailable."""
        children: dict[str, None] = {}
        for record in self._asked(authority_code, day):
            children[record.pk] = None
            if record.is_lookup:
                yield self._lookup(record)
        since = first_ulid(midnight(day) - LOOK_BACK)
        for child in children:
            for row in self._tables.query_range(AccessItem, child, f"{ACT}{since}", f"{ACT}{first_ulid(until)}"):
                with suppress(Unreadable):
                    if (act := self._act(self._records.opened(row))) is not None:
                        yield act

    def _asked(self, authority_code: str, day: date) -> Iterator[OpenedRecord]:
        after: str | None = ACT  # acts sort before lookups
        while after is not None:
            keys, more = self._index.keys(authority_day(authority_code, day), after, _AT_ONCE)
            for row in self._index.records(keys):
                with suppress(Unreadable):
                    if (record := self._opened(row)).content.authority == authority_code:
                        yield record
            after = str(keys[-1]["sk"]["S"]) if more else None

    def _opened(self, row: Item) -> OpenedRecord:
        record = self._records.opened(row)
        if not record.pk.startswith(CHILD):
            raise Unreadable
        return record

    def _lookup(self, record: OpenedRecord) -> SeenLookup:
        content, code = record.content, present(record.content.authority)
        disclosed = self._disclosed(record)
        return SeenLookup(
            id=record.id,
            at=content.at,
            child=self._texts.child_token(ChildKey(record.pk)),
            authority_code=code,
            practitioner_id=content.practitioner or "",
            role=content.role or "",
            organisation=content.organisation,
            token_id=content.token_id,
            known=None if disclosed is None else disclosed.known,
            own_references=() if disclosed is None else _own_references(disclosed, code),
            sensitive=disclosed is not None and disclosed.sensitive,
            behind=b"" if disclosed is None else disclosed.behind,
        )

    def _disclosed(self, record: OpenedRecord) -> Disclosed | None:
        try:
            return open_shown(record, self._sealer)
        except Unreadable:
            return None

    def _act(self, record: OpenedRecord) -> SeenAct | None:
        content = record.content
        if content.authority is None or content.act not in _ACTS:
            return None
        return SeenAct(
            id=record.id,
            at=content.at,
            child=self._texts.child_token(ChildKey(record.pk)),
            act=Act(content.act),
            authority_code=content.authority,
            practitioner_id=content.practitioner,
            role=content.role or "",
            organisation=content.organisation,
            reference=content.reference,
        )


def _own_references(disclosed: Disclosed, code: str) -> tuple[str, ...]:
    return tuple(row.reference for row in disclosed.rows if row.authority_code == code)


_ACTS = frozenset(act.value for act in Act)

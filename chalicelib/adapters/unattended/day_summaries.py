"""Summaries of days in the Usage table. They are a cache: what is missing or does not open is made again.

A summary may be too large for one item, so it is stored in parts.
"""

from collections import defaultdict
from datetime import date, timedelta

import msgspec

from ...application.store_errors import Unreadable
from ...domain.calendar import midnight
from ...domain.misuse.summaries import FOLLOWED_WITHIN, Stage, Summary
from ...domain.misuse.window import DAYS
from ..dynamodb import attributes
from ..dynamodb.findings import partition
from ..dynamodb.schema import SummaryItem
from ..dynamodb.tables import LAST, Item, Tables
from ..sealing.misuse_texts import MisuseTexts
from ..sealing.sealer import Bound

_PREFIX = "S#"
_PART_BYTES = 300_000  # DynamoDB takes 400 kB in one item
_KEPT_FOR = timedelta(days=DAYS + FOLLOWED_WITHIN.days + 7)
"""A week longer than any window reaches back, for runs that are late."""
_NO_VERSION = ""


class DynamoDaySummaries:
    def __init__(self, tables: Tables, texts: MisuseTexts) -> None:
        self._tables = tables
        self._texts = texts

    def since(self, authority_code: str, first_day: date) -> dict[tuple[date, Stage], Summary]:
        first, last = f"{_PREFIX}{first_day.isoformat()}", _PREFIX + LAST
        rows = self._tables.query_range(SummaryItem, partition(authority_code), first, last)
        parts: dict[str, list[Item]] = defaultdict(list)
        for row in rows:
            parts[attributes.sort_key(row).rpartition("#")[0]].append(row)
        found = (self._joined(one) for one in parts.values())
        return {(one.day, one.stage): one for one in found if one is not None and one.authority_code == authority_code}

    def keep(self, summary: Summary) -> None:
        text = msgspec.msgpack.encode(summary)
        parts = [text[start : start + _PART_BYTES] for start in range(0, len(text), _PART_BYTES)]
        for number, part in enumerate(parts):
            self._tables.put(self._tables.put_request(SummaryItem, self._item(summary, number, len(parts), part)))

    def _item(self, summary: Summary, number: int, of: int, part: bytes) -> Item:
        pk = partition(summary.authority_code)
        sk = f"{_PREFIX}{summary.day.isoformat()}#{summary.stage}#{number:03}"
        ttl = attributes.seconds(midnight(summary.day + _KEPT_FOR))
        sealed = self._texts.seal(part, (pk, sk, str(of), ttl))
        return attributes.raw(pk=pk, sk=sk, parts=of, sealed=sealed, ttl=ttl)

    def _joined(self, rows: list[Item]) -> Summary | None:
        """None if a part is missing or does not open, or if an earlier version of this code wrote it."""
        try:
            if any(attributes.count(row, "parts") != len(rows) for row in rows):
                return None
            text = b"".join(map(self._opened, rows))
            return msgspec.msgpack.decode(text, type=Summary)
        except (Unreadable, msgspec.MsgspecError):
            return None

    def _opened(self, row: Item) -> bytes:
        of, ttl = str(attributes.count(row, "parts")), attributes.count(row, "ttl")
        bound: Bound = (attributes.text(row, "pk"), attributes.sort_key(row), of, ttl)
        return self._texts.open(attributes.blob(row, "sealed"), bound)

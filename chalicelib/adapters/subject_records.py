"""Everything that the tables hold about a child, row by row, for a subject access report."""

import re

from ..application.operations.ports import SubjectPage
from ..application.ports import Unreadable
from ..domain.access import Disclosed
from ..domain.child import ChildKey
from ..domain.errors import Fault, InvalidRequest
from ..domain.involvement import Involvement
from ..domain.subject_access import WITHHELD, Stated, StatedAccess, StatedDamage, StatedShield
from . import items
from .access_log import LOOKUPS, or_none
from .involvement_store import INVOLVEMENT, SHIELD, DynamoInvolvementStore, authority_of
from .schema import AccessItem, InvolvementItem
from .sealing import Sealer
from .succession import FORMER, MOVED
from .tables import Item, Tables
from .telemetry import meter

_PLACE = re.compile(r"([0-9]{1,2}):([A-Z]#[A-Za-z0-9#._-]{0,90})?", re.ASCII)


class DynamoSubjectRecords:
    """A page may end within any key's rows; its place names the rows by number and sort key, and no child."""

    def __init__(self, tables: Tables, sealer: Sealer, involvements: DynamoInvolvementStore) -> None:
        self._tables = tables
        self._sealer = sealer
        self._involvements = involvements

    def page(self, keys: tuple[ChildKey, ...], after: str | None, limit: int) -> SubjectPage:
        parts = [(model, key) for model in (InvolvementItem, AccessItem) for key in keys]
        part, sort_key = _read_place(after, len(parts))
        rows: list[Item] = []
        while part < len(parts) and len(rows) < limit:
            model, key = parts[part]
            start: Item | None = {"pk": {"S": key}, "sk": {"S": sort_key}} if sort_key else None
            found, more = self._tables.query_page(model, key, start, limit - len(rows))
            rows += found
            sort_key = None if more is None else str(more["sk"]["S"])
            part += sort_key is None
        stated = tuple(self._stated(row) for row in rows if not row["sk"]["S"].startswith((MOVED, FORMER)))
        return SubjectPage(stated, f"{part}:{sort_key or ''}" if part < len(parts) else None)

    def _stated(self, row: Item) -> Stated:
        if "act" in row:
            return self._access(row)
        if row["sk"]["S"].startswith(SHIELD):
            return StatedShield(review_on=or_none(items.text, row, "review_on"))
        return self._involvement(row)

    def _involvement(self, row: Item) -> Involvement | StatedDamage:
        sort_key = str(row["sk"]["S"])
        try:
            return self._involvements.opened(row)
        except Unreadable:
            meter("UnreadableRows")
            if not sort_key.startswith(INVOLVEMENT):
                return StatedDamage()
            code = authority_of(sort_key)
            return StatedDamage(authority_code=code, reference=sort_key.removeprefix(f"{INVOLVEMENT}{code}#"))

    def _access(self, row: Item) -> StatedAccess:
        is_lookup = row["sk"]["S"].startswith(LOOKUPS)
        return StatedAccess(
            at=or_none(items.epoch, row, "at"),
            act=or_none(items.text, row, "act"),
            authority_code=or_none(items.text, row, "authority"),
            role=or_none(items.text, row, "role"),
            organisation=or_none(items.text, row, "organisation"),
            purpose=or_none(items.text, row, "purpose"),
            reference=or_none(items.text, row, "reference"),
            left_out=tuple(name for name in WITHHELD if name in row),
            disclosed=self._disclosed(row) if is_lookup else None,
            is_lookup=is_lookup,
        )

    def _disclosed(self, row: Item) -> Disclosed | None:
        pk, sk = str(row["pk"]["S"]), str(row["sk"]["S"])
        try:
            ends = items.seconds(items.epoch(row, "ttl"))
            return self._sealer.open_disclosed(items.blob(row, "shown"), (pk, sk, sk.removeprefix(LOOKUPS), ends))
        except Unreadable:
            meter("UnreadableRows")
            return None


def _read_place(after: str | None, parts: int) -> tuple[int, str | None]:
    if after is None:
        return 0, None
    place = _PLACE.fullmatch(after)
    if place is None or int(place[1]) >= parts:
        raise InvalidRequest(Fault("after", "is not a next_after of this report; start again without one"))
    return int(place[1]), place[2]

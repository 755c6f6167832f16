"""Everything that the tables hold about a child, row by row, for a subject access report."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from ...application.console.ports import SubjectPage
from ...application.store_errors import Unreadable
from ...domain.access_records import Disclosed
from ...domain.child import ChildKey
from ...domain.errors import FieldError, InvalidRequest
from ...domain.involvement import Involvement
from ...domain.subject_access import WITHHELD, Stated, StatedAccess, StatedDamage, StatedShield
from ..dynamodb import attributes
from ..dynamodb.access_log import open_shown
from ..dynamodb.access_records import AccessRecords, OpenedRecord
from ..dynamodb.involvement_rows import InvolvementRows
from ..dynamodb.schema import AccessItem, InvolvementItem
from ..dynamodb.tables import Item, Tables
from ..row_keys import ACT, FORMER, INVOLVEMENT, LOOKUP, POINTER, SHIELD, owner_of
from ..sealing.sealer import NO_EXPIRY, Bound, Sealer
from ..telemetry import meter

_LOOKED_UP = "looked_up"
_SEPARATOR = "\n"
_NO_CURSOR = (
    "is not a next_after of this report, or the child has been given another number since: start again without it"
)


class DynamoSubjectRecords:
    """A page may end among the rows of any of the child's keys. The cursor is sealed and bound to those keys: if the
    child gets another one between two pages, the cursor is refused, because it would continue in the wrong rows."""

    def __init__(self, tables: Tables, sealer: Sealer, rows: InvolvementRows, records: AccessRecords) -> None:
        self._records = records
        self._tables = tables
        self._sealer = sealer
        self._rows = rows

    def page(self, keys: tuple[ChildKey, ...], after: str | None, limit: int) -> SubjectPage:
        parts = [(model, key) for model in (InvolvementItem, AccessItem) for key in keys]
        bound = ("subject access report", _SEPARATOR.join(keys), "", NO_EXPIRY)
        part, sort_key = self._read_cursor(after, bound)
        rows: list[Item] = []
        while part < len(parts) and len(rows) < limit:
            model, key = parts[part]
            start = attributes.raw(pk=key, sk=sort_key) if sort_key else None
            found, more = self._tables.query_page(model, key, start, limit - len(rows))
            rows += found
            sort_key = "" if more is None else attributes.sort_key(more)
            part += more is None
        stated = tuple(self._stated(row) for row in rows if not attributes.sort_key(row).startswith((POINTER, FORMER)))
        return SubjectPage(stated, self._cursor(part, sort_key, bound) if part < len(parts) else None)

    def _cursor(self, part: int, sort_key: str, bound: Bound) -> str:
        text = f"{part}{_SEPARATOR}{sort_key}"
        return urlsafe_b64encode(self._sealer.seal_cursor(text, bound)).decode()

    def _read_cursor(self, after: str | None, bound: Bound) -> tuple[int, str]:
        if after is None:
            return 0, ""
        try:
            text = self._sealer.open_cursor(urlsafe_b64decode(after.encode("ascii")), bound)
        except (Unreadable, ValueError):
            raise InvalidRequest(FieldError("after", _NO_CURSOR)) from None
        part, _, sort_key = text.partition(_SEPARATOR)
        return int(part), sort_key

    def _stated(self, row: Item) -> Stated:
        sort_key = attributes.sort_key(row)
        if sort_key.startswith((LOOKUP, ACT)):
            return self._access(row)
        if sort_key.startswith(SHIELD):
            return StatedShield(review_on=attributes.or_none(attributes.text, row, "review_on"))
        return self._involvement(row)

    def _involvement(self, row: Item) -> Involvement | StatedDamage:
        try:
            return self._rows.opened(row)
        except Unreadable:
            meter("UnreadableRows")
            sort_key = attributes.sort_key(row)
            if not sort_key.startswith(INVOLVEMENT):
                return StatedDamage()
            code, reference = owner_of(sort_key)
            return StatedDamage(authority_code=code, reference=reference)

    def _access(self, row: Item) -> StatedAccess:
        """Only the kind of an access record that is not genuine can be stated."""
        is_lookup = attributes.sort_key(row).startswith(LOOKUP)
        try:
            record = self._records.opened(row)
        except Unreadable:
            return StatedAccess(is_lookup=is_lookup)
        content = record.content
        return StatedAccess(
            at=content.at,
            act=_LOOKED_UP if is_lookup else content.act,
            authority_code=content.authority,
            role=content.role,
            organisation=content.organisation,
            purpose=content.purpose,
            reference=content.reference,
            left_out=tuple(name for name in WITHHELD if getattr(content, name, None) is not None),
            disclosed=self._disclosed(record) if is_lookup else None,
            is_lookup=is_lookup,
        )

    def _disclosed(self, record: OpenedRecord) -> Disclosed | None:
        try:
            return open_shown(record, self._sealer)
        except Unreadable:
            meter("UnreadableRows")
            return None

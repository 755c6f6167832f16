"""Reads the acts that concern a child, an authority itself, or the whole service, from their partition of the Access
table."""

from datetime import date
from itertools import islice, takewhile

from ...application.console.ports import ActPage, ReportedAct
from ...application.store_errors import Unreadable
from ...domain.calendar import midnight
from ...domain.child import ChildKey
from ..dynamodb import attributes
from ..dynamodb.access_log import partition_of
from ..dynamodb.access_records import AccessRecords, record_id
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Item, Tables
from ..ids import first_ulid
from ..row_keys import ACT, CHILD

PAGE = 800
"""This many acts fit into the 6 MB of a Lambda answer, even if each has the longest texts of an event."""


class DynamoPastActs:
    def __init__(self, tables: Tables, records: AccessRecords, page_size: int = PAGE) -> None:
        self._tables = tables
        self._records = records
        self._page_size = page_size

    def page(self, child: ChildKey | None, authority_code: str | None, since: date, after: str | None) -> ActPage:
        start = first_ulid(midnight(since)) if after is None else after
        rows = self._tables.query_after(AccessItem, partition_of(child, authority_code), f"{ACT}{start}")
        acts = map(self._reported, takewhile(_is_act, rows))
        found = tuple(islice(acts if child is None else filter(_may_be_of_staff, acts), self._page_size + 1))
        shown = found[: self._page_size]
        return ActPage(shown, shown[-1].id if len(found) > self._page_size else None)

    def _reported(self, row: Item) -> ReportedAct:
        """An audit must show an access record that is not genuine too. Only its key can be read."""
        id = record_id(attributes.sort_key(row))
        try:
            content = self._records.opened(row).content
        except Unreadable:
            return ReportedAct(id=id)
        about_a_record = content.authority is not None and attributes.text(row, "pk").startswith(CHILD)
        return ReportedAct(
            id=id,
            at=content.at,
            act=content.act,
            # Under a child it is that of an authority's record or lookup. The auditor need not see which those are.
            reference=None if about_a_record else content.reference,
            practitioner_id=content.practitioner,
            role=content.role,
            organisation=content.organisation,
            token_id=content.token_id,
            requested_by=content.requested_by,
            reason=content.reason,
            request_id=content.request_id,
            changed=tuple((content.changed or "").split()),
        )


def _may_be_of_staff(act: ReportedAct) -> bool:
    """Nobody can say whose act an access record is that is not genuine."""
    return act.at is None or act.requested_by is not None


def _is_act(row: Item) -> bool:
    return attributes.sort_key(row).startswith(ACT)

"""Finds the proposals among the access records. Their id is their code. A forged one does not open."""

from ...application.store_errors import Unreadable
from ...domain.access_records import Act, ActRecord
from ...domain.proposals import Proposal, Work
from ..dynamodb.access_log import partition_of
from ..dynamodb.access_records import AccessRecords, OpenedRecord
from ..dynamodb.schema import AccessItem
from ..dynamodb.tables import Tables
from ..row_keys import ACT


class DynamoProposalLog:
    def __init__(self, tables: Tables, records: AccessRecords) -> None:
        self._tables = tables
        self._records = records

    def find(self, work: Work, code: str) -> Proposal | None:
        try:
            record = self._opened(partition_of(work.child, work.authority_code), code)
        except Unreadable:
            return None
        return None if record is None else _proposal(record)

    def has(self, record: ActRecord) -> bool:
        found = self._opened(partition_of(record.child, record.concerns), record.id)
        if found is None:
            return False
        if (found.content.act, found.content.reference) != (record.act, record.reference):
            raise Unreadable
        return True

    def _opened(self, partition: str, id: str) -> OpenedRecord | None:
        """Raises Unreadable."""
        item = self._tables.get(AccessItem, partition, f"{ACT}{id}")
        return None if item is None else self._records.opened(item)


def _proposal(record: OpenedRecord) -> Proposal | None:
    """None if it is another act. Only an operator proposes, and everything that is proposed has a summary."""
    content = record.content
    if content.act != Act.PROPOSED or content.reference is None or content.requested_by is None:
        return None
    return Proposal(code=record.id, at=content.at, summary=content.reference, requested_by=content.requested_by)

"""The leaf of an access record, made from the access record as it is stored."""

import msgspec

from ...domain.history import Leaf
from ..sealing.history_leaves import HistoryLeaves
from ..sealing.sealer import key_version
from . import attributes
from .access_records import AccessRecords, OpenedRecord
from .tables import Item

_READABLE = (
    "at",
    "authority",
    "practitioner",
    "role",
    "organisation",
    "token_id",
    "purpose",
    "case_reference",
    "over_soft_limit",
)
"""What a proof shows of a lookup besides its id: only what the asking authority sent or was answered."""


class AccessLeaves:
    def __init__(self, records: AccessRecords, leaves: HistoryLeaves) -> None:
        self._records = records
        self._leaves = leaves

    def of(self, item: Item) -> tuple[OpenedRecord, Leaf]:
        """Raises NotGenuine if the service did not write the access record, or Unavailable."""
        record = self._records.opened(item)
        sealed = attributes.blob(item, "sealed")
        return record, self._leaves.of(record.pk, record.sk, _text(record), sealed, key_version(sealed))


def _text(record: OpenedRecord) -> str:
    shown = {name: value for name in _READABLE if (value := getattr(record.content, name)) is not None}
    return msgspec.json.encode({"id": record.id, **shown}).decode()

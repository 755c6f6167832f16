"""The lookups of an authority on one day, as an export shows them: with their leaves, and without a pseudonym.

A code stands for each child. It is made with the id of the export, so it is the same within one export only: nobody can
link two exports, or an export and a report.
"""

import hashlib
import hmac
from datetime import date

import msgspec

from ...application.console.ports import ExportPage
from ...application.ports import HistoryProofs
from ...application.store_errors import Unreadable
from ...domain.history import ExportedLookup, SealedLookup
from ...domain.values import replace
from ..dynamodb import attributes
from ..dynamodb.access_leaves import AccessLeaves
from ..dynamodb.lookup_index import LookupIndex
from ..dynamodb.tables import Item
from ..row_keys import LOOKUP, authority_day
from ..sealing.audit_keys import AuditKeys

PAGE = 200
_TOKEN = "audit export"  # noqa: S105 - the purpose of a subkey
_TOKEN_CHARACTERS = 16


class DynamoExportedLookups:
    def __init__(self, index: LookupIndex, leaves: AccessLeaves, proofs: HistoryProofs, keys: AuditKeys) -> None:
        self._index = index
        self._leaves = leaves
        self._proofs = proofs
        self._keys = keys

    def page(self, authority_code: str, day: date, after: str) -> ExportPage:
        export, _, since = after.partition(".")
        found, more = self._index.keys(authority_day(authority_code, day), LOOKUP + since if since else None, PAGE)
        rows = sorted(self._index.records(found), key=attributes.sort_key)
        key = hmac.digest(
            self._keys.subkey(_TOKEN), msgspec.msgpack.encode((export, authority_code, day.isoformat())), hashlib.sha256
        )
        exported = [self._exported(row, key) for row in rows]
        places = self._proofs.places({one.sealed.leaf.hash: one.sealed.at for one in exported if one.sealed})
        placed = (
            one if one.sealed is None else replace(one, place=places.get(one.sealed.leaf.hash)) for one in exported
        )
        last = attributes.sort_key(found[-1]).removeprefix(LOOKUP) if more else None
        return ExportPage(tuple(placed), None if last is None else f"{export}.{last}")

    def _exported(self, row: Item, key: bytes) -> ExportedLookup:
        """Without its place. A lookup that does not open has no leaf either, but an audit must show it too."""
        child = hmac.digest(key, attributes.text(row, "pk").encode(), hashlib.sha256).hex()[:_TOKEN_CHARACTERS]
        lookup_id = attributes.sort_key(row).removeprefix(LOOKUP)
        try:
            record, leaf = self._leaves.of(row)
        except Unreadable:
            return ExportedLookup(lookup_id, child, sealed=None, place=None)
        return ExportedLookup(lookup_id, child, SealedLookup(record.content.at, leaf), place=None)

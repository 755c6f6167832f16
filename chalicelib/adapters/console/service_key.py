"""Makes the service key and the audit key. KMS returns them only wrapped, and nobody but the service's functions can
unwrap them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...domain.access_records import ActRecord
from ...domain.errors import Unavailable
from ...domain.values import Hidden
from ..aws_errors import ConditionRefused, Contended, aws_errors
from ..dynamodb.access_log import DynamoAccessLog
from ..dynamodb.schema import KeyItem
from ..dynamodb.tables import Item, Tables


class WrappedKey(Hidden, frozen=True):
    """A data key to make. `name`: its key in the Keys table. `kms_key`: wraps it. `context`: its encryption context."""

    name: str
    kms_key: str
    context: Mapping[str, str]


class WrappedKeys:
    def __init__(self, tables: Tables, access_log: DynamoAccessLog, kms: Any, service: WrappedKey, audit: WrappedKey):
        self._tables = tables
        self._access_log = access_log
        self._kms = kms
        self._service = service
        self._audit = audit

    def make(self, record: ActRecord) -> bool:
        """The audit key comes first, because the access record of the service key is sealed under it."""
        self._make_audit_key()
        item = self._made(self._service)
        put = self._tables.put_once_request(KeyItem, item)
        try:
            self._tables.transact([{"Put": put}, {"Put": self._access_log.put_request(record)}])
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            # The key found may be our own, if the first reply was lost. An existing key is never replaced.
            return refused.found == item
        return True

    def _make_audit_key(self) -> None:
        with suppress(ConditionRefused):
            self._tables.put(self._tables.put_once_request(KeyItem, self._made(self._audit)))

    def _made(self, key: WrappedKey) -> Item:
        with aws_errors("KMS"):
            reply = self._kms.generate_data_key_without_plaintext(
                KeyId=key.kms_key, KeySpec="AES_256", EncryptionContext=key.context
            )
        return {"key": {"S": key.name}, "secret": {"B": reply["CiphertextBlob"]}}

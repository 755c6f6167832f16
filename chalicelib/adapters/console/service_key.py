"""Makes the service key. KMS returns it only wrapped, and nobody but the service's functions can unwrap it."""

from collections.abc import Mapping
from typing import Any

from ...domain.access_records import ActRecord
from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended, aws_errors
from ..dynamodb.access_log import DynamoAccessLog
from ..dynamodb.schema import KeyItem
from ..dynamodb.tables import Tables
from ..sealing.keyring import CURRENT_VERSION, SERVICE_KEY


class WrappedServiceKey:
    """`context`: made by `encryption_context`."""

    def __init__(
        self, tables: Tables, access_log: DynamoAccessLog, kms: Any, key_id: str, context: Mapping[str, str]
    ) -> None:
        self._tables = tables
        self._access_log = access_log
        self._kms = kms
        self._key_id = key_id
        self._context = context

    def make(self, record: ActRecord) -> bool:
        with aws_errors("KMS"):
            reply = self._kms.generate_data_key_without_plaintext(
                KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=self._context
            )
        item = {"key": {"S": f"{SERVICE_KEY}{CURRENT_VERSION}"}, "secret": {"B": reply["CiphertextBlob"]}}
        put = self._tables.put_once_request(KeyItem, item)
        try:
            self._tables.transact([{"Put": put}, {"Put": self._access_log.put_request(record)}])
        except Contended:
            raise Unavailable from None
        except ConditionRefused as refused:
            # The key found may be our own, if the first reply was lost. An existing key is never replaced.
            return refused.found == item
        return True

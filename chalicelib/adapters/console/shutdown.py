"""Switching a stage off, step by step. Each step first checks what is left to do, so it can be repeated at any time."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ...domain.switch_off import EndedKey
from ..aws_errors import aws_errors
from ..dynamodb.schema import KeyItem
from ..dynamodb.tables import Tables
from ..sealing.audit_keys import AUDIT_KEY

_UNUSABLE = frozenset({"Disabled", "PendingDeletion", "PendingReplicaDeletion"})
_PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})

Metadata = dict[str, Any]


class StageShutdown:
    """`keys`: the ids of the KMS keys that can open anything, by their names in the statement."""

    def __init__(
        self, tables: Tables, kms: Any, keys: Mapping[str, str], lambda_client: Callable[[], Any], api_function: str
    ) -> None:
        self._tables = tables
        self._kms = kms
        self._keys = keys
        self._lambda_client = lambda_client
        self._api_function = api_function

    def stop_api(self) -> None:
        """Reserves a concurrency of 0: Lambda refuses every request. Neither a deployment nor a rollback undoes it."""
        with aws_errors("Lambda"):
            self._lambda_client().put_function_concurrency(
                FunctionName=self._api_function, ReservedConcurrentExecutions=0
            )

    def disable_keys(self) -> None:
        for key_id in self._keys.values():
            metadata = self._described(key_id)
            if metadata is not None and metadata["KeyState"] not in _UNUSABLE:
                with aws_errors("KMS"):
                    self._kms.disable_key(KeyId=metadata["Arn"])

    def shred(self) -> None:
        """The audit key stays: access records must be verified for as long as they are kept."""
        for item in self._tables.scan(KeyItem):
            if not item["key"]["S"].startswith(AUDIT_KEY):
                self._tables.delete(self._tables.delete_request(KeyItem, item["key"]["S"]))

    def schedule_deletion(self, wait_days: int) -> tuple[EndedKey, ...]:
        return tuple(self._ended(name, key_id, wait_days) for name, key_id in self._keys.items())

    def _ended(self, name: str, key_id: str, wait_days: int) -> EndedKey:
        metadata = self._described(key_id)
        if metadata is not None and metadata["KeyState"] not in _PENDING:
            with aws_errors("KMS"):
                self._kms.schedule_key_deletion(KeyId=metadata["Arn"], PendingWindowInDays=wait_days)
            metadata = self._described(key_id)
        if metadata is None:
            return EndedKey(name, key_id, None)
        replicas = metadata.get("MultiRegionConfiguration", {}).get("ReplicaKeys", [])
        deleted_at = metadata.get("DeletionDate")
        return EndedKey(
            name,
            metadata["Arn"],
            None if deleted_at is None else deleted_at.date(),
            tuple(replica["Arn"] for replica in replicas if replica["Arn"] != metadata["Arn"]),
        )

    def _described(self, key_id: str) -> Metadata | None:
        """Returns None if the key has been deleted."""
        with aws_errors("KMS"):
            try:
                metadata: Metadata = self._kms.describe_key(KeyId=key_id)["KeyMetadata"]
            except ClientError as error:
                if error.response["Error"]["Code"] == "NotFoundException":
                    return None
                raise
        return metadata

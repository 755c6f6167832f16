"""The table settings that a restore drops or that people easily forget after one, and the identity of the table."""

from datetime import UTC
from typing import Any

from ...application.console.ports import Restored
from ...domain.switch_off import BACKUP_DAYS
from ..aws_errors import aws_errors
from ..dynamodb.schema import INVOLVEMENTS, STREAMS, TTL_ATTRIBUTE
from ..dynamodb.table_settings import BACKUPS, ENCRYPTION, PROTECTION, STREAM, TTL, wrong_settings

_TAGS = "tags"


class TableSettings:
    """`pattern`: the name of the table that the stage was made with. If that table still exists, its tags are right."""

    def __init__(self, dynamodb: Any, name: str, pattern: str) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._pattern = pattern

    def described(self) -> Restored | None:
        with aws_errors("DynamoDB"):
            table = self._described(self._name)
        if table is None:
            return None
        as_of = table.get("RestoreSummary", {}).get("RestoreDateTime")
        return Restored(table["TableId"], as_of and as_of.astimezone(UTC))

    def put_right(self) -> tuple[str, ...]:
        """AWS makes one change to a table at a time and refuses others meanwhile. The next run makes those."""
        wrong = self.wrong()
        repair = {
            TTL: self._ttl,
            BACKUPS: self._backups,
            STREAM: self._stream,
            PROTECTION: self._protection,
            _TAGS: self._tags,
        }
        with aws_errors("DynamoDB"):
            for name in wrong:
                repair[name]()
        return wrong

    def wrong(self) -> tuple[str, ...]:
        """Encryption is chosen when a table is restored, and cannot be left out then."""
        with aws_errors("DynamoDB"):
            found = wrong_settings(self._dynamodb, self._name, INVOLVEMENTS)
            tagged = self._tags_of(self._pattern) <= self._tags_of(self._name)
        return *(name for name in found if name != ENCRYPTION), *(() if tagged else (_TAGS,))

    def _ttl(self) -> None:
        spec = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        self._dynamodb.update_time_to_live(TableName=self._name, TimeToLiveSpecification=spec)

    def _backups(self) -> None:
        spec = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": BACKUP_DAYS}
        self._dynamodb.update_continuous_backups(TableName=self._name, PointInTimeRecoverySpecification=spec)

    def _stream(self) -> None:
        spec = {"StreamEnabled": True, "StreamViewType": STREAMS[INVOLVEMENTS]}
        self._dynamodb.update_table(TableName=self._name, StreamSpecification=spec)

    def _protection(self) -> None:
        self._dynamodb.update_table(TableName=self._name, DeletionProtectionEnabled=True)

    def _tags(self) -> None:
        tags = [{"Key": key, "Value": value} for key, value in sorted(self._tags_of(self._pattern))]
        self._dynamodb.tag_resource(ResourceArn=self._arn(self._name), Tags=tags)

    def _tags_of(self, name: str) -> set[tuple[str, str]]:
        """The tags of a table, except those that only AWS can set."""
        arn = self._arn(name)
        if arn is None:
            return set()
        tags = self._dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
        return {(tag["Key"], tag["Value"]) for tag in tags if not tag["Key"].startswith("aws:")}

    def _arn(self, name: str) -> str | None:
        table = self._described(name)
        return None if table is None else str(table["TableArn"])

    def _described(self, name: str) -> dict[str, Any] | None:
        try:
            return dict(self._dynamodb.describe_table(TableName=name)["Table"])
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return None

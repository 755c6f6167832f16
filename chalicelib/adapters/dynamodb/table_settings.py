"""Compares a table's settings with those that the stage was made with."""

from collections.abc import Mapping
from typing import Any

from ...domain.switch_off import BACKUP_DAYS
from .schema import EXPIRING, STREAMS, TTL_ATTRIBUTE

TTL, BACKUPS, STREAM, PROTECTION, ENCRYPTION = "TTL", "backups", "stream", "deletion protection", "encryption"


def wrong_settings(dynamodb: Any, name: str, table: str) -> tuple[str, ...]:
    """The settings of the table `name` that differ from what a table of that kind must have.

    Makes three calls, and raises what `dynamodb`, a client of botocore, raises.
    """
    described = dynamodb.describe_table(TableName=name)["Table"]
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    right = {
        TTL: _ttl_is_right(ttl, table),
        BACKUPS: _are_kept(backups.get("PointInTimeRecoveryDescription", {})),
        STREAM: described.get("StreamSpecification", {}).get("StreamViewType") == STREAMS.get(table),
        PROTECTION: bool(described.get("DeletionProtectionEnabled")),
        ENCRYPTION: described.get("SSEDescription", {}).get("SSEType") == "KMS",
    }
    return tuple(setting for setting, is_right in right.items() if not is_right)


def _ttl_is_right(ttl: Mapping[str, str], table: str) -> bool:
    is_on = ttl.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    return is_on and ttl.get("AttributeName") == TTL_ATTRIBUTE if table in EXPIRING else not is_on


def _are_kept(recovery: Mapping[str, Any]) -> bool:
    """True if backups are kept exactly as long as promised. If they are switched on by hand, DynamoDB keeps them for 35
    days."""
    is_on = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
    return is_on and recovery.get("RecoveryPeriodInDays", BACKUP_DAYS) == BACKUP_DAYS

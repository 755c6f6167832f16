"""What operators are told, where a sentence in `app.py` would not do."""

from datetime import datetime, timedelta

BACKUP_DAYS = 7
"""How far back any table can be restored (PITR, `infra/template/tables.yaml`)."""


def removal_words(code: str, now: datetime) -> str:
    gone_on = (now + timedelta(days=BACKUP_DAYS)).date()
    return (
        f"{code} is removed, and its salt is deleted. Within a minute it can no longer call and its records are "
        "skipped; none of them, and nothing that it could compare a resent record with, can be read again. "
        f"Until {gone_on} a restored backup of the keys table still holds the salt; after that it is gone for good. "
        "Who looked at its records stays in the access records."
    )

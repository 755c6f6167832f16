"""The cursor of a restore gate, which its operator passes from one run to the next. It is sealed, because it holds a
child's key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from ...application.console.ports import ScanKey
from ...application.console.restore_gate import GateCursor, Phase
from ...application.store_errors import Unreadable
from ...domain.errors import FieldError, InvalidRequest
from ..sealing.sealer import NO_EXPIRY, Bound, Sealer

_SEPARATOR = "\n"


def write_cursor(sealer: Sealer, table: str, backup_at: datetime, onward: GateCursor | None) -> str | None:
    """Returns None if there is nothing left to do."""
    if onward is None:
        return None
    key = onward.after
    text = _SEPARATOR.join((onward.table_id, onward.phase, *(() if key is None else (key.pk, key.sk))))
    return urlsafe_b64encode(sealer.seal_cursor(text, _bound(table, backup_at))).decode()


def read_cursor(sealer: Sealer, table: str, backup_at: datetime, text: str | None) -> GateCursor | None:
    """Raises InvalidRequest unless the text was written for a table of this name and this backup."""
    if text is None:
        return None
    try:
        sealed = urlsafe_b64decode(text.encode("ascii"))
        table_id, phase, *key = sealer.open_cursor(sealed, _bound(table, backup_at)).split(_SEPARATOR)
        return GateCursor(table_id, Phase(phase), ScanKey(*key) if key else None)
    except (Unreadable, ValueError):
        raise InvalidRequest(
            FieldError("after", "is not a next_after of this table and backup_at; start again without it")
        ) from None


def _bound(table: str, backup_at: datetime) -> Bound:
    """Binds the cursor to the time of the backup too, because a replay from that time covers nothing earlier."""
    return ("restore gate", table, backup_at.isoformat(), NO_EXPIRY)

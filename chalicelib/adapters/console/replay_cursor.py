"""The cursor of `replay_notices`, which its operator passes from one run to the next. It is sealed, because it holds a
child's key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from ...application.console.ports import ScanKey
from ...application.store_errors import Unreadable
from ...domain.errors import FieldError, InvalidRequest
from ..sealing.sealer import NO_EXPIRY, Bound, Sealer

_SEPARATOR = "\n"


def write_cursor(sealer: Sealer, since: datetime, before: datetime, place: ScanKey | None) -> str | None:
    """Returns None if there is nothing left to do."""
    if place is None:
        return None
    text = _SEPARATOR.join((place.pk, place.sk))
    return urlsafe_b64encode(sealer.seal_cursor(text, _bound(since, before))).decode()


def read_cursor(sealer: Sealer, since: datetime, before: datetime, text: str | None) -> ScanKey | None:
    """Raises InvalidRequest unless the text was written for this stretch of time."""
    if text is None:
        return None
    try:
        pk, sk = sealer.open_cursor(urlsafe_b64decode(text.encode("ascii")), _bound(since, before)).split(_SEPARATOR)
    except (Unreadable, ValueError):
        raise InvalidRequest(
            FieldError("after", "is not a next_after of this since and before; start again without it")
        ) from None
    return ScanKey(pk, sk)


def _bound(since: datetime, before: datetime) -> Bound:
    return ("replay notices", since.isoformat(), before.isoformat(), NO_EXPIRY)

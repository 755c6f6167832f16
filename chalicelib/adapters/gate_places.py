"""Where a restore gate goes on, as its operator carries it from one run to the next. Sealed: it holds a child's key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from ..application.operations.restore_gate import Phase
from ..application.ports import Place, Unreadable
from ..domain.errors import Fault, InvalidRequest
from .sealing import Bound, Sealer

_SEPARATOR = "\n"


def write_place(sealer: Sealer, table: str, following: tuple[Phase, Place | None]) -> str:
    phase, place = following
    text = _SEPARATOR.join((phase, *(() if place is None else (place.pk, place.sk))))
    return urlsafe_b64encode(sealer.seal_place(text, _bound(table))).decode()


def read_place(sealer: Sealer, table: str, text: str | None) -> tuple[Phase, Place | None]:
    """Raises InvalidRequest for what was not written for this table."""
    if text is None:
        return Phase.REPLAY, None
    try:
        phase, *place = sealer.open_place(urlsafe_b64decode(text.encode("ascii")), _bound(table)).split(_SEPARATOR)
        return Phase(phase), Place(*place) if place else None
    except (Unreadable, ValueError):
        raise InvalidRequest(Fault("after", "is not a next_after of this table; start again without one")) from None


def _bound(table: str) -> Bound:
    return ("restore gate", table, "", 0)

"""Notices: messages that wait for an authority about its own records, children and practitioners.

They are no tracker of a child, and what has changed since is no longer told: the same rules decide when a notice is
written and again whenever it is read.

| kind | who is told | when it is told |
|---|---|---|
| `registered` | owners of another current involvement | the new one stands, and is not sensitive; no shield |
| `looked_up` | other authorities with a current `social_care` involvement | no shield |
| both | the broker desk | the child is shielded; no sensitive registration |
| `lapses` | the owner | the record would still end on that day |
| `disputed` | the owner | the record is still disputed |
| `soft_limit` | the authority that asked | always |
"""

from datetime import datetime, timedelta
from enum import StrEnum

from .authority import Purpose
from .child import ChildKey
from .values import Hidden, Struct

KEPT_FOR = timedelta(days=90)


class NoticeKind(StrEnum):
    REGISTERED = "registered"
    LOOKED_UP = "looked_up"
    LAPSES = "lapses"
    DISPUTED = "disputed"
    SOFT_LIMIT = "soft_limit"


class Doer(Struct, frozen=True, kw_only=True):
    """Who registered, looked up or passed a limit. `reference`: of the registered record.

    `sensitive`: who looked up worked with the child in a sensitive service then, or perhaps did.
    """

    authority_code: str
    practitioner_id: str | None = None
    reference: str | None = None
    sensitive: bool = False


class Notice(Hidden, frozen=True, kw_only=True):
    """A message for one authority.

    `source`: what it is about, the same however often it is posted: the id of an access record, an expiry.
    `child`, `reference`: the recipient's own record; both None where the notice is about no record. The broker desk has
    none of its own: the notices for it have no reference.
    `by`: None for what the service does itself. `expires_at`: of a record that lapses.
    """

    recipient: str
    kind: NoticeKind
    source: str
    at: datetime
    child: ChildKey | None = None
    reference: str | None = None
    by: Doer | None = None
    purpose: Purpose | None = None
    expires_at: datetime | None = None

    @property
    def kept_until(self) -> datetime:
        return self.at + KEPT_FOR


class Waiting(Struct, frozen=True):
    """A notice and its place: authorities count their own from 1, without regard to what was told since."""

    number: int
    notice: Notice


def about_to_lapse(
    authority_code: str, reference: str, child: ChildKey, expires_at: datetime, *, days: int, at: datetime
) -> Notice:
    """To the owner of a record that lapses in `days` days unless somebody confirms it."""
    return Notice(
        recipient=authority_code,
        kind=NoticeKind.LAPSES,
        source=f"{expires_at:%F}#{days}",
        at=at,
        child=child,
        reference=reference,
        expires_at=expires_at,
    )

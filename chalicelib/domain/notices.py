"""Notices: messages that wait for an authority about its own records, children and practitioners.

Nobody may use notices to follow a child around, and a notice that is out of date is not shown. The same rules decide
when a notice is written and again whenever it is read (`notice_visibility.py`).

| kind | recipient | shown if |
|---|---|---|
| `registered` | owners of another current involvement | the new one is there and not sensitive; no shield |
| `looked_up` | other authorities with a current `social_care` involvement | no shield then; unnamed if one now |
| `shielded` | owners of a current `social_care` involvement | the child is still shielded; never by whom |
| all three | the broker desk, in full | the child is shielded |
| `lapses` | the owner | the record would still end on that day |
| `disputed` | the owner | the record is still disputed |
| `undecided` | the owner, once a day | the record has not been written since |
| `trace_number` | the owner | the record is still under that number |
| `soft_limit` | the authority that asked | always |
| `contact_outcomes` | the owner of the records | always |
| `registry_changed` | the authority whose registry item changed | always |
"""

from datetime import datetime, timedelta
from enum import StrEnum
from zlib import crc32

from .authority import Purpose, RegistryField
from .calendar import midnight
from .child import ChildKey
from .outcomes import ContactOutcomes, Week
from .values import Hidden, Struct

KEPT_FOR = timedelta(days=90)
REGISTERED_A_DAY = 8
"""Of one authority about one child, to one record. More than one, so that a second worker whom an authority registers
on the same day is hardly ever missed."""


class NoticeKind(StrEnum):
    REGISTERED = "registered"
    LOOKED_UP = "looked_up"
    SHIELDED = "shielded"
    LAPSES = "lapses"
    DISPUTED = "disputed"
    UNDECIDED = "undecided"
    TRACE_NUMBER = "trace_number"
    SOFT_LIMIT = "soft_limit"
    CONTACT_OUTCOMES = "contact_outcomes"
    REGISTRY_CHANGED = "registry_changed"


class Originator(Struct, frozen=True, kw_only=True):
    """Whoever caused a notice: by registering, looking up, shielding or passing a limit.

    `reference`: of the registered record. `role`: of whoever looked up or shielded, for the broker desk.
    `sensitive`: for a lookup, the asker worked, or may have worked, with the child in a sensitive service at that time.
    `behind`: the marks of the records that hid it (`hiding.py`), empty if that is not known.
    """

    authority_code: str
    practitioner_id: str | None = None
    reference: str | None = None
    sensitive: bool = False
    role: str | None = None
    behind: bytes = b""


class Notice(Hidden, frozen=True, kw_only=True):
    """A message for one authority.

    `source`: names the event, such as the id of an access record or an expiry. Posting the same event again gives the
    same source, so the store can recognise a repeat.
    `child`, `reference`: the recipient's own record; both None if the notice is about no record. The broker desk has no
    records, so a notice for it has a child and no reference.
    `by`: None if the service itself caused the notice. `expires_at`: of a record that lapses. `version`: of a record
    that is undecided. `contact`: whom askers rang in a week, and with what outcomes. `changed`: what changed of the
    recipient's registry item.
    """

    recipient: str
    kind: NoticeKind
    source: str
    at: datetime
    child: ChildKey | None = None
    reference: str | None = None
    by: Originator | None = None
    purpose: Purpose | None = None
    expires_at: datetime | None = None
    contact: ContactOutcomes | None = None
    version: str | None = None
    changed: tuple[RegistryField, ...] = ()

    @property
    def kept_until(self) -> datetime:
        return self.at + KEPT_FOR


def registration_source(authority_code: str, reference: str, at: datetime) -> str:
    """The source of the notices about a registration. Each record of a recipient gets at most REGISTERED_A_DAY of them
    a day from one authority, however often that registers and withdraws, and one if it repeats the same reference."""
    return f"{authority_code}#{at:%F}#{crc32(reference.encode()) % REGISTERED_A_DAY}"


class StoredNotice(Struct, frozen=True, kw_only=True):
    """What names a stored notice, without its content."""

    recipient: str
    number: int
    kept_until: datetime


class NumberedNotice(Struct, frozen=True):
    """A notice and its number. Each authority's notices are numbered from 1, including those no longer shown."""

    number: int
    notice: Notice


def about_to_lapse(
    authority_code: str, reference: str, child: ChildKey, expires_at: datetime, *, days: int, at: datetime
) -> Notice:
    """A notice to the owner of a record that lapses in `days` days unless somebody confirms it."""
    return Notice(
        recipient=authority_code,
        kind=NoticeKind.LAPSES,
        source=f"{expires_at:%F}#{days}",
        at=at,
        child=child,
        reference=reference,
        expires_at=expires_at,
    )


def about_contact(authority_code: str, week: Week, contact: ContactOutcomes, source: str) -> Notice:
    """A notice to the owner about the calls of one week. Its time is the end of the week, so it names no day."""
    return Notice(
        recipient=authority_code,
        kind=NoticeKind.CONTACT_OUTCOMES,
        source=source,
        at=midnight(week.ended_on),
        contact=contact,
    )


def undecided(authority_code: str, reference: str, child: ChildKey, version: str, *, at: datetime) -> Notice:
    """A notice to the owner of a record for which another child was sent. At most one a day."""
    return Notice(
        recipient=authority_code,
        kind=NoticeKind.UNDECIDED,
        source=f"{at:%F}",
        at=at,
        child=child,
        reference=reference,
        version=version,
    )


def about_registry(authority_code: str, changed: tuple[RegistryField, ...], source: str, *, at: datetime) -> Notice:
    """A notice to the authority whose registry item changed, whoever changed it. `source`: the access record's id."""
    return Notice(recipient=authority_code, kind=NoticeKind.REGISTRY_CHANGED, source=source, at=at, changed=changed)

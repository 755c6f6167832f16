"""The summary of one authority's day. It holds what the rules need of that day's access records, and can be made again
from them at any time.

A day has three summaries. The first is made when the day is over. The settled one is made fourteen days later, when it
is known which lookups were followed by work. The late one is made twenty-eight days later, and keeps only the lookups
whose record turned out to be a pretext. Each depends on access records up to a fixed moment only, so it is the same
whenever it is made.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from ..access_records import SHIELDING_ACTS, Act
from ..calendar import midnight
from ..system_ids import is_system
from ..values import Hidden
from .pretext import Pretext, pretext
from .seen import WRITING_ACTS, Seen, SeenAct, SeenLookup

FOLLOWED_WITHIN = timedelta(days=14)
"""Work that is registered within this time after a lookup follows it."""
FLEETING = timedelta(days=28)
"""A record that is withdrawn within this time after it was registered is no sign of work."""
LOOK_BACK = timedelta(days=35)
"""How long before a lookup an act still shows who works with the child. After 28 days an unchanged record is confirmed,
and so written again."""

_NIGHT_BEGINS, _NIGHT_ENDS = 20 * 60, 8 * 60
"""In minutes of the day (UTC)."""


class Stage(StrEnum):
    FIRST = "first"
    SETTLED = "settled"
    LATE = "late"


MADE_AFTER = {Stage.FIRST: timedelta(), Stage.SETTLED: FOLLOWED_WITHIN, Stage.LATE: FLEETING}
"""How long after its day a summary is made."""


class Work(IntEnum):
    """Who worked with the child, as far as access records show. A feed does not say which practitioner works."""

    NOBODY = 0
    COLLEAGUE = 1
    AUTHORITY = 2
    ASKER = 3


class Person(Hidden, frozen=True, array_like=True):
    """`organisation`, `role`: of the practitioner's latest token."""

    practitioner_id: str
    organisation: str | None
    role: str


class Look(Hidden, frozen=True, array_like=True):
    """One lookup. `minute`: of the day."""

    id: str
    practitioner_id: str
    day: date
    minute: int
    child: str
    known: bool | None
    work: Work
    pretext: Pretext = Pretext.NONE

    @property
    def at_night(self) -> bool:
        return not _NIGHT_ENDS <= self.minute < _NIGHT_BEGINS


def is_without(look: Look) -> bool:
    """True if nobody of the authority worked with the child. It is certain only of a settled lookup."""
    return look.work is Work.NOBODY


class ShieldMade(Hidden, frozen=True, array_like=True):
    """One shield, or one that was asked for again."""

    practitioner_id: str
    day: date
    minute: int
    child: str
    work: Work


class Summary(Hidden, frozen=True, array_like=True, kw_only=True):
    """In order of time. `shared_tokens`: the practitioners whose lookups carried one and the same token id."""

    authority_code: str
    day: date
    stage: Stage
    people: tuple[Person, ...] = ()
    lookups: tuple[Look, ...] = ()
    shields: tuple[ShieldMade, ...] = ()
    shared_tokens: tuple[tuple[str, ...], ...] = ()


def knows_until(day: date, stage: Stage) -> datetime:
    """A summary knows of no access record from this moment on."""
    return midnight(day + timedelta(days=1)) + MADE_AFTER[stage]


def summarise(authority_code: str, day: date, records: Iterable[Seen], stage: Stage) -> Summary:
    """`records`: in any order, and with any others among them: the lookups and shields that the authority made on that
    day, and all acts about the children of these from LOOK_BACK before the day up to `knows_until`."""
    until = knows_until(day, stage)
    lookups: list[SeenLookup] = []
    acts: dict[str, list[SeenAct]] = defaultdict(list)
    for record in records:
        if record.authority_code != authority_code or record.at >= until:
            continue
        if isinstance(record, SeenAct):
            acts[record.child].append(record)
        elif record.at.date() == day:
            lookups.append(record)
    return _Making(authority_code, day, stage, until, acts).summary(sorted(lookups, key=_order))


def _order(record: Seen) -> tuple[datetime, str]:
    return record.at, record.id


class _Making:
    def __init__(
        self, code: str, day: date, stage: Stage, until: datetime, acts: Mapping[str, Sequence[SeenAct]]
    ) -> None:
        self._code, self._day, self._stage, self._until = code, day, stage, until
        self._acts = acts

    def summary(self, lookups: Sequence[SeenLookup]) -> Summary:
        shields = [] if self._stage is Stage.LATE else self._shields()
        acting: list[SeenLookup | SeenAct] = [*shields, *lookups]
        people = {one.practitioner_id or "": (one.organisation, one.role) for one in acting}
        return Summary(
            authority_code=self._code,
            day=self._day,
            stage=self._stage,
            people=tuple(Person(who, *place) for who, place in people.items()),
            lookups=self._kept(map(self._look, lookups)),
            shields=tuple(map(self._shield_made, shields)),
            shared_tokens=_shared_tokens(lookups),
        )

    def _look(self, one: SeenLookup) -> Look:
        work = self._work(one.child, one.practitioner_id, one.at, one.own_references)
        made_up = pretext(one, self._acts.get(one.child, ()))
        return Look(one.id, one.practitioner_id, self._day, _minute(one.at), one.child, one.known, work, made_up)

    def _kept(self, looks: Iterable[Look]) -> tuple[Look, ...]:
        return tuple(look for look in looks if look.pretext or self._stage is not Stage.LATE)

    def _shields(self) -> list[SeenAct]:
        made = [
            act
            for acts in self._acts.values()
            for act in acts
            if act.act in SHIELDING_ACTS and act.practitioner_id is not None and act.at.date() == self._day
        ]
        return sorted(made, key=_order)

    def _shield_made(self, act: SeenAct) -> ShieldMade:
        work = self._work(act.child, act.practitioner_id, act.at, ())
        return ShieldMade(act.practitioner_id or "", self._day, _minute(act.at), act.child, work)

    def _work(self, child: str, practitioner_id: str | None, at: datetime, own_references: Sequence[str]) -> Work:
        acts = self._acts.get(child, ())
        fleeting = _fleeting(acts)
        until = min(self._until, at + FOLLOWED_WITHIN)
        writing = [act for act in acts if act.act in WRITING_ACTS and act.at < until and act.reference not in fleeting]
        if any(act.practitioner_id == practitioner_id for act in writing):
            return Work.ASKER
        by_people = {act.reference for act in writing if not _is_system(act)}
        if any(_is_system(act) for act in writing) or set(own_references) - fleeting - by_people:
            return Work.AUTHORITY
        return Work.COLLEAGUE if by_people else Work.NOBODY


def _shared_tokens(lookups: Sequence[SeenLookup]) -> tuple[tuple[str, ...], ...]:
    users: dict[str, dict[str, None]] = defaultdict(dict)
    for lookup in lookups:
        if lookup.token_id is not None:
            users[lookup.token_id][lookup.practitioner_id] = None
    return tuple(tuple(people) for people in users.values() if len(people) > 1)


def _fleeting(acts: Sequence[SeenAct]) -> set[str | None]:
    """The references that were registered and withdrawn again within FLEETING."""
    registered = {act.reference: act.at for act in acts if act.act is Act.REGISTERED}
    return {
        act.reference
        for act in acts
        if act.act is Act.WITHDRAWN and act.reference in registered and act.at - registered[act.reference] <= FLEETING
    }


def _is_system(act: SeenAct) -> bool:
    return act.practitioner_id is None or is_system(act.practitioner_id)


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute

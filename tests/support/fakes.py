"""The ports in memory. `tests/contract` checks that they behave as the real adapters do."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

from chalicelib.application.ports import NoticePage, PastAct, RegistryView, Shielded
from chalicelib.application.register_entries import Mark, RegisterEntry, RegisterPage, Write
from chalicelib.application.store_errors import Conflict, PointerFound, Unreadable
from chalicelib.application.supersession import ChildKeys, Pointer
from chalicelib.application.unattended.ports import Due, WeeklyCounts
from chalicelib.domain.access_records import ActRecord, FoundLookup, LookupRecord, PastLookup, PastLookups
from chalicelib.domain.authority import Authority, Caller, removed
from chalicelib.domain.child import ChildKey, NhsNumber
from chalicelib.domain.coverage import coverage_of
from chalicelib.domain.disclosure import ChildRecords
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.history import Checkpoint
from chalicelib.domain.involvement import Involvement, Registration, Remembered
from chalicelib.domain.limits import LookupCounts
from chalicelib.domain.notices import Notice, NumberedNotice, StoredNotice
from chalicelib.domain.outcomes import ContactOutcome, ContactOutcomes, EntryOutcome, RungContact, Week
from chalicelib.domain.quality import Glance
from chalicelib.domain.shield_limits import ShieldCounts, ShieldLimits
from chalicelib.domain.values import replace

from .examples import remembered

Record = TypeVar("Record", LookupRecord, ActRecord)


@dataclass
class Breakable:
    """`broken`: every call raises Unavailable. `broken_for`: only calls about these authorities do."""

    broken: bool = False
    broken_for: set[str] = field(default_factory=set, kw_only=True)

    def check(self, authority_code: str | None = None) -> None:
        if self.broken or authority_code in self.broken_for:
            raise Unavailable


@dataclass
class FakePseudonyms(Breakable):
    def child_key(self, nhs_number: NhsNumber) -> ChildKey:
        self.check()
        return ChildKey(f"C#1#{nhs_number.digits[::-1]}")


@dataclass
class FakeCheckpoints:
    """As if a refresh were never due."""

    checkpoint: Checkpoint | None = None

    def known(self) -> Checkpoint | None:
        return self.checkpoint

    def refresh_is_due(self) -> bool:
        return False

    def refresh(self) -> None:
        raise AssertionError("not due")


@dataclass
class FakeDataKey(Breakable):
    def is_at_hand(self) -> bool:
        return False

    def ready(self) -> None:
        self.check()


@dataclass
class FakeDigests(Breakable):
    def digest(self, authority_code: str, reference: str, registration: Registration) -> bytes:
        self.check()
        parts = (reference, registration.nhs_number.digits, registration.date_of_birth, hash(registration.work))
        return repr((authority_code, *parts)).encode()


@dataclass
class FakeRegistry(Breakable):
    clock: "FakeClock" = field(kw_only=True)
    known: dict[str, Authority] = field(default_factory=dict)
    refreshed: int = 0

    def view(self) -> RegistryView:
        self.check()
        return RegistryView(self.known, removed(self.known), coverage_of(self.known.values(), self.clock()))

    def refresh_is_due(self) -> bool:
        return True

    def refresh_if_due(self) -> None:
        self.refreshed += 1


@dataclass
class FakeUsage:
    """`unwritable`: counts nothing and returns zeros, as the port demands."""

    clock: "FakeClock"
    unwritable: bool = False
    heartbeats: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    _counts: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def count_lookup(self, caller: Caller) -> LookupCounts:
        now, code = self.clock(), caller.authority.code
        day, hour = f"{now:%F}", f"{now:%F %H}"
        self._counts[code, day] += 1
        authority_day = self._counts[code, day]
        if self.unwritable:
            return LookupCounts(authority_day=authority_day)
        self._counts[code, caller.practitioner_id, day] += 1
        self._counts[code, caller.practitioner_id, hour] += 1
        if self._counts[code, caller.practitioner_id, day] == 1:
            self._counts[code, "people", "of", day] += 1
        return LookupCounts(
            practitioner_hour=self._counts[code, caller.practitioner_id, hour],
            practitioner_day=self._counts[code, caller.practitioner_id, day],
            authority_day=authority_day,
            people_day=self._counts[code, "people", "of", day],
        )

    def settling_is_due(self, authority_code: str) -> bool:
        return authority_code not in self.settled

    def settle(self, authority_code: str) -> None:
        self.settled.append(authority_code)

    def wrote(self, authority_code: str) -> None:
        self.heartbeats.append(authority_code)


@dataclass
class FakeAccessLog(Breakable):
    lookups: list[LookupRecord] = field(default_factory=list)
    acts: list[ActRecord] = field(default_factory=list)

    def append_lookup(self, record: LookupRecord) -> None:
        self.check()
        self._add(record, self.lookups)

    def append_act(self, record: ActRecord) -> None:
        self.check()
        self._add(record, self.acts)

    def append_outcome(self, record: ActRecord) -> EntryOutcome | None:
        self.check()
        found = next((one for one in self.acts if one.id == record.id), None)
        if found is None:
            self.acts.append(record)
            return None
        return found.outcome

    def append_once(self, record: ActRecord) -> None:
        self.check()
        if all(one.id != record.id for one in self.acts):
            self.acts.append(record)

    def append_acts(self, records: Sequence[ActRecord]) -> None:
        for record in records:
            self.append_act(record)

    def latest_lookups(self, child: ChildKey, limit: int, before: datetime | None = None) -> PastLookups:
        self.check()
        mine = (one for one in self.lookups if one.child == child and (before is None or one.at < before))
        records = sorted(mine, key=lambda one: one.id, reverse=True)
        return PastLookups(tuple(_past(one) for one in records[:limit]))

    def acts_between(self, child: ChildKey, since: datetime, until: datetime) -> tuple[PastAct, ...]:
        self.check()
        found = [one for one in self.acts if one.child == child and since <= one.at <= until]
        return tuple(
            PastAct(id=one.id, at=one.at, act=one.act, authority_code=one.concerns, reference=one.reference)
            for one in found
        )

    def _add(self, record: Record, to: list[Record]) -> None:
        """Writes the same access record only once. Refuses another one under the same id."""
        for one in to:
            if one.id == record.id:
                if one != record:
                    raise Unavailable
                return
        to.append(record)


@dataclass
class FakeShieldCounts:
    unwritable: bool = False
    children: dict[str, set[ChildKey]] = field(default_factory=dict)

    def count(self, caller: Caller, child: ChildKey, limits: ShieldLimits) -> ShieldCounts:
        if self.unwritable:
            return ShieldCounts()
        code = caller.authority.code
        own = self._add(f"{code} {caller.practitioner_id}", child, limits.practitioner_hard)
        if own > limits.practitioner_hard:
            return ShieldCounts(practitioner=own)
        return ShieldCounts(practitioner=own, authority=self._add(code, child, limits.authority_hard))

    def _add(self, whose: str, child: ChildKey, most: int) -> int:
        mine = self.children.setdefault(whose, set())
        if len(mine) >= most and child not in mine:
            return most + 1
        mine.add(child)
        return len(mine)


BEGINNING = datetime.fromtimestamp(0, UTC)
"""Since when a child with an unreadable shield counts as shielded."""


@dataclass
class FakeInvolvements(Breakable):
    """`damaged`: the versions whose rows do not open. `rivals`: how often another writer is first."""

    log: FakeAccessLog = field(default_factory=FakeAccessLog)
    rows: dict[tuple[str, str, str], Involvement] = field(default_factory=dict)
    entries: dict[tuple[str, str], RegisterEntry] = field(default_factory=dict)
    shields: dict[ChildKey, date] = field(default_factory=dict)
    shielded_since: dict[ChildKey, datetime] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    due: dict[tuple[str, str], date] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    memory: dict[tuple[str, str, ChildKey], Remembered] = field(default_factory=dict)
    damaged_entries: set[str] = field(default_factory=set)
    pointers: dict[ChildKey, ChildKey] = field(default_factory=dict)
    rivals: int = 0
    saves: int = 0

    def of_child(self, child: ChildKey, passing_over: Set[str]) -> ChildRecords:
        self.check()
        keys = self.keys_of(child).all
        mine = [row for (key, code, _), row in sorted(self.rows.items()) if key in keys and code not in passing_over]
        readable = tuple(row for row in mine if row.version not in self.damaged)
        unreadable = len(mine) - len(readable)
        shields = self.shields.keys() & set(keys)
        since = min((self.shielded_since.get(key, BEGINNING) for key in shields), default=None)
        return ChildRecords(readable, bool(shields), unreadable, child in self.pointers, since)

    def of_authority(self, child: ChildKey, authority_code: str) -> Iterator[Involvement]:
        self.check()
        for (key, code, _), row in sorted(self.rows.items()):
            if (key, code) == (child, authority_code) and row.version not in self.damaged:
                yield row

    def needs_tracing(self, child: ChildKey) -> bool:
        self.check()
        return child in self.pointers

    def keys_of(self, child: ChildKey) -> ChildKeys:
        self.check()
        present = self.pointers.get(child, child)
        former = tuple(key for key, target in self.pointers.items() if target == present != key)
        return ChildKeys(present, former, str(len(former)) if former else None, present in self.pointers)

    def pointer(self, child: ChildKey) -> Pointer | None:
        self.check()
        return Pointer(self.pointers[child], "version") if child in self.pointers else None

    def undo(
        self, old: ChildKey, pointer: Pointer, new: ChildKeys, records: Iterable[ActRecord], *, retired: bool = False
    ) -> None:
        self.check()
        if self.pointer(old) != pointer or self.keys_of(new.present) != new:
            raise Conflict
        del self.pointers[old]
        if retired:
            self.pointers[old] = old
        for record in records:
            self.log.append_act(record)

    def retire(self, child: ChildKey, record: ActRecord) -> None:
        self.check()
        if child in self.pointers:
            raise Conflict
        self.pointers[child] = child
        self.log.append_act(record)

    def supersede(self, old: ChildKeys, new: ChildKeys, records: Iterable[ActRecord]) -> None:
        self.check()
        if (self.keys_of(old.present), self.keys_of(new.present)) != (old, new):
            raise Conflict
        self.pointers |= dict.fromkeys(old.all, new.present)
        for record in records:
            self.log.append_act(record)

    def entry(self, authority_code: str, reference: str) -> RegisterEntry | None:
        self.check()
        if reference in self.damaged_entries:
            raise Unreadable
        return self.entries.get((authority_code, reference))

    def involvement(self, authority_code: str, entry: RegisterEntry) -> Involvement | None:
        self.check()
        row = self.rows.get((entry.child, authority_code, entry.reference))
        if row is not None and row.version in self.damaged:
            raise Unreadable
        return row

    def remembered(self, authority_code: str, entry: RegisterEntry) -> Remembered | None:
        self.check()
        return self.memory.get((authority_code, entry.reference, entry.child))

    def glance(self, authority_code: str, entry: RegisterEntry) -> Glance | None:
        row = self.rows.get((entry.child, authority_code, entry.reference))
        if row is None or (authority_code, entry.reference, entry.child) not in self.memory:
            return None
        work = row.details.work
        return Glance(ended_on=work.ended_on, without_phone=work.practitioner.phone is None)

    def register_page(self, authority_code: str, after: str | None, limit: int) -> RegisterPage:
        self.check()
        references = sorted(reference for code, reference in self.entries if code == authority_code)
        rest = [reference for reference in references if after is None or reference > after]
        page = rest[:limit]
        entries = tuple(self.entries[authority_code, one] for one in page if one not in self.damaged_entries)
        # As in DynamoDB, a full page has a cursor even if nothing follows.
        return RegisterPage(entries, page[-1] if len(page) == limit else None)

    def save(self, write: Write) -> None:
        self.check()
        self.saves += 1
        if self.rivals > 0:
            self.rivals -= 1
            raise Conflict
        row = write.involvement
        key = (row.authority_code, row.reference)
        found = self.entries.get(key)
        if found is not None and found.version == row.version:
            return
        if _version(found) != _version(write.before):
            raise Conflict
        if _marks(found) != _marks(write.before):
            raise Conflict
        if write.needs_number_in_use and row.child in self.pointers:
            raise PointerFound(self.pointers[row.child])
        still_old = write.before is not None and write.before.child in self.pointers
        if write.renumbers and (row.child in self.pointers or not still_old):
            raise Conflict
        if write.before is not None:
            self.rows.pop((write.before.child, *key), None)
        self.rows[row.child, *key] = row
        self.entries[key] = RegisterEntry(
            reference=row.reference,
            child=row.child,
            version=row.version,
            confirmed_on=row.details.confirmed_on,
            expires_at=row.expires_at,
            digest=write.digest,
            undecided_on=write.undecided_on,
            trace_number_on=write.trace_number_on,
        )
        self.memory[*key, row.child] = remembered(row.details)
        self.due[key] = write.due_on
        for record in write.access_records:
            self.log.append_act(record)

    def mark(
        self,
        authority_code: str,
        reference: str,
        version: str,
        mark: Mark,
        on: date | None,
        *,
        access_record: ActRecord | None = None,
    ) -> None:
        self.check()
        key = (authority_code, reference)
        found = self.entries.get(key)
        if found is None or found.version != version:
            raise Conflict
        if (getattr(found, mark) is None) == (on is None):
            return
        self.entries[key] = replace(found, **{mark: on})
        if mark is Mark.UNDECIDED and on is not None:
            self.due[key] = on
        if access_record is not None:
            self.log.append_act(access_record)

    def withdraw(
        self, authority_code: str, entry: RegisterEntry, record: ActRecord, *, row_is_lost: bool = False
    ) -> None:
        self.check()
        if row_is_lost is ((entry.child, authority_code, entry.reference) in self.rows):
            raise Conflict
        key = (authority_code, entry.reference)
        found = self.entries.get(key)
        if found is None or found.version != entry.version:
            raise Conflict
        del self.entries[key]
        self.due.pop(key, None)
        self.rows.pop((entry.child, *key), None)
        self.log.append_act(record)

    def expire(self, authority_code: str, entry: RegisterEntry, record: ActRecord) -> None:
        self.check(authority_code)
        key = (authority_code, entry.reference)
        row = self.rows.get((entry.child, *key))
        if _version(self.entries.get(key)) != entry.version:
            raise Conflict
        if row is not None and row.expires_at > entry.expires_at:
            raise Conflict
        del self.entries[key]
        self.due.pop(key, None)
        self.rows.pop((entry.child, *key), None)
        self.log.append_act(record)

    def shield(self, child: ChildKey, reason: str, review_on: date, record: ActRecord) -> Shielded:
        self.check()
        self.log.append_act(record)
        self.reasons.append(reason)
        created = child not in self.shields
        if created:
            self.shielded_since[child] = record.at
        self.shields[child] = max(review_on, self.shields.get(child, review_on))
        return Shielded(self.shields[child], created)


def _past(record: LookupRecord) -> PastLookup:
    return PastLookup(
        id=record.id,
        at=record.at,
        authority_code=record.caller.authority.code,
        practitioner_id=record.caller.practitioner_id,
        role=record.caller.role,
        purpose=record.purpose,
        complete=record.disclosed.complete,
        sensitive=record.disclosed.sensitive,
        behind=record.disclosed.behind,
    )


@dataclass
class FakeNotices(Breakable):
    """`damaged`: the recipients and numbers of notices that do not open."""

    posted: dict[str, dict[int, Notice]] = field(default_factory=dict)
    numbers: Counter[str] = field(default_factory=Counter)
    damaged: set[tuple[str, int]] = field(default_factory=set)
    without_salt: set[str] = field(default_factory=set)
    erasures: list[ActRecord] = field(default_factory=list)

    def can_receive(self, authority_code: str) -> bool:
        self.check()
        return authority_code not in self.without_salt

    def post(self, notice: Notice) -> bool:
        self.check(notice.recipient)
        mine = self.posted.setdefault(notice.recipient, {})
        if any(_same_source(notice, one) for one in mine.values()):
            return False
        self.numbers[notice.recipient] += 1
        mine[self.numbers[notice.recipient]] = notice
        return True

    def page(self, authority_code: str, after: int, limit: int) -> NoticePage:
        self.check()
        mine = self.posted.get(authority_code, {})
        numbers = [number for number in sorted(mine) if number > after][:limit]
        readable = [number for number in numbers if (authority_code, number) not in self.damaged]
        waiting = tuple(NumberedNotice(number, mine[number]) for number in readable)
        given = self.numbers[authority_code]
        return NoticePage(waiting, numbers[-1] if numbers else after, given, len(numbers) - len(readable))

    def erase(self, child: ChildKey, record_of: Callable[[StoredNotice], ActRecord]) -> tuple[int, int]:
        self.check()
        erased = 0
        for code, mine in self.posted.items():
            for number in [number for number, notice in mine.items() if notice.child == child]:
                gone = mine.pop(number)
                self.erasures.append(record_of(StoredNotice(recipient=code, number=number, kept_until=gone.kept_until)))
                erased += 1
        return erased, 0


def _same_source(one: Notice, other: Notice) -> bool:
    named = one.kind, one.child, one.reference, one.source
    return named == (other.kind, other.child, other.reference, other.source)


@dataclass
class FakeDueEntries(Breakable):
    """The register of `involvements` by day. `late`: entries that the index still shows, though gone or rescheduled."""

    involvements: FakeInvolvements = field(default_factory=FakeInvolvements)
    late: list[Due] = field(default_factory=list)
    asked: list[date] = field(default_factory=list)

    def on(self, day: date) -> Iterator[Due]:
        self.check()
        self.asked.append(day)
        for (code, reference), due_on in [*self.involvements.due.items()]:
            if due_on == day:
                yield Due(authority_code=code, reference=reference, day=day, shard=0)
        yield from (due for due in self.late if due.day == day)

    def reschedule(self, due: Due, to: date | None) -> None:
        self.check()
        key = (due.authority_code, due.reference)
        if self.involvements.due.get(key) != due.day:
            raise Conflict
        if to is None:
            del self.involvements.due[key]
        else:
            self.involvements.due[key] = to


@dataclass
class FakeFoundLookups(Breakable):
    """The lookups of `log`. `damaged`: the ids of those that do not open."""

    log: FakeAccessLog = field(default_factory=FakeAccessLog)
    damaged: set[str] = field(default_factory=set)

    def find(self, authority_code: str, days: tuple[date, ...], lookup_id: str) -> FoundLookup | None:
        self.check()
        for one in self.log.lookups:
            if (one.id, one.caller.authority.code) == (lookup_id, authority_code) and one.at.date() in days:
                if lookup_id in self.damaged:
                    raise Unreadable
                return FoundLookup(id=one.id, at=one.at, child=one.child, disclosed=one.disclosed)
        return None


@dataclass
class FakeContactCounts(Breakable):
    """`unreadable`: the keys of counts that do not open."""

    held: dict[str, dict[tuple[Week, RungContact], Counter[ContactOutcome]]] = field(default_factory=dict)
    events: set[tuple[str, str]] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)

    def add(self, authority_code: str, week: Week, rung: RungContact, outcome: ContactOutcome, *, event: str) -> bool:
        self.check(authority_code)
        if (authority_code, event) in self.events:
            return False
        self.events.add((authority_code, event))
        self.held.setdefault(authority_code, {}).setdefault((week, rung), Counter())[outcome] += 1
        return True

    def of(self, authority_code: str) -> list[WeeklyCounts]:
        self.check(authority_code)
        mine = self.held.get(authority_code, {})
        return [self._weekly(week, rung, counts) for (week, rung), counts in mine.items()]

    def _weekly(self, week: Week, rung: RungContact, counts: Counter[ContactOutcome]) -> WeeklyCounts:
        key = _key_of(week, rung)
        contact = None if key in self.unreadable else ContactOutcomes(rung, dict(counts))
        return WeeklyCounts(week=week, key=key, contact=contact)

    def remove(self, authority_code: str, counts: WeeklyCounts) -> None:
        self.check(authority_code)
        mine = self.held.get(authority_code, {})
        for week, rung in [*mine]:
            if _key_of(week, rung) == counts.key:
                del mine[week, rung]


def _key_of(week: Week, rung: RungContact) -> str:
    return f"{week.year}-{week.number}#{rung.practitioner_id}#{rung.phone}"


def _marks(entry: RegisterEntry | None) -> tuple[date | None, date | None] | None:
    return None if entry is None else (entry.undecided_on, entry.trace_number_on)


def _version(entry: RegisterEntry | None) -> str | None:
    return None if entry is None else entry.version


@dataclass
class FakeClock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class FakeIds:
    """Ids that sort by creation time, as the port demands."""

    made: int = 0

    def __call__(self) -> str:
        self.made += 1
        return f"id-{self.made:06d}"


def fake_same_id(at: datetime, *words: str) -> str:
    return "-".join((f"{at:%FT%T}", *words))


class FakeMeter(Counter[str]):
    def __call__(self, name: str, value: int = 1) -> None:
        self[name] += value

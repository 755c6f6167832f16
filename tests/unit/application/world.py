"""Every use case, built on fakes that share one clock and one access log."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from chalicelib.application.amend import Amend
from chalicelib.application.hidden_lookups import HiddenLookups
from chalicelib.application.look_up import LookUp, Question
from chalicelib.application.ports import HasTime
from chalicelib.application.read_accesses import ReadAccesses
from chalicelib.application.read_notices import ReadNotices
from chalicelib.application.read_own import ReadOwn
from chalicelib.application.read_quality import ReadQuality
from chalicelib.application.read_register import ReadRegister
from chalicelib.application.record_outcome import RecordOutcome
from chalicelib.application.recorder import Recorder
from chalicelib.application.register import Register
from chalicelib.application.register_batch import RegisterBatch
from chalicelib.application.shield import Shield
from chalicelib.application.unattended.count_outcome import CountOutcome
from chalicelib.application.unattended.notify import Notify
from chalicelib.application.unattended.report_outcomes import ReportOutcomes
from chalicelib.application.unattended.sweep import Sweep
from chalicelib.application.withdraw import Withdraw
from chalicelib.domain.authority import Purpose
from chalicelib.domain.limits import Limits
from chalicelib.domain.retention import Schedule
from chalicelib.domain.shield_limits import ShieldLimits
from tests.support import examples
from tests.support.fakes import (
    FakeAccessLog,
    FakeCheckpoints,
    FakeClock,
    FakeContactCounts,
    FakeDataKey,
    FakeDigests,
    FakeDueEntries,
    FakeFoundLookups,
    FakeIds,
    FakeInvolvements,
    FakeMeter,
    FakeNotices,
    FakePseudonyms,
    FakeRegistry,
    FakeShieldCounts,
    FakeUsage,
    fake_same_id,
)

QUESTION = Question(nhs_number=examples.NUMBER, purpose=Purpose.SAFEGUARDING, case_reference="case-1")


@dataclass
class World:
    look_up: LookUp
    register: Register
    register_batch: RegisterBatch
    amend: Amend
    withdraw: Withdraw
    read_own: ReadOwn
    read_register: ReadRegister
    read_accesses: ReadAccesses
    read_notices: ReadNotices
    notify: Notify
    shield: Shield
    shield_counts: FakeShieldCounts
    store: FakeInvolvements
    notices: FakeNotices
    log: FakeAccessLog
    usage: FakeUsage
    clock: FakeClock
    registry: FakeRegistry
    pseudonyms: FakePseudonyms = field(default_factory=FakePseudonyms)
    keys: FakeDataKey = field(default_factory=FakeDataKey)
    digests: FakeDigests = field(default_factory=FakeDigests)
    meter: FakeMeter = field(default_factory=FakeMeter)

    counts: FakeContactCounts = field(default_factory=FakeContactCounts)

    @cached_property
    def lookups(self) -> FakeFoundLookups:
        return FakeFoundLookups(log=self.log)

    @property
    def record_outcome(self) -> RecordOutcome:
        return RecordOutcome(
            lookups=self.lookups,
            access_log=self.log,
            recorder=self.register.recorder,
            clock=self.clock,
            meter=self.meter,
        )

    @property
    def count_outcome(self) -> CountOutcome:
        return CountOutcome(
            counts=self.counts, involvements=self.store, registry=self.registry, clock=self.clock, meter=self.meter
        )

    @property
    def report_outcomes(self) -> ReportOutcomes:
        return ReportOutcomes(
            counts=self.counts, notices=self.notices, registry=self.registry, clock=self.clock, meter=self.meter
        )

    @property
    def read_quality(self) -> ReadQuality:
        return ReadQuality(
            involvements=self.store, notices=self.notices, recorder=self.register.recorder, clock=self.clock
        )

    @property
    def due(self) -> FakeDueEntries:
        return FakeDueEntries(involvements=self.store)

    def sweep(
        self, has_time: HasTime = lambda: True, due: FakeDueEntries | None = None, schedule: Schedule | None = None
    ) -> bool:
        sweep = Sweep(
            due=due or self.due,
            involvements=self.store,
            registry=self.registry,
            notices=self.notices,
            clock=self.clock,
            recorder=self.register.recorder,
            meter=self.meter,
            schedule=schedule or Schedule(),
        )
        return sweep(has_time)

    @property
    def acts(self) -> list[str]:
        return [record.act.value for record in self.log.acts]


@contextmanager
def a_world(limits: Limits | None = None) -> Iterator[World]:
    clock, store, notices = FakeClock(examples.NOW), FakeInvolvements(), FakeNotices()
    usage, pseudonyms, keys = FakeUsage(clock), FakePseudonyms(), FakeDataKey()
    digests, meter, ids, shield_counts = FakeDigests(), FakeMeter(), FakeIds(), FakeShieldCounts()
    registry = FakeRegistry(clock=clock, known={code: examples.an_authority(code) for code in ("A1", "A2")})
    schedule = Schedule()
    recorder = Recorder(access_log=store.log, clock=clock, new_id=ids, same_id=fake_same_id)
    register = Register(
        pseudonyms=pseudonyms,
        involvements=store,
        supersession=store,
        digests=digests,
        usage=usage,
        clock=clock,
        new_id=ids,
        recorder=recorder,
        meter=meter,
        schedule=schedule,
    )
    with ThreadPoolExecutor(4) as executor:
        yield World(
            look_up=LookUp(
                pseudonyms=pseudonyms,
                involvements=store,
                access_log=store.log,
                registry=registry,
                usage=usage,
                keys=(keys,),
                checkpoints=FakeCheckpoints(),
                clock=clock,
                new_id=ids,
                meter=meter,
                executor=executor,
                limits=limits or Limits(),
                broker_desk=examples.BROKER_DESK,
            ),
            register=register,
            register_batch=RegisterBatch(register=register, clock=clock, meter=meter, executor=executor),
            amend=Amend(
                involvements=store,
                usage=usage,
                recorder=recorder,
                clock=clock,
                new_id=ids,
                meter=meter,
                schedule=schedule,
            ),
            withdraw=Withdraw(involvements=store, usage=usage, recorder=recorder, clock=clock, meter=meter),
            read_own=ReadOwn(involvements=store, recorder=recorder, clock=clock),
            read_register=ReadRegister(involvements=store, recorder=recorder, clock=clock),
            read_accesses=ReadAccesses(
                involvements=store,
                access_log=store.log,
                supersession=store,
                hidden_lookups=HiddenLookups(store.log, store),
                registry=registry,
                recorder=recorder,
                clock=clock,
            ),
            read_notices=ReadNotices(
                notices=notices,
                involvements=store,
                hidden_lookups=HiddenLookups(store.log, store),
                access_log=store.log,
                registry=registry,
                recorder=recorder,
                clock=clock,
                meter=meter,
                broker_desk_code="DESK",
            ),
            notify=Notify(
                notices=notices,
                involvements=store,
                registry=registry,
                clock=clock,
                meter=meter,
                broker_desk_code="DESK",
            ),
            shield=Shield(
                pseudonyms=pseudonyms,
                involvements=store,
                counts=shield_counts,
                limits=ShieldLimits(),
                broker_desk=examples.BROKER_DESK,
                recorder=recorder,
                clock=clock,
                meter=meter,
            ),
            shield_counts=shield_counts,
            store=store,
            notices=notices,
            log=store.log,
            usage=usage,
            clock=clock,
            registry=registry,
            pseudonyms=pseudonyms,
            keys=keys,
            digests=digests,
            meter=meter,
        )

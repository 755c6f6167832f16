"""No writer extends a record beyond the schedule, in any order and at any time."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.application.amend import Amendment
from chalicelib.application.console.dispute_record import Dispute, DisputeRecord
from chalicelib.domain.access_records import Operator
from chalicelib.domain.calendar import add_months, add_years, midnight, month_of
from chalicelib.domain.errors import KnownToError, Refused
from chalicelib.domain.involvement import Basis, ServiceType
from chalicelib.domain.values import replace
from tests.support.examples import TODAY, a_caller, registration
from tests.unit.application.world import World, a_world

# Near the 18th birthday, so that the cap decides.
BIRTH_DATES = st.dates(date(2009, 4, 1), date(2012, 12, 31))
SERVICES = st.sampled_from([ServiceType.SOCIAL_CARE, ServiceType.SCHOOL, ServiceType.POLICE, ServiceType.SEXUAL_HEALTH])
BASES = st.sampled_from([Basis.STATUTORY, Basis.CONSENT])

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 700)),
        st.tuples(st.just("put"), SERVICES, BASES, st.none() | BIRTH_DATES, st.booleans()),
        st.tuples(st.just("confirm"), st.integers(-2000, 2)),
        st.tuples(st.just("born"), BIRTH_DATES),
        st.tuples(st.just("change"), SERVICES, BASES, st.booleans()),
        st.tuples(st.just("dispute"), st.booleans()),
        st.tuples(st.just("sweep")),
        st.tuples(st.just("damage")),
    ),
    max_size=25,
)


class Owner:
    """Does everything that callers and the service can do to one record, and remembers what was sent about it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first_registered_on: date | None = None
        self.said: list[date] = []

    @property
    def today(self) -> date:
        return self.world.clock.now.date()

    def do(self, name: str, *given: object) -> None:
        before = self.world.store.entries.get(("A1", "ref"))
        was_live = before is not None and before.is_live(self.world.clock.now)
        try:
            born = getattr(self, name)(*given)
        except (KnownToError, Refused):
            return
        if name == "put" and not was_live:
            self.first_registered_on, self.said = self.today, []
        if isinstance(born, date):
            self.said.append(born)

    def wait(self, days: int) -> None:
        self.world.clock.now += timedelta(days=days)

    def put(self, service: ServiceType, basis: Basis, born: date | None, ended: bool) -> date | None:
        ended_on = self.today if ended else None
        sent = registration(date_of_birth=born, service_type=service, basis=basis, started_on=TODAY, ended_on=ended_on)
        self.world.register("ref", sent, a_caller("A1"))
        return born

    def confirm(self, days: int) -> None:
        self._amend(Amendment(apply=lambda work: work, changes_work=False, confirmed_on=self.today + timedelta(days)))

    def born(self, day: date) -> date:
        self._amend(Amendment(apply=lambda work: work, changes_work=False, date_of_birth=day))
        return day

    def change(self, service: ServiceType, basis: Basis, ended: bool) -> None:
        ended_on = self.today if ended else None
        self._amend(
            Amendment(
                apply=lambda work: replace(work, service_type=service, basis=basis, ended_on=ended_on),
                changes_work=True,
            )
        )

    def dispute(self, disputed: bool) -> None:
        world = self.world
        dispute = DisputeRecord(
            pseudonyms=world.pseudonyms,
            supersession=world.store,
            involvements=world.store,
            recorder=world.register.recorder,
            clock=world.clock,
            new_id=world.register.new_id,
            schedule=world.register.schedule,
        )
        dispute(Dispute(authority_code="A1", reference="ref", disputed=disputed), Operator("j.doe", "ticket 12"))

    def sweep(self) -> None:
        self.world.sweep()

    def damage(self) -> None:
        """Makes the row unreadable, as after a hand edit or a restore."""
        self.world.store.damaged |= {row.version for row in self.world.store.rows.values()}

    def _amend(self, amendment: Amendment) -> None:
        self.world.amend("ref", amendment, a_caller("A1"))

    def _is_extended(self) -> bool:
        [row] = self.world.store.rows.values()
        work = row.details.work
        of_social_care = (work.service_type, work.basis) == (ServiceType.SOCIAL_CARE, Basis.CONSENT)
        return of_social_care or work.basis is Basis.LEAVING_CARE

    @property
    def latest_end(self) -> datetime:
        """By the earliest birth date that was ever sent about the child, and the basis that the record has now."""
        assert self.first_registered_on is not None
        age = 25 if self._is_extended() else 18
        ends = [add_months(month_of(add_years(born, age)), 1) for born in self.said]
        # Nobody can have confirmed after tomorrow. Ended work is kept for at most six years.
        period = add_years(self.today + timedelta(days=1), 6)
        without_a_birth_date = [] if ends else [add_years(self.first_registered_on, 18)]
        return midnight(min([*ends, *without_a_birth_date, period]))


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_writer_in_any_order_extends_a_record_beyond_the_schedule(steps: list[tuple[object, ...]]) -> None:
    with a_world() as world:
        owner = Owner(world)
        for name, *given in steps:
            end_before = {key: row.expires_at for key, row in world.store.rows.items()}
            owner.do(str(name), *given)
            for key, row in world.store.rows.items():
                # If it is sent too late, the record ends at that moment.
                assert row.expires_at <= max(owner.latest_end, world.clock.now)
                if name in {"sweep", "wait", "damage"}:
                    assert row.expires_at == end_before[key]
                if row.is_live(world.clock.now) and row.details.work.ended_on is None:
                    assert row.expires_at <= midnight(add_months(owner.today + timedelta(days=1), 24))


def test_endless_confirmations_do_not_outlast_the_term_of_a_record_without_a_birth_date() -> None:
    with a_world() as world:
        owner = Owner(world)
        owner.do("put", ServiceType.SCHOOL, Basis.STATUTORY, None, False)
        for number in range(20):
            owner.do("wait", 600)
            owner.do("confirm", 0) if number % 2 else owner.do("put", ServiceType.POLICE, Basis.STATUTORY, None, False)
            if owner.today >= add_years(TODAY, 18):
                break
            [row] = world.store.rows.values()
            assert row.expires_at <= midnight(add_years(TODAY, 18))
            assert row.details.first_registered_on == TODAY


def test_every_writer_of_records_is_among_the_tested_steps() -> None:
    """A batch makes registrations. Every other use case that saves records must be among the steps above."""
    folder = Path(__file__).parents[2] / "chalicelib"
    writers = {path.stem for path in folder.rglob("*.py") if re.search(r"\binvolvements\.save\(", path.read_text())}
    assert writers == {"register", "amend", "dispute_record"}

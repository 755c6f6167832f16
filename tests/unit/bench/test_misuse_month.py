"""The synthetic month of `bench/misuse`: the same for one seed, shaped as `docs/measured.md` says, labelled truly."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

import pytest

from bench.misuse.actions import Change, LookUp, Register
from bench.misuse.agenda import Agenda
from bench.misuse.cases import AUTHORITY_WIDE, Kind
from bench.misuse.children import child_key
from bench.misuse.clerk import AccessRecord, Clerk, fast_ulid
from bench.misuse.days import BEGINS_ON, ENDS_ON, MONTH_BEGINS_ON, MONTH_ENDS_ON, at, is_free
from bench.misuse.month import Month
from bench.misuse.nation import nation_of
from bench.misuse.seeded import seed_misuse
from chalicelib.adapters.ids import ulid_of
from chalicelib.domain.access_records import Act, ActRecord, LookupRecord
from chalicelib.domain.authority import Caller, Purpose

pytestmark = pytest.mark.system

_SCALE, _EACH = 60, 2
_REGISTERING = (Act.REGISTERED, Act.REPLACED, Act.AMENDED)
_KEY = re.compile(r"C#1#[A-Za-z0-9_-]{43}")

Who = tuple[str, str]


@dataclass
class Walked:
    """What is kept of a month that was walked through."""

    month: Month
    ids: list[str] = field(default_factory=list)
    times_go_back: int = 0
    days_of: dict[Who, Counter[date]] = field(default_factory=lambda: defaultdict(Counter))
    shields: Counter[Who] = field(default_factory=Counter)
    lookups: list[tuple[str, str, date, int, bool, bool]] = field(default_factory=list)
    registered: dict[tuple[str, str], list[date]] = field(default_factory=lambda: defaultdict(list))
    texts: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def walked() -> Walked:
    found = Walked(Month(5, _SCALE, _EACH))
    last = at(BEGINS_ON, -60)
    for day, records in found.month.days():
        for record in records:
            assert record.at.date() == day
            found.ids.append(record.id)
            found.times_go_back += record.at < last
            last = record.at
            _note(found, day, record)
    return found


def _note(found: Walked, day: date, record: AccessRecord) -> None:
    if record.child:
        found.keys.add(record.child)
    if isinstance(record, LookupRecord):
        code, by = record.caller.authority.code, record.caller
        own = any(row.authority_code == code for row in record.disclosed.rows)
        found.lookups.append((code, record.child, day, record.at.hour, record.disclosed.known, own))
        found.texts.add(record.case_reference)
    elif isinstance(record.actor, Caller):
        code, by = record.actor.authority.code, record.actor
        if record.act in _REGISTERING:
            found.registered[code, record.child or ""].append(day)
        found.shields[code, by.practitioner_id] += record.act is Act.SHIELDED
        found.texts.add(record.reference or "")
    else:
        return
    found.days_of[code, by.practitioner_id][day] += 1
    found.texts.update(text for text in (by.practitioner_id, by.role, by.organisation, by.token_id) if text)


def _first_days(seed: int) -> list[AccessRecord]:
    return [record for _, records in islice(Month(seed, _SCALE, _EACH).days(), 3) for record in records]


def test_the_same_seed_makes_the_same_month() -> None:
    assert _first_days(5) == _first_days(5)


def test_another_seed_makes_another_month() -> None:
    assert _first_days(5) != _first_days(6)


def test_records_come_in_order_of_time_and_of_their_ids(walked: Walked) -> None:
    assert walked.times_go_back == 0
    assert walked.ids == sorted(set(walked.ids))


def test_there_are_eight_weeks_of_past_a_month_and_three_weeks_after() -> None:
    assert (MONTH_BEGINS_ON - BEGINS_ON).days == 56
    assert (MONTH_ENDS_ON - MONTH_BEGINS_ON).days == 28
    assert (ENDS_ON - MONTH_ENDS_ON).days == 21


@pytest.mark.parametrize(
    ("share", "least", "most"),
    [("at night", 0.06, 0.2), ("on free days", 0.08, 0.2), ("none", 0.6, 0.9), ("own work", 0.05, 0.3)],
)
def test_the_shares_of_lookups_are_within_the_stated_ranges(
    walked: Walked, share: str, least: float, most: float
) -> None:
    counted = {
        "at night": sum(hour >= 22 or hour < 6 for _, _, _, hour, _, _ in walked.lookups),
        "on free days": sum(is_free(day) for _, _, day, _, _, _ in walked.lookups),
        "none": sum(not known for _, _, _, _, known, _ in walked.lookups),
        "own work": sum(own for _, _, _, _, _, own in walked.lookups),
    }
    assert least <= counted[share] / len(walked.lookups) <= most


def test_a_tenth_to_a_third_of_lookups_without_work_are_followed_by_work(walked: Walked) -> None:
    followed = without = 0
    for code, child, day, _, _, own in walked.lookups:
        if not own and day < MONTH_BEGINS_ON:
            without += 1
            days = walked.registered.get((code, child), ())
            followed += any(day <= on <= day + timedelta(days=14) for on in days)
    assert 0.1 <= followed / without <= 0.33


def test_most_children_are_asked_about_once_or_twice_and_a_few_again_and_again(walked: Walked) -> None:
    times = Counter(child for _, child, *_ in walked.lookups)
    assert sum(count <= 2 for count in times.values()) > 0.75 * len(times)
    assert max(times.values()) > 20


def test_the_month_holds_nothing_that_looks_like_an_nhs_number_or_a_real_name(walked: Walked) -> None:
    assert all(_KEY.fullmatch(key) for key in walked.keys)
    assert not [text for text in (*walked.texts, *walked.keys) if re.search(r"\d{10}", text)]
    ids = {practitioner_id for _, practitioner_id in walked.days_of}
    assert all(re.fullmatch(r"p-\d+-\d+(@new\.example)?|[a-z]{9}|system:nightly", one) for one in ids)


def test_every_kind_of_misuse_is_seeded_so_many_times(walked: Walked) -> None:
    assert Counter(case.kind for case in walked.month.cases) == dict.fromkeys(Kind, _EACH)


def test_labels_name_people_who_acted_on_the_first_and_the_last_day(walked: Walked) -> None:
    for case in walked.month.cases:
        days = [walked.days_of[case.authority_code, one] for one in case.practitioner_ids]
        assert all(days), case
        assert any(case.first_on in of for of in days), case
        assert any(case.last_on in of for of in days), case
        assert MONTH_BEGINS_ON <= case.first_on <= case.last_on < MONTH_ENDS_ON, case


def test_nobody_is_in_two_cases(walked: Walked) -> None:
    named = [(case.authority_code, one) for case in walked.month.cases for one in case.practitioner_ids]
    assert len(named) == len(set(named))


def test_no_authority_works_with_a_child_whom_its_misuse_needs_without_work(walked: Walked) -> None:
    seeds, cases = seed_misuse(5, nation_of(5, _SCALE), Agenda(), _EACH)
    hiding = {case.authority_code for case in cases if case.kind is Kind.HIDING}
    kept_free = {(code, child_key(5, child)) for child, code in seeds.kept_free if code not in hiding}
    assert len(kept_free) > 10
    assert kept_free & {(code, child) for code, child, *_ in walked.lookups}
    assert not kept_free & walked.registered.keys()


def test_mass_shields_are_as_many_as_their_labels_say_at_least(walked: Walked) -> None:
    for case in walked.month.cases:
        shields = sum(walked.shields[case.authority_code, one] for one in case.practitioner_ids)
        if case.kind is Kind.MASS_SHIELD:
            assert shields >= 12
        if case.kind is Kind.MASS_SHIELD_AUTHORITY:
            assert shields >= 25


def test_only_misuse_of_a_whole_authority_has_more_ids_than_a_team_has_people(walked: Walked) -> None:
    many = {case.kind for case in walked.month.cases if len(case.practitioner_ids) > 5}
    assert many <= AUTHORITY_WIDE


def test_services_that_only_look_never_register(walked: Walked) -> None:
    codes = {body.authority.code for body in walked.month.nation.bodies if not body.kind.registers}
    assert codes & {code for code, *_ in walked.lookups}
    assert not codes & {code for code, _ in walked.registered}


def test_a_reorganised_authority_has_new_ids_from_one_day_on(walked: Walked) -> None:
    for body in walked.month.nation.bodies:
        if body.new_ids_on is None:
            continue
        days = {
            who: of for who, of in walked.days_of.items() if who[0] == body.authority.code and "system" not in who[1]
        }
        over_night = body.new_ids_on + timedelta(days=1)
        assert all(max(of) <= over_night for (_, one), of in days.items() if "@" not in one)
        assert all(min(of) >= body.new_ids_on for (_, one), of in days.items() if "@" in one)


def test_people_start_leave_change_teams_and_work_part_time() -> None:
    people = nation_of(5, 10).people
    assert any(person.starts_on > BEGINS_ON for person in people)
    assert any(person.leaves_on < ENDS_ON for person in people)
    assert any(person.moves_on for person in people)
    assert any(len(person.weekdays) < 7 for person in people)


def test_fast_ulids_are_ulids() -> None:
    assert fast_ulid(1_770_000_000_123, 2**79 + 17) == ulid_of(1_770_000_000_123, 2**79 + 17)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(1, Agenda())


def test_a_lookup_shows_a_record_from_its_registration_to_its_withdrawal(clerk: Clerk) -> None:
    team = nation_of(1, _SCALE).teams[0]
    caller, other = team.people[0].caller(BEGINS_ON), team.people[1].caller(BEGINS_ON)
    times = [at(BEGINS_ON, minute) for minute in range(600, 605)]
    code = caller.authority.code

    def asked(minute: int, by: Caller) -> LookupRecord:
        [record] = clerk.carry_out(LookUp(times[minute], by, 8, Purpose.SAFEGUARDING, "case-1"))
        assert isinstance(record, LookupRecord)
        return record

    assert not asked(0, caller).disclosed.known
    [registered] = clerk.carry_out(Register(times[1], caller, 8, "r-1", caller.practitioner_id, sensitive=True))
    own, others = asked(2, caller), asked(2, other)
    assert (own.disclosed.known, own.disclosed.sensitive) == (False, True)
    assert (others.disclosed.known, others.disclosed.sensitive) == (True, False)
    assert own.disclosed.rows[0].version == registered.id
    [withdrawn] = clerk.carry_out(Change(times[3], caller, Act.WITHDRAWN, code, 8, "r-1"))
    assert isinstance(withdrawn, ActRecord)
    assert withdrawn.version == registered.id
    assert not asked(4, other).disclosed.rows

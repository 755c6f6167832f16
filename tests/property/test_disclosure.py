"""Whatever is on record: withheld rows leave no trace in the answer, and a doubtful answer is never "none"."""

import json
from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.http.answers import answer_body
from chalicelib.domain.access_records import Form
from chalicelib.domain.authority import Authority, Caller, Purpose
from chalicelib.domain.disclosure import ChildRecords, Decision, FullEntry, decide, form_for
from chalicelib.domain.errors import CannotAnswer
from chalicelib.domain.involvement import (
    SENSITIVE_SERVICES,
    Basis,
    Involvement,
    Practitioner,
    ServiceType,
    Status,
    Team,
)
from chalicelib.domain.ringing_order import MAX_RECORDS_PER_AUTHORITY
from tests.support.examples import NOW, TODAY, a_caller, a_row, an_answer, an_authority

from .strategies import child_rows

CODES = tuple(f"E0900000{index}" for index in range(4))
AUTHORITIES = {code: an_authority(code) for code in CODES[:3]}  # the fourth is missing from the registry
CALLER = a_caller(CODES[0], "sw-1")
PURPOSES = st.sampled_from(Purpose)
UNREADABLE = st.integers(0, 2)


def decision_of(rows: tuple[Involvement, ...], purpose: Purpose, unreadable: int, shielded: bool) -> Decision | None:
    """The decision, or None for CannotAnswer."""
    try:
        return decide(ChildRecords(rows, shielded, unreadable), AUTHORITIES, CALLER, purpose, NOW)
    except CannotAnswer:
        return None


def encoded(decision: Decision | None, purpose: Purpose) -> str:
    return "" if decision is None else msgspec.json.encode(answer_body(an_answer(decision, purpose))).decode()


def form_of(row: Involvement, purpose: Purpose) -> Form | None:
    return form_for(purpose, row.details.work.service_type, sensitive=row.details.work.is_sensitive)


def is_of_another(row: Involvement) -> bool:
    return row.authority_code != CALLER.authority.code or row.details.work.practitioner.id != CALLER.practitioner_id


@given(child_rows(CODES), PURPOSES, UNREADABLE)
def test_the_answer_is_never_none_if_a_live_row_of_another_practitioner_may_be_shown(
    rows: tuple[Involvement, ...], purpose: Purpose, unreadable: int
) -> None:
    decision = decision_of(rows, purpose, unreadable, shielded=False)
    showable = [
        row for row in rows if row.expires_at > NOW and is_of_another(row) and form_of(row, purpose) is not None
    ]
    if showable:
        assert decision is None or decision.known
    if any(row.authority_code in AUTHORITIES for row in showable):
        assert decision is not None


@given(child_rows(CODES), PURPOSES, UNREADABLE, st.booleans())
def test_an_incomplete_answer_is_never_none(
    rows: tuple[Involvement, ...], purpose: Purpose, unreadable: int, shielded: bool
) -> None:
    decision = decision_of(rows, purpose, unreadable, shielded)
    if decision is not None and not decision.known:
        assert decision.complete
        assert decision.all_read
        assert unreadable == 0


@given(child_rows(CODES), PURPOSES, UNREADABLE)
def test_an_answer_is_complete_only_if_every_row_was_read(
    rows: tuple[Involvement, ...], purpose: Purpose, unreadable: int
) -> None:
    decision = decision_of(rows, purpose, unreadable, shielded=False)
    strangers = [row for row in rows if row.authority_code not in AUTHORITIES and row.expires_at > NOW]
    visible = [row for row in strangers if form_of(row, purpose) is not None]
    if decision is not None:
        assert decision.complete is decision.all_read is (not visible and unreadable == 0)


@given(child_rows(CODES[:3]), PURPOSES)
def test_the_answer_is_never_known_without_a_live_row_of_another_practitioner(
    rows: tuple[Involvement, ...], purpose: Purpose
) -> None:
    decision = decision_of(rows, purpose, 0, shielded=False)
    assert decision is not None
    if decision.known:
        assert any(row.expires_at > NOW and is_of_another(row) for row in rows)


@given(st.data(), child_rows(CODES), PURPOSES, UNREADABLE, st.booleans())
def test_the_order_of_the_rows_does_not_change_the_answer(
    data: st.DataObject, rows: tuple[Involvement, ...], purpose: Purpose, unreadable: int, shielded: bool
) -> None:
    shuffled = tuple(data.draw(st.permutations(rows)))
    first, second = (decision_of(order, purpose, unreadable, shielded) for order in (rows, shuffled))
    assert encoded(first, purpose) == encoded(second, purpose)
    if first is not None and second is not None:
        assert set(first.shown) == set(second.shown)


@given(child_rows(CODES), PURPOSES, UNREADABLE, st.booleans())
def test_an_expired_row_changes_nothing(
    rows: tuple[Involvement, ...], purpose: Purpose, unreadable: int, shielded: bool
) -> None:
    live = tuple(row for row in rows if row.expires_at > NOW)
    assert decision_of(rows, purpose, unreadable, shielded) == decision_of(live, purpose, unreadable, shielded)


NARROW = st.sampled_from([Purpose.EDUCATION_WELFARE, Purpose.HEALTH_CARE])
MANY = st.integers(0, MAX_RECORDS_PER_AUTHORITY + 2)


def hidden_rows(number: int, code: str) -> tuple[Involvement, ...]:
    services = sorted(SENSITIVE_SERVICES)
    return tuple(
        a_row(
            authority_code=code, reference=f"hidden-{index}", service_type=services[index % len(services)],
            basis=Basis.CONSENT, lead_professional=index % 3 == 0,
        )
        for index in range(number)
    )  # fmt: skip


def with_many(rows: tuple[Involvement, ...], number: int) -> tuple[Involvement, ...]:
    """The rows, and as many more of the asker."""
    own = Practitioner(id="sw-1", name="N", role="R")
    more = (a_row(authority_code=CODES[0], reference=f"more-{index}", practitioner=own) for index in range(number))
    return (*rows, *more)


TWO_NUMBERS = st.tuples(MANY, MANY)


@given(child_rows(CODES), MANY, TWO_NUMBERS, st.sampled_from(CODES), st.tuples(NARROW, UNREADABLE))
def test_the_answer_does_not_depend_on_rows_that_the_purpose_never_sees(
    rows: tuple[Involvement, ...], own: int, hidden: tuple[int, int], code: str, asked: tuple[Purpose, int]
) -> None:
    purpose, unreadable = asked
    seen = with_many(tuple(row for row in rows if form_of(row, purpose) is not None), own)
    one, other = (
        encoded(decision_of((*seen, *hidden_rows(number, code)), purpose, unreadable, shielded=False), purpose)
        for number in hidden
    )
    assert one == other


STORED = st.tuples(child_rows(CODES), MANY, UNREADABLE)


@given(STORED, STORED, PURPOSES)
def test_the_answer_about_a_shielded_child_depends_on_no_row(
    one: tuple[tuple[Involvement, ...], int, int], other: tuple[tuple[Involvement, ...], int, int], purpose: Purpose
) -> None:
    answers = {
        encoded(decision_of(with_many(rows, own), purpose, unreadable, shielded=True), purpose)
        for rows, own, unreadable in (one, other)
    }
    assert len(answers) == 1


@given(MANY, st.integers(1, 60), st.integers(1, 60), child_rows(CODES[:3]))
def test_how_many_sensitive_rows_share_the_one_entry_does_not_show(
    own: int, first: int, second: int, rows: tuple[Involvement, ...]
) -> None:
    purpose = Purpose.SAFEGUARDING
    seen = with_many(tuple(row for row in rows if not row.details.work.is_sensitive), own)
    sets = [(*seen, *hidden_rows(number, CODES[1])) for number in (first, second)]
    one, other = (encoded(decision_of(one, purpose, 0, shielded=False), purpose) for one in sets)
    assert one == other


@given(child_rows(CODES[:3]), st.integers(0, 60), PURPOSES)
def test_each_authoritys_best_row_of_a_status_comes_in_the_first_turn(
    rows: tuple[Involvement, ...], leads: int, purpose: Purpose
) -> None:
    many = (a_row(authority_code=CODES[1], reference=f"lead-{n}", lead_professional=True) for n in range(leads))
    decision = decision_of((*rows, *many), purpose, 0, shielded=False)
    assert decision is not None
    full = [entry for entry in decision.entries if isinstance(entry, FullEntry)]
    assert [entry.status for entry in full] == sorted((entry.status for entry in full), key=list(Status).index)
    for status in Status:
        codes = [entry.authority.code for entry in full if entry.status is status]
        assert len(set(codes[: len(set(codes))])) == len(set(codes))


@given(child_rows(CODES), PURPOSES, UNREADABLE)
def test_the_access_record_lists_every_row_of_which_anything_is_shown(
    rows: tuple[Involvement, ...], purpose: Purpose, unreadable: int
) -> None:
    decision = decision_of(rows, purpose, unreadable, shielded=False)
    if decision is not None:
        served = [row for row in rows if row.expires_at > NOW and row.authority_code in AUTHORITIES]
        forms = {(row.reference, form_of(row, purpose)) for row in served}
        assert {(shown.reference, shown.form) for shown in decision.shown} == {one for one in forms if one[1]}


# Leaks. Each row has its own authority, names and dates, so that the tests can search the answer for them.

WITHHELD = st.one_of(
    st.tuples(st.sampled_from(sorted(SENSITIVE_SERVICES)), st.booleans()),
    st.tuples(st.sampled_from(sorted(ServiceType)), st.just(True)),
    st.tuples(st.sampled_from([ServiceType.POLICE, ServiceType.YOUTH_JUSTICE]), st.booleans()),
)
ANY = st.tuples(st.sampled_from(ServiceType), st.booleans())


def marked_row(index: int, service_type: ServiceType, sensitive: bool, ended: bool) -> Involvement:
    """A row whose showable values appear in no other row."""
    day = TODAY - timedelta(days=10 * index + 3)
    return a_row(
        authority_code=f"Z{index}QCODE",
        reference=f"Z{index}QREF",
        version=f"Z{index}QVERSION",
        service_type=service_type,
        sensitive=sensitive,
        basis=Basis.CONSENT,
        practitioner=Practitioner(
            id=f"Z{index}QID", name=f"Z{index}QNAME", role=f"Z{index}QROLE", phone=f"Z{index}QTEL", email=f"Z{index}Q@x"
        ),
        team=Team(name=f"Z{index}QTEAM", phone=f"Z{index}QTEAMTEL"),
        organisation=f"Z{index}QORG",
        lead_professional=index % 2 == 0,
        started_on=day - timedelta(days=1),
        ended_on=day if ended else None,
        confirmed_on=day + timedelta(days=1),
        first_registered_on=day - timedelta(days=2),
        cap_on=day.replace(year=2040),
    )


def marked_authority(index: int) -> Authority:
    return an_authority(f"Z{index}QCODE", name=f"Z{index}QAUTHORITY")


def traces(row: Involvement, index: int, answer: str) -> list[str]:
    details = row.details
    days = (details.work.started_on, details.work.ended_on, details.confirmed_on, details.first_registered_on)
    marks = [f"Z{index}Q", *(str(day) for day in (*days, details.cap_on) if day), str(row.expires_at.date())]
    return [mark for mark in marks if mark in answer]


def marked_answer(
    kinds: list[tuple[ServiceType, bool]],
    purpose: Purpose,
    *,
    caller: Caller = CALLER,
    ended: bool = False,
    shielded: bool = False,
    unreadable: int = 0,
) -> tuple[list[Involvement], str]:
    """The rows, and the answer as it is sent. The answer is empty if the service cannot answer."""
    rows = [marked_row(index, service_type, sensitive, ended) for index, (service_type, sensitive) in enumerate(kinds)]
    authorities = {one.code: one for one in map(marked_authority, range(len(kinds)))}
    try:
        decision = decide(ChildRecords(tuple(rows), shielded, unreadable), authorities, caller, purpose, NOW)
    except CannotAnswer:
        return rows, ""
    body = answer_body(an_answer(decision, purpose, authorities.values()))
    return rows, msgspec.json.encode(body).decode()


OWN = a_caller("Z0QCODE", "Z0QID")
CALLERS = st.sampled_from([OWN, CALLER])


@given(st.lists(WITHHELD | ANY, min_size=1, max_size=6), st.booleans(), PURPOSES, CALLERS, UNREADABLE)
def test_nothing_of_a_row_that_is_not_shown_in_full_is_in_the_answer(
    kinds: list[tuple[ServiceType, bool]], ended: bool, purpose: Purpose, caller: Caller, unreadable: int
) -> None:
    rows, answer = marked_answer(kinds, purpose, caller=caller, ended=ended, unreadable=unreadable)
    withheld = [(index, row) for index, row in enumerate(rows) if form_of(row, purpose) is not Form.FULL]
    assert [traces(row, index, answer) for index, row in withheld] == [[]] * len(withheld)


@given(st.lists(WITHHELD | ANY, max_size=6), st.booleans(), PURPOSES, CALLERS, UNREADABLE)
def test_nothing_of_any_row_of_a_shielded_child_is_in_the_answer(
    kinds: list[tuple[ServiceType, bool]], ended: bool, purpose: Purpose, caller: Caller, unreadable: int
) -> None:
    rows, answer = marked_answer(kinds, purpose, caller=caller, ended=ended, shielded=True, unreadable=unreadable)
    assert [traces(row, index, answer) for index, row in enumerate(rows)] == [[]] * len(rows)
    body = json.loads(answer)
    assert (body["known"], body["shielded"], body["involvements"]) == (True, True, [])
    assert body["broker_desk"] == {"name": "National broker desk", "phone": "020 7946 0100"}


@given(st.lists(ANY, min_size=1, max_size=6), PURPOSES)
def test_at_most_one_entry_stands_for_sensitive_services(
    kinds: list[tuple[ServiceType, bool]], purpose: Purpose
) -> None:
    rows, answer = marked_answer(kinds, purpose)
    entries = [entry for entry in json.loads(answer)["involvements"] if entry["form"] == "brokered"]
    sensitive = [entry for entry in entries if entry["description"] == "a sensitive service"]
    brokered = any(row.details.work.is_sensitive and form_of(row, purpose) for row in rows)
    assert len(sensitive) == int(brokered)
    named = set(SENSITIVE_SERVICES) & {entry["service_type"] for entry in json.loads(answer)["involvements"]}
    assert named == set()


@given(st.lists(ANY, min_size=1, max_size=6), PURPOSES)
def test_ended_work_names_the_team_but_not_the_practitioner(
    kinds: list[tuple[ServiceType, bool]], purpose: Purpose
) -> None:
    rows, answer = marked_answer(kinds, purpose, ended=True)
    for index, row in enumerate(rows):
        assert f"Z{index}QNAME" not in answer
        assert (f"Z{index}QTEAM" in answer) is (form_of(row, purpose) is Form.FULL)

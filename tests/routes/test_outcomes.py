"""What came of a call, and the quality of one's own register, as callers see them."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.adapters.ids import new_ulid
from chalicelib.domain.outcomes import ContactOutcome
from infra.local.authorities import LocalAuthority
from tests.support.log_lines import Lines, metrics, only_line
from tests.support.registry import entered
from tests.support.rows import Rows
from tests.support.stage import BRENT, EALING, HARINGEY, Reply, Stage


@pytest.fixture
def asked(stage: Stage) -> tuple[str, str]:
    """A child of Haringey's, and Ealing's lookup of it."""
    child = stage.new_child()
    assert stage.register(child).status == 201
    return child, str(stage.look_up(child, stage.token(EALING)).json["lookup_id"])


def send(stage: Stage, lookup_id: str, outcome: str = "no_answer", entry: Any = 1, authority: str = EALING) -> Reply:
    body = {"entry": entry, "outcome": outcome}
    return stage.call("POST", f"/v1/lookups/{lookup_id}/outcomes", body, token=stage.token(authority))


@pytest.mark.parametrize("outcome", ContactOutcome)
def test_each_outcome_is_taken_once(stage: Stage, rows: Rows, asked: tuple[str, str], outcome: str) -> None:
    child, lookup_id = asked
    first = send(stage, lookup_id, outcome)
    assert (first.status, first.json) == (201, {"entry": 1, "outcome": outcome})
    stage.clock.advance(hours=1)
    assert send(stage, lookup_id, outcome).status == 200
    another = "left" if outcome != "left" else "reached"
    assert send(stage, lookup_id, another).code == "outcome_recorded"
    [act] = [row for row in rows.access_records(child, "E#") if row["act"]["S"] == "outcome"]
    assert (act["outcome"], act["reference"]) == ({"S": f"1 {outcome}"}, {"S": lookup_id})
    assert (act["authority"], act["practitioner"]) == ({"S": EALING}, {"S": stage.practitioner})


def test_each_entry_has_its_number_and_takes_an_outcome_of_its_own(stage: Stage) -> None:
    child = stage.new_child()
    for changes in ({}, {"lead_professional": True}, {"service_type": "mental_health", "basis": "consent"}):
        stage.register(child, **changes)
    answer = stage.look_up(child, stage.token(EALING)).json
    assert [one.get("entry") for one in answer["involvements"]] == [1, 2, None]
    assert [send(stage, answer["lookup_id"], entry=entry).status for entry in (1, 2, 3, 4)] == [201, 201, 404, 404]


@pytest.mark.parametrize("lookup_id", ["x", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "7" + "Z" * 25, "0" + "Z" * 25, "%2e%2e"])
def test_a_lookup_that_is_not_there_is_not_found(stage: Stage, lookup_id: str) -> None:
    assert send(stage, lookup_id).code == "not_found"


def test_a_lookup_of_another_authority_is_not_found(stage: Stage, asked: tuple[str, str]) -> None:
    assert [send(stage, asked[1], authority=code).code for code in (HARINGEY, BRENT)] == ["not_found"] * 2
    assert send(stage, asked[1], authority=EALING).status == 201


def test_a_lookup_made_just_before_midnight_is_found_although_its_id_is_of_the_next_day(
    stage: Stage, rows: Rows, asked: tuple[str, str]
) -> None:
    child, lookup_id = asked
    midnight = (stage.clock() + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    row = rows.lookups(child)[lookup_id]
    late = new_ulid(int(midnight.timestamp() * 1000) + 2)
    stage.clock.now = midnight - timedelta(seconds=1)
    rows.reseal({**row, "sk": {"S": f"L#{late}"}, "day": {"S": f"{EALING}#{stage.today}"}})
    # It is found; what it showed is sealed under another id, and does not open.
    assert send(stage, late).code == "not_found"
    assert stage.services.parts.lookups._index.key(f"{EALING}#{stage.today}", f"L#{late}") is not None


def test_after_seven_days_it_is_too_late(stage: Stage, asked: tuple[str, str]) -> None:
    stage.clock.advance(days=7, seconds=1)
    assert send(stage, asked[1]).code == "too_late"


@pytest.mark.parametrize(
    "body",
    [
        {"entry": 0, "outcome": "reached"},
        {"entry": "1", "outcome": "reached"},
        {"entry": True, "outcome": "reached"},
        {"entry": 1.5, "outcome": "reached"},
        {"entry": 1, "outcome": "rang"},
        {"entry": 1, "outcome": "reached", "note": "he said"},
        {"entry": 1},
    ],
)
def test_another_body_is_refused(stage: Stage, asked: tuple[str, str], body: Any) -> None:
    reply = stage.call("POST", f"/v1/lookups/{asked[1]}/outcomes", body, token=stage.token(EALING))
    assert reply.code == "invalid_request"
    assert "he said" not in reply.body


def test_a_feed_records_no_outcome(stage: Stage, asked: tuple[str, str]) -> None:
    token = stage.token(EALING, "system:feed")
    reply = stage.call("POST", f"/v1/lookups/{asked[1]}/outcomes", {"entry": 1, "outcome": "left"}, token=token)
    assert reply.code == "system_may_not_look_up"


def test_a_damaged_outcome_is_neither_the_same_nor_another(stage: Stage, rows: Rows, asked: tuple[str, str]) -> None:
    child, lookup_id = asked
    send(stage, lookup_id)
    [act] = [row for row in rows.access_records(child, "E#") if row["act"]["S"] == "outcome"]
    for damaged in ((1, "rang"), None):
        rows.reseal(act, outcome=damaged)
        assert send(stage, lookup_id).code == "unavailable"


def test_the_line_of_an_outcome_counts_it_and_names_nobody(stage: Stage, lines: Lines, asked: tuple[str, str]) -> None:
    lines()
    line = only_line(lines, send(stage, asked[1], "not_theirs"))
    assert metrics(line)["OutcomesNotReached"] == 1
    assert line["route"] == "/v1/lookups/{lookup_id}/outcomes"
    assert asked[1] not in str(line)


def quality(stage: Stage, authority: str, **query: str) -> Reply:
    sent = {name: [value] for name, value in query.items()}
    return stage.call("GET", "/v1/quality", token=stage.token(authority), query=sent or None)


def every_page(stage: Stage, authority: str, limit: str) -> list[Any]:
    pages = [quality(stage, authority, limit=limit).json]
    while pages[-1]["next_cursor"] is not None:
        pages.append(quality(stage, authority, limit=limit, cursor=pages[-1]["next_cursor"]).json)
    return pages


@pytest.fixture
def newcomer(stage: Stage) -> str:
    """An authority with a register of its own."""
    authority = LocalAuthority(stage.new_code(), "Newcomer", "newcomers")
    entered(stage, authority)
    return authority.code


def test_quality_lists_what_to_look_at_by_reference(stage: Stage, rows: Rows, newcomer: str) -> None:
    def record(reference: str, **changes: Any) -> None:
        assert stage.register(stage.new_child(), reference, stage.token(newcomer), **changes).status == 201

    bare = {"id": "sw-9", "name": "Ada Okafor", "role": "Social worker"}
    record("fine")
    record("no-phone", practitioner=bare)
    record("over", practitioner=bare, ended_on=stage.today.isoformat())
    for reference, mark in (("undecided", "undecided_on"), ("old-number", "trace_number_on")):
        record(reference)
        entry = rows.entry(reference, newcomer)
        assert entry is not None
        rows.put({**entry, mark: {"S": stage.today.isoformat()}})
    pages = every_page(stage, newcomer, "2")
    names = [name for name, value in pages[0].items() if isinstance(value, list)]
    lists = {name: [one for page in pages for one in page[name]] for name in names}
    assert sum(page["records"] for page in pages) == 5
    assert lists == {
        "unconfirmed": [],
        "lapsing": [],
        "undecided": ["undecided"],
        "trace_number": ["old-number"],
        "without_phone": ["no-phone"],
        "contacts_failed": [],
    }
    stage.clock.advance(days=200)
    assert quality(stage, newcomer).json["unconfirmed"] == ["fine", "no-phone", "old-number", "undecided"]
    stage.clock.advance(days=450)
    assert quality(stage, newcomer).json["lapsing"] == ["fine", "no-phone", "old-number", "undecided"]


def test_a_register_entry_whose_mark_is_no_date_is_left_out(stage: Stage, rows: Rows, newcomer: str) -> None:
    stage.register(stage.new_child(), "one", stage.token(newcomer))
    entry = rows.entry("one", newcomer)
    assert entry is not None
    for damaged in ({"N": "1"}, {"S": "soon"}, {"BOOL": True}, {"NULL": True}):
        rows.put({**entry, "undecided_on": damaged, "trace_number_on": damaged})
        page = quality(stage, newcomer).json
        assert (page["records"], page["undecided"], page["trace_number"]) == (0, [], [])


def test_a_copy_that_does_not_open_costs_no_page(stage: Stage, rows: Rows, newcomer: str) -> None:
    bare = {"id": "sw-9", "name": "Ada Okafor", "role": "Social worker"}
    stage.register(stage.new_child(), "one", stage.token(newcomer), practitioner=bare)
    entry = rows.entry("one", newcomer)
    assert entry is not None
    for damaged in ({"B": b"x"}, {"S": "x"}, {"B": entry["remembered"]["B"][:-1] + b"\0"}):
        rows.put({**entry, "remembered": damaged})
        page = quality(stage, newcomer).json
        assert (page["records"], page["without_phone"]) == (1, [])


@pytest.mark.parametrize("cursor", ["", "x", "register", "register.", "register.*", "notices.x", "notices.-1"])
def test_a_cursor_of_nobodys_is_refused(stage: Stage, cursor: str) -> None:
    assert quality(stage, HARINGEY, cursor=cursor).code == "invalid_request"
    assert quality(stage, HARINGEY, cursor="notices.999999999999").code == "invalid_request"


def test_reading_quality_is_recorded(stage: Stage, rows: Rows, newcomer: str) -> None:
    quality(stage, newcomer)
    assert [row["act"]["S"] for row in rows.of(f"A#{newcomer}", ACCESS)] == ["quality_read"]

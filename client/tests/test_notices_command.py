"""The command notices against the real service."""

import json
from pathlib import Path

import pytest

from client.tests.command_line import README, KnownTo, notice_page, room_for, tidy
from client.tests.service import Service
from tests.routes import test_notices
from tests.support.stage import BRENT, Reply


def test_each_notice_is_a_sentence(service: Service, known_to: KnownTo) -> None:
    brent = {"code": BRENT, "name": "Brent", "duty_contact": {"name": "Brent duty team", "phone": "020 7946 0999"}}
    first = (
        {"id": "1", "kind": "registered", "reference": "sw-7", "authority": brent},
        {"id": "2", "kind": "looked_up", "reference": "sw-7", "authority": None, "purpose": None},
        {"id": "3", "kind": "lapses", "reference": "sw-3", "expires_at": "2026-06-01T00:00:00Z"},
    )
    second = (
        {"id": "8", "kind": "disputed", "reference": "sw-5"},
        {"id": "9", "kind": "soft_limit", "practitioner_id": "sw-4"},
    )
    third = ({"id": "10", "kind": "soft_limit", "practitioner_id": None}, {"id": "11", "kind": "brand_new"})
    service.failures = [
        notice_page("4", *first),
        notice_page("7"),
        notice_page("9", *second),
        notice_page("11", *third),
        notice_page("11"),
    ]
    ended = known_to("notices")
    at = "1 Mar 2026, 09:30 UTC  "
    shown = tidy(ended).removesuffix(f"{at}your authority has passed a limit on lookups or shields.\n{at}brand_new.\n")
    assert shown == (
        f"{at}Brent (020 7946 0999) now works with the child of sw-7.\n"
        f"{at}an authority that is not named has looked up the child of\nsw-7.\n"
        f"{at}sw-3 lapses on 1 Jun 2026 unless it is confirmed.\n"
        f"{at}sw-5 is disputed.\n"
        f"{at}sw-4 has passed a limit on lookups or shields.\n"
    )
    assert f"```text\n{shown}```" in README
    assert (ended.code, ended.err) == (0, "")


def test_notices_of_decisions_and_of_calls_are_sentences(service: Service, known_to: KnownTo) -> None:
    calls = {"kind": "contact_outcomes", "practitioner_id": "sw-9", "phone": "020 7946 0001"}
    shown = (
        {"id": "1", "kind": "undecided", "reference": "sw-7"},
        {"id": "2", "kind": "trace_number", "reference": "sw-8"},
        {"id": "3", **calls, "outcomes": {"reached": 2, "no_answer": 1200}},
        {"id": "4", "kind": "registry_changed", "changed": ["jwks", "duty_contact"]},
    )
    service.failures = [notice_page("4", *shown), notice_page("4")]
    at = "1 Mar 2026, 09:30 UTC  "
    out = " ".join(tidy(known_to("notices")).split())
    assert out == (
        f"{at.strip()} sw-7 waits for a decision: your feed sends another child's number for it. "
        f"{at.strip()} sw-8 has a number that is out of date: trace it anew and send the present one. "
        f"{at.strip()} calls last week to sw-9 (020 7946 0001): 2 reached, 1,200 no answer. "
        f"{at.strip()} your authority's registry entry changed (jwks, duty_contact); if nobody asked for it, ring the "
        "operators."
    )


def test_a_shield_is_a_sentence_for_owners_and_names_the_authority_for_the_broker_desk_alone(
    service: Service, known_to: KnownTo
) -> None:
    brent = {"code": BRENT, "name": "Brent", "duty_contact": {"name": "Brent duty team", "phone": "020 7946 0999"}}
    shown = (
        {"id": "1", "kind": "shielded", "reference": "sw-7"},
        {"id": "2", "kind": "shielded", "authority": brent, "role": "Nurse"},
        {"id": "3", "kind": "looked_up", "authority": brent, "role": "Nurse", "lookup_id": "01L"},
    )
    service.failures = [notice_page("3", *shown), notice_page("3")]
    at = "1 Mar 2026, 09:30 UTC"
    out = " ".join(tidy(known_to("notices")).split())
    assert out == (
        f"{at} sw-7 is about a child who is shielded now: ring the broker desk. "
        f"{at} Brent (020 7946 0999), Nurse: has shielded a child. "
        f"{at} Brent (020 7946 0999), Nurse: has looked up a shielded child, lookup 01L."
    )


def test_the_cursor_file_is_kept_up_to_date(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    disputed = {"id": "4", "kind": "disputed", "reference": "sw-5"}
    service.failures = [notice_page("4", disputed), notice_page("7"), notice_page("11"), notice_page("11")]
    assert known_to("notices", "--cursor-file", "cursor").code == 0
    cursor = tmp_path / "cursor"
    assert (cursor.read_text(), cursor.stat().st_mode & 0o777) == ("11\n", 0o600)
    cursor.chmod(0o644)
    written = cursor.stat().st_mtime_ns
    service.failures = [notice_page("11")]
    assert known_to("notices", "--cursor-file", "cursor").out == ""
    assert cursor.stat().st_mtime_ns == written
    service.failures = [notice_page("12"), notice_page("12")]
    assert known_to("notices", "--cursor-file", "cursor").out == ""
    assert (cursor.read_text(), cursor.stat().st_mode & 0o777) == ("12\n", 0o644)
    cursor.write_text("no cursor at all")
    service.failures = [notice_page("5")]
    assert known_to("notices", "--after", "5", "--cursor-file", "cursor").code == 0
    assert cursor.read_text() == "5\n"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("nowhere/cursor", "cannot be written: No such file"),
        (".", "is not an ordinary file"),
        ("/dev/null", "is not an ordinary file"),
        ("café", "contains no cursor"),
    ],
)
def test_a_path_that_cannot_be_a_cursor_file_is_refused(
    service: Service, known_to: KnownTo, tmp_path: Path, file: str, message: str
) -> None:
    (tmp_path / "café").write_text("café", encoding="utf-8")
    service.failures = [notice_page("2")]
    ended = known_to("notices", "--cursor-file", file)
    tidy(ended)
    assert (ended.code, message in ended.err) == (5, True)


def test_an_incomplete_page_of_notices_is_reported(service: Service, known_to: KnownTo) -> None:
    body = {**notice_page("2").json, "complete": False}
    service.failures = [Reply(200, {}, json.dumps(body)), notice_page("2")]
    assert known_to("notices").err == "Some notices could not be shown: there may be more.\n"


def test_a_full_disk_leaves_the_cursor_file_unchanged(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    (tmp_path / "cursor").write_text("1\n")
    service.failures = [notice_page("2")]
    with room_for(0):
        ended = known_to("notices", "--cursor-file", "cursor")
    assert (ended.code, ended.err) == (5, "cursor cannot be written: File too large.\n")
    assert [path.read_text() for path in tmp_path.glob("*cursor*")] == ["1\n"]


def test_follow_ends_if_trying_again_cannot_help(service: Service, known_to: KnownTo) -> None:
    ended = known_to("--authority", "E1", "notices", "--follow")
    assert (ended.code, ended.err.partition(".")[0]) == (3, "Not signed in")


def test_a_notice_of_the_real_service_is_shown(service: Service, known_to: KnownTo) -> None:
    stage = service.stage
    stage.clock.advance(seconds=61)
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    before = test_notices.here(stage)
    test_notices.post(stage, child, reference)
    ended = known_to("notices", "--after", before)
    assert f"Ealing (020 7946 0999) has looked up the child of {reference}, for" in " ".join(tidy(ended).split())
    [line] = known_to("notices", "--after", before, "--json").out.splitlines()
    assert json.loads(line)["reference"] == reference

"""Every command against the real service, as a stranger sees it: 80 columns, no colour, through a pipe."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from client.tests.conftest import Ended, KnownTo, room_for
from client.tests.service import Service
from tests.routes import test_notices as notices
from tests.support.stage import BRENT, EALING, POLICE, Reply

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BUSY = Reply(
    503, {}, json.dumps({"code": "unavailable", "title": "Later", "detail": "Later.", "correlation_id": "c-1"})
)
ASK = ("lookup", "--purpose", "safeguarding", "--case", "case-17")


def tidy(ended: Ended) -> str:
    """What was printed, having looked at its form."""
    for line in (ended.out + ended.err).splitlines():
        assert len(line) <= 80, line
        assert line == line.rstrip()
        assert "\x1b" not in line
    return ended.out


def a_record(service: Service, child: str, **changes: object) -> str:
    return json.dumps(service.stage.body(child, **changes))


def test_a_lookup_says_whom_to_ring(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    service.stage.register(child, token=service.stage.token(EALING), lead_professional=True)
    ended = known_to(*ASK, stdin=child)
    today = service.stage.today
    said = tidy(ended)
    assert said.startswith("Known to another practitioner.")
    assert (
        f"""
1. Ada Okafor, social worker
   ring 020 7946 0001
   team: 020 7946 0002, Assessment team
   social care, Ealing
   current, confirmed {today.day} {today:%b %Y}, lead professional
   day and night: 020 7946 0999, Ealing duty team
"""
        in said
    )
    assert " of 3 local authorities" in said
    assert "case case-17" in said
    assert child not in ended.out + ended.err
    assert (ended.code, ended.err) == (0, "")


def test_a_child_that_nobody_registered_is_an_answer_and_no_failure(service: Service, known_to: KnownTo) -> None:
    ended = known_to(*ASK, stdin=f"{service.stage.new_child()}\n")
    assert tidy(ended).startswith("None registered. This does not mean unknown or safe.")
    assert ended.code == 0


def test_what_could_not_be_checked_comes_before_what_sounds_like_none(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    answer = service.stage.look_up(child).json
    service.failures = [Reply(200, {}, json.dumps({**answer, "complete": False}))]
    assert tidy(known_to(*ASK, stdin=child)).startswith("COULD NOT CHECK every record: there may be more.\nNone reg")
    assert "COULD NOT CHECK" not in tidy(known_to(*ASK, stdin=child))


def test_a_sensitive_service_is_told_with_the_broker_desk_alone(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    changes = {"service_type": "mental_health", "basis": "consent"}
    service.stage.register(child, token=service.stage.token(EALING), **changes)
    said = tidy(known_to(*ASK, stdin=child))
    assert "1. a sensitive service\n   ring 020 7946 0100, National broker desk\n" in said
    assert "Broker desk, day and night: 020 7946 0100, National broker desk" in said
    assert "Okafor" not in said


def test_a_previous_and_an_own_record_say_what_they_are(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    yesterday = (service.stage.today - timedelta(days=1)).isoformat()
    service.stage.register(child, token=service.stage.token(EALING), ended_on=yesterday)
    own = {"id": "sw-1", "name": "Own One", "role": "Social worker"}
    service.stage.register(child, practitioner=own)
    said = tidy(known_to(*ASK, stdin=child))
    assert "1. Own One, social worker (your own record)\n   ring 020 7946 0002, Assessment team\n" in said
    assert "2. Assessment team\n   ring 020 7946 0002\n   social care, Ealing\n   ended " in said


def test_a_name_cannot_steer_the_terminal(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    service.stage.register(child, token=service.stage.token(EALING))
    answer = service.stage.look_up(child).body.replace("Ada Okafor", "\\u001b[2JAda [red]Okafor[/red]\\r\\u202e")
    service.failures = [Reply(200, {}, answer)]
    assert "1. ?[2JAda [red]Okafor[/red]??, social worker\n" in tidy(known_to(*ASK, stdin=child))


def test_json_is_the_whole_answer_on_one_line(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    service.stage.register(child, token=service.stage.token(POLICE), service_type="police")
    ended = known_to(*ASK[:2], "health_care", *ASK[3:], "--json", stdin=child)
    [line] = ended.out.splitlines()
    answer = json.loads(line)
    again = service.stage.look_up(child, purpose="health_care").json
    own_to_each = {"lookup_id", "asked_at", "case_reference"}
    assert answer["asked_at"].endswith("Z")
    assert {name: answer[name] for name in again.keys() - own_to_each} == {
        name: again[name] for name in again.keys() - own_to_each
    }


def test_a_number_on_the_command_line_is_taken_with_a_warning(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    ended = known_to(*ASK, f"{child[:3]} {child[3:6]} {child[6:]}")
    tidy(ended)
    assert ended.code == 0
    assert "stays in your shell's history" in ended.err
    assert child not in ended.out + ended.err
    parted = known_to(*ASK, child[:3], child[3:6], child[6:])
    assert (parted.code, parted.out.partition("Recorded as")[0]) == (0, ended.out.partition("Recorded as")[0])


MISTYPED = [
    ("nonsense", "9990000019"),
    ("9990000019",),
    ("accesses", "999", "000", "0019"),
    ("accesses", "r-1", "999", "000", "0019"),
    ("end", "r-1", "--on", "999-000-0019"),
    ("lookup", "--999 000 0019"),
    ("--config", "9990000019", "confirm", "r-1"),
    ("load", "999 000 0019.csv"),
    ("register", "r-1", "--file", "x9990000019 999.000.0019"),
]


@pytest.mark.parametrize("arguments", MISTYPED)
def test_no_number_that_was_mistyped_is_repeated(known_to: KnownTo, arguments: tuple[str, ...]) -> None:
    ended = known_to(*arguments)
    tidy(ended)
    assert ended.code in (2, 3, 5)
    assert "0019" not in ended.out + ended.err
    assert ended.err


@pytest.mark.parametrize("option", ["--as", "--authority", "--role"])
@pytest.mark.parametrize("value", ["", "  "])
def test_who_calls_may_not_be_blank(service: Service, known_to: KnownTo, option: str, value: str) -> None:
    ended = known_to(option, value, *ASK, stdin="9990000018")
    assert (ended.code, ended.out) == (2, "")
    assert tidy(ended) == ""
    assert f"'{option}': is blank. Write who it is, or leave the option out." in " ".join(ended.err.split())
    assert service.seen == []


def test_a_lookup_that_is_written_wrongly_has_not_checked(known_to: KnownTo) -> None:
    ended = known_to("lookup", "--case", "case-17")
    assert (ended.code, tidy(ended)) == (2, "")
    assert ended.err == (
        "COULD NOT CHECK. Treat as unknown; ring your duty team.\n"
        "Missing option '--purpose'.\nHow to write it: known-to lookup --help\n"
    )


def test_a_service_that_says_when_to_come_back_is_quoted(service: Service, known_to: KnownTo) -> None:
    service.failures = [Reply(429, {"Retry-After": "1800"}, BUSY.body)]
    ended = known_to(*ASK, stdin="9990000018")
    tidy(ended)
    assert (ended.code, "asks you to wait 1,800 seconds before" in ended.err) == (4, True)


@pytest.mark.parametrize("typed", ["", "12345", "9990000019"])
def test_what_is_no_number_is_not_asked_for(service: Service, known_to: KnownTo, typed: str) -> None:
    ended = known_to(*ASK, stdin=typed)
    assert ended.code == 2
    assert ended.err.startswith("COULD NOT CHECK. Treat as unknown; ring your duty team.\n")
    assert "not a valid NHS number" in ended.err
    assert service.seen == []


def test_a_lookup_that_fails_says_so_loudest_and_never_ends_with_0(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    service.failures = [Reply(503, {}, "<html>")]
    service.failures += [Reply(400, {}, "<html>")]
    for ended, code in (
        (known_to(*ASK, stdin=child), 4),
        (known_to("--as", "system:x", *ASK, stdin=child), 3),
        (known_to(*ASK[:2], "curiosity", *ASK[3:], stdin=child), 5),
        (known_to("--authority", "E1", *ASK, stdin=child), 3),
        (known_to("--config", "nowhere.toml", *ASK, stdin=child), 3),
        (known_to(*ASK[:-1], "a\udcff", stdin=child), 5),
    ):
        tidy(ended)
        assert ended.code == code
        assert ended.err.startswith("COULD NOT CHECK. Treat as unknown; ring your duty team.\n")
        assert ended.out == ""
        assert child not in ended.err


def test_who_is_not_signed_in_hears_which_settings_to_look_at(service: Service, known_to: KnownTo) -> None:
    ended = known_to("--authority", "E1", "confirm", "r-1")
    tidy(ended)
    assert ended.code == 3
    assert ended.err.startswith("Not signed in. Check authority, kid, key_file and audience in your settings, and\n")
    assert "Bearer" not in ended.err


def test_a_dropped_connection_is_tried_again_unseen(service: Service, known_to: KnownTo) -> None:
    service.failures = [None]
    assert known_to(*ASK, stdin=service.stage.new_child()).code == 0
    assert len(service.seen) == 2


def test_register_confirm_end_and_their_versions(service: Service, known_to: KnownTo) -> None:
    child, reference = service.stage.new_child(), service.stage.new_reference()
    made = known_to("register", reference, "--file", "-", stdin=a_record(service, child))
    assert tidy(made).startswith(f"Registered {reference}: confirmed ")
    assert child not in made.out + made.err
    assert tidy(known_to("confirm", reference)).startswith(f"Confirmed {reference}")
    today = service.stage.today.isoformat()
    stale = known_to("end", reference, "--on", today, "--if-version", "01OTHER")
    assert (stale.code, "The record has changed since" in stale.err) == (5, True)
    assert "leave --if-version out" in " ".join(stale.err.split())
    assert "If-Match" not in stale.err
    assert json.loads(known_to("confirm", reference, "--json").out)["version"] == made.out.split()[-1]
    assert tidy(known_to("end", reference, "--on", today)).startswith(f"Ended {reference}")
    own = service.stage.call("GET", f"/v1/involvements/{reference}").json
    assert (own["ended_on"], own["status"]) == (today, "previous")


def test_of_many_to_confirm_one_that_cannot_be_is_named_and_stops_none(service: Service, known_to: KnownTo) -> None:
    first, last = service.stage.new_reference(), service.stage.new_reference()
    for reference in (first, last):
        service.stage.register(service.stage.new_child(), reference)
    ended = known_to("confirm", first, "nosuch", "9990000018", last, "9990000019")
    said = tidy(ended)
    assert (f"Confirmed {first}" in said, f"Confirmed {last}" in said, ended.code) == (True, True, 6)
    assert "nosuch: No such record." in ended.err
    assert "Reference 3: Not sent." in ended.err
    assert "Reference 5: No such record." in ended.err
    assert "99900000" not in ended.err
    assert known_to("confirm", "nosuch").code == 5


def test_a_refusal_names_the_fields_and_the_correlation_id(service: Service, known_to: KnownTo) -> None:
    record = a_record(service, service.stage.new_child(), basis="whim")
    ended = known_to("register", "ref-x", "--file", "-", stdin=record)
    tidy(ended)
    assert (ended.code, ended.out) == (5, "")
    assert "  basis: is not one of: statutory" in ended.err
    assert "(invalid_request, correlation id " in ended.err


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_record_in_another_encoding_says_how_to_save_it(
    service: Service, known_to: KnownTo, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "record.json").write_text('{"reference": "é"}', encoding=encoding)
    ended = known_to("register", "ref-x", "--file", "record.json")
    assert (ended.code, "Save it as UTF-8; in Notepad" in " ".join(ended.err.split())) == (5, True)
    assert service.seen == []


@pytest.mark.parametrize("stdin", ["{", "[]", ""])
def test_a_record_that_is_no_record_is_refused_here(service: Service, known_to: KnownTo, stdin: str) -> None:
    assert known_to("register", "ref-x", "--file", "-", stdin=stdin).code == 5
    assert service.seen == []


def test_a_shield_holds_at_once_and_of_two_days_of_review_the_later_holds(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    sooner, later = (service.stage.today + timedelta(days=days) for days in (30, 60))
    shield = ("shield", "--reason", "Threats", "--review-on")
    ended = known_to(*shield, later.isoformat(), stdin=child)
    assert tidy(ended).startswith("Shielded from now on.")
    assert "that day is kept" in tidy(known_to(*shield, sooner.isoformat(), stdin=child))
    said = tidy(known_to(*ASK, stdin=child))
    assert said.startswith("Known. Details are protected for this child.")
    assert "Broker desk, day and night: 020 7946 0100" in said


def test_a_leavers_records_pass_to_a_colleague_and_a_second_run_finds_them_there(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    stage = service.stage
    mine, others = [stage.new_reference() for _ in range(3)], stage.new_reference()
    for reference in mine:
        stage.register(stage.new_child(), reference, practitioner={**_LEAVER, "id": "leaver"})
    stage.register(stage.new_child(), others, practitioner={**_LEAVER, "id": "somebody"})
    lines = ["Reference,Child", *(f"{reference},x" for reference in (*mine, others, "gone-1", "9990000018", ""))]
    (tmp_path / "caseload.csv").write_text("\r\n".join(lines))
    command = (
        "handover",
        "caseload.csv",
        "--from",
        "leaver",
        "--to",
        "sw-22",
        "--name",
        "Bea New",
        "--to-role",
        "Nurse",
    )
    service.failures = [Reply(503, {}, "<html>"), None]
    ended = known_to(*command)
    assert "      3  handed over\n" in tidy(ended)
    assert "      1  with somebody else, left alone\n" in ended.out
    assert "      3  failed\n" in ended.out or "      2  failed\n" in ended.out
    assert "Row 6: No such record." in ended.err
    assert "9990000018" not in ended.out + ended.err
    assert ended.code == 6
    for reference in mine:
        own = stage.call("GET", f"/v1/involvements/{reference}").json
        assert own["practitioner"] == {"id": "sw-22", "name": "Bea New", "role": "Nurse", "phone": None, "email": None}
    before = len(service.seen)
    again = tidy(known_to(*command))
    assert (
        "      3  with the colleague already\n"
        + "".join(f"         row {number}: {reference}\n" for number, reference in enumerate(mine, start=2))
        in again
    )
    assert f"      1  with somebody else, left alone\n         row 5: {others}\n" in again
    assert not [method for method, *_ in service.seen[before:] if method == "PATCH"]


def test_a_row_that_cannot_be_handed_over_says_which_field_and_why(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    (tmp_path / "caseload.csv").write_text("reference\nnot a reference\n")
    ended = known_to("handover", "caseload.csv", *_TO_BEA)
    tidy(ended)
    assert ended.code == 6
    assert ended.err.startswith("Row 2: Not sent.")
    assert "  reference: must be 1 to 64 of the characters" in ended.err


def test_a_fault_in_the_colleagues_own_data_stops_at_the_first_row(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    references = [service.stage.new_reference() for _ in range(3)]
    for reference in references:
        service.stage.register(service.stage.new_child(), reference, practitioner={**_LEAVER, "id": "leaver"})
    (tmp_path / "caseload.csv").write_text("\n".join(["reference", *references]))
    ended = known_to("handover", "caseload.csv", *_TO_BEA, "--phone", "x" * 500)
    tidy(ended)
    assert (ended.code, ended.out) == (5, "")
    assert "  practitioner.phone: " in ended.err
    assert len([method for method, *_ in service.seen if method == "PATCH"]) == 1


_TO_BEA = ("--from", "leaver", "--to", "sw-22", "--name", "Bea New", "--to-role", "Nurse")
_LEAVER = {"name": "Al Leaver", "role": "Social worker", "phone": "020 7946 0003", "email": "al@authority.example"}


def test_accesses_say_who_has_looked_and_why(service: Service, known_to: KnownTo) -> None:
    child, reference = service.stage.new_child(), service.stage.new_reference()
    service.stage.register(child, reference)
    assert tidy(known_to("accesses", reference)) == "Nobody has looked since this record was registered.\n"
    service.stage.look_up(child, service.stage.token(EALING, role="Duty officer"))
    said = tidy(known_to("accesses", reference)).splitlines()
    assert said[0].split() == ["when", "authority", "role", "purpose"]
    assert said[1].endswith("Ealing     Duty officer  safeguarding")
    assert child not in "".join(said)
    [access] = json.loads(known_to("accesses", reference, "--json").out)["accesses"]
    assert access["authority"]["code"] == EALING


def test_accesses_that_are_not_shown_are_refused_in_words(service: Service, known_to: KnownTo) -> None:
    reference = service.stage.new_reference()
    service.stage.register(service.stage.new_child(), reference, service_type="housing")
    ended = known_to("accesses", reference)
    tidy(ended)
    assert (ended.code, "accesses_withheld" in ended.err) == (3, True)


def page(next_after: str, *notices: Mapping[str, object]) -> Reply:
    body = {"notices": [{"at": "2026-03-01T09:30:00Z", **one} for one in notices], "next_after": next_after}
    return Reply(200, {}, json.dumps({**body, "complete": True}))


def test_notices_say_what_happened_and_go_on_where_the_file_says(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
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
    service.failures = [page("4", *first), page("7"), page("9", *second), page("11", *third), page("11")]
    ended = known_to("notices", "--cursor-file", "cursor")
    at = "1 Mar 2026, 09:30 UTC  "
    shown = tidy(ended).removesuffix(f"{at}your authority has passed a limit on lookups.\n{at}brand_new.\n")
    assert shown == (
        f"{at}Brent (020 7946 0999) now works with the child of sw-7.\n"
        f"{at}an authority that is not named has looked up the child of\nsw-7.\n"
        f"{at}sw-3 lapses on 1 Jun 2026 unless it is confirmed.\n"
        f"{at}sw-5 is disputed.\n"
        f"{at}sw-4 has passed a limit on lookups.\n"
    )
    assert f"```text\n{shown}```" in README
    assert (ended.code, ended.err) == (0, "")
    cursor = tmp_path / "cursor"
    assert (cursor.read_text(), cursor.stat().st_mode & 0o777) == ("11\n", 0o600)
    cursor.chmod(0o644)
    written = cursor.stat().st_mtime_ns
    service.failures = [page("11")]
    assert known_to("notices", "--cursor-file", "cursor").out == ""
    assert cursor.stat().st_mtime_ns == written
    service.failures = [page("12"), page("12")]
    assert known_to("notices", "--cursor-file", "cursor").out == ""
    assert (cursor.read_text(), cursor.stat().st_mode & 0o777) == ("12\n", 0o644)
    cursor.write_text("no cursor at all")
    service.failures = [page("5")]
    assert known_to("notices", "--after", "5", "--cursor-file", "cursor").code == 0
    assert cursor.read_text() == "5\n"


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("nowhere/cursor", "cannot be written: No such file"),
        (".", "is no ordinary file"),
        ("/dev/null", "is no ordinary file"),
        ("café", "no cursor"),
    ],
)
def test_a_cursor_file_that_cannot_be_one_is_a_sentence(
    service: Service, known_to: KnownTo, tmp_path: Path, file: str, says: str
) -> None:
    (tmp_path / "café").write_text("café", encoding="utf-8")
    service.failures = [page("2")]
    ended = known_to("notices", "--cursor-file", file)
    tidy(ended)
    assert (ended.code, says in ended.err) == (5, True)


def test_notices_that_could_not_all_be_shown_say_so(service: Service, known_to: KnownTo) -> None:
    body = {**page("2").json, "complete": False}
    service.failures = [Reply(200, {}, json.dumps(body)), page("2")]
    assert known_to("notices").err == "Not every notice could be shown: there may be more.\n"


def test_a_full_disk_leaves_the_cursor_as_it_was(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    (tmp_path / "cursor").write_text("1\n")
    service.failures = [page("2")]
    with room_for(0):
        ended = known_to("notices", "--cursor-file", "cursor")
    assert (ended.code, ended.err) == (5, "cursor cannot be written: File too large.\n")
    assert [path.read_text() for path in tmp_path.glob("*cursor*")] == ["1\n"]


def test_to_follow_ends_where_trying_again_cannot_help(service: Service, known_to: KnownTo) -> None:
    ended = known_to("--authority", "E1", "notices", "--follow")
    assert (ended.code, ended.err.partition(".")[0]) == (3, "Not signed in")


def test_a_notice_of_the_service_is_read_and_asked_for_by_the_feed(service: Service, known_to: KnownTo) -> None:
    stage = service.stage
    stage.clock.advance(seconds=61)
    child, reference = stage.new_child(), stage.new_reference()
    stage.register(child, reference)
    before = notices.here(stage)
    notices.post(stage, child, reference)
    ended = known_to("notices", "--after", before)
    assert f"Ealing (020 7946 0999) has looked up the child of {reference}, for" in " ".join(tidy(ended).split())
    [line] = known_to("notices", "--after", before, "--json").out.splitlines()
    assert json.loads(line)["reference"] == reference


def test_another_authority_may_sign_with_its_own_settings(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    elsewhere = tmp_path / "brent"
    elsewhere.mkdir()
    service.configure(elsewhere, BRENT)
    assert known_to("--config", "brent/known-to.toml", *ASK, stdin=service.stage.new_child()).code == 0


def test_without_settings_it_says_what_to_set(known_to: KnownTo, tmp_path: Path) -> None:
    (tmp_path / "known-to.toml").unlink()
    ended = known_to("confirm", "r-1")
    tidy(ended)
    assert ended.code == 3
    assert "KNOWN_TO_BASE_URL" in ended.err
    assert "known-to --demo" in ended.err


COMMANDS = [
    *("lookup", "register", "confirm", "end", "load", "reconcile", "notices", "accesses", "handover", "shield"),
    *("keys", "keys make", "keys show"),
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself_within_80_columns(known_to: KnownTo, command: str) -> None:
    ended = known_to(*command.split(), "--help")
    assert tidy(ended).startswith("Usage: ")
    assert ended.code == 0
    assert "..." not in ended.out.partition("Commands:")[2]


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("lookup",), ("load",), ("end", "r-1", "--on", "31/01/2026"), ("load", "x", "--encoding", "hex")],
)
def test_a_wrong_command_line_ends_with_2(known_to: KnownTo, arguments: tuple[str, ...]) -> None:
    assert known_to(*arguments).code == 2

"""The command lookup against the real service, as a stranger sees it: 80 columns, no colour, through a pipe."""

import json
from datetime import timedelta

import pytest

from client.tests.command_line import ASK, BUSY, KnownTo, tidy
from client.tests.service import Service
from tests.support.stage import EALING, POLICE, Reply


def test_a_lookup_shows_whom_to_ring(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    service.stage.register(child, token=service.stage.token(EALING), lead_professional=True)
    ended = known_to(*ASK, stdin=child)
    today = service.stage.today
    out = tidy(ended)
    assert out.startswith("Known to another practitioner.")
    assert (
        f"""
1. Ada Okafor, social worker
   ring 020 7946 0001
   team: 020 7946 0002, Assessment team
   social care, Ealing
   current, confirmed {today.day} {today:%b %Y}, lead professional
   day and night: 020 7946 0999, Ealing duty team
"""
        in out
    )
    assert " of 3 local authorities" in out
    assert "case case-17" in out
    assert child not in ended.out + ended.err
    assert (ended.code, ended.err) == (0, "")


def test_a_lookup_that_finds_nobody_ends_with_0(service: Service, known_to: KnownTo) -> None:
    ended = known_to(*ASK, stdin=f"{service.stage.new_child()}\n")
    assert tidy(ended).startswith("None registered. This does not mean unknown or safe.")
    assert ended.code == 0


def test_an_incomplete_answer_warns_before_its_statement(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    answer = service.answer_to_ask(child).json
    service.failures = [Reply(200, {}, json.dumps({**answer, "complete": False}))]
    assert tidy(known_to(*ASK, stdin=child)).startswith("COULD NOT CHECK every record: there may be more.\nNone reg")
    assert "COULD NOT CHECK" not in tidy(known_to(*ASK, stdin=child))


def test_a_sensitive_service_is_shown_with_the_broker_desk_only(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    changes = {"service_type": "mental_health", "basis": "consent"}
    service.stage.register(child, token=service.stage.token(EALING), **changes)
    out = tidy(known_to(*ASK, stdin=child))
    assert "1. a sensitive service\n   ring 020 7946 0100, National broker desk\n" in out
    assert "Broker desk, day and night: 020 7946 0100, National broker desk" in out
    assert "Okafor" not in out


def test_the_number_of_an_entry_and_a_number_out_of_date_are_shown(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    service.stage.register(child, token=service.stage.token(EALING))
    answer = service.answer_to_ask(child).json
    [entry] = answer["involvements"]
    changed = {**answer, "trace_number": True, "involvements": [{**entry, "entry": 7}]}
    service.failures = [Reply(200, {}, json.dumps(changed)), Reply(200, {}, json.dumps(changed))]
    ended = known_to(*ASK, stdin=child)
    assert "020 7946 0999, Ealing duty team\n   entry 7 of this lookup\n" in tidy(ended)
    assert "\nThis NHS number is out of date. Trace it anew before you send it again.\n" in ended.out
    printed = json.loads(known_to(*ASK, "--json", stdin=child).out)
    assert (printed["trace_number"], printed["involvements"][0]["entry"]) == (True, 7)
    assert "out of date" not in known_to(*ASK, stdin=child).out


def test_own_and_previous_records_are_marked(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    yesterday = (service.stage.today - timedelta(days=1)).isoformat()
    service.stage.register(child, token=service.stage.token(EALING), ended_on=yesterday)
    own = {"id": "sw-1", "name": "Own One", "role": "Social worker"}
    service.stage.register(child, practitioner=own)
    out = tidy(known_to(*ASK, stdin=child))
    assert "1. Own One, social worker (your own record)\n   ring 020 7946 0002, Assessment team\n" in out
    assert "2. Assessment team\n   ring 020 7946 0002\n   social care, Ealing\n   ended " in out


def test_a_name_cannot_control_the_terminal(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    service.stage.register(child, token=service.stage.token(EALING))
    answer = service.answer_to_ask(child).body.replace("Ada Okafor", "\\u001b[2JAda [red]Okafor[/red]\\r\\u202e")
    service.failures = [Reply(200, {}, answer)]
    assert "1. ?[2JAda [red]Okafor[/red]??, social worker\n" in tidy(known_to(*ASK, stdin=child))


def test_json_prints_the_whole_answer_on_one_line(service: Service, known_to: KnownTo) -> None:
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


def test_an_nhs_number_as_an_argument_works_with_a_warning(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    ended = known_to(*ASK, f"{child[:3]} {child[3:6]} {child[6:]}")
    tidy(ended)
    assert ended.code == 0
    assert "stays in your shell's history" in ended.err
    assert child not in ended.out + ended.err
    parted = known_to(*ASK, child[:3], child[3:6], child[6:])
    assert (parted.code, parted.out.partition("Recorded as")[0]) == (0, ended.out.partition("Recorded as")[0])


def test_a_wrong_command_line_reports_that_lookup_could_not_check(known_to: KnownTo) -> None:
    ended = known_to("lookup", "--case", "case-17")
    assert (ended.code, tidy(ended)) == (2, "")
    assert ended.err == (
        "COULD NOT CHECK. Treat as unknown; ring your duty team.\n"
        "Missing option '--purpose'.\nFor help: known-to lookup --help\n"
    )


def test_the_wait_that_the_service_asks_for_is_shown(service: Service, known_to: KnownTo) -> None:
    service.failures = [Reply(429, {"Retry-After": "1800"}, BUSY.body)]
    ended = known_to(*ASK, stdin="9990000018")
    tidy(ended)
    assert (ended.code, "asks you to wait 1,800 seconds before" in ended.err) == (4, True)


@pytest.mark.parametrize("typed", ["", "12345", "9990000019"])
def test_an_invalid_nhs_number_is_not_sent(service: Service, known_to: KnownTo, typed: str) -> None:
    ended = known_to(*ASK, stdin=typed)
    assert ended.code == 2
    assert ended.err.startswith("COULD NOT CHECK. Treat as unknown; ring your duty team.\n")
    assert "not a valid NHS number" in ended.err
    assert service.seen == []


def test_a_failed_lookup_begins_with_could_not_check_and_never_ends_with_0(service: Service, known_to: KnownTo) -> None:
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


def test_a_dropped_connection_is_tried_again_without_a_message(service: Service, known_to: KnownTo) -> None:
    service.failures = [None]
    assert known_to(*ASK, stdin=service.stage.new_child()).code == 0
    assert len(service.seen) == 2

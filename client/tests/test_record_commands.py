"""The commands on single records against the real service: register, confirm, end, shield, accesses."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from client.tests.command_line import ASK, KnownTo, tidy, without_ids
from client.tests.fake_service import RECEIPT
from client.tests.service import Service
from tests.support.stage import EALING, Reply


def a_record(service: Service, child: str, **changes: object) -> str:
    return json.dumps(service.stage.body(child, **changes))


def test_a_record_is_registered_confirmed_and_ended_by_version(service: Service, known_to: KnownTo) -> None:
    child, reference = service.stage.new_child(), service.stage.new_reference()
    made = known_to("register", reference, "--file", "-", stdin=a_record(service, child))
    assert tidy(made).startswith(f"Registered {reference}: confirmed ")
    assert child not in made.out + made.err
    assert tidy(known_to("confirm", reference)).startswith(f"Confirmed {reference}")
    today = service.stage.today.isoformat()
    stale = known_to("end", reference, "--on", today, "--if-version", "01OTHER")
    assert (stale.code, "The record has changed since" in stale.err) == (5, True)
    assert "leave out --if-version" in " ".join(stale.err.split())
    assert "If-Match" not in stale.err
    assert json.loads(known_to("confirm", reference, "--json").out)["version"] == made.out.split()[-1]
    assert tidy(known_to("end", reference, "--on", today)).startswith(f"Ended {reference}")
    own = service.stage.call("GET", f"/v1/involvements/{reference}").json
    assert (own["ended_on"], own["status"]) == (today, "previous")


def test_a_receipt_for_an_old_number_says_to_trace_it_anew(service: Service, known_to: KnownTo) -> None:
    receipt = {**RECEIPT, "trace_number": True}
    service.failures = [Reply(200, {}, json.dumps(receipt)), Reply(200, {}, json.dumps(RECEIPT))]
    assert tidy(known_to("confirm", "r-1")).splitlines()[2:] == [
        "  This NHS number is out of date. Trace the number anew and send the present",
        "  one.",
    ]
    assert len(known_to("confirm", "r-1").out.splitlines()) == 2


def test_confirm_names_the_references_that_fail_and_confirms_the_others(service: Service, known_to: KnownTo) -> None:
    first, last = service.stage.new_reference(), service.stage.new_reference()
    for reference in (first, last):
        service.stage.register(service.stage.new_child(), reference)
    ended = known_to("confirm", first, "nosuch", "999-000-0018", last, "9990000019")
    out = tidy(ended)
    assert (f"Confirmed {first}" in out, f"Confirmed {last}" in out, ended.code) == (True, True, 6)
    assert "nosuch: No such record." in ended.err
    assert "Reference 3: Not sent." in ended.err
    assert "Reference 5: No such record." in ended.err
    shown = without_ids(ended.err)
    assert ("0018" in shown, "0019" in shown) == (False, False)
    assert known_to("confirm", "nosuch").code == 5


def test_a_refusal_names_the_fields_and_the_correlation_id(service: Service, known_to: KnownTo) -> None:
    record = a_record(service, service.stage.new_child(), basis="whim")
    ended = known_to("register", "ref-x", "--file", "-", stdin=record)
    tidy(ended)
    assert (ended.code, ended.out) == (5, "")
    assert "  basis: is not one of: statutory" in ended.err
    assert "(invalid_request, correlation id " in ended.err


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_record_file_in_another_encoding_shows_how_to_save_it(
    service: Service, known_to: KnownTo, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "record.json").write_text('{"reference": "é"}', encoding=encoding)
    ended = known_to("register", "ref-x", "--file", "record.json")
    assert (ended.code, "Save it as UTF-8. In Notepad" in " ".join(ended.err.split())) == (5, True)
    assert service.seen == []


@pytest.mark.parametrize("stdin", ["{", "[]", ""])
def test_input_that_is_not_a_json_object_is_not_sent(service: Service, known_to: KnownTo, stdin: str) -> None:
    assert known_to("register", "ref-x", "--file", "-", stdin=stdin).code == 5
    assert service.seen == []


def test_a_shield_works_at_once_and_says_nothing_of_an_earlier_one(service: Service, known_to: KnownTo) -> None:
    child = service.stage.new_child()
    sooner, later = (service.stage.today + timedelta(days=days) for days in (30, 60))
    shield = ("shield", "--reason", "Threats", "--review-on")
    ended = known_to(*shield, later.isoformat(), stdin=child)
    assert tidy(ended).startswith("Shielded from now on.")
    new = known_to(*shield, sooner.isoformat(), stdin=service.stage.new_child())
    assert tidy(known_to(*shield, sooner.isoformat(), stdin=child)) == tidy(new)
    out = tidy(known_to(*ASK, stdin=child))
    assert out.startswith("Known. Details are protected for this child.")
    assert "Broker desk, day and night: 020 7946 0100" in out


def test_accesses_show_who_has_looked_up_the_child_and_why(service: Service, known_to: KnownTo) -> None:
    child, reference = service.stage.new_child(), service.stage.new_reference()
    service.stage.register(child, reference)
    assert tidy(known_to("accesses", reference)) == "Nobody has looked up the child since this record was registered.\n"
    service.stage.look_up(child, service.stage.token(EALING, role="Duty officer"))
    out = tidy(known_to("accesses", reference)).splitlines()
    assert out[0].split() == ["when", "authority", "role", "purpose"]
    assert out[1].endswith("Ealing     Duty officer  safeguarding")
    assert child not in "".join(out)
    [access] = json.loads(known_to("accesses", reference, "--json").out)["accesses"]
    assert access["authority"]["code"] == EALING


def test_accesses_of_another_service_type_are_refused(service: Service, known_to: KnownTo) -> None:
    reference = service.stage.new_reference()
    service.stage.register(service.stage.new_child(), reference, service_type="housing")
    ended = known_to("accesses", reference)
    tidy(ended)
    assert (ended.code, "accesses_withheld" in ended.err) == (3, True)

"""Work that takes two people: one proposes it, another carries out exactly that, once, within three days."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.adapters.console.event_bodies import PROPOSABLE
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.domain.access_records import Act
from chalicelib.domain.proposals import TERM
from infra.local.authorities import LocalAuthority, make_signing_key
from infra.local.console import EVENTS, as_proposal
from tests.support.console import operate, proposal, propose, run
from tests.support.faults import Faults
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import EALING, Stage

WHO = {"requested_by": "j.doe", "reason": "ticket 12"}


def erase(child: str, code: str, **more: Any) -> dict[str, Any]:
    return run("erase_child", nhs_number=child, proposal=code, **more)


def registered(stage: Stage) -> str:
    child = stage.new_child()
    stage.register(child)
    return child


def halves(rows: Rows, child: str) -> list[tuple[str, str, str]]:
    found = [row for row in rows.access_records(child) if row["act"]["S"] in ("proposed", "carried_out")]
    found.sort(key=lambda row: (int(row["at"]["N"]), row["act"]["S"] == "carried_out"))
    return [(row["act"]["S"], row["requested_by"]["S"], row["reason"]["S"]) for row in found]


def test_both_people_and_both_reasons_are_recorded(stage: Stage, rows: Rows) -> None:
    child = registered(stage)
    answer = propose("erase_child", nhs_number=child)
    assert answer["until"] == f"{stage.clock() + TERM:%Y-%m-%dT%H:%M:%SZ}"
    stage.clock.advance(hours=1)
    assert erase(child, answer["proposal"])["done"]
    assert halves(rows, child) == [("proposed", "a.bell", "ticket 11"), ("carried_out", "j.doe", "ticket 12")]


@pytest.mark.parametrize("function", PROPOSABLE)
def test_without_a_proposal_nothing_is_done(stage: Stage, function: str) -> None:
    event = json.loads((EVENTS / f"{function}.json").read_text())
    answer = run(function, **event)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"] == "Refused. proposal is missing: somebody else has to propose this first."
    made_up = "01M8PZTZ6828T5CY4GNF6YY4HM"
    assert run(function, **event, proposal=made_up)["code"] in ("refused", "invalid_request")


def test_a_proposal_is_used_up_by_its_work(stage: Stage, rows: Rows) -> None:
    """Otherwise its second half could erase for three days whatever comes on record."""
    child = registered(stage)
    code = proposal("erase_child", nhs_number=child)
    assert erase(child, code)["answer"].startswith("Erased: 1 involvement.")
    stage.register(child)
    again = erase(child, code)
    assert (again["done"], again["answer"]) == (
        True,
        "This proposal has already been carried out. Nothing was changed.",
    )
    assert len(rows.of_child(child)) == 1
    assert [act for act, *_ in halves(rows, child)] == ["proposed", "carried_out"]


def test_work_that_was_cut_short_goes_on_under_its_proposal(stage: Stage, rows: Rows, faults: Faults) -> None:
    child = stage.new_child()
    for _ in range(3):
        stage.register(child)
    code = proposal("erase_child", nhs_number=child)
    faults.throttle("TransactWriteItems", after=1)
    assert erase(child, code)["code"] == "unavailable"
    faults.clear()
    assert len(rows.of_child(child)) == 2
    assert erase(child, code)["answer"].startswith("Erased: 2 involvements.")
    assert erase(child, code)["answer"].startswith("This proposal has already been carried out.")


def test_a_proposal_ends(stage: Stage, rows: Rows) -> None:
    child = registered(stage)
    code = proposal("erase_child", nhs_number=child)
    stage.clock.advance(seconds=TERM.total_seconds())
    answer = erase(child, code)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert answer["answer"].startswith("Refused. The proposal ended on ")
    stage.clock.advance(seconds=-1)
    assert erase(child, code)["done"]


def test_a_proposal_dated_in_the_future_does_not_hold(stage: Stage) -> None:
    child = registered(stage)
    code = proposal("erase_child", nhs_number=child)
    stage.clock.advance(seconds=-5)
    assert erase(child, code)["code"] == "refused"


def test_the_proposal_about_another_child_does_not_hold(stage: Stage, rows: Rows) -> None:
    child, other = registered(stage), registered(stage)
    code = proposal("erase_child", nhs_number=child)
    answer = erase(other, code)
    assert answer["answer"].startswith("Refused. There is no proposal with this code for what you typed.")
    assert len(rows.of_child(other)) == 1
    assert rows.acts(other) == ["registered", "found_unchanged"], "the attempt is recorded"


def test_the_proposal_of_other_work_on_the_same_child_does_not_hold(stage: Stage, rows: Rows) -> None:
    child = registered(stage)
    stage.shield(child)
    code = proposal("retire_nhs_number", nhs_number=child)
    for function in ("erase_child", "unshield_child"):
        assert run(function, nhs_number=child, proposal=code)["code"] == "refused"
    assert len(rows.of_child(child)) == 2


def test_no_other_access_record_is_a_proposal(stage: Stage, rows: Rows) -> None:
    child = registered(stage)
    [registration] = rows.access_records(child)
    assert erase(child, registration["sk"]["S"].removeprefix("E#"))["code"] == "refused"
    assert len(rows.of_child(child)) == 1


@pytest.mark.parametrize("name", ["a.bell", "A.Bell ", " a.bell"])
def test_nobody_carries_out_their_own_proposal(stage: Stage, rows: Rows, name: str) -> None:
    child = registered(stage)
    answer = erase(child, proposal("erase_child", nhs_number=child), requested_by=name)
    assert "two people must do this" in answer["answer"]
    assert len(rows.of_child(child)) == 1


def test_a_proposal_holds_for_one_authority_and_these_keys_only(stage: Stage, newcomer: LocalAuthority) -> None:
    code = newcomer.code
    own, other = ({"keys": [make_signing_key(code, "EdDSA").public_jwk]} for _ in range(2))
    answer = propose("replace_keys", authority=code, jwks=own)
    assert [key["kid"] for key in answer["keys"]] == [f"{code}-1"]
    made = answer["proposal"]
    for changed in ({"authority": code, "jwks": other}, {"authority": EALING, "jwks": own}):
        assert run("replace_keys", **changed, proposal=made)["code"] == "refused"
    stage.clock.advance(seconds=61)
    assert stage.look_up(stage.new_child(), stage.token(code)).status == 200, "with the keys that it had"
    assert run("replace_keys", authority=code, jwks=own, proposal=made)["done"]


def test_a_proposal_ends_if_something_else_is_granted_meanwhile(stage: Stage, newcomer: LocalAuthority) -> None:
    code, jwks = newcomer.code, {"keys": [make_signing_key(newcomer.code, "EdDSA").public_jwk]}
    keys = proposal("replace_keys", authority=code, jwks=jwks)
    assert operate("change_grants", authority=code, scopes=["lookup"], purposes=["safeguarding"])["done"]
    answer = run("replace_keys", authority=code, jwks=jwks, proposal=keys)
    assert "has changed since" in answer["answer"]


def test_a_run_that_breaks_off_after_the_change_does_not_leave_its_proposal_open(
    stage: Stage, newcomer: LocalAuthority, faults: Faults
) -> None:
    """Otherwise it could undo what two others have granted since."""
    wide = {"authority": newcomer.code, "scopes": ["lookup", "shield"], "purposes": ["safeguarding"]}
    code = proposal("change_grants", **wide)
    faults.throttle("PutItem")
    run("change_grants", **wide, proposal=code)
    faults.clear()
    assert operate("change_grants", **{**wide, "scopes": ["lookup"]})["done"]
    answer = run("change_grants", **wide, proposal=code)["answer"]
    assert answer == "This proposal has already been carried out. Nothing was changed."


@pytest.mark.parametrize("function", ["onboard_authority", "replace_keys", "change_grants", "remove_authority"])
def test_a_change_of_the_registry_and_the_end_of_its_proposal_are_one_transaction(
    stage: Stage, newcomer: LocalAuthority, faults: Faults, function: str
) -> None:
    jwks = {"keys": [make_signing_key(newcomer.code, "EdDSA").public_jwk]}
    onboarding = json.loads((EVENTS / "onboard_authority.json").read_text())
    changes: dict[str, dict[str, Any]] = {
        "onboard_authority": {**onboarding, "authority": stage.new_code()},
        "replace_keys": {"jwks": jwks},
        "change_grants": {"scopes": ["lookup"], "purposes": ["safeguarding"]},
        "remove_authority": {"name": newcomer.name},
    }
    event = {"authority": newcomer.code, **changes[function]}
    code = proposal(function, **event)
    faults.throttle("PutItem")
    assert run(function, **{**event, **WHO}, proposal=code)["done"]
    faults.clear()
    assert run(function, **{**event, **WHO}, proposal=code)["answer"].startswith("This proposal has already been")


def test_a_number_superseded_meanwhile_ends_the_proposal(stage: Stage, rows: Rows) -> None:
    child = registered(stage)
    code = proposal("erase_child", nhs_number=child)
    operate("supersede_nhs_number", pairs=[{"old_nhs_number": child, "new_nhs_number": stage.new_child()}])
    assert "has changed since" in erase(child, code)["answer"]
    assert len(rows.of_child(child)) == 2


def test_a_carried_out_record_made_by_hand_does_not_pass_for_the_work(stage: Stage, rows: Rows) -> None:
    child = registered(stage)
    code = proposal("erase_child", nhs_number=child)
    mark = stage.services.parts.same_id(stage.clock(), Act.CARRIED_OUT, code)
    rows.put({"pk": {"S": rows.key_of(child)}, "sk": {"S": f"E#{mark}"}, "act": {"S": "erased"}}, ACCESS)
    answer = erase(child, code)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert len(rows.of_child(child)) == 1


@pytest.mark.parametrize("forgery", ["made up", "moved from another child", "with another end"])
def test_a_proposal_put_into_the_table_does_not_hold(stage: Stage, rows: Rows, metrics: Metrics, forgery: str) -> None:
    """Whoever can write to the table, but has no key, cannot propose."""
    child, other = registered(stage), registered(stage)
    code = proposal("erase_child", nhs_number=other)
    [genuine] = [row for row in rows.access_records(other) if row["sk"]["S"] == f"E#{code}"]
    stored = rows.as_stored(genuine)
    stored["pk"] = {"S": rows.key_of(child)}
    if forgery == "made up":
        stored["sealed"] = {"B": b"\x01\x01" + bytes(200)}
    if forgery == "with another end":
        stored["ttl"] = {"N": str(int(stored["ttl"]["N"]) + 86_400)}
    rows.put(stored, ACCESS)
    answer = erase(child, code)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert len(rows.of_child(child)) == 1
    assert metrics.count("AccessRecordsTampered") > 0


def test_a_genuine_access_record_under_the_code_is_no_proposal(stage: Stage, rows: Rows) -> None:
    """The service sealed it, but for another act."""
    child = registered(stage)
    code = proposal("erase_child", nhs_number=child)
    [genuine] = [row for row in rows.access_records(child) if row["sk"]["S"] == f"E#{code}"]
    rows.reseal(genuine, act="previewed")
    assert erase(child, code)["code"] == "refused"
    assert len(rows.of_child(child)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"what": "suspend_authority"}, "what is not one of: change_grants, "),
        ({"what": "propose"}, "what is not one of: change_grants, "),
        ({"event": {"nhs_number": "1"}}, "nhs_number is not a valid NHS number"),
        ({"event": {}}, "nhs_number is missing"),
        ({"event": []}, "event must be a JSON object"),
        ({"event": {"requested_by": "k.roe"}}, "event must have the function's own fields only"),
        ({"event": {"proposal": "01M8PZTZ6828T5CY4GNF6YY4HM"}}, "event must have the function's own fields only"),
        ({"event": {"nhs_number": "9990000190", "surprise": 1}}, "The event has a field that is not known"),
        ({"reason": None}, "reason is missing"),
        ({"reason": "about 9990000190"}, "reason may not hold an NHS number"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(stage: Stage, change: dict[str, Any], said: str) -> None:
    event = {"what": "erase_child", "event": {"nhs_number": "9990000190"}, **WHO, **change}
    answer = run("propose", **event)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"].startswith(f"Refused. {said}")


def test_the_local_stage_proposes_the_ready_made_work_of_somebody_else() -> None:
    made = as_proposal("erase_child", {"nhs_number": "9990000190", **WHO})
    assert made["event"] == {"nhs_number": "9990000190"}
    assert (made["what"], made["reason"]) == ("erase_child", "ticket 12")
    assert made["requested_by"] != WHO["requested_by"]


def test_a_weekend_fits_into_the_term() -> None:
    assert timedelta(days=2, hours=20) < TERM <= timedelta(days=3)

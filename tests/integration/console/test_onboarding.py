"""Console functions give a new stage its key and its authorities, on real tables and keys."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from chalicelib import console
from chalicelib.adapters.dynamodb.schema import ACCESS, KEYS, REGISTRY, table_name
from infra.local.authorities import make_signing_key
from tests.support.console import operate, proposal, run
from tests.support.log_lines import Metrics
from tests.support.rows import HALVES, Rows
from tests.support.stage import STAGE, Stage, warm

CODE = "E08000012"
CANARY = "9990000018"


def onboarding(code: str = CODE, **changes: Any) -> dict[str, Any]:
    return {
        "authority": code,
        "name": "Liverpool",
        "sector": "local_authority",
        "duty_contact": {"name": "Liverpool duty team", "phone": "0151 496 0000"},
        "scopes": ["lookup", "register"],
        "purposes": ["safeguarding"],
        "jwks": {"keys": [make_signing_key(code, "ES256").public_jwk]},
        **changes,
    }


def acts(rows: Rows, pk: str) -> list[tuple[str, str, str]]:
    found = [row for row in rows.of(pk, ACCESS) if row["act"]["S"] not in HALVES]
    return [(row["act"]["S"], row["requested_by"]["S"], row["reason"]["S"]) for row in found]


def secret(stage: Stage, key: str) -> bytes | None:
    found = stage.dynamodb.get_item(TableName=table_name(STAGE, KEYS), Key={"key": {"S": key}})
    return found["Item"]["secret"]["B"] if "Item" in found else None


def test_an_onboarded_authority_calls_within_a_minute(stage: Stage, rows: Rows) -> None:
    key = make_signing_key(CODE, "ES256")
    warm(stage)
    answer = operate("onboard_authority", **onboarding(jwks={"keys": [key.public_jwk]}))
    assert (answer["done"], answer["answer"]) == (True, f"{CODE} is onboarded. It can call within a minute.")
    stage.keys[CODE] = key
    stage.clock.advance(minutes=1)
    assert stage.look_up(stage.new_child(), stage.token(CODE)).status == 200
    assert stage.register(stage.new_child(), token=stage.token(CODE)).status == 201
    assert acts(rows, f"A#{CODE}") == [("onboarded", "j.doe", "ticket 12")]


def test_the_same_onboarding_again_changes_nothing(stage: Stage, rows: Rows) -> None:
    code = "E08000013"
    event = onboarding(code)
    one, other = (proposal("onboard_authority", **event) for _ in range(2))
    run("onboard_authority", **event, proposal=one)
    salt = secret(stage, f"SALT#{code}")
    again = run("onboard_authority", **{**event, "scopes": ["register", "lookup"]}, proposal=other)
    assert (again["done"], again["answer"]) == (
        True,
        f"{code} is onboarded already, exactly like this. Nothing was changed.",
    )
    assert secret(stage, f"SALT#{code}") == salt
    assert len(acts(rows, f"A#{code}")) == 1


def test_onboarding_an_authority_differently_does_not_change_it(stage: Stage, rows: Rows) -> None:
    code = "E08000014"
    more = onboarding(code, scopes=["lookup", "register", "shield"])
    code_of_more = proposal("onboard_authority", **more)
    operate("onboard_authority", **onboarding(code))
    for answer in (operate("onboard_authority", **more), run("onboard_authority", **more, proposal=code_of_more)):
        assert (answer["done"], answer["code"]) == (False, "refused")
        assert "is in the registry already" in answer["answer"]
    item = stage.dynamodb.get_item(TableName=table_name(STAGE, REGISTRY), Key={"authority": {"S": code}})["Item"]
    assert item["scopes"]["SS"] == ["lookup", "register"]
    assert len(acts(rows, f"A#{code}")) == 1


def test_an_onboarding_that_is_refused_makes_no_salt(stage: Stage, rows: Rows) -> None:
    code = "E08000017"
    operate("onboard_authority", **onboarding(code))
    operate("remove_authority", authority=code, name="Liverpool")
    recorded = len(acts(rows, f"A#{code}"))
    assert operate("onboard_authority", **onboarding(code))["code"] == "refused"
    assert secret(stage, f"SALT#{code}") is None
    assert len(acts(rows, f"A#{code}")) == recorded


def test_a_salt_that_is_there_stays(stage: Stage) -> None:
    """The registry item was deleted by hand. Details that were sealed under the salt must open again."""
    code = "E08000018"
    operate("onboard_authority", **onboarding(code))
    salt = secret(stage, f"SALT#{code}")
    table = table_name(STAGE, REGISTRY)
    stage.dynamodb.delete_item(TableName=table, Key={"authority": {"S": code}})
    assert operate("onboard_authority", **onboarding(code))["done"] is True
    assert secret(stage, f"SALT#{code}") == salt


PRIVATE = {**OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True), "kid": "k", "alg": "EdDSA"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"authority": "e08000012"}, "authority"),
        ({"authority": "A#B"}, "authority"),
        ({"name": ""}, "name"),
        ({"sector": "Local Authority"}, "sector"),
        ({"duty_contact": {"name": "x", "phone": "ring us"}}, "duty_contact.phone"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"purposes": []}, "purposes"),
        ({"jwks": {}}, "jwks"),
        ({"jwks": {"keys": []}}, "jwks"),
        ({"jwks": {"keys": [PRIVATE]}}, "jwks"),
        ({"reports_every_days": 0}, "reports_every_days"),
        ({"requested_by": None}, "requested_by"),
        ({"reason": None}, "reason"),
        ({"reason": f"about {CANARY[:3]} {CANARY[3:6]} {CANARY[6:]}"}, "reason"),
        ({"name": "The 943-476-5919 borough"}, "name"),
        ({"surprise": 1}, "The event"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(stage: Stage, metrics: Metrics, change: dict[str, Any], field: str) -> None:
    answer = operate("onboard_authority", **{**onboarding("E08000015"), **change})
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"].startswith(f"Refused. {field}")
    assert CANARY not in json.dumps(answer)
    assert secret(stage, "SALT#E08000015") is None


@pytest.mark.parametrize("event", [None, [], "text", 7])
def test_an_event_that_is_no_object_is_refused(stage: Stage, event: Any) -> None:
    assert console.onboard_authority(event, None)["code"] == "invalid_request"


def test_the_service_key_is_made_once_and_never_replaced(stage: Stage, rows: Rows) -> None:
    before = secret(stage, "SERVICE#1")
    answer = operate("make_service_key")
    assert answer["answer"] == "The stage has its keys already. Nothing was changed."
    assert secret(stage, "SERVICE#1") == before
    dynamodb, key = stage.dynamodb, {"key": {"S": "SERVICE#1"}}
    dynamodb.delete_item(TableName=table_name(STAGE, KEYS), Key=key)
    try:
        assert operate("make_service_key")["answer"].startswith("The service key and the audit key are made.")
        assert secret(stage, "SERVICE#1") not in (None, before)
        made = [act for act in acts(rows, "O#") if act[0] == "service_key_made"]
        assert made == [("service_key_made", "j.doe", "ticket 12")]
    finally:
        dynamodb.put_item(TableName=table_name(STAGE, KEYS), Item={**key, "secret": {"B": before}})


def test_the_operator_is_asked_to_repeat_if_aws_does_not_answer(stage: Stage, faults: Any) -> None:
    faults.throttle("TransactWriteItems")
    answer = operate("onboard_authority", **onboarding("E08000016"))
    assert (answer["done"], answer["code"]) == (False, "unavailable")
    assert "run the same event again" in answer["answer"]
    assert secret(stage, "SALT#E08000016") is None

"""An authority is suspended, reinstated, given new keys and removed, on real tables and keys."""

from typing import Any

import pytest

from chalicelib.adapters.console.authority_store import DynamoAuthorities
from chalicelib.adapters.dynamodb.schema import ACCESS, KEYS, REGISTRY, table_name
from chalicelib.application.store_errors import Conflict
from chalicelib.domain.access_records import Act, ActRecord, Operator
from chalicelib.domain.authority import Grants, Standing
from chalicelib.domain.switch_off import BACKUP_DAYS
from chalicelib.domain.values import replace
from infra.local.authorities import LocalAuthority, make_signing_key
from tests.support.console import operate
from tests.support.faults import Faults
from tests.support.rows import HALVES, Rows
from tests.support.stage import STAGE, Stage


def item_of(stage: Stage, code: str) -> dict[str, Any]:
    reply = stage.dynamodb.get_item(
        TableName=table_name(STAGE, REGISTRY), Key={"authority": {"S": code}}, ConsistentRead=True
    )
    item: dict[str, Any] = reply["Item"]
    return item


def has_salt(stage: Stage, code: str) -> bool:
    key = {"key": {"S": f"SALT#{code}"}}
    return "Item" in stage.dynamodb.get_item(TableName=table_name(STAGE, KEYS), Key=key)


def acts(rows: Rows, code: str) -> list[tuple[str, str, str]]:
    found = [row for row in rows.of(f"A#{code}", ACCESS) if row["act"]["S"] not in HALVES]
    return [(row["act"]["S"], row["requested_by"]["S"], row["reason"]["S"]) for row in found]


def status(stage: Stage, code: str) -> int:
    stage.clock.advance(seconds=61)
    return stage.look_up(stage.new_child(), token=stage.token(code)).status


def test_a_suspended_authority_cannot_call_and_a_reinstated_one_can(
    stage: Stage, rows: Rows, newcomer: LocalAuthority
) -> None:
    code = newcomer.code
    before = item_of(stage, code)
    assert operate("suspend_authority", authority=code)["answer"].startswith(f"{code} is suspended. ")
    assert status(stage, code) == 403
    assert operate("reinstate_authority", authority=code)["answer"] == f"{code} is active. It can call within a minute."
    assert status(stage, code) == 200
    assert item_of(stage, code) == before
    assert acts(rows, code) == [("suspended", "j.doe", "ticket 12"), ("reinstated", "j.doe", "ticket 12")]


@pytest.mark.parametrize("function", ["suspend_authority", "reinstate_authority"])
def test_the_same_again_changes_nothing_and_says_so(
    stage: Stage, rows: Rows, newcomer: LocalAuthority, function: str
) -> None:
    operate("suspend_authority", authority=newcomer.code)
    operate(function, authority=newcomer.code)
    recorded = len(acts(rows, newcomer.code))
    again = operate(function, authority=newcomer.code)
    assert again["done"] is True
    assert again["answer"].endswith("already. Nothing was changed.")
    assert len(acts(rows, newcomer.code)) == recorded


@pytest.mark.parametrize("standing", [None, {"N": "1"}, {"S": "ACTIVE"}, {"NULL": True}, {"L": [{"S": "active"}]}])
def test_a_standing_damaged_by_hand_is_repaired(stage: Stage, newcomer: LocalAuthority, standing: Any) -> None:
    stage.enter(newcomer, standing=standing)
    assert operate("reinstate_authority", authority=newcomer.code)["done"] is True
    assert status(stage, newcomer.code) == 200


def test_new_keys_are_accepted_and_the_old_ones_are_not(stage: Stage, rows: Rows, newcomer: LocalAuthority) -> None:
    code, old = newcomer.code, stage.keys[newcomer.code]
    new = make_signing_key(code, "ES256")
    event = {"authority": code, "jwks": {"keys": [new.public_jwk]}}
    assert operate("replace_keys", **event)["answer"].startswith(f"{code} has these keys, and no others.")
    assert status(stage, code) == 401
    stage.keys[code] = new
    assert status(stage, code) == 200
    assert old.public_jwk["x"] not in str(item_of(stage, code))
    assert operate("replace_keys", **event)["answer"].endswith("already. Nothing was changed.")
    assert acts(rows, code) == [("keys_replaced", "j.doe", "ticket 12")]


def test_keys_that_leaked_are_replaced_while_the_authority_is_suspended(stage: Stage, newcomer: LocalAuthority) -> None:
    code = newcomer.code
    operate("suspend_authority", authority=code)
    stage.keys[code] = make_signing_key(code, "EdDSA")
    assert operate("replace_keys", authority=code, jwks={"keys": [stage.keys[code].public_jwk]})["done"] is True
    assert status(stage, code) == 403


def test_a_removed_authority_is_shredded_and_its_records_do_not_open_again(
    stage: Stage, rows: Rows, newcomer: LocalAuthority
) -> None:
    code, child = newcomer.code, stage.new_child()
    assert stage.register(child, token=stage.token(code)).status == 201
    answer = operate("remove_authority", authority=code, name="Newcomer")
    gone_on = stage.today.toordinal() + BACKUP_DAYS
    assert answer["done"] is True
    assert f"Until {type(stage.today).fromordinal(gone_on)} a restored backup" in answer["answer"]
    assert not has_salt(stage, code)
    assert status(stage, code) == 401
    assert stage.look_up(child).json["known"] is False
    assert acts(rows, code)[-1] == ("removed", "j.doe", "ticket 12")
    # Even if a hand edit makes it active again, its details stay closed without the salt.
    stage.enter(newcomer)
    stage.clock.advance(seconds=61)
    assert stage.look_up(child).code == "cannot_answer"


def test_removing_again_changes_nothing_and_a_salt_that_stayed_is_shredded(
    stage: Stage, rows: Rows, newcomer: LocalAuthority
) -> None:
    event = {"authority": newcomer.code, "name": "Newcomer"}
    stage.enter(newcomer, standing={"S": "removed"})
    assert operate("remove_authority", **event)["answer"].startswith(f"{newcomer.code} is removed, and its salt")
    assert not has_salt(stage, newcomer.code)
    assert operate("remove_authority", **event)["answer"].endswith("Nothing was changed.")
    assert len(acts(rows, newcomer.code)) == 1


@pytest.mark.parametrize("name", ["newcomer", "Newcomer ", "Haringey"])
def test_an_authority_is_removed_only_by_its_name(stage: Stage, newcomer: LocalAuthority, name: str) -> None:
    answer = operate("remove_authority", authority=newcomer.code, name=name)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert answer["answer"].startswith("Refused. This is not what was proposed")
    assert "Newcomer" not in answer["answer"]
    assert has_salt(stage, newcomer.code)
    assert status(stage, newcomer.code) == 200


CHANGES: dict[str, dict[str, Any]] = {
    "suspend_authority": {},
    "reinstate_authority": {},
    "replace_keys": {"jwks": {"keys": [make_signing_key("E08000012", "EdDSA").public_jwk]}},
}


@pytest.mark.parametrize("function", [*CHANGES])
def test_a_removed_authority_does_not_come_back(stage: Stage, newcomer: LocalAuthority, function: str) -> None:
    operate("remove_authority", authority=newcomer.code, name="Newcomer")
    answer = operate(function, authority=newcomer.code, **CHANGES[function])
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert "it cannot come back" in answer["answer"]
    assert item_of(stage, newcomer.code)["standing"] == {"S": "removed"}


@pytest.mark.parametrize("standing", [{"S": "Removed"}, {"NULL": True}, {"S": "suspended"}, {"S": "active"}, None])
def test_editing_the_standing_of_a_removed_authority_brings_nothing_back_and_blocks_no_answer(
    stage: Stage, rows: Rows, newcomer: LocalAuthority, standing: Any
) -> None:
    code, child = newcomer.code, stage.new_child()
    assert stage.register(child, token=stage.token(code)).status == 201
    operate("remove_authority", authority=code, name="Newcomer")
    edited = {**item_of(stage, code), "standing": standing}
    edited = {name: value for name, value in edited.items() if value is not None}
    stage.dynamodb.put_item(TableName=table_name(STAGE, REGISTRY), Item=edited)
    assert status(stage, code) == 401
    assert stage.look_up(child).json["known"] is False
    for function, more in CHANGES.items():
        assert "it cannot come back" in operate(function, authority=code, **more)["answer"]
    assert item_of(stage, code) == edited
    again = operate("remove_authority", authority=code, name="Newcomer")
    assert again["answer"].endswith("Nothing was changed.")
    assert len(acts(rows, code)) == 1


@pytest.mark.parametrize("function", [*CHANGES, "remove_authority"])
def test_an_authority_outside_the_registry_is_refused_and_not_entered(stage: Stage, rows: Rows, function: str) -> None:
    more = CHANGES.get(function, {"name": "Nobody"})
    answer = operate(function, authority="E99999999", **more)
    assert answer["answer"] == "Refused. E99999999 is not in the registry. Nothing was changed."
    assert acts(rows, "E99999999") == []


@pytest.mark.parametrize("function", [*CHANGES, "remove_authority"])
def test_a_quicker_writer_is_not_overwritten(
    stage: Stage, newcomer: LocalAuthority, faults: Faults, function: str
) -> None:
    faults.cancel("ConditionalCheckFailed", times=1)
    more = CHANGES.get(function, {"name": "Newcomer"})
    answer = operate(function, authority=newcomer.code, **more)
    assert (answer["done"], answer["code"]) == (False, "refused")
    assert "by somebody else at the same moment" in answer["answer"]


@pytest.mark.parametrize("function", [*CHANGES, "remove_authority"])
def test_all_or_nothing(stage: Stage, rows: Rows, newcomer: LocalAuthority, faults: Faults, function: str) -> None:
    before = item_of(stage, newcomer.code)
    faults.break_down("TransactWriteItems")
    more = CHANGES.get(function, {"name": "Newcomer"})
    answer = operate(function, authority=newcomer.code, **more)
    assert (answer["done"], answer["code"]) == (False, "unavailable")
    assert item_of(stage, newcomer.code) == before
    assert has_salt(stage, newcomer.code)
    assert acts(rows, newcomer.code) == []


@pytest.mark.parametrize(
    ("function", "change", "field"),
    [
        ("suspend_authority", {"authority": "e08000012"}, "authority"),
        ("reinstate_authority", {"authority": 7}, "authority"),
        ("replace_keys", {"jwks": {"keys": []}}, "jwks"),
        ("remove_authority", {"authority": "A#B"}, "authority"),
        ("suspend_authority", {"surprise": 1}, "The event"),
        ("suspend_authority", {"requested_by": None}, "requested_by"),
        ("remove_authority", {"reason": "  "}, "reason"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(stage: Stage, function: str, change: dict[str, Any], field: str) -> None:
    event = {"authority": "E08000012", **CHANGES.get(function, {"name": "Liverpool"}), **change}
    answer = operate(function, **event)
    assert (answer["done"], answer["code"]) == (False, "invalid_request")
    assert answer["answer"].startswith(f"Refused. {field} ")


@pytest.mark.parametrize("mark", [{"standing": {"S": "removed"}}, {"removed_on": {"S": "2026-11-23"}}], ids=str)
def test_the_write_itself_refuses_to_bring_a_removed_authority_back(
    stage: Stage, newcomer: LocalAuthority, mark: dict[str, Any]
) -> None:
    """Somebody may have removed it after the read."""
    stage.enter(newcomer, **mark)
    parts = stage.services.parts
    store = DynamoAuthorities(parts.tables, parts.access_log, parts.grant_stamps)
    operator = Operator("j.doe", "ticket 12")
    record = ActRecord(id=parts.new_id(), at=stage.clock(), child=None, actor=operator, act=Act.REINSTATED)
    carried_out = replace(record, id=parts.new_id(), act=Act.CARRIED_OUT)
    with pytest.raises(Conflict):
        store.set_standing(newcomer.code, Standing.ACTIVE, record)
    with pytest.raises(Conflict):
        store.grant(Grants(newcomer.code, "{}", frozenset(), frozenset()), None, record, carried_out)
    with pytest.raises(Conflict):
        store.set_standing("E97999999", Standing.ACTIVE, record)

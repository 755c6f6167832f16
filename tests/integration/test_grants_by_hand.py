"""A hand edit of the registry grants nothing: keys, scopes and purposes count only with the stamp of two people."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.schema import REGISTRY, table_name
from infra.local.authorities import LocalAuthority, SigningKey, make_signing_key, new_authority
from tests.support.console import operate, proposal, propose, run
from tests.support.log_lines import Metrics
from tests.support.stage import EALING, STAGE, Stage

Item = dict[str, Any]
TABLE = table_name(STAGE, REGISTRY)


def item_of(stage: Stage, code: str) -> Item:
    key = {"authority": {"S": code}}
    found: Item = stage.dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    return found


def put(stage: Stage, item: Item) -> None:
    """As the registrar does. The service has read it afterwards."""
    stage.dynamodb.put_item(TableName=TABLE, Item={name: value for name, value in item.items() if value is not None})
    stage.clock.advance(seconds=61)


def restricted(stage: Stage, code: str) -> None:
    assert operate("change_grants", authority=code, scopes=["lookup"], purposes=["safeguarding"])["done"]
    stage.clock.advance(seconds=61)


def look_up(stage: Stage, code: str, purpose: str = "safeguarding") -> tuple[int, str | None]:
    reply = stage.look_up(stage.new_child(), stage.token(code), purpose)
    return reply.status, None if reply.status == 200 else reply.code


REFUSED = (401, "not_signed_in")


def _keys_of(key: SigningKey, code: str) -> str:
    return new_authority(LocalAuthority(code, "x", "x"), key).jwks


EDITS: dict[str, Callable[[Stage, Item], Item]] = {
    "another scope": lambda _, item: {"scopes": {"SS": [*item["scopes"]["SS"], "shield"]}},
    "every scope": lambda *_: {"scopes": {"L": [{"S": "lookup"}, {"S": "register"}, {"S": "shield"}]}},
    "no scope": lambda *_: {"scopes": None},
    "another purpose": lambda _, item: {"purposes": {"SS": [*item["purposes"]["SS"], "child_protection"]}},
    "purposes as scopes": lambda _, item: {"scopes": item["purposes"], "purposes": item["scopes"]},
    "the stamp of another authority": lambda stage, _: {"granted": item_of(stage, EALING)["granted"]},
    "all of another authority": lambda stage, _: {
        name: item_of(stage, EALING)[name] for name in ("jwks", "scopes", "purposes", "granted")
    },
    "no stamp": lambda *_: {"granted": None},
    "an empty stamp": lambda *_: {"granted": {"B": b""}},
    "a stamp of zeros": lambda *_: {"granted": {"B": bytes(33)}},
    "a stamp of an unknown key": lambda _, item: {"granted": {"B": b"\x02" + item["granted"]["B"][1:]}},
    "a stamp that is text": lambda *_: {"granted": {"S": "yes"}},
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_hand_edit_of_what_is_granted_grants_nothing_and_is_counted(
    stage: Stage, newcomer: LocalAuthority, metrics: Metrics, edit: str
) -> None:
    restricted(stage, newcomer.code)
    before = item_of(stage, newcomer.code)
    assert look_up(stage, newcomer.code) == (200, None)
    put(stage, {**before, **EDITS[edit](stage, before)})
    for purpose in ("safeguarding", "child_protection"):
        assert look_up(stage, newcomer.code, purpose) == REFUSED
    assert metrics.count("RegistryFaults") > 0
    put(stage, before)
    assert look_up(stage, newcomer.code) == (200, None)


def test_a_thiefs_key_in_the_registry_opens_nothing(stage: Stage, newcomer: LocalAuthority) -> None:
    code, own = newcomer.code, stage.keys[newcomer.code]
    thiefs = make_signing_key(code, "EdDSA")
    before = item_of(stage, code)
    put(stage, {**before, "jwks": {"S": _keys_of(thiefs, code)}})
    for key in (thiefs, own):
        stage.keys[code] = key
        assert look_up(stage, code) == REFUSED


def test_an_authority_entered_by_hand_cannot_call(stage: Stage) -> None:
    unknown = LocalAuthority(stage.new_code(), "Unknown", "unknown")
    stage.enter(unknown, granted=None)
    stage.clock.advance(seconds=61)
    assert look_up(stage, unknown.code) == REFUSED


def test_its_records_are_still_shown_with_its_duty_contact(stage: Stage, newcomer: LocalAuthority) -> None:
    child = stage.new_child()
    assert stage.register(child, token=stage.token(newcomer.code)).status == 201
    put(stage, {**item_of(stage, newcomer.code), "scopes": {"SS": ["lookup"]}})
    [entry] = stage.look_up(child).json["involvements"]
    assert entry["authority"]["duty_contact"] == {"name": "Newcomer duty team", "phone": "020 7946 0999"}


def test_new_keys_do_not_make_an_edited_scope_count(stage: Stage, newcomer: LocalAuthority) -> None:
    """Otherwise a registrar adds a scope and waits until two people replace the keys."""
    code = newcomer.code
    restricted(stage, code)
    before = item_of(stage, code)
    put(stage, {**before, "scopes": {"SS": ["lookup", "shield"]}})
    jwks = {"keys": [make_signing_key(code, "EdDSA").public_jwk]}
    refused = operate("replace_keys", authority=code, jwks=jwks)
    assert refused["code"] == "refused"
    assert "by hand, so none of them count" in refused["answer"]
    event = {"authority": code, "scopes": ["lookup"], "purposes": ["safeguarding"]}
    assert "send them as jwks" in operate("change_grants", **event)["answer"]
    assert operate("change_grants", **event, jwks={"keys": [stage.keys[code].public_jwk]})["done"]
    stage.clock.advance(seconds=61)
    assert look_up(stage, code) == (200, None)
    assert item_of(stage, code)["granted"] == before["granted"], "it is granted what it was granted before"


def test_an_edit_between_the_two_halves_is_not_granted(stage: Stage, newcomer: LocalAuthority) -> None:
    code = newcomer.code
    event = {"authority": code, "jwks": {"keys": [make_signing_key(code, "EdDSA").public_jwk]}}
    made = proposal("replace_keys", **event)
    put(stage, {**item_of(stage, code), "scopes": {"SS": ["lookup"]}})
    assert run("replace_keys", **event, proposal=made)["code"] == "refused"
    assert item_of(stage, code)["scopes"] == {"SS": ["lookup"]}


def test_what_is_granted_reads_the_same_as_a_set_and_as_a_list_in_any_order(
    stage: Stage, newcomer: LocalAuthority
) -> None:
    before = item_of(stage, newcomer.code)
    words = sorted(before["scopes"]["SS"], reverse=True)
    put(stage, {**before, "scopes": {"L": [{"S": word} for word in words]}})
    assert look_up(stage, newcomer.code) == (200, None)


def test_other_attributes_are_still_edited_by_hand(stage: Stage, newcomer: LocalAuthority) -> None:
    put(stage, {**item_of(stage, newcomer.code), "name": {"S": "Renamed"}, "reports_every_days": {"N": "3"}})
    assert look_up(stage, newcomer.code) == (200, None)


def test_a_whole_older_item_counts_again(stage: Stage, newcomer: LocalAuthority) -> None:
    """What remains, as docs/registry.md says: it grants what two people granted once."""
    older = item_of(stage, newcomer.code)
    restricted(stage, newcomer.code)
    assert look_up(stage, newcomer.code, "child_protection") == (403, "purpose_not_granted")
    put(stage, older)
    assert look_up(stage, newcomer.code, "child_protection") == (200, None)


def test_scopes_and_purposes_are_changed_by_two_people(stage: Stage, newcomer: LocalAuthority) -> None:
    event = {"authority": newcomer.code, "scopes": ["lookup"], "purposes": ["education_welfare"]}
    answer = operate("change_grants", **event)
    assert answer["answer"].startswith(f"{newcomer.code} is granted exactly these scopes and purposes.")
    assert operate("change_grants", **event)["answer"].endswith("already. Nothing was changed.")
    stage.clock.advance(seconds=61)
    assert look_up(stage, newcomer.code, "education_welfare") == (200, None)
    assert look_up(stage, newcomer.code) == (403, "purpose_not_granted")
    refused = stage.register(stage.new_child(), token=stage.token(newcomer.code))
    assert (refused.status, refused.code) == (403, "scope_not_granted")


def test_a_proposal_names_what_is_new_and_what_is_taken_away(stage: Stage, newcomer: LocalAuthority) -> None:
    restricted(stage, newcomer.code)
    event = {"authority": newcomer.code, "scopes": ["lookup", "shield"], "purposes": ["health_care"]}
    answer = propose("change_grants", **event)["answer"]
    assert "granted the scopes lookup, shield (new: shield), and the purposes health_care" in answer
    assert "(new: health_care; no longer: safeguarding). Its signing keys would stay." in answer

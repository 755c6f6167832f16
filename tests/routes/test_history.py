"""The history as callers see it: proofs of their own lookups, and of one history for all."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from chalicelib import unattended
from chalicelib.adapters.dynamodb.history_items import CHECKPOINTS, KEYS, PENDING
from chalicelib.adapters.dynamodb.schema import ACCESS, HISTORY
from chalicelib.domain.history import Leaf, Minute, root_of_minute
from chalicelib.domain.merkle import is_consistent, root_by_inclusion
from tests.support.history import Sealing
from tests.support.log_lines import counted
from tests.support.rows import Row, Rows, as_text
from tests.support.stage import EALING, HARINGEY, Reply, Stage
from tests.support.streams import deliver

HISTORY_PATH = "/v1/history"


@pytest.fixture
def sealing(stage: Stage, rows: Rows) -> Sealing:
    sealing = Sealing(stage, rows)
    sealing.begin_anew()
    return sealing


def proof_of(stage: Stage, lookup_id: str, authority: str = EALING, **claims: Any) -> Reply:
    return stage.call("GET", f"{HISTORY_PATH}/lookups/{lookup_id}", token=stage.token(authority, **claims))


def looked_up(stage: Stage, authority: str = EALING) -> str:
    """The id of a lookup of a child that is known and whose number was superseded by nobody."""
    child = stage.new_child()
    stage.register(child)
    return str(stage.look_up(child, token=stage.token(authority, jti="token-1")).json["lookup_id"])


def check(proof: Any) -> dict[str, Any]:
    """Verifies the proof as docs/api.md describes it. Returns what was recorded."""
    leaf = Leaf(proof["record"], bytes.fromhex(proof["salt"]), bytes.fromhex(proof["hidden"])).hash
    minute, latest = proof["minute"], proof["checkpoint"]
    root = root_of_minute(leaf, minute["index"], in_bytes(minute["proof"]))
    assert root.hex() == minute["root"]
    made = Minute(minute["number"], datetime.fromisoformat(minute["closed_at"]), root)
    history = root_by_inclusion(made.leaf, made.number - 1, latest["number"], in_bytes(proof["inclusion"]))
    assert history.hex() == latest["history"]
    return dict(json.loads(proof["record"]))


def in_bytes(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in hashes]


def test_the_asker_gets_a_proof_of_its_lookup_as_it_was_recorded(stage: Stage, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    for _ in range(5):
        sealing.seal()
    reply = proof_of(stage, lookup_id)
    assert reply.status == 200
    recorded = check(reply.json)
    assert recorded == {
        "id": lookup_id,
        "at": f"{stage.clock():%Y-%m-%dT%H:%M:%SZ}",
        "authority": EALING,
        "practitioner": stage.practitioner,
        "role": "Social worker",
        "purpose": "safeguarding",
        "case_reference": "case-1",
        "token_id": "token-1",
    }


def test_a_proof_shows_nothing_of_the_child_or_of_what_was_shown(stage: Stage, rows: Rows, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    [row] = [one for one in rows.all(ACCESS) if one["sk"]["S"] == f"L#{lookup_id}"]
    body = proof_of(stage, lookup_id).body
    pseudonym = row["pk"]["S"].rpartition("#")[2]
    assert pseudonym not in body
    assert HARINGEY not in body
    for sealed in secrets_of(row):
        assert sealed not in body


def secrets_of(row: Row) -> list[str]:
    blobs = [bytes(value["B"]) for value in row.values() if "B" in value]
    return [*(blob.hex() for blob in blobs), *(as_text(blob) for blob in blobs)]


def test_two_lookups_of_one_child_have_nothing_in_common(stage: Stage, sealing: Sealing) -> None:
    child = stage.new_child()
    ids = [stage.look_up(child, token=stage.token(EALING)).json["lookup_id"] for _ in range(2)]
    sealing.seal()
    one, other = (proof_of(stage, lookup_id).json for lookup_id in ids)
    assert {one["salt"], one["hidden"]}.isdisjoint({other["salt"], other["hidden"]})


def test_nobody_else_gets_a_proof(stage: Stage, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    assert proof_of(stage, lookup_id, HARINGEY).code == "not_found"
    assert proof_of(stage, "01AN4Z07BY79KA1307SR9X4MV3").code == "not_found"
    assert proof_of(stage, "not-an-id").code == "not_found"
    assert proof_of(stage, lookup_id, scope="register").code == "scope_not_granted"


def test_a_system_may_check_the_lookups_of_its_authority(stage: Stage, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    assert proof_of(stage, lookup_id, sub="system:witness").status == 200


def test_a_lookup_that_waits_for_its_checkpoint_is_not_sealed_yet(stage: Stage, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    assert proof_of(stage, lookup_id).code == "not_sealed_yet"
    sealing.gather()
    assert proof_of(stage, lookup_id).code == "not_sealed_yet"
    sealing.close()
    assert proof_of(stage, lookup_id).status == 200


def test_a_lookup_that_was_kept_out_of_the_history_is_reported(stage: Stage, rows: Rows, sealing: Sealing) -> None:
    sealing.close()
    lookup_id = looked_up(stage)
    sealing.gather()
    for item in rows.of(PENDING, HISTORY):
        rows.delete(item, HISTORY)
    sealing.close()
    stage.clock.advance(minutes=9)
    with counted() as metrics:
        assert proof_of(stage, lookup_id).code == "not_sealed_yet"
        assert metrics.count("LeavesMissing") == 0
        stage.clock.advance(minutes=1)
        assert proof_of(stage, lookup_id).code == "not_in_history"
        assert metrics.count("LeavesMissing") == 1


def test_a_proof_is_found_however_late_its_lookup_was_sealed(stage: Stage, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    late = sealing.inserts()
    for _ in range(3):
        stage.clock.advance(hours=7)
        sealing.close()
    assert deliver(unattended.gather_leaves, *late) == []
    sealing.close()
    check(proof_of(stage, lookup_id).json)


def test_a_lookup_that_was_altered_after_it_was_sealed_has_no_proof(stage: Stage, rows: Rows, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    [row] = [one for one in rows.all(ACCESS) if one["sk"]["S"] == f"L#{lookup_id}"]
    assert proof_of(stage, lookup_id).status == 200
    sealed = bytes(row["sealed"]["B"])
    rows.put({**row, "sealed": {"B": sealed[:-1] + bytes((sealed[-1] ^ 1,))}}, ACCESS)
    assert proof_of(stage, lookup_id).code == "not_found"


def test_a_lookup_that_somebody_with_the_audit_key_wrote_anew_has_no_proof(
    stage: Stage, rows: Rows, sealing: Sealing
) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    [row] = [one for one in rows.all(ACCESS) if one["sk"]["S"] == f"L#{lookup_id}"]
    rows.reseal(rows.opened(row), practitioner="an innocent nurse")
    assert proof_of(stage, lookup_id).code == "not_sealed_yet"


def test_reading_a_proof_is_recorded(stage: Stage, rows: Rows, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    proof_of(stage, lookup_id)
    acts = [row for row in rows.of(f"A#{EALING}", ACCESS) if row["act"]["S"] == "proof_read"]
    assert [row["reference"]["S"] for row in acts] == [lookup_id]


def history(stage: Stage, number: int | str | None = None) -> Reply:
    query = None if number is None else {"from": [str(number)]}
    return stage.call("GET", HISTORY_PATH, query=query)


def test_a_history_contains_every_checkpoint_that_was_ever_shown(stage: Stage, sealing: Sealing) -> None:
    seen = []
    for _ in range(13):
        stage.look_up(stage.new_child())
        seen.append(sealing.seal())
    for checkpoint in seen:
        reply = history(stage, checkpoint.number)
        assert reply.status == 200
        latest, proof = reply.json["checkpoint"], in_bytes(reply.json["consistency"])
        new_root = bytes.fromhex(latest["history"])
        assert is_consistent(checkpoint.number, checkpoint.history, latest["number"], new_root, proof)


def test_a_history_that_was_cut_off_is_shown_as_it_is(stage: Stage, sealing: Sealing) -> None:
    sealing.close()
    reply = history(stage, 7)
    assert (reply.json["checkpoint"]["number"], reply.json["consistency"]) == (1, [])


def test_a_stage_without_checkpoints_says_so(stage: Stage, sealing: Sealing) -> None:
    assert history(stage).code == "not_sealed_yet"
    lookup_id = looked_up(stage)
    assert proof_of(stage, lookup_id).code == "not_sealed_yet"


@pytest.mark.parametrize("number", ["0", "-1", "x", "01", "1" * 13, ""])
def test_a_number_that_no_checkpoint_can_have_is_refused(stage: Stage, sealing: Sealing, number: str) -> None:
    sealing.close()
    reply = history(stage, number)
    assert (reply.status, reply.code) == (400, "invalid_request")


def test_other_query_parameters_are_refused(stage: Stage, sealing: Sealing) -> None:
    sealing.close()
    for query in ({"to": ["1"]}, {"from": ["1", "2"]}):
        assert stage.call("GET", HISTORY_PATH, query=query).code == "invalid_request"


@pytest.mark.parametrize("attribute", ["nodes", "root", "closed_at"])
def test_a_checkpoint_that_was_edited_by_hand_gives_no_proof_and_no_500(
    stage: Stage, rows: Rows, sealing: Sealing, attribute: str
) -> None:
    lookup_id = looked_up(stage)
    for _ in range(3):
        sealing.seal()
    for item in rows.of(CHECKPOINTS, HISTORY):
        rows.put({**item, attribute: {"S": "edited"}}, HISTORY)
    replies = [history(stage, 1), history(stage, 2), proof_of(stage, lookup_id)]
    assert {reply.status for reply in replies} <= {200, 503}
    assert 503 in {reply.status for reply in replies}


Edit = Callable[[dict[str, Row]], None]


def _another_leaf_in_the_minute(items: dict[str, Row]) -> None:
    [leaves] = [item for pk, item in items.items() if pk.startswith("LEAVES#")]
    leaves["leaves"] = {"B": bytes(leaves["leaves"]["B"]) + bytes(32)}


def _another_root_of_the_minute(items: dict[str, Row]) -> None:
    items["1"]["root"] = {"B": bytes(32)}


def _another_time_of_the_minute(items: dict[str, Row]) -> None:
    items["1"]["closed_at"] = {"N": "1"}


def _another_subtree_of_the_history(items: dict[str, Row]) -> None:
    items["2"]["nodes"] = {"B": bytes(len(bytes(items["2"]["nodes"]["B"])))}


@pytest.mark.parametrize(
    "edit",
    [
        _another_leaf_in_the_minute,
        _another_root_of_the_minute,
        _another_time_of_the_minute,
        _another_subtree_of_the_history,
    ],
    ids=lambda edit: edit.__name__.strip("_"),
)
def test_a_proof_that_an_edited_history_makes_wrong_raises_an_alarm_and_is_shown_as_evidence(
    stage: Stage, rows: Rows, sealing: Sealing, edit: Edit
) -> None:
    lookup_id = looked_up(stage)
    sealing.seal()
    for _ in range(2):
        sealing.seal()
    found = {_name(item): item for item in rows.all(HISTORY)}
    edit(found)
    for item in found.values():
        rows.put(item, HISTORY)
    with counted() as metrics:
        reply = proof_of(stage, lookup_id)
    assert (reply.status, metrics.count("HistoryDamaged") > 0) == (200, True)
    with pytest.raises(AssertionError):
        check(reply.json)


def _name(item: Row) -> str:
    """The number of a checkpoint, or the partition of another item."""
    pk = item["pk"]["S"]
    return str(int(item["sk"]["S"])) if pk == CHECKPOINTS else str(pk)


def test_a_public_key_that_somebody_put_in_place_of_the_true_one_raises_an_alarm(
    stage: Stage, rows: Rows, sealing: Sealing
) -> None:
    sealing.close()
    [key] = rows.of(KEYS, HISTORY)
    rows.put({**key, "public_key": {"B": b"another"}}, HISTORY)
    with counted() as metrics:
        assert stage.call("GET", HISTORY_PATH, token=stage.token(EALING)).status == 200
    assert metrics.count("HistoryDamaged") == 1


def test_a_genuine_proof_raises_no_alarm(stage: Stage, sealing: Sealing) -> None:
    lookup_id = looked_up(stage)
    for _ in range(6):
        sealing.seal()
    with counted() as metrics:
        assert proof_of(stage, lookup_id).status == 200
        assert stage.call("GET", HISTORY_PATH, token=stage.token(EALING)).status == 200
    assert metrics.count("HistoryDamaged") == 0

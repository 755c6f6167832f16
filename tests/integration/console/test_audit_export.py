"""The auditor's export: a day of an authority with its proofs, and nothing that links it to a child or to another."""

from datetime import datetime
from typing import Any

import pytest

from chalicelib.adapters.console import exported_lookups
from chalicelib.adapters.dynamodb.schema import ACCESS
from chalicelib.domain.history import Leaf, Minute, root_of_minute
from chalicelib.domain.merkle import root_by_inclusion
from infra.local.authorities import LocalAuthority
from tests.support.console import operate
from tests.support.faults import Faults, Send
from tests.support.history import Sealing
from tests.support.log_lines import Metrics
from tests.support.rows import Rows
from tests.support.stage import Stage

DAYS_OF_LEAVES = 3  # two days touch three dates


@pytest.fixture
def sealing(stage: Stage, rows: Rows) -> Sealing:
    sealing = Sealing(stage, rows)
    sealing.begin_anew()
    return sealing


def export(stage: Stage, newcomer: LocalAuthority, **more: Any) -> dict[str, Any]:
    return operate("audit_export", authority=newcomer.code, day=stage.today.isoformat(), **more)


def check(answer: dict[str, Any], lookup: dict[str, Any]) -> None:
    """Verifies the proof of one lookup, as docs/api.md describes it."""
    leaf = Leaf(lookup["record"], bytes.fromhex(lookup["salt"]), bytes.fromhex(lookup["hidden"])).hash
    [sealed] = [one for one in answer["minutes"] if one["number"] == lookup["minute"]]
    root = root_of_minute(leaf, lookup["index"], [bytes.fromhex(one) for one in lookup["proof"]])
    assert root.hex() == sealed["root"]
    closed_at = datetime.fromisoformat(sealed["closed_at"])
    minute, latest = Minute(sealed["number"], closed_at, root), answer["checkpoint"]
    inclusion = [bytes.fromhex(one) for one in sealed["inclusion"]]
    history = root_by_inclusion(minute.leaf, minute.number - 1, latest["number"], inclusion)
    assert history.hex() == latest["history"]


def ask(stage: Stage, newcomer: LocalAuthority, child: str) -> str:
    return str(stage.look_up(child, token=stage.token(newcomer.code)).json["lookup_id"])


def test_every_lookup_of_the_day_comes_with_its_proof(stage: Stage, newcomer: LocalAuthority, sealing: Sealing) -> None:
    ids = []
    for _ in range(3):
        ids.append(ask(stage, newcomer, stage.new_child()))
        sealing.seal()
    answer = export(stage, newcomer)
    assert answer["done"] is True
    assert [one["lookup_id"] for one in answer["lookups"]] == ids
    for lookup in answer["lookups"]:
        check(answer, lookup)
    assert "3 are in the history, with proofs." in answer["answer"]


def test_an_export_reads_the_sealed_leaves_once_however_many_lookups_it_shows(
    stage: Stage, newcomer: LocalAuthority, sealing: Sealing, faults: Faults
) -> None:
    ids = [ask(stage, newcomer, stage.new_child()) for _ in range(4)]
    sealing.gather()
    ids += [ask(stage, newcomer, stage.new_child()) for _ in range(2)]  # these are in no checkpoint
    sealing.close()
    queries: list[None] = []

    def noted(send: Send) -> Any:
        queries.append(None)
        return send()

    faults.add("Query", noted, about="-history")
    answer = export(stage, newcomer)
    assert [one["minute"] for one in answer["lookups"]] == [1, 1, 1, 1, None, None]
    for lookup in answer["lookups"][:4]:
        check(answer, lookup)
    assert len(queries) <= DAYS_OF_LEAVES


def test_a_token_links_two_lookups_of_a_child_within_one_export_only(
    stage: Stage, newcomer: LocalAuthority, rows: Rows, sealing: Sealing
) -> None:
    child = stage.new_child()
    for asked in (child, child, stage.new_child()):
        ask(stage, newcomer, asked)
    sealing.seal()
    exports = [export(stage, newcomer) for _ in range(2)]
    first, second = ([one["child"] for one in answer["lookups"]] for answer in exports)
    assert first[0] == first[1] != first[2]
    assert {*first}.isdisjoint(second)
    assert rows.key_of(child).rpartition("#")[2][:8] not in str(exports)


def test_an_export_goes_on_page_by_page_with_the_same_tokens(
    stage: Stage, newcomer: LocalAuthority, sealing: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported_lookups, "PAGE", 2)
    child = stage.new_child()
    ids = [ask(stage, newcomer, child) for _ in range(5)]
    sealing.seal()
    lookups, after = [], None
    while True:
        answer = export(stage, newcomer, after=after)
        lookups += answer["lookups"]
        after = answer["next_after"]
        if after is None:
            break
    assert [one["lookup_id"] for one in lookups] == ids
    assert len({one["child"] for one in lookups}) == 1


def test_a_lookup_that_is_in_no_checkpoint_is_shown_as_such(
    stage: Stage, newcomer: LocalAuthority, rows: Rows, sealing: Sealing
) -> None:
    forged = ask(stage, newcomer, stage.new_child())
    sealing.seal()
    [row] = [one for one in rows.all(ACCESS) if one["sk"]["S"] == f"L#{forged}"]
    rows.put({**row, "sealed": {"B": bytes(row["sealed"]["B"])[:-1] + b"?"}}, ACCESS)
    waiting = ask(stage, newcomer, stage.new_child())
    shown = {one["lookup_id"]: one for one in export(stage, newcomer)["lookups"]}
    assert shown[forged]["record"] is None
    assert shown[waiting]["record"] is not None
    assert {one["minute"] for one in shown.values()} == {None}


def test_an_export_looks_for_lookups_that_were_kept_out_of_the_history(
    stage: Stage, newcomer: LocalAuthority, sealing: Sealing, metrics: Metrics
) -> None:
    ask(stage, newcomer, stage.new_child())
    sealing.seal()
    for _ in range(2):
        ask(stage, newcomer, stage.new_child())
    sealing.close()
    day = stage.today.isoformat()
    stage.clock.advance(minutes=10)
    answer = operate("audit_export", authority=newcomer.code, day=day)
    assert "2 of them should have been sealed long since" in answer["answer"]
    assert metrics.count("LeavesMissing") == 2


def test_an_export_is_recorded(stage: Stage, newcomer: LocalAuthority, rows: Rows, sealing: Sealing) -> None:
    sealing.close()
    export(stage, newcomer)
    [record] = rows.of(f"A#{newcomer.code}", ACCESS)
    assert (record["act"]["S"], record["reference"]["S"]) == ("audit_exported", stage.today.isoformat())


def test_a_day_in_the_future_and_a_stage_without_a_history_are_refused(
    stage: Stage, newcomer: LocalAuthority, sealing: Sealing
) -> None:
    assert export(stage, newcomer)["done"] is False
    sealing.close()
    assert operate("audit_export", authority=newcomer.code, day="2999-01-01")["done"] is False
    assert export(stage, newcomer, after="x")["done"] is False

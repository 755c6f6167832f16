"""docs/architecture.md draws the AWS calls that each walk really makes."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from chalicelib import unattended
from chalicelib.wiring.parts import Clients
from tests.support.architecture import PAGE, canary, posted_about
from tests.support.console import proposal, run
from tests.support.rows import Rows
from tests.support.schedules import sweep
from tests.support.stage import EALING, STAGE, Stage, warm
from tests.support.streams import changed, deliver

DIAGRAMS = dict(re.findall(r"^### ([A-Z]\w+)\n+```mermaid\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL))
_PARTICIPANT = re.compile(r"participant (\w+) as ([A-Za-z_' ]+)")
_ARROW = re.compile(r"(\w+)(-{1,2}>>)(\w+): (.+)")
_NOTE = re.compile(r"Note over (\w+): .+")
_OPENS, _CLOSES, _DIVIDES = ("loop ", "opt ", "par "), "end", "and"
_CALL = re.compile(r"([A-Z][A-Za-z]+)(?: ([a-z]+(?:, [a-z]+)*))?(?: index (\w+))?(?:<br/>.+)?")


@pytest.mark.parametrize("walk", DIAGRAMS)
def test_each_diagram_is_one_that_mermaid_draws(walk: str) -> None:
    first, *lines = [line.strip() for line in DIAGRAMS[walk].splitlines()]
    assert first == "sequenceDiagram"
    assert not re.search("[#;]", DIAGRAMS[walk]), "Mermaid ends a message there"
    declared: set[str] = set()
    open_blocks: list[str] = []
    for line in lines:
        if participant := _PARTICIPANT.fullmatch(line):
            declared.add(participant[1])
        elif arrow := _ARROW.fullmatch(line):
            assert {arrow[1], arrow[3]} <= declared, line
        elif note := _NOTE.fullmatch(line):
            assert note[1] in declared, line
        elif line.startswith(_OPENS):
            open_blocks.append(line)
        elif line == _DIVIDES:
            assert open_blocks[-1].startswith("par "), line
        else:
            assert line == _CLOSES, line
            open_blocks.pop()
    assert open_blocks == []


def test_there_are_five_walks() -> None:
    assert [*DIAGRAMS] == ["Lookup", "Registration", "Notice", "Erase", "Expiry"]


class AwsCall(NamedTuple):
    operation: str
    table: str
    """Empty for KMS; all tables of a transaction."""
    index_name: str


def drawn(walk: str) -> list[AwsCall]:
    """The calls to KMS and DynamoDB in the order of the diagram, without those in `opt` blocks."""
    lines = [line.strip() for line in DIAGRAMS[walk].splitlines()]
    names = {match[1]: match[2] for line in lines if (match := _PARTICIPANT.fullmatch(line))}
    calls: list[AwsCall] = []
    blocks: list[str] = []
    for line in lines:
        if line.startswith(_OPENS):
            blocks.append(line)
        elif line == _CLOSES:
            blocks.pop()
        arrow = _ARROW.fullmatch(line)
        if arrow is None or names[arrow[3]] not in ("KMS", "DynamoDB") or any(one.startswith("opt ") for one in blocks):
            continue
        call = _CALL.fullmatch(arrow[4])
        assert call is not None, line
        operation, tables, index = call[1], call[2] or "", call[3] or ""
        separate = [tables] if operation == "TransactWriteItems" else tables.split(", ")
        calls += [AwsCall(operation, table, index) for table in separate]
    return calls


@contextmanager
def recorded(clients: Clients) -> Iterator[list[AwsCall]]:
    """Every call to AWS until the block ends, in order."""
    calls: list[AwsCall] = []

    def record(request: Any, event_name: str, **_: Any) -> None:
        body = json.loads(request.body or b"{}")
        parts = [next(iter(part.values())) for part in body["TransactItems"]] if "TransactItems" in body else [body]
        tables = {part.get("TableName", "").removeprefix(f"knownto-{STAGE}-") for part in parts}
        operation = event_name.rsplit(".", 1)[-1]
        calls.append(AwsCall(operation, ", ".join(sorted(tables, reverse=True)), body.get("IndexName", "")))

    every = (clients.connection.client, clients.dynamodb_once, clients.kms)
    for client in every:
        client.meta.events.register("before-send.*.*", record)
    try:
        yield calls
    finally:
        for client in every:
            client.meta.events.unregister("before-send.*.*", record)


def in_order(calls: Sequence[AwsCall]) -> list[AwsCall]:
    """Each call once, where it first comes: a loop may run often."""
    return list(dict.fromkeys(calls))


@pytest.fixture
def calls(stage: Stage) -> Iterator[list[AwsCall]]:
    warm(stage)
    stage.register(stage.new_child())  # the heartbeat of this hour
    stage.services.look_up.usage.settle(EALING)  # so that no lookup of a test writes the authority's own counter
    with recorded(stage.clients) as calls:
        yield calls


def test_a_lookup_walks_as_drawn(stage: Stage, calls: list[AwsCall]) -> None:
    stage.look_up(stage.new_child(), stage.token(EALING))
    assert sorted(calls) == sorted(drawn("Lookup"))


def test_a_registration_walks_as_drawn(stage: Stage, calls: list[AwsCall]) -> None:
    stage.register(stage.new_child())
    assert calls == drawn("Registration")


def test_a_notice_walks_as_drawn(stage: Stage, rows: Rows, calls: list[AwsCall]) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.look_up(child, stage.token(EALING))
    [seen] = rows.access_records(child, "L#")
    record = changed(None, seen, stage.clock())
    record["dynamodb"].pop("NewImage")
    calls.clear()
    assert deliver(unattended.post_notices, record) == []
    assert stage.call("GET", "/v1/notices").json["notices"]
    assert in_order(calls) == in_order(drawn("Notice"))


def test_an_erasure_walks_as_drawn(stage: Stage, rows: Rows, calls: list[AwsCall]) -> None:
    child = stage.new_child()
    posted_about(stage, rows, child)
    calls.clear()
    code = proposal("erase_child", nhs_number=child)
    assert run("erase_child", nhs_number=child, proposal=code)["done"] is True
    assert in_order(calls) == in_order(drawn("Erase"))


def test_an_expiry_walks_as_drawn(stage: Stage, rows: Rows, calls: list[AwsCall]) -> None:
    child = stage.new_child()
    stage.register(child)
    rows.put(canary(stage))
    row = rows.one_of(child)
    stage.clock.now = datetime.fromtimestamp(int(row["expires_at"]["N"]), UTC)
    stage.services.parts.registry.view()  # a clock that has jumped makes what is held too old
    stage.services.parts.audit_keys.ready()
    calls.clear()
    sweep()
    assert deliver(unattended.watch_involvements, changed(row, None, stage.clock())) == []
    assert in_order(calls) == in_order(drawn("Expiry"))

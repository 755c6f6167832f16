"""docs/architecture.md is true: packages, walks, items, and which function may touch which table."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pynamodb.attributes import Attribute
from pynamodb.models import Model

from chalicelib import unattended
from chalicelib.adapters.dynamodb.schema import (
    ACCESS,
    EXPIRING,
    INVOLVEMENTS,
    SCHEMAS,
    STREAMS,
    TABLE_OF,
    RegistryItem,
    UsageItem,
    table_schema,
)
from chalicelib.wiring.parts import Clients
from tests.support.console import operate, run
from tests.support.rows import Row, Rows
from tests.support.schedules import sweep
from tests.support.stage import EALING, STAGE, Stage, warm
from tests.support.streams import changed, deliver

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
_TABLES = PAGE.partition("\n## Tables\n")[2].partition("\n## Who may touch")[0]
DIAGRAMS = dict(re.findall(r"^### ([A-Z]\w+)\n+```mermaid\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def rows_below(header: str) -> list[list[str]]:
    """The cells of the Markdown table that begins with `header`."""
    lines = PAGE.partition(header)[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


# Packages


def test_every_package_that_ships_is_described_and_every_described_one_exists() -> None:
    named = [row[0].strip("`") for row in rows_below("| package | what it is for |")]
    assert [name for name in named if not (ROOT / name).exists()] == []
    ours = {f"{init.parent.relative_to(ROOT)}/" for init in (ROOT / "chalicelib").rglob("__init__.py")}
    ours |= {f"infra/{folder.name}/" for folder in (ROOT / "infra").iterdir() if _is_tracked(folder)}
    ours |= {f"tests/{folder.name}/" for folder in (ROOT / "tests").iterdir() if _is_tracked(folder)}
    assert ours == {name for name in named if name.startswith(("chalicelib/", "infra/", "tests/"))} - {
        "chalicelib/console.py",
        "chalicelib/unattended.py",
    }


def _is_tracked(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith("__")


# Walks

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
    first = run("erase_child", nhs_number=child)
    assert run("erase_child", nhs_number=child, confirm=first["confirm"])["done"] is True
    assert in_order(calls) == in_order(drawn("Erase"))


def test_an_expiry_walks_as_drawn(stage: Stage, rows: Rows, calls: list[AwsCall]) -> None:
    child = stage.new_child()
    stage.register(child)
    rows.put(canary(stage))
    row = rows.one_of(child)
    stage.clock.now = datetime.fromtimestamp(int(row["expires_at"]["N"]), UTC)
    stage.services.parts.registry.view()  # a clock that has jumped makes what is held too old
    calls.clear()
    sweep()
    assert deliver(unattended.watch_involvements, changed(row, None, stage.clock())) == []
    assert in_order(calls) == in_order(drawn("Expiry"))


def canary(stage: Stage) -> Row:
    end = {"N": str(int(stage.clock().timestamp()) + 86_400)}
    return {"pk": {"S": "CANARY"}, "sk": {"S": "CANARY"}, "expires_at": end, "ttl": end}


def posted_about(stage: Stage, rows: Rows, child: str) -> None:
    """A record of the child, and a notice about it."""
    stage.register(child)
    stage.look_up(child, stage.token(EALING))
    records = [changed(None, row, stage.clock()) for row in rows.access_records(child)]
    assert deliver(unattended.post_notices, *records) == []


# Tables


class ItemKind(NamedTuple):
    table: str
    model: str
    keys: tuple[re.Pattern[str], re.Pattern[str] | None]
    types: dict[str, str]
    optional: set[str]
    sealed: set[str]

    def is_of(self, item: Row, names: Sequence[str]) -> bool:
        patterns = [pattern for pattern in self.keys if pattern is not None]
        return all(pattern.fullmatch(item[name]["S"]) for pattern, name in zip(patterns, names, strict=True))


_ATTRIBUTE = re.compile(r"`([a-z_<>]+)` ([A-Z]+)((?: sealed| optional)*)")


def kinds() -> Iterator[ItemKind]:
    for table in SCHEMAS:
        for what, partition, sort, others in _rows_of_table(table):
            [model] = re.findall(r"`(\w+Item)`", what)
            found = _ATTRIBUTE.findall(others)
            assert others.count("`") == 2 * len(found), others
            yield ItemKind(
                table=table,
                model=model,
                keys=(_pattern(partition), _pattern(sort) if sort else None),
                types={name: kind for name, kind, _ in found},
                optional={name for name, _, marks in found if "optional" in marks},
                sealed={name for name, _, marks in found if "sealed" in marks},
            )


def _section(table: str) -> str:
    return re.split(r"^### ", _TABLES.partition(f"### {table}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def _rows_of_table(table: str) -> list[list[str]]:
    lines = re.findall(r"^\| (?!item|---).+\|$", _section(table), re.MULTILINE)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def _pattern(cell: str) -> re.Pattern[str]:
    """From `` `L#<ulid>` or `E#<ulid>` ``."""
    ways = [re.escape(way.replace("\\|", "|")) for way in re.findall(r"`(.+?)`", cell)]
    return re.compile("|".join(re.sub(r"<.+?>", ".+", way) for way in ways))


KINDS = [*kinds()]
# These models declare only the attributes that the code names in conditions. A test below compares their stored items.
DECLARED_IN_PART = {RegistryItem, UsageItem}


@pytest.mark.parametrize("model", TABLE_OF, ids=lambda model: model.__name__)
def test_the_attributes_of_each_item_are_those_of_its_model(model: type[Model]) -> None:
    mine = [kind for kind in KINDS if kind.model == model.__name__]
    assert {kind.table for kind in mine} == {TABLE_OF[model]}
    keys = set(_keys_of(TABLE_OF[model]))
    declared: dict[str, Attribute[Any]] = {
        name: one for name, one in model.get_attributes().items() if name not in keys
    }
    types = {name: one.attr_type for name, one in declared.items()}
    if model in DECLARED_IN_PART:
        assert types.items() <= {name: kind for one in mine for name, kind in one.types.items()}.items()
        return
    [kind] = mine
    assert kind.types == types
    assert kind.optional == {name for name, one in declared.items() if one.null}


def _keys_of(table: str) -> list[str]:
    return [part["AttributeName"] for part in table_schema(table)["KeySchema"]]


def test_bytes_are_sealed_unless_they_are_a_digest_or_a_secret() -> None:
    assert {model.model for model in KINDS} == {model.__name__ for model in TABLE_OF}
    for kind in KINDS:
        assert kind.sealed == {name for name, one in kind.types.items() if one == "B"} - {"digest", "secret"}


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_keys_indexes_and_settings_of_each_table_are_those_of_the_schema(table: str) -> None:
    said = _section(table).strip().partition("\n\n")[0].replace("\n", " ")
    schema = table_schema(table)
    assert re.findall(r"[Kk]ey `(\w+)`", said.partition("Index")[0]) == _keys_of(table)
    indexes = {
        name: re.findall(r"key `(\w+)`", rest) for name, rest in re.findall(r"Index `(\w+)` with ([^.]+)\.", said)
    }
    assert indexes == {
        index["IndexName"]: [part["AttributeName"] for part in index["KeySchema"]]
        for index in schema.get("GlobalSecondaryIndexes", [])
    }
    assert ("TTL on" in said) == (table in EXPIRING)
    assert dict.fromkeys(re.findall(r"Stream `(\w+)`", said)) == dict.fromkeys(filter(None, [STREAMS.get(table)]))


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_example_of_each_table_is_an_item_of_it(table: str) -> None:
    [example] = re.findall(r"```json\n(.+?)```", _section(table), re.DOTALL)
    check_is_documented(table, json.loads(example))


def check_is_documented(table: str, item: Row) -> None:
    names = _keys_of(table)
    fitting = [kind for kind in KINDS if kind.table == table and kind.is_of(item, names)]
    assert fitting, f"no kind of item in {table} has such keys: {[item[name] for name in names]}"
    types = {
        re.sub(r"^h\d\d$", "h<hour>", name): next(iter(value)) for name, value in item.items() if name not in names
    }
    assert any(_fits(kind, types) for kind in fitting), f"{table}: {types}"


def _fits(kind: ItemKind, types: dict[str, str]) -> bool:
    required = kind.types.keys() - kind.optional
    return types.items() <= kind.types.items() and required <= types.keys()


def test_every_item_that_the_service_stores_is_documented(stage: Stage, rows: Rows) -> None:
    child, former, erased = stage.new_child(), stage.new_child(), stage.new_child()
    stage.register(child)
    stage.shield(child)
    stage.register(former)
    operate("supersede_nhs_number", old_nhs_number=former, new_nhs_number=child)
    until = (stage.today + timedelta(days=300)).isoformat()
    operate("hold_child", nhs_number=child, hold="inquiry-1", until=until)
    posted_about(stage, rows, erased)
    operate("erase_child", nhs_number=erased)
    posted_about(stage, rows, stage.new_child())
    stage.services.look_up.usage.settle(EALING)
    rows.put(canary(stage))
    stored = rows.everything()
    assert all(stored[table] for table in SCHEMAS)
    for table, items in stored.items():
        for item in items:
            check_is_documented(table, item)


# Who may touch which table

_POWERS = {
    "GetItem": "read",
    "BatchGetItem": "read",
    "Query": "read",
    "Scan": "scan",
    "PutItem": "write",
    "UpdateItem": "write",
    "DeleteItem": "delete",
    "ConditionCheckItem": "check",
}
_TABLE = re.compile(r'"(\w+)Table", "Arn"|\$\{(\w+)Table\.Arn\}(/\w+)?|table/knownto-\$\{Stage\}-([a-z-]+)')
RESTORED = "involvements-restored"


def granted(policy: Path) -> dict[str, set[str]]:
    """By table: the words of the page for what the policy allows."""
    powers: dict[str, set[str]] = {}
    for statement in json.loads(policy.read_text())["Statement"]:
        actions = [action.removeprefix("dynamodb:") for action in statement["Action"] if action.startswith("dynamodb:")]
        for resource in map(json.dumps, statement["Resource"] if actions else ()):
            match = _TABLE.search(resource)
            assert match is not None, resource
            words = {{"/index": "index", "/stream": "stream"}.get(match[3] or "", "")} - {""}
            table = (match[1] or match[2] or match[4]).lower()
            powers.setdefault(table, set()).update(words or {_POWERS.get(action, "settings") for action in actions})
    return powers


def test_each_function_may_touch_the_tables_that_the_page_says() -> None:
    header = "| function | involvements | access | registry | keys | usage | notices | held |"
    tables = header.strip("| ").split(" | ")[1:]
    assert set(tables) == SCHEMAS.keys()
    said = {
        row[0].strip("`"): {table: set(cell.split(", ")) for table, cell in zip(tables, row[1:], strict=True) if cell}
        for row in rows_below(header)
    }
    policies = {policy.stem: granted(policy) for policy in (ROOT / "infra" / "policies").glob("*.json")}
    restored = {name: powers.pop(RESTORED) for name, powers in policies.items() if RESTORED in powers}
    assert said == policies
    assert restored == {"restore_gate": said["restore_gate"][INVOLVEMENTS]}


def test_no_function_deletes_an_access_record() -> None:
    assert [
        one for one in (ROOT / "infra" / "policies").glob("*.json") if "delete" in granted(one).get(ACCESS, ())
    ] == []

"""docs/architecture.md has every item of every table: keys, attributes, types, and which are sealed."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from pynamodb.attributes import Attribute
from pynamodb.models import Model

from chalicelib.adapters.dynamodb.schema import (
    EXPIRING,
    KEYS,
    SCHEMAS,
    STREAMS,
    TABLE_OF,
    RegistryItem,
    UsageItem,
    table_schema,
)
from tests.support.architecture import PAGE, canary, posted_about
from tests.support.console import operate, pair
from tests.support.history import Sealing
from tests.support.rows import Row, Rows
from tests.support.stage import AUTHORITIES, EALING, Stage

_TABLES = PAGE.partition("\n## Tables\n")[2].partition("\n## Who may touch")[0]


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


_HASHES = {"root", "history", "signature", "peaks", "nodes", "leaves"}
"""What the history holds: hashes, and signatures of hashes."""


def test_bytes_are_sealed_unless_they_are_a_digest_a_hash_or_a_key() -> None:
    assert {model.model for model in KINDS} == {model.__name__ for model in TABLE_OF}
    for kind in KINDS:
        assert kind.sealed == {name for name, one in kind.types.items() if one == "B"} - {
            *{"digest", "secret", "public_key", "stamp", "granted"},
            *_HASHES,
        }


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
    operate("supersede_nhs_number", pairs=pair(former, child))
    until = (stage.today + timedelta(days=300)).isoformat()
    operate("hold_child", nhs_number=child, hold="inquiry-1", until=until)
    posted_about(stage, rows, erased)
    operate("erase_child", nhs_number=erased)
    counted = stage.new_child()
    stage.register(counted)
    outcomes = f"/v1/lookups/{stage.look_up(counted).json['lookup_id']}/outcomes"
    assert stage.call("POST", outcomes, {"entry": 1, "outcome": "no_answer"}).status == 201
    posted_about(stage, rows, counted)
    stage.services.look_up.usage.settle(EALING)
    rows.put(canary(stage))
    sealing = Sealing(stage, rows)
    sealing.seal()
    counted_late = stage.new_child()
    stage.register(counted_late)
    sealing.gather()
    stored = rows.everything()
    assert all(stored[table] for table in SCHEMAS)
    # Tests that ran before in this process entered odd authorities by hand, and their salts stay.
    codes = {authority.code for authority in AUTHORITIES}
    stored[KEYS] = [item for item in stored[KEYS] if item["key"]["S"].removeprefix("SALT#") in {*codes, "SERVICE#1"}]
    assert len(stored[KEYS]) == len(codes) + 1
    assert {"W#", "O#"} <= {item["sk"]["S"][:2] for item in stored["notices"]}
    for table, items in stored.items():
        for item in items:
            check_is_documented(table, item)

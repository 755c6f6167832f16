"""docs/registry.md says what the code reads: every attribute of the registry, every default of retention."""

import json
import re
import shlex
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from chalicelib.adapters.dynamodb.registry import RegistryCache
from chalicelib.adapters.dynamodb.schema import RegistryItem
from chalicelib.adapters.dynamodb.tables import Tables
from chalicelib.adapters.http.problems import PROBLEMS
from chalicelib.adapters.http.tokens import read_jwks
from chalicelib.adapters.sealing.grant_stamps import GrantStamps
from chalicelib.domain.authority import Authority, Purpose, Scope, Standing
from chalicelib.domain.retention import Schedule
from infra.local.authorities import LocalAuthority
from tests.support.by_hand import with_stamp
from tests.support.examples import NOW
from tests.support.log_lines import counted
from tests.support.registry import entered
from tests.support.stage import HARINGEY, STAGE, Stage

PAGE = (Path(__file__).parents[1] / "docs" / "registry.md").read_text()
_ROW = re.compile(r"^\| `([a-z_.]+)` \| .+? \| (.+?) \| (.+) \|$", re.MULTILINE)
_ROWS = _ROW.findall(PAGE.partition("## The attributes\n")[2].partition("\n## ")[0])
STAMPS = GrantStamps(lambda purpose, version: f"{purpose} {version}".encode())
ALLOWED = {name: allowed for name, allowed, _ in _ROWS}
"""The allowed values of each attribute; an attribute of a map is named as `duty_contact.name`."""


class Noted(dict[str, Any]):
    """An item that notes which of its attributes are read, and those of the map in it."""

    def __init__(self, item: dict[str, Any], seen: set[str], prefix: str = "") -> None:
        super().__init__(item)
        self._seen = seen
        self._prefix = prefix

    def _note(self, name: object) -> None:
        self._seen.add(f"{self._prefix}{name}")

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        value = super().__getitem__(name)
        return {"M": Noted(value["M"], self._seen, f"{self._prefix}{name}.")} if "M" in value else value

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)


class OneItem:
    """Tables with one item in the registry and none elsewhere."""

    def __init__(self, item: dict[str, Any]) -> None:
        self._item = item

    def scan(self, model: type[Any]) -> list[dict[str, Any]]:
        return [self._item] if model is RegistryItem else []

    def query(self, *_: Any) -> list[dict[str, Any]]:
        return []


def shown() -> dict[str, Any]:
    """The item of the page, with the stamp that goes with it under the key of this test."""
    [item] = re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL)
    read: dict[str, Any] = json.loads(item)
    assert len(b64decode(read["granted"]["B"])) == len(with_stamp(read, STAMPS)["granted"]["B"])
    return with_stamp(read, STAMPS)


def as_read(item: dict[str, Any]) -> Authority:
    """As the service reads it: its keys too."""
    with ThreadPoolExecutor(2) as beside:
        cache = RegistryCache(cast(Tables, OneItem(item)), lambda: NOW, beside, STAMPS)
        [authority] = cache.view().authorities.values()
        assert read_jwks(cache.jwks(authority.code) or "").keys() == {f"{authority.code}-1"}
    return authority


def test_the_reference_has_every_attribute_that_is_read_and_no_other() -> None:
    seen: set[str] = set()
    as_read(Noted(shown(), seen))
    assert ALLOWED.keys() == seen


def test_the_item_that_is_shown_is_valid_and_has_every_attribute_of_an_onboarded_authority() -> None:
    with counted() as metrics:
        authority = as_read(shown())
    assert metrics.count("RegistryFaults") == 0
    assert (authority.standing, authority.scopes) == (Standing.ACTIVE, frozenset(Scope))
    assert authority.duty_contact is not None
    assert {*shown(), "removed_on", "roles"} == {name for name in ALLOWED if "." not in name}


def test_the_allowed_words_are_the_words_of_the_code() -> None:
    for name, known in {"standing": Standing, "scopes": Scope, "purposes": Purpose}.items():
        assert set(re.findall(r"`(\w+)`", ALLOWED[name])) == {word.value for word in known}


WRONG = {name: set(re.findall(r"`(\w+)`", effect)) & PROBLEMS.keys() for name, _, effect in _ROWS if "." not in name}
"""The code with which a lookup is refused if the attribute is wrong; empty if it is answered."""


@pytest.mark.parametrize("attribute", sorted(WRONG.keys() - {"authority", "removed_on"}))
def test_a_wrong_attribute_is_refused_as_the_reference_says(stage: Stage, attribute: str) -> None:
    edited = LocalAuthority("E95000079", "Edited", "edited")
    entered(stage, edited)
    table, key = f"knownto-{STAGE}-registry", {"authority": {"S": edited.code}}
    item = stage.dynamodb.get_item(TableName=table, Key=key)["Item"]
    stage.dynamodb.put_item(TableName=table, Item={**item, attribute: {"NULL": True}})
    stage.clock.advance(seconds=61)
    reply = stage.look_up(stage.new_child(), token=stage.token(edited.code))
    entered(stage, edited)
    assert ({reply.code} if reply.status != 200 else set()) == WRONG[attribute]


def test_the_page_has_every_period_of_the_schedule_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", PAGE.partition("| field of `Retention`")[2], re.MULTILINE)
    documented = {name: json.loads(default.strip("`")) for name, default in rows}
    assert documented == msgspec.to_builtins(Schedule(), order="deterministic") | {"notice_days": [90, 30]}


def test_the_command_changes_the_duty_contact_that_answers_show_and_makes_no_new_item(stage: Stage) -> None:
    child = stage.new_child()
    assert stage.register(child).status == 201
    [command] = re.findall(r"```sh\n(.+?)```", PAGE, re.DOTALL)
    given = shlex.split(command.replace("\\\n", " "))[3:]
    options = dict(zip(given[::2], given[1::2], strict=True))
    before = stage.dynamodb.get_item(TableName=f"knownto-{STAGE}-registry", Key={"authority": {"S": HARINGEY}})["Item"]
    request = {
        "TableName": options["--table-name"].replace("-dev-", f"-{STAGE}-"),
        "ConditionExpression": options["--condition-expression"],
        "UpdateExpression": options["--update-expression"],
        "ExpressionAttributeValues": json.loads(options["--expression-attribute-values"]),
    }
    try:
        stage.dynamodb.update_item(Key=json.loads(options["--key"]), **request)
        stage.clock.advance(seconds=61)
        [entry] = stage.look_up(child).json["involvements"]
        assert entry["authority"]["duty_contact"] == {"name": "Haringey duty team", "phone": "020 7946 0123"}
        try:
            stage.dynamodb.update_item(Key={"authority": {"S": stage.new_code()}}, **request)
        except stage.dynamodb.exceptions.ConditionalCheckFailedException:
            return
        raise AssertionError("a mistyped code makes a new item")
    finally:
        stage.dynamodb.put_item(TableName=f"knownto-{STAGE}-registry", Item=before)
        stage.clock.advance(seconds=61)

"""Each console function has a ready-made event and a section of docs/console.md."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.adapters.console import event_bodies
from chalicelib.adapters.console.boundary import OperatorEvent, read_event
from infra.local import console

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "console.md").read_text()
FUNCTIONS = [function.name for function in app.pure_lambda_functions]
_RUNS_OF_TEN = re.compile(r"(?<!\d)\d{10}(?!\d)")
# Numbers that Ofcom reserves for drama: no telephone has them.
_TELEPHONE = re.compile(r"\+?\d[\d ]{7,}\d")
_IN_DRAMA = re.compile(r"020 7946 0\d{3}|0151 496 0\d{3}|0121 496 0\d{3}|01632 960\d{3}")


def form_of(function: str) -> type[OperatorEvent]:
    """`SuspendAuthorityEvent` for `suspend_authority`; `OperatorEvent` for functions that need only who and why."""
    name = "".join(word.capitalize() for word in function.split("_")) + "Event"
    form: type[OperatorEvent] = getattr(event_bodies, name, OperatorEvent)
    return form


def ready_made(function: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((console.EVENTS / f"{function}.json").read_text())
    return event


def test_there_is_one_ready_made_event_for_each_function() -> None:
    assert {file.stem for file in console.EVENTS.iterdir()} == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_ready_made_event_is_what_the_function_reads(function: str) -> None:
    _, operator = read_event(ready_made(function), form_of(function))
    assert operator.requested_by
    assert operator.reason


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_ready_made_event_holds_no_real_data(function: str) -> None:
    text = json.dumps(ready_made(function))
    assert [number for number in _RUNS_OF_TEN.findall(text) if not number.startswith("999")] == []
    for number in _TELEPHONE.findall(_RUNS_OF_TEN.sub("", text)):
        assert _IN_DRAMA.fullmatch(number)
    assert set(re.findall(r"@([\w.]+)", text)) <= {"example.org"}
    for key in ready_made(function).get("jwks", {}).get("keys", []):
        assert "d" not in key


def test_the_page_describes_each_function_and_no_other() -> None:
    described = re.findall(r"^### `([a-z_]+)`$", PAGE, re.MULTILINE)
    assert sorted(described) == sorted(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_page_names_every_field_of_an_event(function: str) -> None:
    section = re.split(r"^#{2,3} ", PAGE.partition(f"### `{function}`\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    own = set(form_of(function).__struct_fields__) - set(OperatorEvent.__struct_fields__)
    assert [field for field in sorted(own) if f"`{field}`" not in section] == []


def test_the_pages_name_the_functions_of_the_custodian() -> None:
    people = (ROOT / "infra" / "template" / "people.yaml").read_text()
    policy = people.partition("  CustodianPolicy:")[2].partition("  DenialsPolicy:")[0]
    granted = {re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() for name in re.findall(r"!GetAtt (\w+)\.Arn", policy)}
    operations = (ROOT / "docs" / "operations.md").read_text()
    here = PAGE.partition("`custodian` for ")[2].partition("`operator`")[0]
    there = operations.partition("| `knownto-<stage>-custodian` |")[2].partition("\n")[0]
    for said in (here, there):
        assert set(re.findall(r"`([a-z_]+)`", said)) == granted


def test_the_functions_of_the_custodian_are_those_that_are_proposed_and_the_list_of_shields() -> None:
    here = PAGE.partition("`custodian` for ")[2].partition("`operator`")[0]
    assert set(re.findall(r"`([a-z_]+)`", here)) == {*event_bodies.PROPOSABLE, "list_shields"}


@pytest.mark.parametrize("function", event_bodies.PROPOSABLE)
def test_what_is_proposed_is_read_as_by_the_function_that_does_it(function: str) -> None:
    assert event_bodies.PROPOSABLE[function] is form_of(function)

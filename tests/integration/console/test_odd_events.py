"""Events that are barely JSON: each is refused in plain words, and nothing is half done."""

import json
from typing import Any

import pytest

from chalicelib import console
from infra.local.console import EVENTS, FUNCTIONS
from tests.support.console import operate
from tests.support.stage import HARINGEY, Stage

HALF = "\ud800"
"""Half of a character. JSON can write it; UTF-8 and DynamoDB cannot."""


@pytest.mark.parametrize("operation", FUNCTIONS)
def test_half_a_character_is_refused_in_every_field(stage: Stage, operation: str) -> None:
    event = json.loads((EVENTS / f"{operation}.json").read_text())
    texts = [name for name, value in event.items() if isinstance(value, str)]
    for odd in [{name: f"x{HALF}"} for name in (*texts, HALF)]:
        answer = operate(operation, **{**event, **odd})
        assert answer["answer"] == "Refused. The event is not JSON in UTF-8.", odd
        json.dumps(answer, ensure_ascii=False).encode()


@pytest.mark.parametrize("event", [None, 1, "x", [], [1], float("inf"), b"x", HALF, {"reason": float("nan")}])
def test_an_event_that_makes_no_sense_is_refused(stage: Stage, event: Any) -> None:
    answer = console.suspend_authority(event, None)
    assert answer["answer"].startswith("Refused. The event ")
    assert stage.register(stage.new_child(), token=stage.token(HARINGEY)).status == 201

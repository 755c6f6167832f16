"""The benchmark's floor sends AWS the same requests as the service, as large, and its answers are as long."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from app import app
from bench.floor import Floor
from bench.units import size
from bench.wire import Message, Wire
from chalicelib import unattended
from tests.support.schedules import run_schedule
from tests.support.stage import EALING, STAGE, Stage, api_event, warm

_ALIKE = 0.1


@dataclass
class Pair:
    stage: Stage
    ours: Wire
    floor: Floor
    bare: Wire

    def asked(self) -> list[tuple[tuple[str, Message], tuple[str, Message]]]:
        """The last requests of the service and of the floor, side by side."""
        ours, bare = (sorted(wire.exchanges, key=lambda one: one[0]) for wire in (self.ours, self.bare))
        assert len(ours) == len(bare)
        return [(one[:2], other[:2]) for one, other in zip(ours, bare, strict=True)]

    def forget(self) -> None:
        self.ours.exchanges.clear()
        self.bare.exchanges.clear()


@pytest.fixture
def pair(stage: Stage) -> Iterator[Pair]:
    run_schedule(unattended.close_history)
    warm(stage)
    clients, floor = stage.clients, Floor(STAGE, stage.settings.mac_key)
    ours = Wire([clients.connection.client, clients.dynamodb_once, clients.kms])
    yield Pair(stage, ours, floor, Wire([floor.dynamodb, floor.dynamodb_once, floor.kms]))
    ours.take_off()


def _alike(ours: float, floor: float) -> bool:
    return abs(ours - floor) <= _ALIKE * ours


def _shape(message: Any) -> Any:
    """The request without its values. Names, conditions and tables stay."""
    if isinstance(message, list):
        return [_shape(one) for one in message]
    if not isinstance(message, dict):
        return message
    fixed = {"TableName", "ConsistentRead", "ReturnValues", "UpdateExpression", "KeyConditionExpression"}
    fixed |= {"ReturnValuesOnConditionCheckFailure", "TransactItems", "Put", "ConditionCheck", "Item", "Key"}
    return {name: _shape(value) if name in fixed else "" for name, value in message.items()}


def _items(message: Message) -> list[Message]:
    puts = [one["Put"] for one in message.get("TransactItems", ()) if "Put" in one]
    return [put["Item"] for put in puts or [message] if "Item" in put]


def _check_alike(pair: Pair, ours: dict[str, Any], floor: dict[str, Any]) -> None:
    for (operation, sent), (floors_operation, floor_sent) in pair.asked():
        assert operation == floors_operation
        assert _shape(sent) == _shape(floor_sent)
        for item, floors_item in zip(_items(sent), _items(floor_sent), strict=True):
            assert _alike(size(item), size(floors_item)), (size(item), size(floors_item))
    assert ours["statusCode"] == floor["statusCode"]
    assert _alike(len(ours["body"]), len(floor["body"]))
    assert list(json.loads(ours["body"])) == list(json.loads(floor["body"]))


@pytest.mark.parametrize("involvements", [0, 1, 5, 50])
def test_a_lookup_of_the_floor_is_as_much_work_for_aws_as_ours(pair: Pair, involvements: int) -> None:
    stage = pair.stage
    child = stage.new_child()
    for _ in range(involvements):
        assert stage.register(child).status == 201
    stage.services.look_up.usage.settle(EALING)
    pair.forget()
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    event = api_event("POST", "/v1/lookups", question, token=stage.token(EALING))
    _check_alike(pair, app(event, None), pair.floor.look_up(event))


def test_a_put_of_the_floor_is_as_much_work_for_aws_as_ours(pair: Pair) -> None:
    stage = pair.stage
    assert stage.register(stage.new_child()).status == 201  # the hour's heartbeat
    pair.forget()
    events = [
        api_event(
            "PUT", f"/v1/involvements/{stage.new_reference()}", stage.body(stage.new_child()), token=stage.token()
        )
        for _ in range(2)
    ]
    _check_alike(pair, app(events[0], None), pair.floor.register(events[1]))


def test_the_clients_of_the_floor_are_configured_as_ours_are(pair: Pair) -> None:
    clients, floor = pair.stage.clients, pair.floor
    for ours, bare in (
        (clients.connection.client, floor.dynamodb),
        (clients.dynamodb_once, floor.dynamodb_once),
        (clients.kms, floor.kms),
    ):
        assert _set_up(ours) == _set_up(bare)


def _set_up(client: Any) -> dict[str, Any]:
    """Except the signature version, which DynamoDB and KMS would choose anyway."""
    options = client.meta.config._user_provided_options
    return {"checked": type(client._serializer).__name__, **options, "signature_version": None}

"""A lookup and a PUT of ours against the floor: the same AWS calls, on the same ministack and with HTTP stubbed."""

import itertools
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app import app
from tests.support.stage import EALING, STAGE, Stage, api_event

from .floor import Floor
from .sampling import compare
from .stage import lines_written_to, open_stage
from .wire import Wire

INVOLVEMENTS = (0, 1, 5, 50)


def measure(full: bool) -> dict[str, Any]:
    rounds = 60 if full else 20
    with open_stage() as stage, lines_written_to(Path(os.devnull)):
        return _measured(stage, rounds)


def _measured(stage: Stage, rounds: int) -> dict[str, Any]:
    floor = Floor(STAGE, stage.settings.mac_key)
    clients = stage.clients
    ours = Wire([clients.connection.client, clients.dynamodb_once, clients.kms])
    bare = Wire([floor.dynamodb, floor.kms])
    lookups = {}
    for known in INVOLVEMENTS:
        event = _question(stage, known)
        lookups[known] = _both(ours, bare, lambda e=event: _ok(app(e, None)), lambda e=event: floor.look_up(e), rounds)
    put = _both(ours, bare, _puts(stage), _floor_puts(stage, floor), rounds)
    return {"lookups": lookups, "put": put}


def _question(stage: Stage, known: int) -> dict[str, Any]:
    child = stage.new_child()
    for _ in range(known):
        assert stage.register(child).status == 201
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    return api_event("POST", "/v1/lookups", question, token=stage.token(EALING))


def _ok(reply: dict[str, Any]) -> None:
    assert reply["statusCode"] in (200, 201), reply


def _both(ours: Wire, bare: Wire, work: Any, floor: Any, rounds: int) -> dict[str, Any]:
    """`calls`: what each of the two asked AWS for, once; they must be the same."""
    figures = {}
    for once in (work, floor, work, floor):
        once()
    for name in ("ministack", "stubbed"):
        ours.replaying = bare.replaying = name == "stubbed"
        figures[name] = asdict(compare(work, floor, rounds, 20 if name == "ministack" else 50))
    for wire, once in ((ours, work), (bare, floor)):
        wire.calls.clear()
        once()
    assert sorted(ours.calls) == sorted(bare.calls), (ours.calls, bare.calls)
    ours.replaying = bare.replaying = False
    return {**figures, "calls": sorted(ours.calls)}


def _puts(stage: Stage) -> Any:
    references, child, token = itertools.count(), stage.new_child(), stage.token()
    body = stage.body(child)

    def put() -> None:
        _ok(app(api_event("PUT", f"/v1/involvements/bench-{next(references)}", body, token=token), None))

    return put


def _floor_puts(stage: Stage, floor: Floor) -> Any:
    references, body = itertools.count(), stage.body(stage.new_child())

    def put() -> None:
        floor.register(api_event("PUT", f"/v1/involvements/floor-{next(references)}", body))

    return put

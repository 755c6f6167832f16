"""Our lookup and PUT against the floor: the same AWS calls, once on the same ministack and once with HTTP stubbed."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app import app
from tests.support.stage import EALING, STAGE, Stage, api_event

from . import request_parts
from .floor import Floor
from .sampling import WARMING, Sample, Work, figure, in_turns
from .stage import lines_written_to, open_stage
from .wire import Wire

INVOLVEMENTS = (0, 1, 5, 50)
OURS, FLOOR = "ours", "floor"
_REAL_CALLS, _STUBBED_CALLS = 20, 50


@dataclass(frozen=True)
class _Sides:
    ours: Wire
    floor: Wire

    def replay(self, replaying: bool) -> None:
        self.ours.replaying = self.floor.replaying = replaying


def measure(full: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    rounds = 60 if full else 16
    with open_stage() as stage, lines_written_to(Path(os.devnull)):
        floor, clients = Floor(STAGE, stage.settings.mac_key), stage.clients
        sides = _Sides(
            Wire([clients.connection.client, clients.dynamodb_once, clients.kms]),
            Wire([floor.dynamodb, floor.dynamodb_once, floor.kms]),
        )
        lookups = {}
        for known in INVOLVEMENTS:
            progress(f"a lookup of {known}")
            event = _question(stage, known)
            both: dict[str, Work] = {OURS: partial(_ours, event), FLOOR: partial(floor.look_up, event)}
            lookups[known] = _measured(sides, both, request_parts.of_lookup(stage, known), rounds)
        progress("a PUT of a new record")
        ours, bare = _new_records(stage, rounds), _new_records(stage, rounds)
        both = {OURS: lambda: _ours(next(ours)), FLOOR: lambda: floor.register(next(bare))}
        return {"lookups": lookups, "put": _measured(sides, both, request_parts.of_put(stage), rounds)}


def _measured(sides: _Sides, works: Mapping[str, Work], parts: Mapping[str, Work], rounds: int) -> dict[str, Any]:
    """Returns ratios and, with HTTP stubbed, microseconds of CPU. `cpu_without_parts`: ours without token and
    sealing."""
    for once in (*works.values(), *works.values()):
        once()
    real = in_turns(works, rounds, _REAL_CALLS)
    sides.replay(True)
    stubbed = in_turns({**works, **parts}, rounds, _STUBBED_CALLS)
    sides.replay(False)
    return {
        "stubbed": {
            "cpu_ratio": _ratio(stubbed, "cpu"),
            "cpu_without_parts": _ratio(stubbed, "cpu", without=(request_parts.TOKEN, request_parts.SEALING)),
            "cpu": {name: asdict(figure([one.cpu for one in samples])) for name, samples in stubbed.items()},
        },
        "ministack": {"cpu_ratio": _ratio(real, "cpu"), "wall_ratio": _ratio(real, "wall")},
    }


def _ratio(samples: Mapping[str, list[Sample]], of: str, without: tuple[str, ...] = ()) -> dict[str, float]:
    rounds = [{name: getattr(taken[turn], of) for name, taken in samples.items()} for turn in range(len(samples[OURS]))]
    return asdict(figure([(one[OURS] - sum(one[part] for part in without)) / one[FLOOR] for one in rounds]))


def _question(stage: Stage, known: int) -> dict[str, Any]:
    child = stage.new_child()
    for _ in range(known):
        assert stage.register(child).status == 201
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    return api_event("POST", "/v1/lookups", question, token=stage.token(EALING))


def _ours(event: dict[str, Any]) -> None:
    reply = app(event, None)
    assert reply["statusCode"] in (200, 201), reply


def _new_records(stage: Stage, rounds: int) -> Iterator[dict[str, Any]]:
    """Makes enough requests before the clock starts, each with a new record of a new child."""
    token, number = stage.token(), (rounds + WARMING) * (_REAL_CALLS + _STUBBED_CALLS) + 2
    return iter(
        [
            api_event("PUT", f"/v1/involvements/{stage.new_reference()}", stage.body(stage.new_child()), token=token)
            for _ in range(number)
        ]
    )

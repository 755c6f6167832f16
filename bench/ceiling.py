"""The service's own ceiling on one core: containers as on Lambda, one request at a time each, with every AWS call
answered after 5 ms; more and more of them on one core, until it does no more."""

import itertools
import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import app
from tests.support.stage import EALING, api_event

from .stage import lines_written_to, open_stage
from .wire import Wire

AWS_SECONDS = 0.005
CONTAINERS = (1, 2, 4, 8, 12, 16)


def measure(full: bool, progress: Callable[[str], None]) -> dict[int, float]:
    """Lookups a second, by containers on the core."""
    seconds = 20 if full else 6
    with open_stage() as stage, lines_written_to(Path(os.devnull)):
        clients = stage.clients
        wire = Wire([clients.connection.client, clients.dynamodb_once, clients.kms])
        child = stage.new_child()
        stage.register(child)
        question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
        event = api_event("POST", "/v1/lookups", question, token=stage.token(EALING))
        assert app(event, None)["statusCode"] == 200
        wire.replaying, wire.seconds = True, AWS_SECONDS
        found = {}
        for containers in CONTAINERS:
            progress(f"{containers} containers on one core")
            found[containers] = _together(event, containers, seconds)
        return found


def _together(event: dict[str, Any], containers: int, seconds: int) -> float:
    fork = multiprocessing.get_context("fork")
    with fork.Pool(containers, initializer=_on_one_core) as pool:
        done = pool.map(_ask, [(event, seconds)] * containers, chunksize=1)
    return round(sum(done) / seconds, 1)


def _on_one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    # A pool of threads does not survive a fork.
    from concurrent.futures import ThreadPoolExecutor

    from msgspec.structs import force_setattr

    from chalicelib import wiring

    look_up = wiring.services().look_up
    force_setattr(look_up, "beside", ThreadPoolExecutor(2))


def _ask(task: tuple[dict[str, Any], int]) -> int:
    event, seconds = task
    until = time.monotonic() + seconds
    for done in itertools.count():
        if time.monotonic() >= until:
            return done
        assert app(event, None)["statusCode"] == 200
    return 0

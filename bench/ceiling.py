"""The most that the service alone does on one core. Containers share the core, each with one request at a time as on
Lambda. The mix of requests is that of `load.py`, also at fixed times, and every AWS call is answered after 5 ms."""

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec.structs import force_setattr

from app import app
from chalicelib.wiring import api
from tests.support.stage import EALING, Stage, api_event

from .load import MIX, SEED, percentiles
from .stage import lines_written_to, open_stage
from .wire import Wire

AWS_SECONDS = 0.005
CONTAINERS = 12
"""Enough that the core always has work while some containers wait for AWS."""

_FORK = multiprocessing.get_context("fork")


def measure(full: bool, progress: Callable[[str], None]) -> dict[int, Any]:
    """Returns for each asked rate: the requests done, and milliseconds from when a request was due."""
    seconds, rates = (20, (50, 100, 150, 200, 300)) if full else (6, (50, 150, 300))
    with open_stage() as stage, lines_written_to(Path(os.devnull)):
        clients = stage.clients
        wire = Wire([clients.connection.client, clients.dynamodb_once, clients.kms])
        events = _events(stage)
        for event in events.values():
            assert app(event, None)["statusCode"] in (200, 201)
        wire.replaying, wire.seconds = True, AWS_SECONDS
        found = {}
        for rate in rates:
            progress(f"{rate} requests a second on one core, for {seconds} s")
            found[rate] = _run(events, rate, seconds)
        return found


def _events(stage: Stage) -> dict[str, Any]:
    """Makes one request of each kind. Its recorded AWS answers are replayed later."""
    child = stage.new_child()
    stage.register(child)
    question = {"nhs_number": child, "purpose": "safeguarding", "case_reference": "case-1"}
    path, token = f"/v1/involvements/{stage.new_reference()}", stage.token()
    return {
        "lookup": api_event("POST", "/v1/lookups", question, token=stage.token(EALING)),
        "write": api_event("PUT", path, stage.body(child), token=token),
        "register page": api_event("GET", "/v1/involvements", token=token, query={"limit": ["100"]}),
    }


def _run(events: dict[str, Any], rate: int, seconds: int) -> dict[str, Any]:
    chance = random.Random(SEED)  # noqa: S311 - the same mix each time, no secret
    names = chance.choices([name for name, _ in MIX], [share for _, share in MIX], k=rate * seconds)
    following = _FORK.Value("i", 0)
    start = time.perf_counter() + 1
    with _FORK.Pool(CONTAINERS, _on_one_core, (following,)) as pool:
        served = pool.map(_serve, [(events, names, rate, start)] * CONTAINERS, chunksize=1)
        took = time.perf_counter() - start
    done = [one for each in served for one in each]
    times = {name: [ms for kind, ms, _ in done if kind == name] for name, _ in MIX}
    return {
        "done_a_second": round(len(done) / took, 1),
        "statuses": dict(Counter(status for _, _, status in done)),
        "ms": {name: percentiles(values) for name, values in times.items()},
    }


_following: Any = None


def _on_one_core(following: Any) -> None:
    global _following
    _following = following
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    # A pool of threads does not survive a fork.
    force_setattr(api.services().look_up, "executor", ThreadPoolExecutor(2))


def _serve(task: tuple[dict[str, Any], list[str], int, float]) -> list[tuple[str, float, str]]:
    """Serves the next request when it is due, as one of the free containers. Returns kind, milliseconds and status of
    each."""
    events, names, rate, start = task
    served: list[tuple[str, float, str]] = []
    while True:
        with _following.get_lock():
            number = _following.value
            _following.value += 1
        if number >= len(names):
            return served
        due = start + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        status = str(app(events[names[number]], None)["statusCode"])
        served.append((names[number], (time.perf_counter() - due) * 1000, status))

"""Open-loop load. Requests leave at fixed times, even if earlier ones are not yet answered, and each one's time counts
from when it was due. So a slow answer lengthens only its own time (no coordinated omission)."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx

from infra.local.demo import Demo
from infra.local.synthetic import synthetic_numbers

from .local_stage import local_stage

ASKING, WRITING = "E08000025", "E09000014"
MIX = (("lookup", 0.85), ("write", 0.10), ("register page", 0.05))
SEED = 20261122
_CONNECTIONS = 200
_PRACTITIONERS = 400  # enough that nobody reaches a limit


def measure(full: bool, progress: Callable[[str], None]) -> dict[int, Any]:
    """Returns for each asked rate: the requests done, and milliseconds from when a request was due."""
    seconds, rates = (45, (25, 50, 75, 100, 150)) if full else (15, (25, 50, 100))
    with local_stage() as stage:
        found = {}
        for rate in rates:
            progress(f"{rate} requests a second for {seconds} s")
            found[rate] = asyncio.run(_run(stage.demo, rate, seconds))
        return found


async def _run(demo: Demo, rate: int, seconds: int) -> dict[str, Any]:
    chance = random.Random(SEED)  # noqa: S311 - the same mix each time, no secret
    names = chance.choices([name for name, _ in MIX], [share for _, share in MIX], k=rate * seconds)
    requests = _Requests(demo, chance)
    prepared = [(name, requests.of(name)) for name in names]
    times: dict[str, list[float]] = {name: [] for name, _ in MIX}
    statuses: Counter[str] = Counter()
    limits = httpx.Limits(max_connections=_CONNECTIONS)
    # Requests wait here for a connection, because the client's own queue gets slower as it grows.
    connections = asyncio.Semaphore(_CONNECTIONS)
    async with httpx.AsyncClient(base_url=demo.base_url, limits=limits, timeout=30) as client:
        start = time.perf_counter() + 0.5

        async def send(number: int, name: str, request: dict[str, Any]) -> None:
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            async with connections:
                try:
                    status = str((await client.request(**request)).status_code)
                except httpx.HTTPError as error:
                    status = type(error).__name__
            statuses[status] += 1
            times[name].append((time.perf_counter() - due) * 1000)

        await asyncio.gather(*(send(number, *one) for number, one in enumerate(prepared)))
        took = time.perf_counter() - start
    return {
        "done_a_second": round(len(prepared) / took, 1),
        "statuses": dict(statuses),
        "ms": {name: percentiles(values) for name, values in times.items()},
    }


def percentiles(values: list[float]) -> dict[str, float]:
    ranked = sorted(values)
    return {f"p{share}": round(ranked[min(len(ranked) - 1, len(ranked) * share // 100)], 1) for share in (50, 99)}


class _Requests:
    """Makes the requests before the clock starts, so that signing tokens delays nothing."""

    def __init__(self, demo: Demo, chance: random.Random) -> None:
        self._chance = chance
        self._children = [number for number, _ in zip(synthetic_numbers(), range(2000), strict=False)]
        self._asking = [demo.token(ASKING, f"sw-{number}") for number in range(_PRACTITIONERS)]
        self._writing = demo.token(WRITING, "system:bench")
        self._written = 0

    def of(self, name: str) -> dict[str, Any]:
        if name == "lookup":
            question = {"nhs_number": self._chance.choice(self._children), "purpose": "safeguarding"}
            return _request(
                "POST", "/v1/lookups", self._chance.choice(self._asking), {**question, "case_reference": "b"}
            )
        if name == "register page":
            return _request("GET", "/v1/involvements?limit=100", self._writing)
        self._written += 1
        return _request("PUT", f"/v1/involvements/bench-{self._written}", self._writing, self._body())

    def _body(self) -> dict[str, Any]:
        return {
            "nhs_number": self._chance.choice(self._children),
            "service_type": "early_help",
            "basis": "targeted_support",
            "practitioner": {"id": "sw-9", "name": "Ada Okafor", "role": "Family worker", "phone": "020 7946 0001"},
            "team": {"name": "Early help", "phone": "020 7946 0002"},
            "started_on": "2026-02-01",
        }


def _request(method: str, url: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"method": method, "url": url, "json": body, "headers": {"Authorization": f"Bearer {token}"}}

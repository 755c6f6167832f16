"""Measures several things in turns in one run, so that other work on the machine affects all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Work = Callable[[], Any]
WARMING = 2


@dataclass(frozen=True)
class Figure:
    """A median with its quartiles."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Sample:
    """Microseconds per call: CPU in all threads of the process, and wall time."""

    cpu: float
    wall: float


def figure(values: list[float]) -> Figure:
    low, median, high = statistics.quantiles(values, n=4)
    return Figure(round(median, 3), round(low, 3), round(high, 3))


def in_turns(works: Mapping[str, Work], rounds: int, calls: int) -> dict[str, list[Sample]]:
    """Returns `rounds` samples of each, of `calls` calls. Reverses the order each round. Discards `WARMING` rounds
    first."""
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    gc.collect()
    gc.freeze()  # as on Lambda, where the collector skips objects made at the start
    order = list(works)
    for turn in range(rounds + WARMING):
        for name in order if turn % 2 else reversed(order):
            sample = _sample(works[name], calls)
            if turn >= WARMING:
                samples[name].append(sample)
    return samples


def _sample(work: Work, calls: int) -> Sample:
    gc.collect()
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    for _ in range(calls):
        work()
    return Sample((time.process_time_ns() - cpu) / calls / 1000, (time.perf_counter_ns() - wall) / calls / 1000)

"""Two things measured in one run, in turns, so that what else the machine does strikes both alike."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True)
class Figure:
    """Median, and the quartiles as spread."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Compared:
    """Microseconds a call, of CPU (all threads of the process) and wall time; and ours as a multiple of the floor."""

    ours_cpu: Figure
    floor_cpu: Figure
    cpu_ratio: Figure
    ours_wall: Figure
    floor_wall: Figure
    wall_ratio: Figure


def figure(values: list[float]) -> Figure:
    low, median, high = statistics.quantiles(values, n=4)
    return Figure(round(median, 3), round(low, 3), round(high, 3))


def compare(ours: Work, floor: Work, rounds: int, calls: int) -> Compared:
    """`rounds` pairs of `calls` calls each; who goes first changes from pair to pair. Two pairs more warm up."""
    samples: dict[str, list[tuple[float, float]]] = {"ours": [], "floor": []}
    work = {"ours": ours, "floor": floor}
    for turn in range(rounds + 2):
        for name in ("ours", "floor") if turn % 2 else ("floor", "ours"):
            sample = _sample(work[name], calls)
            if turn >= 2:
                samples[name].append(sample)
    pairs = list(zip(samples["ours"], samples["floor"], strict=True))
    return Compared(
        ours_cpu=figure([cpu for cpu, _ in samples["ours"]]),
        floor_cpu=figure([cpu for cpu, _ in samples["floor"]]),
        cpu_ratio=figure([ours[0] / floor[0] for ours, floor in pairs]),
        ours_wall=figure([wall for _, wall in samples["ours"]]),
        floor_wall=figure([wall for _, wall in samples["floor"]]),
        wall_ratio=figure([ours[1] / floor[1] for ours, floor in pairs]),
    )


def _sample(work: Work, calls: int) -> tuple[float, float]:
    gc.collect()
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    for _ in range(calls):
        work()
    return (time.process_time_ns() - cpu) / calls / 1000, (time.perf_counter_ns() - wall) / calls / 1000

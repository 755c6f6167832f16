"""`make bench [BENCH=full]`: measures everything, then writes docs/performance.md. `full` takes half an hour."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from . import ceiling, cold, cost, feed, growth, load, lookups, machine, report, units


@dataclass(frozen=True)
class Part:
    """One measurement. `quick` and `full`: about how many minutes it takes on two idle cores."""

    name: str
    title: str
    measure: Callable[[bool, Callable[[str], None]], Any]
    quick: float
    full: float


PARTS = (
    Part("lookups", "a lookup and a PUT against the floor", lookups.measure, 1, 3),
    Part("cold", "cold start of the package", lambda full, _: cold.measure(full), 1, 1.5),
    Part("units", "what a request consumes", lambda _, __: units.measure(), 0.5, 0.5),
    Part("growth", "growth", growth.measure, 2, 9),
    Part("ceiling", "what one core does", ceiling.measure, 0.5, 2.5),
    Part("load", "load on the local stage", load.measure, 1.5, 5),
    Part("feed", "a nightly feed", feed.measure, 1.5, 6),
)


def main() -> str | None:
    if sys.platform != "linux":
        return (
            "make bench runs on Linux only: it starts the package for Lambda, pins processes to a core, and reads "
            "their CPU from /proc. The other commands of Known To run here too."
        )
    full = os.environ.get("BENCH") == "full"
    progress = _Progress(full)
    results: dict[str, Any] = {"full": full, "on": f"{datetime.now(UTC):%-d %B %Y}", "about": machine.about()}
    for number, part in enumerate(PARTS):
        progress.begin(number)
        results[part.name] = part.measure(full, progress.say)
    results["cost"] = cost.measure(results["units"])
    report.write(results)
    progress.say("Written: docs/performance.md and its plots.")
    return None


class _Progress:
    def __init__(self, full: bool) -> None:
        self._began = time.monotonic()
        self._minutes = [part.full if full else part.quick for part in PARTS]
        self._console = Console(highlight=False)

    def begin(self, number: int) -> None:
        left = round(sum(self._minutes[number:]))
        self.say(f"[bold]{number + 1} of {len(PARTS)}: {PARTS[number].title}[/]; about {left} minutes to go")

    def say(self, what: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        self._console.print(f"[dim]{minutes:2}:{seconds:02}[/]  {what}")


if __name__ == "__main__":
    sys.exit(main())
